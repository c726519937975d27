"""Tasks on several threads, over and over, with as little waiting as can be.

A thread pool would do, but its queues and futures take a quarter of a simulation step on every
call, and it leaves the calling thread idle.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

Task = Callable[[int], None]


def usable_cores() -> int:
    """Cores that this process may use; on macOS, which does not tell, all of the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A team of threads, the caller's own among them.

    Attributes:
        size: how many they are.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._task: Task | None = None
        self._numbers: Iterator[int] = iter(())
        self._error: BaseException | None = None
        self._begin = [_closed_gate() for _ in range(size - 1)]
        self._end = [_closed_gate() for _ in range(size - 1)]
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(size - 1)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, task: Task, count: int) -> None:
        """Call `task(0)` to `task(count - 1)`, each on the thread that is free first.

        Raises:
            BaseException: what one of the calls raised; the others may not have been made then.
        """
        self._task, self._numbers = task, iter(range(count))
        for gate in self._begin:
            gate.release()
        self._take_tasks(task)
        for gate in self._end:
            gate.acquire()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _take_tasks(self, task: Task) -> None:
        try:
            for number in self._numbers:  # shared: each number is given out once
                task(number)
        except BaseException as error:
            self._error = error

    def _work(self, number: int) -> None:
        while True:
            self._begin[number].acquire()
            if self._task is None:
                return
            self._take_tasks(self._task)
            self._end[number].release()

    def close(self) -> None:
        """End the threads."""
        self._task = None
        for gate in self._begin:
            if gate.locked():  # Ctrl-C may have left it open
                gate.release()
        for thread in self._threads:
            thread.join()


def _closed_gate() -> threading.Lock:
    gate = threading.Lock()
    gate.acquire()
    return gate
