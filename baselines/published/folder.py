"""A folder of results as it is read again: its logs, and the experiment file that declared them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.analysis.runs import Run, find_runs, run_folders
from baselines.experiments.plan import read_experiment
from baselines.published.collecting import missing

EXPERIMENT = "experiment.yaml"
"""The experiment file as it was when the results were collected."""


@dataclass(frozen=True)
class Results:
    """A folder of results.

    Attributes:
        folder: the folder; its name is that of the figures and tables in it.
        title: what it is about.
        runs: its runs.
        declared: whether an experiment file declared them.
        missing: declared runs without a log.
    """

    folder: Path
    title: str
    runs: Sequence[Run]
    declared: bool
    missing: Sequence[str]

    def place(self, run: Run) -> str:
        """The path of a run below the folder."""
        return run.folder.relative_to(self.folder).as_posix()


def result_folders(out: Path) -> list[Path]:
    """The folders in `out` that hold logs: those of experiments first, each by name."""
    below = out.iterdir() if out.is_dir() else ()
    found = [path for path in below if path.is_dir() and any(run_folders(path))]
    return sorted(found, key=lambda path: (not (path / EXPERIMENT).is_file(), path.name))


def read_results(folder: Path) -> Results:
    """Read a folder of results.

    Raises:
        UserError: a log or the experiment file is damaged; the message names it and the line.
    """
    runs = find_runs([str(folder)])
    if not (folder / EXPERIMENT).is_file():
        title = folder.name.replace("_", " ").capitalize()
        return Results(folder, title, runs, False, ())
    experiment = read_experiment(folder / EXPERIMENT, folder, {})
    absent = missing(experiment.items, [run.folder for run in runs])
    return Results(folder, experiment.title, runs, True, tuple(absent))
