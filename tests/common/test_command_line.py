"""What a command prints when it ends early."""

import sys
from types import SimpleNamespace

import pytest

from baselines.common.command_line import outcome, print_at_once
from baselines.common.errors import Diverged, Drifted, TaskError, UserError
from baselines.common.stopping import Terminated


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


@pytest.mark.parametrize(
    ("error", "line", "status"),
    [
        (UserError("--lr: must be a number"), "error: --lr: must be a number", 2),
        (TaskError("the task T failed"), "error: the task T failed", 1),
        (Diverged("update 3: lost"), "diverged: update 3: lost", 3),
        (Drifted("update 10: rank 1"), "error: update 10: rank 1", 1),
        (KeyboardInterrupt(), "interrupted", 130),
        (Terminated(), "terminated", 143),
        (OSError(28, "No space\nleft"), "error: [Errno 28] No space left", 1),
        (
            MemoryError("cannot have\n3 TiB"),
            "error: not enough memory for these settings: cannot have 3 TiB",
            1,
        ),
        (MemoryError(), "error: not enough memory for these settings", 1),
        (OSError(), "error", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_each_end_has_its_line_and_its_status(error: BaseException, line: str, status: int) -> None:
    assert outcome(error) == (line, status)


def test_a_fault_of_this_package_keeps_its_traceback() -> None:
    assert outcome(ZeroDivisionError("ours")) is None
