"""Tasks on several threads, over and over, with as little waiting as can be.

A thread pool would do, but its futures take a tenth of a simulation step on every call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue

Task = Callable[[int], None]

Wait = Callable[[], None]
"""Returns once all calls have been made; raises what one of them raised."""


class Workers:
    """A team of threads that take the next call from one queue."""

    def __init__(self, size: int) -> None:
        self._todo: SimpleQueue[tuple[_Job, int] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(size)]
        for thread in self._threads:
            thread.start()

    def begin(self, task: Task, numbers: range) -> Wait:
        """Have `task` called with each number, at least one."""
        job = _Job(task, len(numbers))
        for number in numbers:
            self._todo.put((job, number))
        return job.wait

    def _work(self) -> None:
        while (item := self._todo.get()) is not None:
            job, number = item
            job.call(number)

    def close(self) -> None:
        """Let the threads make the calls that have begun, and end them."""
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()


class _Job:
    """Calls that belong together: whichever thread makes the last one opens the gate."""

    def __init__(self, task: Task, calls: int) -> None:
        self._task = task
        self._calls = calls
        self._made = count(1)  # `next` is one step of the interpreter, so no number comes twice
        self._error: BaseException | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def call(self, number: int) -> None:
        try:
            self._task(number)
        except BaseException as error:
            self._error = error
        if next(self._made) == self._calls:
            self._gate.release()

    def wait(self) -> None:
        self._gate.acquire()
        if self._error is not None:
            raise self._error
