"""The contents of an experiment file: panels, their methods, and the resulting runs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from baselines.checks import check
from baselines.common.errors import UserError, check_choice, suggestion
from baselines.common.log_folder import LOGS
from baselines.config import Config, trains_student
from baselines.experiments.items import MODELS, Item, seed_part
from baselines.experiments.yaml_files import ARGUMENT, Part, read_yaml, required
from baselines.flags import TEACHERS, from_settings
from baselines.methods import METHODS, STUDENT, NamedMethod
from baselines.transfer.settings_read import without_unread

KEYS = ("title", "study", "settings", "seeds", "methods", "teachers", "panels")
PANEL_KEYS = ("name", "env", "teachers", "methods", "settings", "seeds")
BASE = "method"
"""Among a method's settings: the method of the table that they are added to."""
RESERVED = ("env", "seed", "save_path", "log_path", "num_threads", "resume")
"""Settings that the panels, the seeds and the sweep give."""
IMPOSSIBLE = ("num_ranks", "play")
"""Settings of runs that a sweep cannot start."""
TEACHERS_FOLDER = "teachers"
"""Below the folder of the runs: those that an experiment makes for its students alone."""
MAX_NAME = 255
"""Bytes that the name of a folder may have."""
SET = Part(None, "--set", {})
"""The place of the settings for all runs."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class DeclaredPanel:
    """A panel of an experiment file: the methods that are compared in it.

    Attributes:
        name: of the panel; without one, its task.
        methods: the runs of each, by the method's name; both in the order of the file.
    """

    name: str
    methods: Mapping[str, tuple[Item, ...]]


@dataclass(frozen=True)
class Experiment:
    """The contents of an experiment file.

    Attributes:
        title: what it is about.
        study: whether it is a study, and no part of what the results say of the method.
        items: its runs, those of one seed after the other; its teachers first.
        panels: the same runs as they are to be compared, in the order of the file. A run from
            scratch may be in several.
        teachers: those that are teachers and nothing else, likewise.
    """

    title: str
    study: bool
    items: tuple[Item, ...]
    panels: tuple[DeclaredPanel, ...]
    teachers: tuple[DeclaredPanel, ...]


@dataclass(frozen=True)
class _DeclaredRun:
    """A run as the file declares it.

    Attributes:
        panel: where it is declared.
        method: its method, with all settings of that.
        own: what the file says of the method; None: no more than its name.
        seed: its seed.
        common: the settings of the file and of the panel.
        overrides: the settings of the command line, for all runs.
    """

    panel: Part
    method: NamedMethod
    own: Part | None
    seed: int
    common: Mapping[str, Part]
    overrides: Mapping[str, str]


def read_experiment(path: Path, out: Path, overrides: Mapping[str, str]) -> Experiment:
    """Read and check an experiment file.

    Args:
        path: the file.
        out: folder of the runs.
        overrides: settings for all runs, before the file's.

    Raises:
        UserError: anything wrong with the file, or with the settings of one of its runs.
    """
    _free(dict.fromkeys(overrides, SET))
    root = read_yaml(path)
    root.entries(KEYS)
    title = required(root, "title").text()
    study = root.parts["study"].flag() if "study" in root.parts else False
    teachers = root.parts["teachers"].items() if "teachers" in root.parts else []
    panels = required(root, "panels").items()
    _check_names(teachers)
    _check_names(panels)
    found: dict[Path, Item] = {}
    declared: list[tuple[Part, str, Item]] = []
    for run in _runs(root, [*teachers, *panels], overrides):
        item = _item(run, out if run.panel in panels else out / TEACHERS_FOLDER, found.values())
        if run.panel in teachers:
            item = replace(item, name=f"teacher {item.name}", shown=False)
        first = found.setdefault(item.folder, item)
        if first.config != item.config:
            other = f"{first.name}, with other settings"
            raise run.panel.error(f"{item.name}: {item.folder} is that of {other}, already")
        declared.append((run.panel, run.method.name, item))
    items = tuple(found.values())
    _check_differ_in_name(items)
    return Experiment(title, study, items, _panels(panels, declared), _panels(teachers, declared))


def _runs(
    root: Part, panels: Sequence[Part], overrides: Mapping[str, str]
) -> Iterator[_DeclaredRun]:
    """Each method of each panel, one seed after the other."""
    common = _settings(root)
    for seed, panel in _by_seed(root, panels):
        settings = common | _settings(panel)
        for method, own in _methods(panel.get("methods") or required(root, "methods")):
            yield _DeclaredRun(panel, method, own, seed, settings, overrides)


def _panels(
    parts: Sequence[Part], declared: Iterable[tuple[Part, str, Item]]
) -> tuple[DeclaredPanel, ...]:
    """The panels of some parts of the file, in their order, from all runs with part and method."""
    found: dict[str, dict[str, dict[Path, Item]]] = {
        _panel_name(part): defaultdict(dict) for part in parts
    }
    for part, method, item in declared:
        if part in parts:
            found[_panel_name(part)][method][item.folder] = item
    return tuple(
        DeclaredPanel(name, {method: tuple(runs.values()) for method, runs in methods.items()})
        for name, methods in found.items()
    )


def _panel_name(panel: Part) -> str:
    name = panel.get("name")
    return required(panel, "env").text() if name is None else name.text()


def _check_names(panels: Sequence[Part]) -> None:
    """Raises UserError for a panel with an unknown key, or two of one name and two tasks."""
    tasks: dict[str, str] = {}
    for panel in panels:
        panel.entries(PANEL_KEYS)
        name, env = _panel_name(panel), required(panel, "env").text()
        if tasks.setdefault(name, env) != env:
            raise panel.error(f"{name}: a panel of this name, with {tasks[name]}, is there already")


def _by_seed(root: Part, panels: Sequence[Part]) -> list[tuple[int, Part]]:
    """Each seed with each panel that has it: one seed after the other."""
    seeds = []
    for panel in panels:
        seeds.append(_seeds(panel.get("seeds") or required(root, "seeds")))
    every = dict.fromkeys(seed for own in seeds for seed in own)
    return [(s, panel) for s in every for panel, own in zip(panels, seeds, strict=True) if s in own]


def read_experiments(
    paths: Sequence[Path], out: Path, overrides: Mapping[str, str]
) -> tuple[Item, ...]:
    """The runs of several experiment files, in order; a run that two declare is there once.

    Raises:
        UserError: as `read_experiment`, or two files declare a run of one name differently.
    """
    found: dict[Path, tuple[Item, Path]] = {}
    for path in paths:
        for item in read_experiment(path, out, overrides).items:
            first, where = found.setdefault(item.folder, (item, path))
            if first.config != item.config:
                raise UserError(
                    f"{ARGUMENT}: {item.name}: {path} declares it with"
                    f" {_said(item.config, first.config)}, but {where} with"
                    f" {_said(first.config, item.config)}; rename one or give another --out"
                )
    items = tuple(item for item, _ in found.values())
    _check_differ_in_name(items)
    return items


def _check_differ_in_name(items: Iterable[Item]) -> None:
    """Raises UserError for two runs of one name: a name is what a sweep tells them apart by."""
    folders: dict[str, Path] = {}
    for item in items:
        other = folders.setdefault(item.name, item.folder)
        if other != item.folder:
            raise UserError(
                f"{ARGUMENT}: {item.name!r} is the name of two runs, in {other} and {item.folder};"
                " give one of the panels or methods another name"
            )


def _said(config: Config, other: Config) -> str:
    """The settings that differ from another's."""
    own, others = config.to_json(), other.to_json()
    return ", ".join(f"{name} {own[name]}" for name in own if own[name] != others.get(name))


def _settings(part: Part) -> dict[str, Part]:
    given = part.get("settings")
    return {} if given is None else _free(dict(given.entries()))


def _free(settings: dict[str, Part]) -> dict[str, Part]:
    """Settings, each with its place; raises UserError if one is not for all runs to have."""
    for name, part in settings.items():
        if name in (TEACHERS, "teachers"):
            raise part.error(f"{name}: is not for the settings; the key 'teachers' names them")
        if name in IMPOSSIBLE:
            raise part.error(f"{name}: no run of a sweep can have it")
        if name in RESERVED:
            raise part.error(
                f"{name}: is not for the settings of all runs: panels give tasks and seeds, the"
                " sweep the rest"
            )
    return settings


def _as_flags(settings: Mapping[str, Part]) -> dict[str, str]:
    """Settings as one would type them; a dictionary, such as a task's arguments, as JSON."""
    values = {name: setting.value for name, setting in settings.items()}
    return {
        name: json.dumps(value, default=str) if isinstance(value, dict) else str(value)
        for name, value in values.items()
    }


def _seeds(part: Part) -> list[int]:
    for item in part.items():
        if type(item.value) is not int or item.value < 0:
            raise item.error(f"a seed must be a whole number from 0 on, not {item.value!r}")
    return list(part.value)


def _methods(part: Part) -> list[tuple[NamedMethod, Part | None]]:
    """Methods, each with its own settings in the file, if it has some."""
    return [
        _method_of_its_own(item) if isinstance(item.value, dict) else (_method(item), None)
        for item in part.items()
    ]


def _method(part: Part) -> NamedMethod:
    """A method of the table."""
    _at(part, check_choice, "method", part.text(), METHODS)
    return METHODS[part.text()]


def _method_of_its_own(part: Part) -> tuple[NamedMethod, Part | None]:
    """A method of its own settings, added to those of `method`, of its namesake or of MIKT."""
    entries = part.entries()
    if len(entries) != 1:
        raise part.error(f"a method is one name with settings, not {len(entries)}")
    [(name, settings)] = entries
    added = dict(settings.entries())
    base = _method(added.pop(BASE)) if BASE in added else METHODS.get(name, METHODS[STUDENT])
    if added.pop("teachers", None) and not base.taught:
        raise part.error(f"{name}: {base.name} has no teachers")
    own = _as_flags(_free(added))
    return replace(base, name=name, settings={**base.settings, **own}), settings


def _at(part: Part, function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function; its UserError becomes one that names a place in the file."""
    try:
        return function(*arguments)
    except UserError as error:
        raise part.error(str(error).removeprefix("--")) from None


def _teachers(run: _DeclaredRun, earlier: Iterable[Item]) -> tuple[str, ...]:
    """The files of a run's teachers; some may be made by runs that are declared earlier."""
    if not run.method.taught:
        return ()
    own = None if run.own is None else run.own.get("teachers")
    part = required(run.panel, "teachers") if own is None else own
    elements = part.items() if isinstance(part.value, list) else [part]
    made = {item.name: str(item.last_checkpoint) for item in earlier}
    return tuple(_teacher(element, run.seed, made) for element in elements)


def _teacher(part: Part, seed: int, made: Mapping[str, str]) -> str:
    if not isinstance(part.value, dict):
        return part.text().replace("{seed}", str(seed))
    part.entries(("run",))
    name = required(part, "run").text() + seed_part(seed)
    if name not in made:
        raise part.error(f"run: there is no {name!r} above{suggestion(name, made)}")
    return made[name]


def _item(run: _DeclaredRun, out: Path, earlier: Iterable[Item]) -> Item:
    """The run with its settings, in its folder below `out`."""
    panel, method, seed = run.panel, run.method, str(run.seed)
    teachers = _teachers(run, earlier)
    env = required(panel, "env").text()
    group = _panel_name(panel) if method.taught else env
    folder = out / _at(panel, slug, group) / _at(panel, slug, method.name) / seed
    places = {"save_path": str(folder / MODELS), "log_path": str(folder / LOGS)}
    try:
        config = _config(run, teachers, {"env": env, "seed": seed, **places})
    except UserError as error:
        raise _at_its_setting(error, run, group) from None
    return Item(f"{group}, {method.name}{seed_part(run.seed)}", folder, config)


def _config(run: _DeclaredRun, teachers: tuple[str, ...], reserved: Mapping[str, str]) -> Config:
    """The settings of a run, those of `RESERVED` among them.

    Raises:
        UserError: one is wrong; the message begins with its flag.
    """
    its = {flag: str(value) for flag, value in run.method.settings.items()}
    settings = {**_as_flags(run.common), **its, **run.overrides, **reserved}
    transfer = settings.get("transfer", Config.transfer)
    if "coefs" not in its and not trains_student(teachers, transfer):
        settings.pop("coefs", None)  # a set that all methods were given, for those with a student
    config = from_settings(settings, teachers)
    check(config)
    return without_unread(config)


def _at_its_setting(error: UserError, run: _DeclaredRun, group: str) -> UserError:
    """An error of `_config` with the place of the wrong setting, or of the panel if it has none."""
    flag, _, told = str(error).removeprefix("--").partition(": ")
    if flag in run.overrides:
        place = f"({group}, {run.method.name})"
        return SET.error(f"{flag}={run.overrides[flag]}: {told} {place}")
    given = (run.own and run.own.get(flag)) if flag in run.method.settings else run.common.get(flag)
    return (given or run.panel).error(f"{run.method.name}: {error}")


def slug(text: str) -> str:
    """A text as the name of a folder: `Four → Eight` is `four_eight`.

    Raises:
        UserError: no letter or digit is in it, or more of them than a folder's name may have.
    """
    name = re.sub(r"[^\w.=]+", "_", text.lower().replace("→", " ")).strip("_")
    if not any(map(str.isalnum, name)):
        raise UserError(f"{text!r}: a name needs a letter or digit, for its folder")
    if len(name.encode()) > MAX_NAME:
        raise UserError(f"{name[:20]!r}...: a name may have {MAX_NAME} bytes, for its folder")
    return name
