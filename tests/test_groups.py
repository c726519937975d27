"""With `-n`, the tests of a group share a worker, and so what takes long to make for them."""

import os

import pytest


@pytest.mark.xdist_group("groups")
def test_workers_are_told_which_group_a_test_is_of(request: pytest.FixtureRequest) -> None:
    # pytest-xdist deals the tests out by what stands behind the @
    ending = "@groups" if "PYTEST_XDIST_WORKER" in os.environ else ""
    assert request.node.nodeid.endswith(f"::{request.function.__name__}{ending}")
