"""Runs, as their log folders tell of them; everything doubtful in a file is an error with its line.

A log folder holds `config.json` and `progress.csv` (see `baselines.common.log_folder`).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from math import prod
from operator import itemgetter
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np

from baselines.common.errors import UserError, printable
from baselines.common.files import EARLIER, read_regular
from baselines.common.log_folder import HEADER, TABLE
from baselines.common.trees import MAX_WHOLE, count

WHERE = "LOG_DIR"

MAX_BYTES = 1 << 28
MAX_TEXT = 4000
MAX_TASK = 80

MAX_VALUE = 1e150
"""Beyond it, squares of values would overflow."""

TEXTS = ("env", "env_kwargs", "env_xml", "transfer", "network", "mapping", "save_path", "log_path")
"""Settings that must be texts, for their readers here and in other files."""

SIZES = ("nsteps", "num_env", "num_ranks")
"""Settings whose product is the number of environment steps of an update."""

TIMESTEPS, RETURN = "total_timesteps", "eprewmean"

CLOCK = ("time_elapsed", "fps")
"""Columns that differ from run to run on one machine."""

MIN_ROWS = 2

T = TypeVar("T")


@dataclass(frozen=True)
class LoggedTeacher:
    """A teacher of a run.

    Attributes:
        task: name of the task that it was trained on.
        sha256: hash of its file.
        timesteps: environment steps of its training; 0: not known.
    """

    task: str
    sha256: str
    timesteps: int


@dataclass(frozen=True)
class Origin:
    """The origin of a run; a part that an old log does not tell is empty.

    Attributes:
        command: the command that began it.
        commits: the commits that it was trained with, each with the updates done before.
        lengths: likewise, the timesteps that were asked for: `--resume` can raise them.
        versions: of Python and the packages, and the processor, by name.
        body: hash of the XML of a body of one's own.
        started: when it began, UTC in ISO 8601.
    """

    command: str
    commits: tuple[tuple[int, str], ...]
    lengths: tuple[tuple[int, int], ...]
    versions: dict[str, str]
    body: str = ""
    started: str = ""


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
        nbatch = _nbatch(self.config)
        return int(self.config["num_timesteps"]) // nbatch * nbatch

    @property
    def finished(self) -> bool:
        """Whether it ran to its end."""
        return bool(self.timesteps[-1] >= self.planned_timesteps)

    @property
    def first_stretch(self) -> float:
        """Timesteps up to which it had the length that it began with; inf: it never got another."""
        lengths = self.origin.lengths
        return lengths[1][0] * _nbatch(self.config) if len(lengths) > 1 else math.inf

    @property
    def end(self) -> float:
        """Timesteps that were asked for, when finished, else those it has."""
        return float(self.config["num_timesteps"] if self.finished else self.timesteps[-1])


def _nbatch(config: Mapping[str, Any]) -> int:
    """Environment steps of an update."""
    return prod(int(config.get(name, 1)) for name in SIZES)


class NoCurve(UserError):
    """A log that is whole but too short: its run has hardly begun."""


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
    described = _described(_read_json(path), path)
    return Run(folder, *described, read_columns(folder / TABLE))


def read_header(folder: Path) -> dict[str, Any]:
    """The header of a log folder, unchanged.

    Raises:
        UserError: it is not the header of a run.
    """
    path = folder / HEADER
    header = _read_json(path)
    _described(header, path)
    return header


def _fail(
    path: Path, problem: str, line: int | None = None, kind: type[UserError] = UserError
) -> NoReturn:
    at = "" if line is None else f", line {line}"
    raise kind(f"{WHERE}: {path}{at}: {problem}")


def _read_text(path: Path) -> str:
    content = read_regular(path, WHERE, MAX_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        _fail(path, "not text in UTF-8", content.count(b"\n", 0, error.start) + 1)


def _read_json(path: Path) -> Any:
    text = _read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        _fail(path, f"not JSON: {error.msg}", error.lineno)
    except RecursionError:
        _fail(path, "nested too deep")
    except ValueError:
        _fail(path, "a number has too many digits")


def _described(
    header: Any, path: Path
) -> tuple[str, dict[str, Any], tuple[LoggedTeacher, ...], Origin]:
    """Task, settings, teachers and origin of the run of a header, which is that of a file."""
    if not isinstance(header, dict):
        _fail(path, "not the header of a run: it is no JSON object")
    try:
        config = _settings(header)
        with _part("teachers"):
            teachers = tuple(map(_teacher, header["teachers"]))
        if len(teachers) != len(config["teacher_paths"]):
            raise ValueError("teachers")
        with _part("env"):
            task = task_name(header["env"])
        return task, config, teachers, _origin(header)
    except ValueError as error:
        _fail(path, f"not the header of a run: {error} is missing or wrong")


@contextmanager
def _part(name: str) -> Iterator[None]:
    """Read a part of a header, in which anything may be missing or of another kind.

    Raises:
        ValueError: it is; the message is the name of the part.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, RecursionError):
        raise ValueError(name) from None


def _settings(header: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a header.

    Raises:
        ValueError: one that its readers need is missing or wrong; the message is its name.
    """
    with _part("config"):
        config = {"teacher_paths": [], **header["config"]}
    with _part("seed"):
        config["seed"] = int(config["seed"])
    with _part("num_timesteps"):
        config["num_timesteps"] = count(int(config["num_timesteps"]))
    for name in SIZES:
        with _part(name):
            if int(config.get(name, 1)) < 1:
                raise ValueError
    for name in TEXTS:
        if not isinstance(config.get(name, ""), str):
            raise ValueError(name)
    if "body" in header and not config.get("env_xml"):
        raise ValueError("env_xml")
    with _part("env_kwargs"):
        if not isinstance(json.loads(config.get("env_kwargs", "{}")), dict):
            raise ValueError
    with _part("teacher_paths"):
        if not all(isinstance(teacher, str) for teacher in config["teacher_paths"]):
            raise ValueError
    return config


def _teacher(described: dict[str, Any]) -> LoggedTeacher:
    task, timesteps = task_name(described["env"]), int(described.get("timesteps") or 0)
    return LoggedTeacher(task, str(described["sha256"]), timesteps)


def _origin(header: dict[str, Any]) -> Origin:
    with _part("resumed"):
        starts = [{"update": 0, **header}, *header.get("resumed", [])]
        updates = [count(start["update"]) for start in starts]
        commits = [_line(start.get("commit")) for start in starts]
    last = header["config"]["num_timesteps"]
    with _part("num_timesteps"):
        lengths = [count(int(start.get("num_timesteps", last))) for start in starts]
    with _part("versions"):
        told = header.get("versions", {}).items()
        versions = {_line(name): _line(version) for name, version in told}
    with _part("body"):
        body = _line(header.get("body", {}).get("sha256"))
    return Origin(
        _line(header.get("command")),
        _changes(updates, commits),
        _changes(updates, lengths),
        versions,
        body,
        _line(header.get("started")),
    )


def _changes(updates: Iterable[int], values: Iterable[T]) -> tuple[tuple[int, T], ...]:
    """The pairs of (update, value) at which the value changes; of one update, the last counts."""
    pairs = dict(zip(updates, values, strict=True)).items()
    return tuple(next(alike) for _, alike in groupby(pairs, key=itemgetter(1)))


def _line(text: Any) -> str:
    return printable(str(text or ""), MAX_TEXT)


def task_name(env: dict[str, Any]) -> str:
    """A task in words: its id, and its keyword arguments where it has some.

    What is too long is cut, and ends with a hash of the whole: no two tasks are called alike.

    Raises:
        KeyError, TypeError, AttributeError: `env` is not `{"id": ..., "kwargs": {...}}`.
    """
    kwargs = ", ".join(f"{name}={value}" for name, value in sorted(env["kwargs"].items()))
    whole = f"{env['id']} ({kwargs})" if kwargs else str(env["id"])
    if len(whole) <= MAX_TASK:
        return printable(whole, MAX_TASK)
    return f"{printable(whole, MAX_TASK - 9)} {hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """The columns of a `progress.csv`, float64 of [rows]; NaN where a cell is empty.

    Raises:
        NoCurve: there are too few rows, or none has a return.
        UserError: a line is damaged or cut off, a needed column is missing, or the timesteps do
            not rise.
    """
    text = _read_text(path)
    lines = text.split("\n")
    if lines.pop():
        _fail(path, "the line has no end; was the file cut off?", len(lines) + 1)
    if not lines:
        _fail(path, "no row is there yet", 1, NoCurve)
    names = _cells(lines[0])
    for needed in (TIMESTEPS, RETURN):
        if names.count(needed) != 1:
            _fail(path, f"{names.count(needed)} columns {needed}, not 1", 1)
    rows = [_read_row(path, number, line, names) for number, line in enumerate(lines[1:], start=2)]
    if len(rows) < MIN_ROWS:
        few = f"a curve needs {MIN_ROWS} rows of figures, not {len(rows)}"
        _fail(path, few, len(lines), NoCurve)
    columns = dict(zip(names, np.array(rows).T, strict=True))
    _check_columns(path, columns)
    return columns


def _cells(line: str) -> list[str]:
    return line.rstrip("\r").split(",")


def _read_row(path: Path, number: int, line: str, names: list[str]) -> list[float]:
    cells = _cells(line)
    if len(cells) != len(names):
        _fail(path, f"{len(cells)} cells under {len(names)} columns", number)
    return [_read_cell(path, number, cell, name) for cell, name in zip(cells, names, strict=True)]


def _read_cell(path: Path, number: int, cell: str, name: str) -> float:
    try:
        value = float(cell) if cell else math.nan
    except ValueError:
        value = math.inf
    if abs(value) > (MAX_WHOLE if name == TIMESTEPS else MAX_VALUE):
        told = "not a number" if math.isinf(value) else "too large a number"
        _fail(path, f"{printable(name, 40)} is {printable(cell, 40)!r}, {told}", number)
    return value


def _check_columns(path: Path, columns: dict[str, np.ndarray]) -> None:
    timesteps = np.concatenate([[0.0], columns[TIMESTEPS]])
    rises = np.diff(timesteps) > 0
    if not rises.all():
        _fail(path, f"{TIMESTEPS} does not rise", int(np.argmin(rises)) + 2)
    if np.isnan(columns[RETURN]).all():
        _fail(path, f"no finished episode: {RETURN} is empty throughout", len(timesteps), NoCurve)
