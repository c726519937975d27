"""What a command prints when it ends early."""

import sys
from types import SimpleNamespace

import pytest

from baselines.common.command_line import print_at_once


def test_a_line_and_its_traceback_are_printed_in_one_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # ranks share standard error: between two writes of one there may be words of another
    written: list[str] = []
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=written.append, flush=lambda: None))
    print_at_once("rank 1: no more ink", OSError("dry"))
    [text] = written
    assert text.startswith("OSError: dry\n")
    assert text.endswith("\nrank 1: no more ink\n")
