"""From the run folders of an experiment to the files of it that are committed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.analysis.methods import settings_of_method
from baselines.analysis.runs import (
    HEADER_FILE,
    MAX_BYTES,
    MIN_ROWS,
    PROGRESS_FILE,
    WHERE,
    read_run,
)
from baselines.common.errors import UserError
from baselines.common.files import read_regular
from baselines.experiments.plan import Item
from baselines.experiments.status import standing

ROWS = 100
"""A log is thinned to about so many rows: a twentieth of a megabyte for a student."""

RUNS = Path("runs")
"""What the folder of the runs is called where a log has a path of one machine."""

BESIDES = ("env", "env_kwargs", "seed", "num_timesteps", "teacher_paths", "load_path")
"""What a run must have in common with its declaration besides the settings of its method."""


def collected(items: Sequence[Item], root: Path) -> dict[Path, bytes]:
    """The committed files of all runs that have a curve yet, by their path.

    Args:
        items: the declared runs.
        root: the folder that their folders lie in; the paths begin below it.

    Raises:
        UserError: a log is damaged, or of a run that was made with other settings.
    """
    files: dict[Path, bytes] = {}
    for item in items:
        if standing(item).updates < MIN_ROWS:
            continue
        logs = item.folder / "logs"
        _check_settings(item, read_run(logs).config, logs)
        place = item.folder.relative_to(root)
        header = json.loads(read_regular(logs / HEADER_FILE, WHERE, MAX_BYTES))
        progress = read_regular(logs / PROGRESS_FILE, WHERE, MAX_BYTES)
        files[place / HEADER_FILE] = json.dumps(portable(header, place), indent=1).encode() + b"\n"
        files[place / PROGRESS_FILE] = thinned(progress)
    return files


def _check_settings(item: Item, logged: Mapping[str, Any], logs: Path) -> None:
    declared = item.config.to_json()
    had, wanted = (
        settings_of_method(c) | {name: c[name] for name in BESIDES if name in c}
        for c in (logged, declared)
    )
    for name in (name for name in had if name in wanted and had[name] != wanted[name]):
        raise UserError(
            f"experiment: {item.name}: {logs} is of a run with {name} {had[name]!r}, but the file"
            f" declares {wanted[name]!r}; give the file that the run was made with, or train anew"
        )


def thinned(progress: bytes, rows: int = ROWS) -> bytes:
    """Every k-th row of a `progress.csv` as it stands, first and last among them.

    Args:
        progress: the file; a row without an end, being written, is left out.
        rows: k is such that no more than these and the last remain.
    """
    header, *lines = progress.split(b"\n")[:-1]
    step = max(1, math.ceil(len(lines) / rows))
    kept = sorted({*range(0, len(lines), step), len(lines) - 1} - {-1})
    return b"\n".join([header, *(lines[i] for i in kept), b""])


def portable(header: dict[str, Any], place: Path) -> dict[str, Any]:
    """A run's header without the place on its machine: where paths are absolute, relative ones.

    Args:
        header: of `config.json`.
        place: the run's folder below that of all runs.
    """
    replaced = {}
    for name, folder in (("save_path", "models"), ("log_path", "logs")):
        path = header["config"].get(name, "")
        if Path(path).is_absolute():
            replaced[path] = str(RUNS / place / folder)
    result: dict[str, Any] = _replaced(header, replaced)
    return result


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(element, texts) for key, element in value.items()}
    if isinstance(value, list):
        return [_replaced(element, texts) for element in value]
    if isinstance(value, str):
        for old, new in texts.items():
            value = value.replace(old, new)
    return value


def missing(items: Sequence[Item], there: Sequence[Path]) -> Iterator[str]:
    """The names of the declared runs whose folders are not there."""
    resolved = {folder.resolve() for folder in there}
    yield from (item.name for item in items if item.folder.resolve() not in resolved)
