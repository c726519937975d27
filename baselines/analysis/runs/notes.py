"""Notes on the logs behind figures and tables, for their readers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from baselines.analysis.runs.comparison import teacher_cost
from baselines.analysis.runs.panels import Method, Panel
from baselines.methods import SCRATCH


def notes_on(panel: Panel) -> Iterator[str]:
    """A line for everything that is not as it should be."""
    for method in panel.methods:
        for note in (*_unfinished(method), *_replaced(method), *_unknown_costs(method)):
            yield f"{panel.title}: {note}"
    if panel.baseline is None:
        yield f"{panel.title}: no run of {SCRATCH} from scratch, so nothing to compare with"


def _unfinished(method: Method) -> Iterator[str]:
    for run in method.runs:
        end = int(run.timesteps[-1])
        if not run.finished:
            yield (
                f"{method.label}, seed {run.seed} ends at {end:,} of"
                f" {run.planned_timesteps:,} timesteps"
            )
    if any(run.timesteps[-1] > method.stop for run in method.runs):
        yield f"{method.label}: all its seeds are used up to {method.stop:,} timesteps"


def _replaced(method: Method) -> Iterator[str]:
    """A line for each teacher whose file was another one for some of the seeds."""
    found: dict[str, set[str]] = defaultdict(set)
    for run in method.runs:
        for path, teacher in zip(run.config["teacher_paths"], run.teachers, strict=True):
            found[path].add(teacher.sha256)
    for path, files in found.items():
        if len(files) > 1:
            yield f"{method.label}: {path} was another file for some of its seeds"


def _unknown_costs(method: Method) -> Iterator[str]:
    if any(math.isnan(teacher_cost(run)) for run in method.runs):
        yield f"{method.label}: the logs do not tell how long the teachers were trained"
