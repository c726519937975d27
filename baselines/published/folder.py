"""Folders of results as they are read again: logs, and the experiment files that declared them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.analysis.runs.panels import Panel, method_of, panels
from baselines.analysis.runs.runs import Run, find_runs, run_folders
from baselines.experiments.items import Item
from baselines.experiments.plan import DeclaredPanel, read_experiment
from baselines.published.committed import Committed, furthest

EXPERIMENT = "experiment.yaml"
"""The experiment file as it was when the results were collected."""


@dataclass(frozen=True)
class Results:
    """A folder of results.

    Attributes:
        folder: the folder; its name is that of the figures and tables in it.
        title: what it is about.
        study: whether its experiment file says that it is a study.
        runs: its runs, and those that it has in common with other experiments.
        panels: the runs as they are compared: as the experiment file has it, under its names. What
            it does not declare is in panels of its own, and all where there is no such file.
        teachers: those that were made to teach the others and for nothing else, likewise.
        declared: whether an experiment file declared them.
        missing: the declared runs without a log.
    """

    folder: Path
    title: str
    study: bool
    runs: Sequence[Run]
    panels: Sequence[Panel]
    teachers: Sequence[Panel]
    declared: bool
    missing: Sequence[Item]

    def place(self, run: Run) -> str:
        """The path of a run below the folder of all results, or below its own if it is in there."""
        own = run.folder.is_relative_to(self.folder)
        return run.folder.relative_to(self.folder if own else self.folder.parent).as_posix()


def result_folders(out: Path) -> list[Path]:
    """The folders in `out` of an experiment or with logs: those of experiments first, by name."""
    below = [path for path in out.iterdir() if path.is_dir()] if out.is_dir() else []
    found = [path for path in below if _is_declared(path) or any(run_folders(path))]
    return sorted(found, key=lambda path: (not _is_declared(path), path.name))


def _is_declared(folder: Path) -> bool:
    return (folder / EXPERIMENT).is_file()


def committed_runs(out: Path) -> Committed:
    """The logs of all experiments in `out`.

    Raises:
        UserError: a log is damaged.
    """
    folders = [folder for folder in result_folders(out) if _is_declared(folder)]
    return Committed(run for folder in folders for run in _runs(folder))


def _runs(folder: Path) -> list[Run]:
    """The runs in a folder, which may be that of an experiment whose runs are all elsewhere."""
    return find_runs([str(folder)]) if any(run_folders(folder)) else []


def read_results(out: Path) -> list[Results]:
    """Read all folders of results in `out` that have a run.

    A run that an experiment declares and whose log lies with another one's is in both.

    Raises:
        UserError: a log or an experiment file is damaged; the message names it and the line.
    """
    folders = result_folders(out)
    runs = {folder: _runs(folder) for folder in folders}
    declared = [folder for folder in folders if _is_declared(folder)]
    committed = Committed(run for folder in declared for run in runs[folder])
    found = [
        _declared(folder, runs[folder], committed)
        if folder in declared
        else _undeclared(folder, runs[folder])
        for folder in folders
    ]
    return [results for results in found if results.runs]


def _undeclared(folder: Path, own: Sequence[Run]) -> Results:
    title = folder.name.replace("_", " ").capitalize()
    return Results(folder, title, False, own, panels(own), (), False, ())


def _declared(folder: Path, own: Sequence[Run], committed: Committed) -> Results:
    experiment = read_experiment(folder / EXPERIMENT, folder, {})
    here = Committed(own)
    found = {
        item.folder: run
        for item in experiment.items
        if (run := furthest(here.alike(item, folder) + committed.alike(item, folder))) is not None
    }
    covered = {run.folder for item in experiment.items for run in here.alike(item, folder)}
    others = [run for run in own if run.folder not in covered]
    missing = tuple(item for item in experiment.items if item.folder not in found)
    runs = [*{run.folder: run for run in found.values()}.values(), *others]
    shown = [*_panels(experiment.panels, found), *panels(others)]
    teachers = _panels(experiment.teachers, found)
    return Results(
        folder, experiment.title, experiment.study, runs, shown, teachers, True, missing
    )  # fmt: skip


def _panels(panels: Sequence[DeclaredPanel], found: Mapping[Path, Run]) -> list[Panel]:
    """Declared panels, as far as there are runs of them that no fuller panel shows.

    As long as a panel has no student, its runs from scratch may stand beside those of another.
    """
    there = [panel for declared in panels if (panel := _panel(declared, found)).methods]
    runs = [{folder for m in panel.methods for folder in m.folders} for panel in there]
    return [
        panel
        for i, (panel, own) in enumerate(zip(there, runs, strict=True))
        if own not in runs[:i] and not any(own < other for other in runs)
    ]


def _panel(declared: DeclaredPanel, found: Mapping[Path, Run]) -> Panel:
    """A declared panel with the methods of which there are runs."""
    logged = {
        name: [found[item.folder] for item in items if item.folder in found]
        for name, items in declared.methods.items()
    }
    methods = tuple(
        method_of(name, runs, awaited=len(declared.methods[name]) - len(runs))
        for name, runs in logged.items()
        if runs
    )
    return Panel(declared.name, methods)
