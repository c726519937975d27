"""The files in a run's log folder: their names, reading them, cutting them back on resume.

`baselines/logger.py` writes it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from baselines.common.errors import UserError
from baselines.common.files import flushed_size, write_atomically

Row = Mapping[str, float]
"""A logged row, NaN where a value is missing."""

LOGS = "logs"
"""Name of the log folder in the folder of an experiment's run."""

TABLE, ROWS = "progress.csv", "progress.json"
GROWING = (TABLE, ROWS, "monitor.csv")
EVENTS = "tb"
HEADER = "config.json"
VIDEOS = "videos"
LOG_FILES = (*GROWING, HEADER, EVENTS, VIDEOS)


def write_table(folder: Path) -> None:
    """Write `progress.csv` from `progress.json`; a row without a metric leaves its cell empty."""
    write_atomically(folder / TABLE, csv_text(_rows(folder)).encode())


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as a CSV file; a cell is empty where another row has a column that this one lacks."""
    text = io.StringIO(newline="")
    columns = dict.fromkeys(name for row in rows for name in row)
    if rows:
        writer = csv.DictWriter(text, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def logged_rows(folder: str | Path) -> list[Row]:
    """The rows of `progress.json` in a log folder; none where there is no such file."""
    if not folder or not (Path(folder) / ROWS).is_file():
        return []
    return [
        {name: math.nan if value is None else value for name, value in row.items()}
        for row in _rows(Path(folder))
    ]


def _rows(folder: Path, size: int | None = None) -> list[dict[str, float | None]]:
    """The rows of `progress.json`, or of its first bytes, None where a value is missing.

    Raises:
        UserError: a line is damaged.
    """
    path = folder / ROWS
    lines = path.read_bytes()[:size].splitlines()
    return [_row(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]


def _row(line: bytes, where: str) -> dict[str, float | None]:
    try:
        row = dict(json.loads(line).items())
        for value in row.values():
            if value is not None and type(value) not in (int, float):
                raise TypeError
            float(value or 0)
    except (ValueError, TypeError, OverflowError, AttributeError, RecursionError):
        raise UserError(f"--log_path: {where}: damaged, no row of metrics") from None
    return row


def growing_files(folder: Path) -> dict[str, Path]:
    """The existing files that a run appends to, by their names below the folder."""
    paths = [folder / name for name in GROWING] + sorted((folder / EVENTS).glob("*"))
    return {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}


def flushed_sizes(folder: Path) -> dict[str, int]:
    """Sizes of these files in bytes, once what has been written to them is on the disk."""
    return {name: flushed_size(path) for name, path in growing_files(folder).items()}


def cut_back(folder: Path, sizes: Mapping[str, int]) -> None:
    """Take back from the log files what was written after they had these sizes.

    Raises:
        UserError: a file is missing, shorter or damaged; nothing is changed then.
    """
    files = growing_files(folder)
    for name, size in sizes.items():
        if name not in files or files[name].stat().st_size < size:
            raise UserError(
                f"--log_path: {folder / name} is missing or shorter than it was; the run cannot be"
                " continued without its logs"
            )
    if ROWS in sizes:
        _rows(folder, sizes[ROWS])  # a damaged line is told before anything is cut
    for name, path in files.items():
        if name in sizes:
            os.truncate(path, sizes[name])
        else:
            path.unlink()
    if ROWS in sizes:
        write_table(folder)  # it may have got columns since
