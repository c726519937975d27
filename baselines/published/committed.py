"""Runs that lie in the committed results already, found by their settings and teachers."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.analysis.runs.method_settings import default_settings, settings_of_method
from baselines.analysis.runs.runs import Run
from baselines.common.checkpoint import newest_checkpoint
from baselines.common.files import read_regular
from baselines.experiments.items import MODELS, Item
from baselines.experiments.status import is_there
from baselines.flags import TEACHERS

RUNS = Path("runs")
"""Name of the runs' folder, in place of a path of one machine."""

BESIDES = ("env", "env_kwargs", "seed", "num_timesteps", "load_path")
"""Settings that identify a run, besides those of its method."""

MAX_TEACHER_BYTES = 1 << 30


def identity(config: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """The identity of a run: two runs that agree in it are the same training.

    Args:
        config: its settings, as in a log; those that the log is too old to have are the defaults.
        root: the folder of all runs, which may be another one on another machine.
    """
    whole = {**default_settings(config), **config}
    besides = {name: whole[name] for name in BESIDES}
    besides["env_kwargs"] = json.dumps(json.loads(besides["env_kwargs"]), sort_keys=True)
    teachers = [common_place(path, root) for path in config.get(TEACHERS, ())]
    return settings_of_method(config) | besides | {TEACHERS: teachers}


def common_place(path: str, root: Path) -> str:
    """The path of a teacher as it is in committed logs, whichever folder the runs lie in."""
    return str(RUNS / Path(path).relative_to(root)) if _is_made_below(root, path) else path


def _is_made_below(root: Path, path: str) -> bool:
    """Whether a teacher lies in the folder of checkpoints of a run below `root`, or is that folder.

    `root` may be the current folder, below which all relative paths are.
    """
    return Path(path).is_relative_to(root) and MODELS in Path(path).parts[-2:]


class Committed:
    """Logged runs by what they are, whichever experiment they were made for.

    They are asked for by the item that declares one and the folder of all runs, in which that of
    the item lies.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs: dict[str, list[Run]] = defaultdict(list)
        for run in runs:
            self._runs[_key(identity(run.config, RUNS))].append(run)

    def alike(self, item: Item, root: Path) -> list[Run]:
        """All logs of the run that an item declares, whatever its teachers' files are now."""
        return self._runs.get(_key(identity(item.config.to_json(), root)), [])

    def longest(self, item: Item, root: Path) -> Run | None:
        """The log that has got furthest of the run that an item declares; None: there is none.

        A run is another one if a teacher of it (`replaced_teachers`), or the XML of its body, was
        another file than is there now.
        """
        return furthest(r for r in self.alike(item, root) if _had_these_files(r, item, root))

    def finished(self, item: Item, root: Path) -> Run | None:
        """The committed log, if it is whole."""
        run = self.longest(item, root)
        return run if run is not None and run.finished else None

    def finished_of(self, items: Sequence[Item], root: Path) -> dict[str, Run]:
        """The whole logs of declared runs, by name.

        That of a student whose teacher one of the runs makes is left out unless it learned from a
        teacher with these settings: the very file is there, or a log of the teacher that began
        before. A teacher must come before its students.
        """
        makers = {str(item.last_checkpoint): item.name for item in items}
        found: dict[str, Run] = {}
        for item in items:
            run = self.finished(item, root)
            if run is not None and all(
                path not in makers
                or _began_before(found.get(makers[path]), run)
                or _sha256_now(path) == teacher.sha256
                for path, teacher in zip(item.config.teacher_paths, run.teachers, strict=True)
            ):
                found[item.name] = run
        return found


def _began_before(teacher: Run | None, student: Run) -> bool:
    """Whether there is a log of a teacher, and nothing tells that it began after the student."""
    return teacher is not None and not (
        student.origin.started and teacher.origin.started > student.origin.started
    )


def furthest(runs: Iterable[Run]) -> Run | None:
    """The first of those that have got furthest."""
    return max(runs, key=lambda run: float(run.timesteps[-1]), default=None)


def _key(what: Mapping[str, Any]) -> str:
    return json.dumps(what, sort_keys=True)


def _had_these_files(run: Run, item: Item, root: Path) -> bool:
    xml, its = item.config.env_xml, run.origin.body
    if xml and its and _sha256_now(xml) not in (None, its):
        return False
    return not replaced_teachers(item, [teacher.sha256 for teacher in run.teachers], root)


def replaced_teachers(item: Item, had: Sequence[str], root: Path) -> list[str]:
    """`other_teachers` without those that are themselves made by a run below `root`.

    Such a run may have been trained anew since, for its policy only.
    """
    pairs = zip(item.config.teacher_paths, had, strict=True)
    return _others((path, its) for path, its in pairs if not _is_made_below(root, path))


def other_teachers(item: Item, had: Sequence[str]) -> list[str]:
    """The teachers of a declared run whose files are there and are others than a run of it had.

    `had` is the hash of each teacher then.
    """
    return _others(zip(item.config.teacher_paths, had, strict=True))


def _others(teachers: Iterable[tuple[str, str]]) -> list[str]:
    """The paths, each with a hash, where there is a file of another hash now."""
    return [path for path, its in teachers if _sha256_now(path) not in (None, its)]


def _sha256_now(path: str) -> str | None:
    """The hash of a teacher's file; None: there is no file."""
    return sha256(path) if is_there(path) else None


def sha256(path: str, where: str = "teacher") -> str:
    """The hash of a teacher's file, of a folder that of its newest checkpoint.

    Raises:
        UserError: it cannot be read.
    """
    file = newest_checkpoint(path, where)
    return hashlib.sha256(read_regular(file, where, MAX_TEACHER_BYTES)).hexdigest()
