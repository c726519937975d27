"""The student minus a control, over all transfers together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from baselines.analysis.runs.comparison import Against, values_by_seed
from baselines.analysis.runs.curve_metrics import Metric
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import MIN_SEEDS, Estimate, weighted_sum

EXPLANATION = """\
The last row is the mean of the differences over all complete transfers, each of which counts the
same. Its interval takes the runs as independent (Welch's degrees of freedom); runs of PPO that are
in several transfers have the sum of their weights. It does not account for students of one seed
that have the same teacher."""

Runs: TypeAlias = dict[Path, tuple[float, float]]
"""The value of each run, and its weight in the sum; by folder."""


@dataclass(frozen=True)
class Pooled:
    """The mean difference over several transfers.

    Attributes:
        transfers: their number.
        difference: the mean.
    """

    transfers: int
    difference: Estimate


def pooled(found: Sequence[Against]) -> Pooled | None:
    """The mean of the differences of the complete transfers; None for fewer than two of them.

    Args:
        found: the student against one control in one metric, once for each transfer.
    """
    whole = [one for one in found if one.is_whole and one.pairs >= MIN_SEEDS]
    if len(whole) < 2:
        return None
    samples: dict[object, Runs] = defaultdict(dict)
    for one in whole:
        for method, sign in ((one.method, 1.0), (one.control, -1.0)):
            _add(samples[_sample_of(method)], method, one.metric, sign / len(whole))
    groups = [np.array(list(runs.values())).T for runs in samples.values()]
    return Pooled(len(whole), weighted_sum([(values, weights) for values, weights in groups]))


def _sample_of(method: Method) -> object:
    """What the runs are a sample of: PPO's on one task are one sample, in whatever transfer."""
    return method.folders if method.taught else (method.label, method.runs[0].task)


def _add(runs: Runs, method: Method, metric: Metric, weight: float) -> None:
    """Add the mean of a method's runs, times a weight, to a sum."""
    values = values_by_seed(method, metric)
    for run in method.runs:
        _, before = runs.get(run.folder, (0.0, 0.0))
        runs[run.folder] = values[run.seed], before + weight / len(method.runs)
