"""Ctrl-C, SIGTERM and SIGHUP as requests that a training loop meets at its next safe point."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from baselines.common.launcher import take_parent

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C; the system or a batch queue; a terminal or an SSH session that was closed."""


def end_at_once() -> None:
    """Let Ctrl-C end the process, as long as a command is only being imported.

    There is nothing to save. As an exception Ctrl-C would leave a traceback, or would be lost in a
    library that catches whatever is raised while it is imported. Where Ctrl-C is ignored, as it is
    in the background of a shell, it stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_on_interrupt() -> None:
    """The inverse of `end_at_once`: Ctrl-C is KeyboardInterrupt, as Python has it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP, met as Ctrl-C is."""


class StopRequests:
    """Whether the process has been asked to stop, or the one that it is to end with has ended.

    A training that a sweep has started would else live on when the sweep is killed.
    """

    def __init__(self, tells: bool, parent: int | None = None) -> None:
        self._tells = tells
        self._parent = parent
        self._received: int | None = None

    def receive(self, number: int, frame: FrameType | None = None) -> None:
        """The signal handler: the first signal is a request, a second one stops at once.

        But not SIGHUP: of a terminal that is closed both its shell and the system send one.

        Raises:
            KeyboardInterrupt, Terminated: for the second.
        """
        if self._received is None:
            self._received = number
            again = "SIGTERM" if number == signal.SIGHUP else "once more"
            name = signal.Signals(number).name
            self._tell(f"{name}: finishing this update; {again} stops at once")
        elif number != signal.SIGHUP:
            raise _exception(number)

    @property
    def requested(self) -> bool:
        """Whether there was a request."""
        if self._received is None and self._parent not in (None, os.getppid()):
            self._received = signal.SIGTERM
            self._tell("the process that began this training has ended")
        return self._received is not None

    def _tell(self, line: str) -> None:
        if self._tells:
            # Who would read it may have been stopped by the same signal; and where the signal came
            # while standard error was written to, Python lets nobody write in between.
            with suppress(OSError, RuntimeError):
                print(line, file=sys.stderr)

    def meet(self) -> None:
        """Raise KeyboardInterrupt or Terminated when there was a request."""
        if self._received is not None:
            raise _exception(self._received)


def _exception(number: int) -> KeyboardInterrupt:
    return KeyboardInterrupt() if number == signal.SIGINT else Terminated()


@contextmanager
def stop_requests(tells: bool = True) -> Iterator[StopRequests]:
    """Collect the process's stop signals; outside the main thread, where they never come, nothing.

    Python allows signal handlers in the main thread only. Where SIGHUP is ignored, as behind
    `nohup`, it stays ignored.

    Args:
        tells: whether the user is told that a signal was received.
    """
    requests = StopRequests(tells, take_parent())
    if threading.current_thread() is not threading.main_thread():
        yield requests
        return
    before = {
        number: signal.signal(number, requests.receive)
        for number in SIGNALS
        if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN)
    }
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
