"""The columns of a run's table, `progress.csv`."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from baselines.analysis.runs.log_text import fail, read_text
from baselines.common.errors import UserError, printable
from baselines.common.trees import MAX_WHOLE

MAX_VALUE = 1e150
"""Beyond it, squares of values would overflow."""

TIMESTEPS, RETURN = "total_timesteps", "eprewmean"

CLOCK = ("time_elapsed", "fps")
"""Columns that differ from run to run on one machine."""

MIN_ROWS = 2


class NoCurve(UserError):
    """A log that is whole but too short: its run has hardly begun."""


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """The columns of a `progress.csv`, float64 of [rows]; NaN where a cell is empty.

    Raises:
        NoCurve: there are too few rows, or none has a return.
        UserError: a line is damaged or cut off, a needed column is missing, or the timesteps do
            not rise.
    """
    text = read_text(path)
    lines = text.split("\n")
    if lines.pop():
        fail(path, "the line has no end; was the file cut off?", len(lines) + 1)
    if not lines:
        fail(path, "no row is there yet", 1, NoCurve)
    names = _cells(lines[0])
    for needed in (TIMESTEPS, RETURN):
        if names.count(needed) != 1:
            fail(path, f"{names.count(needed)} columns {needed}, not 1", 1)
    rows = [_read_row(path, number, line, names) for number, line in enumerate(lines[1:], start=2)]
    if len(rows) < MIN_ROWS:
        few = f"a curve needs {MIN_ROWS} rows of figures, not {len(rows)}"
        fail(path, few, len(lines), NoCurve)
    columns = dict(zip(names, np.array(rows).T, strict=True))
    _check_columns(path, columns)
    return columns


def _cells(line: str) -> list[str]:
    return line.rstrip("\r").split(",")


def _read_row(path: Path, number: int, line: str, names: list[str]) -> list[float]:
    cells = _cells(line)
    if len(cells) != len(names):
        fail(path, f"{len(cells)} cells under {len(names)} columns", number)
    return [_read_cell(path, number, cell, name) for cell, name in zip(cells, names, strict=True)]


def _read_cell(path: Path, number: int, cell: str, name: str) -> float:
    try:
        value = float(cell) if cell else math.nan
    except ValueError:
        value = math.inf
    if abs(value) > (MAX_WHOLE if name == TIMESTEPS else MAX_VALUE):
        told = "not a number" if math.isinf(value) else "too large a number"
        fail(path, f"{printable(name, 40)} is {printable(cell, 40)!r}, {told}", number)
    return value


def _check_columns(path: Path, columns: dict[str, np.ndarray]) -> None:
    timesteps = np.concatenate([[0.0], columns[TIMESTEPS]])
    rises = np.diff(timesteps) > 0
    if not rises.all():
        fail(path, f"{TIMESTEPS} does not rise", int(np.argmin(rises)) + 2)
    if np.isnan(columns[RETURN]).all():
        fail(path, f"no finished episode: {RETURN} is empty throughout", len(timesteps), NoCurve)
