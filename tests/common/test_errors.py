"""What an error message says of a value stays on one line, and short."""

import numpy as np
import pytest

from baselines.common.errors import MAX_SHOWN, UserError, shown


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, "3"),
        ([1, "x"], "[1, 'x']"),
        (np.zeros((2, 3), np.float32), "an array of float32 and shape (2, 3)"),
        (list(range(100)), "a list of 100"),
        (("x" * MAX_SHOWN,), "a tuple of 1"),
        ("x" * 100, f"'{'x' * (MAX_SHOWN - 4)}..."),
    ],
)
def test_a_value_in_a_message(value: object, told: str) -> None:
    assert shown(value) == told


@pytest.mark.parametrize("make", [lambda text: shown([text]), lambda text: str(UserError(text))])
def test_nothing_in_a_message_acts_on_a_terminal(make: type[str]) -> None:
    told = make("a\x1b[2Jb\nc\u202ed")
    assert told.isprintable()
    assert all(letter in told for letter in "abcd")
