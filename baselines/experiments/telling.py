"""The messages of a sweep about its runs."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from baselines.common.durations import duration
from baselines.experiments.forecast import Kind, seconds_left
from baselines.experiments.running import Board, students_of
from baselines.experiments.status import standing, trainer

SECONDS_BETWEEN_LINES = 60.0


def lines_on_kept(board: Board, logs: Mapping[str, Path]) -> Iterator[str]:
    """Which runs are not trained again, and which are for the sake of their policies.

    Args:
        board: the runs.
        logs: the folders of the logs that are kept among the results, by the runs' names.
    """
    kept = [item for item in board.done if item.name in logs]
    if kept:
        words = (
            "run is not trained again: its log is"
            if len(kept) == 1
            else ("runs are not trained again: their logs are")
        )
        yield f"{len(kept)} {words} among the results"
    for item in (item for item in board.waiting if item.name in logs):
        student = students_of(item, board.waiting)[0].name
        yield (
            f"{item.name} is trained again: its log is in {logs[item.name]}, but not its policy,"
            f" which teaches {student}"
        )


def summary_of(board: Board, speeds: dict[Kind, float], jobs: int) -> str:
    """How many runs are where, and how long all will take where a speed is known.

    Args:
        board: the runs.
        speeds: environment steps per second of the kinds of run that were measured.
        jobs: trainings at once.
    """
    left = seconds_left(board, speeds, jobs)
    line = (
        f"{len(board.done)} done, {len(board.running)} running, {len(board.waiting)} waiting,"
        f" {len(board.failed)} failed"
    )
    return line + (f"; {duration(left)} left with {jobs} at once" if left else "")


class Teller:
    """Shows the board: redrawn in place on a terminal, elsewhere a line on every change."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._drawn = 0
        self._told: tuple[int, ...] = ()
        self._last = 0.0

    def tell(self, board: Board) -> None:
        """Show where the runs stand."""
        if sys.stdout.isatty():
            self._draw([*self._lines(board), summary_of(board, {}, self._jobs)])
            return
        now = (len(board.waiting), len(board.done), len(board.failed))
        if now != self._told or time.monotonic() - self._last > SECONDS_BETWEEN_LINES:
            self._told, self._last = now, time.monotonic()
            print("\n".join([*self._lines(board), summary_of(board, {}, self._jobs)]), flush=True)

    def _draw(self, lines: list[str]) -> None:
        back = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
        width = shutil.get_terminal_size().columns - 1  # a longer one would take two rows
        print(back + "\n".join(line[:width] for line in lines), flush=True)
        self._drawn = len(lines)

    def _lines(self, board: Board) -> list[str]:
        lines = [f"failed: {item.name}: {reason}" for item, reason in board.failed]
        for item in board.running.values():
            now = standing(item)
            done = f"update {now.updates} of {item.config.nupdates}"
            lines.append(f"  {item.name}: {done}, {now.fps:.0f} steps/s")
        for item in board.waiting:
            if who := trainer(item):
                lines.append(f"  {item.name}: {who} is training it; waiting")
        return lines
