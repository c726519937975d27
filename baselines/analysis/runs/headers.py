"""The header of a run, `config.json`: its task, settings and teachers, and where it comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from math import prod
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from baselines.analysis.runs.log_text import fail, read_json
from baselines.common.errors import printable
from baselines.common.log_folder import HEADER
from baselines.common.trees import count

MAX_TEXT = 4000
MAX_TASK = 80

TEXTS = ("env", "env_kwargs", "env_xml", "transfer", "network", "mapping", "save_path", "log_path")
"""Settings that must be texts, for their readers here and in other files."""

SIZES = ("nsteps", "num_env", "num_ranks")
"""Settings whose product is the number of environment steps of an update."""

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


def steps_of_update(config: Mapping[str, Any]) -> int:
    """Environment steps of an update."""
    return prod(int(config.get(name, 1)) for name in SIZES)


def read_header(folder: Path) -> dict[str, Any]:
    """The header of a log folder, unchanged.

    Raises:
        UserError: it is not the header of a run.
    """
    path = folder / HEADER
    header = read_json(path)
    parsed(header, path)
    return header


def parsed(
    header: Any, path: Path
) -> tuple[str, dict[str, Any], tuple[LoggedTeacher, ...], Origin]:
    """Task, settings, teachers and origin of the run of a header, which is that of a file.

    Raises:
        UserError: it is not the header of a run.
    """
    if not isinstance(header, dict):
        fail(path, "not the header of a run: it is no JSON object")
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
        fail(path, f"not the header of a run: {error} is missing or wrong")


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
