"""Runs, as their log folders tell of them; everything doubtful in a file is an error with its line.

A log folder holds `config.json` and `progress.csv` (see `baselines.common.log_folder`).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.analysis.runs.columns import TIMESTEPS, read_columns
from baselines.analysis.runs.headers import LoggedTeacher, Origin, parsed, steps_of_update
from baselines.analysis.runs.log_text import WHERE, read_json
from baselines.common.errors import UserError
from baselines.common.files import EARLIER
from baselines.common.log_folder import HEADER, TABLE


@dataclass(frozen=True)
class Run:
    """A run, finished or not.

    Attributes:
        folder: its log folder.
        task: name of the task that was learned.
        config: its settings by name.
        teachers: the teachers that it learned from.
        origin: where it comes from.
        columns: the columns of `progress.csv`, each float64 of [rows]; NaN where a cell is empty.
    """

    folder: Path
    task: str
    config: dict[str, Any]
    teachers: tuple[LoggedTeacher, ...]
    origin: Origin
    columns: dict[str, np.ndarray]

    @property
    def seed(self) -> int:
        """Its seed."""
        return int(self.config["seed"])

    @property
    def load_path(self) -> str:
        """The checkpoint that it goes on from; empty: none."""
        return self.config.get("load_path") or ""

    @property
    def from_scratch(self) -> bool:
        """Whether it begins with nothing: without teachers, and not from a checkpoint."""
        return not self.teachers and not self.load_path

    @property
    def timesteps(self) -> np.ndarray:
        """Environment steps so far at each row, rising: [rows]."""
        return self.columns[TIMESTEPS]

    @property
    def planned_timesteps(self) -> int:
        """Environment steps that it has when finished: whole updates only."""
        nbatch = steps_of_update(self.config)
        return int(self.config["num_timesteps"]) // nbatch * nbatch

    @property
    def finished(self) -> bool:
        """Whether it ran to its end."""
        return bool(self.timesteps[-1] >= self.planned_timesteps)

    @property
    def first_stretch(self) -> float:
        """Timesteps up to which it had the length that it began with; inf: it never got another."""
        lengths = self.origin.lengths
        return lengths[1][0] * steps_of_update(self.config) if len(lengths) > 1 else math.inf

    @property
    def end(self) -> float:
        """Timesteps that were asked for, when finished, else those it has."""
        return float(self.config["num_timesteps"] if self.finished else self.timesteps[-1])


def find_runs(folders: Sequence[str]) -> list[Run]:
    """Read every run at or below the folders, each once.

    Raises:
        UserError: a folder is missing or holds no run; a log is missing, short or damaged.
    """
    found: dict[Path, Path] = {}
    for folder in folders:
        below = list(run_folders(folder))
        if not below:
            raise UserError(
                f"{WHERE}: no run in {folder} or below it: no folder has {HEADER} and {TABLE}"
            )
        found |= {path.resolve(): path for path in below}
    return [read_run(found[path]) for path in sorted(found)]


def run_folders(top: str | Path) -> Iterator[Path]:
    """The folders of runs at or below a folder, each once; links are followed.

    What a run set aside of an earlier one in its folders is left out.

    Raises:
        UserError: there is no such folder.
    """
    if not Path(top).is_dir():
        is_file = "; it is a file, name the folder" if Path(top).is_file() else ""
        raise UserError(f"{WHERE}: no folder {top}{is_file}")
    seen: set[str] = set()
    for folder, below, files in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        links = {name for name in below if os.path.islink(os.path.join(folder, name))}
        below[:] = sorted(set(below) - links - {EARLIER}) + sorted(links - {EARLIER})
        if HEADER in files or TABLE in files:
            yield Path(folder)


def read_run(folder: Path) -> Run:
    """Read one log folder.

    Raises:
        NoCurve: it has too few rows.
        UserError: a file is missing or damaged; the message names it and the line.
    """
    path = folder / HEADER
    described = parsed(read_json(path), path)
    return Run(folder, *described, read_columns(folder / TABLE))
