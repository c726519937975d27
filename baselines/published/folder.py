"""Folders of results as they are read again: logs, and the experiment files that declared them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.analysis.runs import Run, find_runs, run_folders
from baselines.experiments.plan import read_experiment
from baselines.published.committed import Committed

EXPERIMENT = "experiment.yaml"
"""The experiment file as it was when the results were collected."""


@dataclass(frozen=True)
class Results:
    """A folder of results.

    Attributes:
        folder: the folder; its name is that of the figures and tables in it.
        title: what it is about.
        runs: its runs, and those that it has in common with other experiments.
        declared: whether an experiment file declared them.
        missing: names of the declared runs without a log.
    """

    folder: Path
    title: str
    runs: Sequence[Run]
    declared: bool
    missing: Sequence[str]

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
        else Results(folder, folder.name.replace("_", " ").capitalize(), runs[folder], False, ())
        for folder in folders
    ]
    return [results for results in found if results.runs]


def _declared(folder: Path, own: Sequence[Run], committed: Committed) -> Results:
    experiment = read_experiment(folder / EXPERIMENT, folder, {})
    here, places = Committed(own), {run.folder for run in own}
    runs, missing = list(own), []
    for item in experiment.items:
        run, other = here.longest(item, folder), committed.longest(item, folder)
        if other is None or (run is not None and run.timesteps[-1] >= other.timesteps[-1]):
            if run is None and item.folder not in places:
                missing.append(item.name)
            continue
        runs = [one for one in runs if one is not run] + [other]
    return Results(folder, experiment.title, runs, True, tuple(missing))
