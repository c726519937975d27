"""Runs as processes beside one another, each with one thread, each resumable."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import IO

from baselines.common.launcher import environment_by_itself
from baselines.config import Config
from baselines.experiments.items import Item
from baselines.experiments.status import (
    OUTPUT,
    is_finished,
    is_there,
    is_trained_elsewhere,
    last_line,
)
from baselines.flags import to_arguments

POLL_SECONDS = 0.5


@dataclass
class Board:
    """The runs of a sweep by where they stand; each is in one of the four.

    Attributes:
        waiting: not begun, or begun by an earlier call and not finished.
        running: in a process now, by name.
        done: finished.
        failed: ended otherwise, with the reason.
    """

    waiting: list[Item] = field(default_factory=list)
    running: dict[str, Item] = field(default_factory=dict)
    done: list[Item] = field(default_factory=list)
    failed: list[tuple[Item, str]] = field(default_factory=list)


def board_of(items: Sequence[Item], logged: Collection[str] = ()) -> Board:
    """The board before any run is started.

    Args:
        items: the runs.
        logged: names of those whose whole logs are kept elsewhere. They count as done, unless the
            policy of one is to teach a run that is to be trained.
    """
    left = [item for item in items if not is_finished(item)]
    waiting = with_teachers([item for item in left if item.name not in logged], left)
    return Board(waiting, done=[item for item in items if item not in waiting])


def with_teachers(items: Sequence[Item], declared: Sequence[Item]) -> list[Item]:
    """Some runs, and those that make their teachers, in the order in which they are declared."""
    wanted = list(items)
    while more := [one for one in declared if one not in wanted and students_of(one, wanted)]:
        wanted += more
    return sorted(wanted, key=declared.index)


def students_of(item: Item, others: Sequence[Item]) -> list[Item]:
    """The runs that learn from what a run makes."""
    made = str(item.last_checkpoint)
    return [one for one in others if made in one.config.teacher_paths]


def start_training(config: Config, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Train with these settings, on one thread, in a process of its own.

    It has a group of its own too: Ctrl-C reaches this process only, which tells its children once.
    """
    arguments = to_arguments(replace(config, num_threads=1))
    return subprocess.Popen(
        [sys.executable, "-m", "baselines.run", *arguments],
        stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        start_new_session=True, env=environment_by_itself(),
    )  # fmt: skip


def run_all(board: Board, jobs: int, told: Callable[[Board], None]) -> None:
    """Run what is waiting, `jobs` at once, until all is done or has failed.

    A run whose teachers are not there yet waits for the run that makes them, and one that another
    process is training, such as another sweep, waits for that.

    `told` is called again and again. On an exception, such as KeyboardInterrupt, the processes are
    asked to stop, save their state and are waited for.
    """
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        while board.waiting or processes:
            _note_finished(board)
            while len(processes) < jobs and (item := _next_of(board)) is not None:
                board.running[item.name] = item
                processes[item.name] = begin(item)
            if not (processes or any(map(_is_ready, board.waiting))):
                _give_up(board)
            time.sleep(POLL_SECONDS)
            for name in [name for name, process in processes.items() if process.poll() is not None]:
                _ended(board, board.running.pop(name), processes.pop(name).returncode)
            told(board)
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait()


def _next_of(board: Board) -> Item | None:
    """Takes the first waiting run whose teachers are there and that nobody else trains."""
    for item in board.waiting:
        if _is_ready(item) and not is_trained_elsewhere(item):
            board.waiting.remove(item)
            return item
    return None


def _is_ready(item: Item) -> bool:
    """Whether the teachers of a run are there."""
    return all(map(is_there, item.config.teacher_paths))


def _note_finished(board: Board) -> None:
    """Count waiting runs as done that another process has finished."""
    finished = [item for item in board.waiting if is_finished(item)]
    board.done += finished
    board.waiting = [item for item in board.waiting if item not in finished]


def _give_up(board: Board) -> None:
    """Count all waiting runs as failed: they wait for a run that has failed."""
    board.failed += [(item, "the run that makes its teacher failed") for item in board.waiting]
    board.waiting.clear()


def begin(item: Item) -> subprocess.Popen[bytes]:
    """Train a run, or go on with it; what it prints goes into its folder."""
    item.folder.mkdir(parents=True, exist_ok=True)
    with open(item.folder / OUTPUT, "ab") as output:
        return start_training(replace(item.config, resume=True), output)


def _ended(board: Board, item: Item, status: int) -> None:
    if status == 0 or is_finished(item):  # another process may have finished it
        board.done.append(item)
    elif is_trained_elsewhere(item):  # two sweeps began it at once, and this one came second
        board.waiting.insert(0, item)
    else:
        board.failed.append((item, f"status {status}: {last_line(item.folder / OUTPUT)}"))
