"""Which runs belong together: panels, one for each transfer, and in them methods over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from baselines.analysis.runs.labels import label, told_apart
from baselines.analysis.runs.log_text import WHERE
from baselines.analysis.runs.method_settings import (
    LENGTH,
    WEIGHTS,
    default_settings,
    differing,
    settings_of_method,
    settings_with_length,
)
from baselines.analysis.runs.runs import Run
from baselines.coefs import KL
from baselines.common.errors import UserError, printable
from baselines.common.log_folder import LOGS
from baselines.config import TEACHER_WEIGHTS
from baselines.methods import METHODS, SCRATCH_WITH_KL


@dataclass(frozen=True)
class Method:
    """Runs that differ in nothing but their seeds and their teachers' files.

    Runs of two lengths are of two methods: the learning rate falls over the whole run.

    Attributes:
        label: what it is called in figures and tables.
        runs: its runs, by rising seed; no seed twice.
        settings: what its runs have in common.
        awaited: how many more runs an experiment file declares, of which there is no log yet.
    """

    label: str
    runs: tuple[Run, ...]
    settings: Mapping[str, Any]
    awaited: int = 0

    @property
    def folders(self) -> frozenset[Path]:
        """The log folders of its runs, by which it is the same method in several experiments."""
        return frozenset(run.folder for run in self.runs)

    @property
    def finished(self) -> bool:
        """Whether all its runs that are there are finished."""
        return all(run.finished for run in self.runs)

    @property
    def is_whole(self) -> bool:
        """Whether all its runs are there, as far as is known, and finished."""
        return not self.awaited and self.finished

    @property
    def taught(self) -> bool:
        """Whether its runs have teachers."""
        return bool(self.runs[0].teachers)

    @property
    def from_scratch(self) -> bool:
        """Whether its runs begin with nothing: without teachers, and not from a checkpoint."""
        return self.runs[0].from_scratch

    @property
    def not_by_default(self) -> list[str]:
        """Names of the settings, except its length, that differ from its method's defaults."""
        defaults = settings_of_method(default_settings(self.runs[0].config))
        return [name for name in differing([self.settings, defaults]) if name != LENGTH]

    @property
    def stop(self) -> int:
        """Timesteps to which the logs of all its seeds reach."""
        return min(int(run.timesteps[-1]) for run in self.runs)


@dataclass(frozen=True)
class Panel:
    """One transfer, or a task that was only learned from scratch.

    Attributes:
        title: source tasks and target task.
        methods: in the order in which they are shown; no label twice.
    """

    title: str
    methods: tuple[Method, ...]

    @property
    def end(self) -> float:
        """Timesteps at which the last of its runs ends."""
        return max(run.end for method in self.methods for run in method.runs)

    @property
    def longest_baseline(self) -> Method | None:
        """The baseline, or its like that was trained for longest.

        That may be for as long as teacher and student together.
        """
        like = None if self.baseline is None else {**self.baseline.settings, LENGTH: 0}
        alike = [method for method in self.methods if {**method.settings, LENGTH: 0} == like]
        return max((m for m in alike if m.from_scratch), key=lambda m: m.stop, default=None)

    @property
    def baseline(self) -> Method | None:
        """PPO from scratch; with several settings, the one that is nearest the other methods'.

        One without the KL term, which is no part of PPO, where there is one.
        """
        scratch = [m for m in self.methods if m.from_scratch]
        others = [m for m in self.methods if not m.from_scratch]

        def distance(ppo: Method) -> tuple[bool, int]:
            unlike = (differing([ppo.settings, m.settings]) for m in others)
            return ppo.settings[KL] != 0, sum(map(len, unlike))

        return min(scratch, key=distance, default=None)

    def with_kl(self, method: Method) -> Method | None:
        """PPO from scratch with the KL term, nearest to a student in that and in all else.

        For a student without the term it is that with the coefficient of the paper's students.
        """
        wanted = method.settings[KL] or METHODS[SCRATCH_WITH_KL].settings[KL]

        def distance(ppo: Method) -> tuple[float, int]:
            own, others = method.settings, ppo.settings
            return abs(wanted - others[KL]), len(differing([own, others]))

        scratch = [m for m in self.methods if m.from_scratch and m.settings[KL] != 0]
        return min(scratch, key=distance, default=None)

    def knowing_less(self, method: Method) -> list[Method]:
        """The same method with teachers of the same tasks that know less, once for each value.

        The one whose teachers know nothing comes first.
        """
        own = method.settings.get(WEIGHTS)
        if not method.taught or own not in TEACHER_WEIGHTS:
            return []
        alike = [m for m in self.methods if _begins_with(m) == _begins_with(method)]
        less = TEACHER_WEIGHTS[TEACHER_WEIGHTS.index(own) + 1 :]
        twins = [{**method.settings, WEIGHTS: weights} for weights in reversed(less)]
        found = (next((m for m in alike if m.settings == twin), None) for twin in twins)
        return [twin for twin in found if twin is not None]


def _begins_with(method: Method) -> tuple[list[str], bool]:
    """The tasks of its teachers, and whether it goes on from a checkpoint."""
    run = method.runs[0]
    return [teacher.task for teacher in run.teachers], bool(run.load_path)


def panels(runs: Iterable[Run]) -> list[Panel]:
    """Group runs by what their logs say, with PPO from scratch first, then methods by label.

    Runs from scratch stand in every panel with their task as the target. Where runs of one method
    and one seed have other teachers, each folder that holds runs is a method of its own.

    Raises:
        UserError: two runs are the same method with the same seed.
    """
    scratch: dict[str, list[Run]] = defaultdict(list)
    transfers: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        if run.from_scratch:
            scratch[run.task].append(run)
        else:
            transfers[run.task, transfer_of(run)].append(run)
    alone = sorted(scratch.keys() - {target for target, _ in transfers})
    return [Panel(target, _methods(scratch[target])) for target in alone] + [
        Panel(title, _methods(scratch[target] + group))
        for (target, title), group in sorted(transfers.items())
    ]


def transfer_of(run: Run) -> str:
    """The source tasks of a run, if it has some, and its target task, in words."""
    sources = " + ".join(sorted({teacher.task for teacher in run.teachers}))
    return f"{sources} → {run.task}" if sources else run.task


def method_of(label: str, runs: Sequence[Run], awaited: int) -> Method:
    """Runs that differ in nothing but their seeds, under a given label.

    Raises:
        UserError: two of them have the same seed.
    """
    return Method(label, _by_seed(runs), settings_with_length(runs[0]), awaited)


def _methods(runs: Sequence[Run]) -> tuple[Method, ...]:
    by_label: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_label[label(run)].append(run)
    methods = [m for name, alike in by_label.items() for m in _named(name, alike)]
    return tuple(sorted(methods, key=lambda m: (not m.from_scratch, m.label)))


def _named(name: str, runs: Sequence[Run]) -> list[Method]:
    """The methods of one label."""
    groups = _by_settings(runs)
    labels = told_apart(name, [(own, alike[0]) for own, alike in groups])
    return [
        Method(called + place, _by_seed(seeds), own)
        for called, (own, alike) in zip(labels, groups, strict=True)
        for place, seeds in _by_place(alike).items()
    ]


def _by_settings(runs: Sequence[Run]) -> list[tuple[dict[str, Any], list[Run]]]:
    """The runs by what makes their method; settings need not be hashable."""
    groups: list[tuple[dict[str, Any], list[Run]]] = []
    for run in runs:
        own = settings_with_length(run)
        same = next((group for settings, group in groups if settings == own), None)
        if same is None:
            groups.append((own, [run]))
        else:
            same.append(run)
    return groups


def _by_place(alike: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs of the same settings by what a label adds: nothing, or the folder that holds them.

    A student for each of five teachers is one method; five students of one of these teachers are
    another, and only their folder tells which of the two a run is.
    """
    if not _another_start(alike):
        return {"": list(alike)}
    places: dict[Path, list[Run]] = defaultdict(list)
    for run in alike:
        places[_seeds_folder(run)].append(run)
    ends = _shortest_ends(list(places))
    return {f" in {end}": same for end, same in zip(ends, places.values(), strict=True)}


def _shortest_ends(folders: Sequence[Path]) -> list[str]:
    """As many of the last parts of each folder as tell all of them apart."""
    longest = max(1, *(len(folder.parts) for folder in folders))  # the current one has no parts
    lists = ([str(Path(*f.parts[-n:])) for f in folders] for n in range(1, longest + 1))
    ends = next(ends for ends in lists if len(set(ends)) == len(ends))
    return [printable(end, len(end)) for end in ends]


def _seeds_folder(run: Run) -> Path:
    """The folder that holds a run's; a sweep's own logs are one further down, in `logs`."""
    own = run.folder.parent if run.folder.name == LOGS else run.folder
    return own.parent


def _another_start(alike: Sequence[Run]) -> bool:
    """Whether two of the runs have the same seed, but other teachers or another checkpoint."""
    return any(
        one.seed == other.seed
        and (one.teachers, one.load_path) != (other.teachers, other.load_path)
        for one, other in combinations(alike, 2)
    )


def _by_seed(runs: Sequence[Run]) -> tuple[Run, ...]:
    ordered = sorted(runs, key=lambda run: run.seed)
    for one, other in pairwise(ordered):
        if one.seed == other.seed:
            raise UserError(
                f"{WHERE}: {one.folder} and {other.folder} are runs of one method with one seed,"
                f" {one.seed}; give one of them"
            )
    return tuple(ordered)
