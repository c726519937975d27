"""Which runs belong together: panels, one for each transfer, and in them methods over seeds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, pairwise
from typing import Any

from baselines.analysis.runs import WHERE, Run
from baselines.coefs import COEFS, DEFAULT_COEFS, KL, nearest
from baselines.common.errors import UserError, printable
from baselines.common.registry import NotKnown
from baselines.config import TEACHER_WEIGHTS, Config
from baselines.methods import METHODS, SCRATCH, SCRATCH_WITH_KL
from baselines.transfer.kinds import TRANSFERS

BUILT_IN = {"transfer": ("mikt", "mlpp"), "mapping": ("learned", "frozen")}
"""What is called as in the table of methods; all else by its own name."""

UNSAID = ("", DEFAULT_COEFS)
"""Sets of coefficients that no label tells."""

PLACES = {
    "seed", "env", "env_kwargs", "load_path", "xla", "pi_scope", "vf_scope", "teacher_paths",
    "source_env", "teacher_network",
} | {f.name for f in fields(Config) if f.metadata["may_change"]}  # fmt: skip
"""Settings that do not make another method: where a run is, what it reads and what it writes."""

MIKT_SETTINGS = {f.name for f in fields(Config) if f.metadata["group"] == "mikt"}
"""Settings without effect on a run whose transfer method does not say that it reads them."""

LONGEST_VALUE = 30
"""Characters of a setting's value in a label."""

LENGTH = "num_timesteps"
"""The setting that is how long a run is."""

WEIGHTS = "teacher_weights"
"""The setting of what is left of the teachers' training."""

TRANSFER_SETTINGS = {f.name for f in fields(Config) if f.metadata["group"] in ("mikt", "transfer")}
"""Settings without effect on a run that has no teachers."""


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
    def finished(self) -> bool:
        """Whether those of its runs that are there ran to their end."""
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
        return _is_scratch(self.runs[0])

    @property
    def not_by_default(self) -> list[str]:
        """Its settings that are not those of its transfer method by default, its length aside."""
        defaults = settings_of_method(default_settings(self.runs[0].config))
        return [name for name in _differing([self.settings, defaults]) if name != LENGTH]

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
            differing = (_differing([ppo.settings, m.settings]) for m in others)
            return ppo.settings[KL] != 0, sum(map(len, differing))

        return min(scratch, key=distance, default=None)

    def with_kl(self, method: Method) -> Method | None:
        """PPO from scratch with the KL term, nearest to a student in that and in all else.

        For a student without the term it is that with the weight of the paper's students.
        """
        wanted = method.settings[KL] or METHODS[SCRATCH_WITH_KL].settings[KL]

        def distance(ppo: Method) -> tuple[float, int]:
            own, others = method.settings, ppo.settings
            return abs(wanted - others[KL]), len(_differing([own, others]))

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
    return [teacher.task for teacher in run.teachers], bool(run.config.get("load_path"))


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
        if _is_scratch(run):
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

    Args:
        label: the label.
        runs: the runs.
        awaited: see `Method`.

    Raises:
        UserError: two of them have the same seed.
    """
    return Method(label, _by_seed(runs), _settings(runs[0]), awaited)


def _is_scratch(run: Run) -> bool:
    return not run.teachers and not run.config.get("load_path")


def label(run: Run) -> str:
    """What the method of a run is called, other settings than those that define it aside."""
    name = _kind(run)
    surplus = len(run.teachers) > len({teacher.task for teacher in run.teachers})
    if surplus:
        name += f", {len(run.teachers)} teachers"
    return f"{name}, continued" if run.config.get("load_path") else name


def _kind(run: Run) -> str:
    own = settings_of_method(run.config)
    if not run.teachers:
        return SCRATCH if own[KL] == 0 else SCRATCH_WITH_KL
    if own["transfer"] not in BUILT_IN["transfer"]:
        return _of_module(own["transfer"])
    names = _names_in_the_table(own)
    if (mapping := own.get("mapping", "learned")) not in BUILT_IN["mapping"]:
        names.append(_of_module(mapping))
    coefs = _set_of(own)
    return ", ".join(names) + (f" ({COEFS[coefs].called})" if coefs not in UNSAID else "")


def _names_in_the_table(own: Mapping[str, Any]) -> list[str]:
    """Those of the methods with teachers that a run is, without those that are part of another."""
    fitting = [
        method
        for method in METHODS.values()
        if method.taught and all(own.get(k) == v for k, v in method.settings.items())
    ]
    return [
        one.name
        for one in fitting
        if not any(one.settings.items() < other.settings.items() for other in fitting)
    ]


def _set_of(own: Mapping[str, Any]) -> str:
    """The set of coefficients that a student's are told apart from; empty where there is none."""
    return nearest(own) if own.get("transfer") == "mikt" else ""


def _of_module(name: Any) -> str:
    """What is called `module:name`, without the module."""
    return _short(str(name).rpartition(":")[2])


def settings_of_method(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a run's settings makes its method.

    Logs from before a setting existed have what is now its default.
    """
    left_out = PLACES | _unread(config)
    whole = {**default_settings(config), **config}
    return {name: value for name, value in whole.items() if name not in left_out}


def default_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run of which nothing is given but whether it has teachers, and for what."""
    taught = ("",) if config.get("teacher_paths") else ()
    return Config(teacher_paths=taught, transfer=config.get("transfer", "mikt")).to_json()


def _unread(config: Mapping[str, Any]) -> set[str]:
    if not config.get("teacher_paths"):
        return TRANSFER_SETTINGS
    transfer = config.get("transfer", Config.transfer)
    if transfer == Config.transfer:
        return set()  # MIKT reads all of its own; it is not imported, as it would load Gymnasium
    try:
        return MIKT_SETTINGS - set(TRANSFERS.known(transfer).settings)
    except NotKnown:  # a method from outside this package may read any of them
        return set()


def _methods(runs: Sequence[Run]) -> tuple[Method, ...]:
    by_label: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_label[label(run)].append(run)
    methods = [m for name, alike in by_label.items() for m in _named(name, _by_settings(alike))]
    return tuple(sorted(methods, key=lambda m: (not m.from_scratch, m.label)))


def _settings(run: Run) -> dict[str, Any]:
    """What makes its method, and how long it is."""
    return settings_of_method(run.config) | {LENGTH: run.config[LENGTH]}


def _by_settings(runs: Sequence[Run]) -> list[tuple[dict[str, Any], list[Run]]]:
    """The runs by what makes their method; settings need not be hashable."""
    groups: list[tuple[dict[str, Any], list[Run]]] = []
    for run in runs:
        own = _settings(run)
        same = next((group for settings, group in groups if settings == own), None)
        if same is None:
            groups.append((own, [run]))
        else:
            same.append(run)
    return groups


def _named(name: str, groups: Sequence[tuple[dict[str, Any], list[Run]]]) -> list[Method]:
    """Methods of one label, told apart by the settings in which they differ.

    Long values are cut, unless two methods would then be called the same.
    """
    differing = _differing([own for own, _ in groups])
    shortest = min(own[LENGTH] for own, _ in groups)
    told = []
    for own, group in groups:
        unsaid = _unsaid(name, group[0], own) | {LENGTH: shortest}
        told.append({k: own[k] for k in differing if k in own and own[k] != unsaid.get(k)})
    labels = [_labelled(name, one, LONGEST_VALUE) for one in told]
    if len(set(labels)) < len(labels):
        labels = [_labelled(name, one, None) for one in told]
    return [
        Method(called + place, _by_seed(runs), own)
        for called, (own, group) in zip(labels, groups, strict=True)
        for place, runs in _by_place(group).items()
    ]


def _by_place(alike: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs of the same settings by what a label adds: nothing, or the folder that holds them.

    A student for each of five teachers is one method; five students of one of these teachers are
    another, and only their folder tells which of the two a run is.
    """
    if not _another_start(alike):
        return {"": list(alike)}
    places: dict[str, list[Run]] = defaultdict(list)
    for run in alike:
        places[f" in {_short(run.folder.parent.name, None)}"].append(run)
    return places


def _another_start(alike: Sequence[Run]) -> bool:
    """Whether two of the runs have the same seed, but other teachers or another checkpoint."""
    return any(
        one.seed == other.seed
        and (one.teachers, one.config.get("load_path"))
        != (other.teachers, other.config.get("load_path"))
        for one, other in combinations(alike, 2)
    )


def _unsaid(name: str, run: Run, own: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a method of some label that go without saying."""
    coefs = _set_of(own)
    return {
        **default_settings(run.config),
        "transfer": Config.transfer,
        **(COEFS[coefs].values if coefs else {}),
        **(METHODS[name].settings if name in METHODS else {}),
    }


def _differing(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    keys = {key for one in settings for key in one}
    return sorted(k for k in keys if any(one.get(k) != settings[0].get(k) for one in settings))


def _labelled(name: str, said: Mapping[str, Any], length: int | None) -> str:
    return ", ".join([name, *(f"{k}={_short(value, length)}" for k, value in said.items())])


def _short(value: Any, length: int | None = LONGEST_VALUE) -> str:
    """At most so many characters of a value; None: all."""
    text = value if isinstance(value, str) else json.dumps(value)
    return printable(text, len(text) if length is None else length)


def _by_seed(runs: Sequence[Run]) -> tuple[Run, ...]:
    ordered = sorted(runs, key=lambda run: run.seed)
    for one, other in pairwise(ordered):
        if one.seed == other.seed:
            raise UserError(
                f"{WHERE}: {one.folder} and {other.folder} are runs of one method with one seed,"
                f" {one.seed}; give one of them"
            )
    return tuple(ordered)
