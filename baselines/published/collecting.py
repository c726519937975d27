"""From the run folders of an experiment to the files of it that are committed."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.analysis.runs.columns import NoCurve
from baselines.analysis.runs.headers import read_header
from baselines.analysis.runs.log_text import MAX_BYTES, WHERE
from baselines.analysis.runs.runs import Run, read_run
from baselines.analysis.runs.transfer_logs import hand_over_rows
from baselines.common.errors import UserError
from baselines.common.files import read_regular
from baselines.common.log_folder import HEADER, LOGS, TABLE
from baselines.experiments.items import MODELS, Item
from baselines.experiments.yaml_files import ARGUMENT
from baselines.flags import TEACHERS
from baselines.published.committed import (
    RUNS,
    Committed,
    common_place,
    identity,
    other_teachers,
    replaced_teachers,
)

ROWS = 100
"""A log is thinned to about so many rows: a twentieth of a megabyte for a student."""


def collected(
    items: Sequence[Item],
    root: Path,
    folder: Path,
    committed: Committed,
    finished_only: bool = False,
) -> tuple[dict[Path, bytes], list[str]]:
    """The files of all runs that have a curve and are not committed yet.

    Logs of several machines and days add up: no committed log gives way to a shorter one, nor a
    whole one to that of another training of the same run.

    Args:
        items: the declared runs.
        root: the folder that their folders lie in; the paths begin below it.
        folder: the folder of the experiment's results.
        committed: the logs of all results.
        finished_only: whether runs that are not finished are left out.

    Returns:
        Contents by path below the folder of the results, and lines on the runs of which another
        training is committed already, or whose teachers were trained anew since.

    Raises:
        UserError: a log is damaged, or of a run that was made with other settings.
    """
    files: dict[Path, bytes] = {}
    lines: list[str] = []
    for item in items:
        run, place = _begun(item.logs), item.folder.relative_to(root)
        if run is None:
            continue
        header = portable(read_header(item.logs), place)
        _check_settings(item, header["config"], root)
        if finished_only and not run.finished:
            continue
        lines += lines_on_teachers(item)
        old = committed.longest(item, root)
        if stays := _other_training(run, header, old, folder / place):
            lines.append(f"{item.name}: {stays}")
        elif old is None or not _is_no_news(run, old, folder / place):
            files[place / HEADER] = json.dumps(header, indent=1).encode() + b"\n"
            files[place / TABLE] = thinned(
                read_regular(item.logs / TABLE, WHERE, MAX_BYTES), also=hand_over_rows(run) or ()
            )
    return files, lines


def _other_training(run: Run, header: Mapping[str, Any], old: Run | None, place: Path) -> str:
    """Why another training that is committed does not give way to a run; empty: nothing is kept.

    Args:
        run: the run.
        header: its header, as it would be committed.
        old: the committed log of the same settings and teachers.
        place: the folder that the run would be committed to.
    """
    if old is None and (place / HEADER).is_file():
        return (
            f"{place} stays: it is of a run with other settings or teachers; remove it, and"
            f" {run.folder} is collected"
        )
    if old is None or _same_training(old, header):
        return ""
    stays = old.timesteps[-1] >= run.timesteps[-1]  # as a whole one is, whatever the other is
    return f"{old.folder} stays; {run.folder} is another training" if stays else ""


def _begun(logs: Path) -> Run | None:
    """The run that is logged in a folder; None where it has no curve yet."""
    if not (logs / TABLE).is_file():
        return None
    try:
        return read_run(logs)
    except NoCurve:
        return None


def _same_training(old: Run, header: Mapping[str, Any]) -> bool:
    """Whether a header is that of the very training that was logged, perhaps further on."""
    logged = read_header(old.folder)
    return all(logged.get(name) == header.get(name) for name in ("started", "command"))


def _is_no_news(run: Run, old: Run, place: Path) -> bool:
    """Whether a training is committed as far as this, in its place or for another experiment."""
    ahead = float(old.timesteps[-1] - run.timesteps[-1])
    return ahead > 0 or (ahead == 0 and old.folder != place)


def check_as_declared(item: Item, root: Path) -> None:
    """Check that the run in an item's folder, if there is one, is the one that it declares.

    Raises:
        UserError: it was made with other settings, of which the message names the first, or with
            another teacher.
    """
    if (item.logs / HEADER).is_file():
        header = portable(read_header(item.logs), item.folder.relative_to(root))
        _check_settings(item, header["config"], root)
        for path in replaced_teachers(item, _hashes(header), root):
            raise UserError(
                f"{ARGUMENT}: {item.name}: {item.folder} is of a run with another teacher than"
                f" {path} is now; put that back, or remove the folder to train anew"
            )


def lines_on_teachers(item: Item) -> Iterator[str]:
    """A line for each teacher of the run in an item's folder that was trained anew since."""
    if (item.logs / HEADER).is_file():
        for path in other_teachers(item, _hashes(read_header(item.logs))):
            yield (
                f"{item.name} learned from another file than {path} is now; remove {item.folder}"
                " to train it anew"
            )


def _hashes(header: Mapping[str, Any]) -> list[str]:
    """The hashes of the teachers' files of a run, from its header."""
    return [teacher["sha256"] for teacher in header["teachers"]]


def _check_settings(item: Item, logged: Mapping[str, Any], root: Path) -> None:
    had, wanted = identity(logged, RUNS), identity(item.config.to_json(), root)
    logs = item.logs
    for name in (name for name in had if name in wanted and had[name] != wanted[name]):
        raise UserError(
            f"{ARGUMENT}: {item.name}: {logs} is of a run with {name} {had[name]!r}, but"
            f" {wanted[name]!r} is declared; give what the run was made with or another folder for"
            f" the runs, or remove {item.folder} to train anew"
        )


def thinned(progress: bytes, rows: int = ROWS, also: Collection[int] = ()) -> bytes:
    """Every k-th row of a `progress.csv` as it stands, first and last among them.

    Args:
        progress: the file; a row without an end, being written, is left out.
        rows: k is such that no more than these and the last remain.
        also: numbers of rows, from 0 on, that are kept besides.
    """
    header, *lines = progress.split(b"\n")[:-1]
    step = max(1, math.ceil(len(lines) / rows))
    kept = sorted({*range(0, len(lines), step), len(lines) - 1, *also} & {*range(len(lines))})
    return b"\n".join([header, *(lines[i] for i in kept), b""])


def portable(header: dict[str, Any], place: Path) -> dict[str, Any]:
    """A run's header without the place on its machine: all runs lie below `RUNS`.

    `place` is the run's folder below that of all runs.
    """
    config, replaced = header["config"], {}
    for name, folder in (("save_path", MODELS), ("log_path", LOGS)):
        place_there = Path(config.get(name, ""))
        own = place_there.parts[-len(place.parts) - 1 :] == (*place.parts, folder)
        if own or place_there.is_absolute():
            replaced[str(place_there)] = str(RUNS / place / folder)
        if own:
            root = place_there.parents[len(place.parts)]
            replaced |= {path: common_place(path, root) for path in config.get(TEACHERS, ())}
    return _replaced(header, replaced)


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(element, texts) for key, element in value.items()}
    if isinstance(value, list):
        return [_replaced(element, texts) for element in value]
    if isinstance(value, str) and texts:  # in one pass: a path can be the end of another one
        return re.sub("|".join(map(re.escape, texts)), lambda old: texts[old[0]], value)
    return value
