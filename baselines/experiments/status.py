"""The progress of the runs of an experiment, from their files."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median_high

from baselines.common.checkpoint import CheckpointError, newest_checkpoint
from baselines.common.files import holder, is_held
from baselines.common.log_folder import TABLE
from baselines.experiments.items import Item

OUTPUT = "output.txt"

TAIL = 1 << 14
"""Bytes that hold at least the last row of a table."""

FEW = 5
"""Updates that the speed is told from: one may have compiled, or waited for the machine."""


@dataclass(frozen=True)
class Standing:
    """The progress of a run.

    Attributes:
        updates: updates done, as its log says.
        fps: environment steps per second, the median of the last few; 0 before the first.
    """

    updates: int
    fps: float


def is_finished(item: Item) -> bool:
    """Whether the last checkpoint of the run is there."""
    return item.last_checkpoint.is_file()


def is_there(teacher: str) -> bool:
    """Whether a teacher's file, or one in its folder, is there."""
    try:
        return Path(newest_checkpoint(teacher, "")).is_file()
    except CheckpointError:
        return False


def is_trained_elsewhere(item: Item) -> bool:
    """Whether another process is training the run; asked before this one begins it."""
    return any(map(is_held, (item.models, item.logs)))


def trainer(item: Item) -> str:
    """The process that is training the run; nothing where the system does not tell."""
    return next(filter(None, map(holder, (item.models, item.logs))), "")


def standing(item: Item) -> Standing:
    """The progress of a run; zeros where there is no log."""
    try:
        rows = _last_rows(item.logs / TABLE)
        fps = median_high([float(row["fps"]) for row in rows[-FEW:]])
        return Standing(int(rows[-1]["nupdates"]), fps)
    except (OSError, IndexError, KeyError, ValueError, TypeError, csv.Error):
        return Standing(0, 0.0)


def _last_rows(path: Path) -> list[dict[str, str]]:
    """The last whole rows of a table, without reading the others: this is asked twice a second.

    Raises:
        OSError, IndexError, ValueError: there is none.
    """
    with open(path, "rb") as file:
        header = file.readline()
        size = file.seek(0, os.SEEK_END)
        start = max(len(header), size - TAIL)
        file.seek(start)
        lines = file.read().split(b"\n")[start > len(header) : -1]
    names, *rows = csv.reader(line.decode() for line in [header, *lines])
    return [dict(zip(names, values, strict=True)) for values in rows]


def last_line(path: Path) -> str:
    """The last line of a run's output that is not empty: where it failed, the reason."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
