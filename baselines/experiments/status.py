"""Where the runs of an experiment stand, from the files that they leave."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from baselines.common.checkpoint import CheckpointError, newest_checkpoint
from baselines.common.files import holder, is_held
from baselines.experiments.plan import Item

OUTPUT = "output.txt"

TAIL = 1 << 14
"""Bytes that hold at least the last row of a table."""


@dataclass(frozen=True)
class Standing:
    """How far a run is.

    Attributes:
        updates: updates done, as its log says.
        fps: environment steps per second in the last of them; 0 before the first.
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
    return any(is_held(item.folder / name) for name in ("models", "logs"))


def trainer(item: Item) -> str:
    """The process that is training the run; nothing where the system does not tell."""
    return next(filter(None, (holder(item.folder / name) for name in ("models", "logs"))), "")


def standing(item: Item) -> Standing:
    """How far the run is; at its beginning where there is no log."""
    try:
        row = _last_row(item.folder / "logs" / "progress.csv")
        return Standing(int(row["nupdates"]), float(row["fps"]))
    except (OSError, IndexError, KeyError, ValueError, TypeError):
        return Standing(0, 0.0)


def _last_row(path: Path) -> dict[str, str]:
    """The last whole row of a table, without reading the others: this is asked twice a second.

    Raises:
        OSError, IndexError, ValueError: there is none.
    """
    with open(path, "rb") as file:
        header = file.readline()
        size = file.seek(0, os.SEEK_END)
        file.seek(max(len(header), size - TAIL))
        last = file.read().split(b"\n")[-2]
    names, values = csv.reader([header.decode(), last.decode()])
    return dict(zip(names, values, strict=True))


def last_line(path: Path) -> str:
    """The last line of a run's output that is not empty: where it failed, the reason."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
