"""What an error message says of a value stays on one line, and short."""

import numpy as np
import pytest

from baselines.common.errors import MAX_SHOWN, UserError, flags_as_arguments, shown, suggestion


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


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("--lr: must be greater than 0", "lr: must be greater than 0"),
        (
            "path: a--b.mp4 is no film; leave --lr=-1 out",
            "path: a--b.mp4 is no film; leave lr=-1 out",
        ),
        (
            "--play: needs a window; run python -m baselines.run --play --env=X",
            "play: needs a window; run python -m baselines.run --play --env=X",
        ),
    ],
)
def test_a_program_is_told_arguments_a_command_line_flags(told: str, expected: str) -> None:
    cause = KeyError("x")

    @flags_as_arguments()
    def wrong() -> None:
        raise UserError(told) from cause

    for _ in range(2):
        with pytest.raises(UserError) as caught:
            wrong()
        assert (str(caught.value), caught.value.__cause__) == (expected, cause)


@pytest.mark.parametrize(
    ("typed", "near"),
    [("--num_t", "--num_timesteps"), ("--num_evn", "--num_env"), ("--n", ""), ("--xyzzy", "")],
)
def test_a_flag_that_begins_so_comes_first(typed: str, near: str) -> None:
    told = suggestion(typed, ["--num_env", "--num_timesteps", "--gamma"])
    assert told == (f"; did you mean {near}?" if near else "")
