"""Reading arguments and setting the exit status, in the same way for every command."""

from __future__ import annotations

import argparse
import io
import itertools
import math
import os
import re
import select
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from baselines.common.errors import Diverged, Drifted, TaskError, UserError, shown, suggestion
from baselines.common.files import expanded
from baselines.common.stopping import Terminated, raise_on_interrupt

EXIT_USAGE = 2
EXIT_FAILURE = 1
EXIT_DIVERGED = 3
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
EXIT_BROKEN_PIPE = 141

TOLD_ELSEWHERE = "told_elsewhere"
"""Attribute of an error that another process tells the user."""


@dataclass(frozen=True)
class Bound:
    """A condition on a value, and how it is said to the user."""

    holds: Callable[[Any], bool]
    text: str


POSITIVE = Bound(lambda x: x > 0, "must be greater than 0")
NOT_NEGATIVE = Bound(lambda x: x >= 0, "must not be negative")
NAMED = Bound(bool, "must name something")
"""An empty text is what a variable of the shell gives that is not set."""


def _whole(text: str) -> int:
    """An integer, also written as 2e6.

    Raises:
        ValueError: not a whole number.
    """
    value = float(text) if re.search(r"[.eE]", text) else int(text)
    if value != int(value):
        raise ValueError(text)
    return int(value)


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


READERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    int: (_whole, "a whole number"),
    float: (_real, "a number"),
    bool: (_boolean, "True or False"),
    str: (str, "text"),
}


def reader(kind: Any, bound: Bound | None = None) -> Callable[[str], Any]:
    """A function that reads a value of type `kind`, for argparse's `type=`."""
    read, expected = READERS[kind]

    def convert(text: str) -> Any:
        try:
            value = read(text)
        except (ValueError, KeyError, OverflowError):
            raise argparse.ArgumentTypeError(f"must be {expected}, not {shown(text)}") from None
        if bound is not None and not bound.holds(value):
            raise argparse.ArgumentTypeError(f"{bound.text}, not {value!r}")
        return value

    return convert


def as_path(text: str) -> Path:
    """A path on the command line, with `~` for the user's folder; for argparse's `type=`."""
    return Path(as_path_text(text))


def as_path_text(text: str) -> str:
    """`as_path`, as text."""
    if not NAMED.holds(text):
        raise argparse.ArgumentTypeError(f"{NAMED.text}, not {text!r}")
    try:
        return expanded(text, "")
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix(": ")) from None


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, with the nearest flag suggested.

    Attributes:
        elsewhere: what other programs call a flag, without dashes, with the flag.
        asked_first: the flag of what a command without positional arguments is about.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(allow_abbrev=False, **kwargs)  # type: ignore[arg-type]
        self.elsewhere: dict[str, str] = {}
        self.asked_first = ""
        # argparse takes -1e3 for a flag; no flag of ours begins with a digit.
        self._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's, which tells of a flag that is missing before what is typed instead."""
        first = next(iter(args or ()), "")
        if self.asked_first and first and not first.startswith("-"):
            self.error(f"{first}: needs its flag; did you mean {self.asked_first}={first}?")
        for argument in itertools.takewhile(lambda argument: argument != "--", args or ()):
            flag = argument.partition("=")[0]
            if flag.startswith("--") and flag not in self._option_string_actions:
                self.error(f"unrecognized arguments: {argument}")
        return super().parse_args(args, namespace)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's, which takes `--flag=--` for a flag whose value is an empty list."""
        for argument in args or ():
            flag, is_given, value = argument.partition("=")
            if is_given and value == "--" and flag.startswith("--"):
                self.error(f"{flag}: expected a value, not {value!r}")
        return super().parse_known_args(args, namespace)

    def print_help(self, file: Any = None) -> None:
        """As argparse's, which says nothing of help that cannot be written.

        Raises:
            OSError: it cannot be.
        """
        print(self.format_help(), end="", file=file, flush=True)

    def error(self, message: str) -> NoReturn:
        """Raise UserError instead of printing the usage and exiting."""
        _, is_unknown, unknown = message.partition("unrecognized arguments: ")
        if is_unknown:
            name = unknown.strip().split(" ")[0].split("=")[0] or "''"
            message = f"{name}: unknown argument{self._remedy(name)}"
        message = re.sub(r"^argument (\S+): ", r"\1: ", message)
        message = message.replace("ignored explicit argument", "takes no value; given")
        raise UserError(message)

    def _remedy(self, name: str) -> str:
        """Suggestion for an unknown argument."""
        flags = self._option_string_actions
        listing = "--help_all" if "--help_all" in flags else "--help"
        without_flag = [action.metavar for action in self._get_positional_actions()]
        several = [a.metavar for a in self._get_positional_actions() if a.nargs == "+"]
        if not name.startswith("-") and not without_flag:
            return f"; each argument needs its flag, {listing} lists all"
        if not name.startswith("-") and several:
            return f"; give all {several[0]} together, before the flags, and quote blanks in values"
        if near := suggestion(name, flags, self.elsewhere):
            return near
        if name.startswith("-") and without_flag:
            return f"; {without_flag[0]} is given without a flag, {listing} lists all"
        return f"; {listing} lists all"


def run_command(main: Callable[[list[str]], int | None], name: str) -> NoReturn:
    """Run a command's `main(argv)` and exit with the status that its end calls for.

    What it returns, or 0; 1 on a full disk, want of memory, an error of a task and the like, 2 on
    bad input, 3 when training has diverged, 130 on Ctrl-C, 141 when nobody reads what it prints,
    143 on SIGTERM or SIGHUP.
    """
    _ready_streams()
    try:
        raise_on_interrupt()
        status = main(sys.argv[1:]) or 0
        sys.stdout.flush()
    except BaseException as error:
        if isinstance(error, BrokenPipeError) and _nobody_reads(sys.stdout):
            status = EXIT_BROKEN_PIPE  # `... | head` has seen enough
        else:
            told = outcome(error)
            if told is None:
                raise
            status = told[1]
            _tell(error, f"{name}: {told[0]}")
    _drop_unwritten()
    sys.exit(status)


def _ready_streams() -> None:
    """Make standard output and error fit for all that is printed, however they are set or closed.

    Their numbers are taken where they are free: the next file that is opened would get one, and
    what native code prints as an error would go there.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 (as long as the process lasts)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _tell(error: BaseException, line: str) -> None:
    """Tell the user of an error, unless another rank does, and of what failed in a task."""
    with suppress(OSError):  # nobody reads it
        print_at_once("" if getattr(error, TOLD_ELSEWHERE, False) else line, error_of_task(error))


def error_of_task(error: BaseException) -> BaseException | None:
    """The error that a task's own code raised, if this error reports one."""
    return error.__cause__ if isinstance(error, TaskError) else None


def print_at_once(line: str, traced: BaseException | None) -> None:
    """Print a traceback, where there is one, and a line below it, on standard error.

    All of it is one write, so that what another rank prints at that moment does not come between.
    """
    trace = traceback.format_exception(traced) if traced else []
    sys.stderr.write("".join(trace) + (line and f"{line}\n"))
    sys.stderr.flush()


def _nobody_reads(stream: TextIO) -> bool:
    """Whether a stream is a pipe whose other end is closed."""
    asked = select.poll()
    asked.register(stream.fileno(), 0)  # an error is told without being asked for
    return any(event & select.POLLERR for _, event in asked.poll(0))


def _drop_unwritten() -> None:
    """Keep Python from trying again, at its end, and from exiting with a status of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


OUTCOMES: tuple[tuple[type[BaseException], str, int], ...] = (
    (UserError, "error: {}", EXIT_USAGE),
    (TaskError, "error: {}", EXIT_FAILURE),
    (Diverged, "diverged: {}", EXIT_DIVERGED),
    (Drifted, "error: {}", EXIT_FAILURE),
    (Terminated, "terminated", EXIT_TERMINATED),
    (KeyboardInterrupt, "interrupted", EXIT_INTERRUPTED),
    (OSError, "error: {}", EXIT_FAILURE),
    (MemoryError, "error: not enough memory for these settings: {}", EXIT_FAILURE),
)
"""Message and exit status for each kind of error; the first kind that fits counts."""


def outcome(error: BaseException) -> tuple[str, int] | None:
    """The line that a user is told of an error, and the exit status; None for a fault of ours."""
    for kind, line, status in OUTCOMES:
        if isinstance(error, kind):
            return " ".join(line.format(error).split()).removesuffix(":"), status
    return None
