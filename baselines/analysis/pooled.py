"""A method minus another one, over all transfers together."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from baselines.analysis.runs.columns import CLOCK
from baselines.analysis.runs.comparison import PairedDifference
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.runs import Run
from baselines.analysis.runs.statistics import MIN_SEEDS, Estimate, weighted_sum

EXPLANATION = """\
Each value is a mean over all complete transfers of the summary, which count the same, ± half the
width of its 95 % interval. The interval takes runs as independent, and lets their spread differ
between methods and tasks (Welch). Some runs belong to several transfers, such as those of PPO on
one task, or are equal to the bit, such as those with untrained teachers of the same sizes; each is
one run there. Students of one seed that learn from the same teacher are taken as independent, so
the interval may be too narrow."""

Identity: TypeAlias = tuple[str, int, bytes]
"""The same for runs that are equal to the bit, as those with untrained teachers of one size."""

Sums: TypeAlias = dict[Identity, np.ndarray]
"""Of each run the sum of its weighted values and that of the weights: [2]."""


@dataclass(frozen=True)
class Pooled:
    """The mean difference over several transfers.

    Attributes:
        transfers: their number.
        difference: the mean.
    """

    transfers: int
    difference: Estimate


def pooled(found: Sequence[PairedDifference]) -> Pooled | None:
    """The mean of the differences of the complete transfers; None for fewer than two of them.

    Args:
        found: the student against one control in one metric, once for each transfer.
    """
    whole = [one for one in found if one.is_whole and one.seeds >= MIN_SEEDS]
    if len(whole) < 2:
        return None
    methods = [method for one in whole for method in (one.method, one.control)]
    runs = {run.folder: run for method in methods for run in method.runs}
    identities = {folder: _identity(run) for folder, run in runs.items()}
    sample_of = united(_marks(method, identities) for method in methods)
    samples: dict[Hashable, Sums] = defaultdict(lambda: defaultdict(lambda: np.zeros(2)))
    for one in whole:
        share = 1 / (len(whole) * one.seeds)
        for k, (method, weight) in enumerate(((one.method, share), (one.control, -share))):
            sample = samples[k, sample_of[_marks(method, identities)[0]]]
            for run in method.runs:
                if run.seed in one.values:
                    value = np.array([one.values[run.seed][k], 1.0])
                    sample[identities[run.folder]] += weight * value
    return Pooled(len(whole), weighted_sum([_weighted(sample) for sample in samples.values()]))


def _marks(method: Method, identities: Mapping[Path, Identity]) -> list[Hashable]:
    """By which its runs are a sample: those of PPO on one task are one, in whatever transfer.

    Those with teachers are one with others that they have a run in common with.
    """
    if not method.taught:
        return [json.dumps([method.runs[0].task, method.settings], sort_keys=True, default=str)]
    return [identities[run.folder] for run in method.runs]


def united(groups: Iterable[Sequence[Hashable]]) -> dict[Hashable, Hashable]:
    """The sample of each mark: groups with a mark in common are one, through others too."""
    sample_of: dict[Hashable, Hashable] = {}
    for own in groups:
        joined = {sample_of.get(mark, mark) for mark in own}
        sample_of |= dict.fromkeys(own, own[0])
        sample_of = {mark: own[0] if of in joined else of for mark, of in sample_of.items()}
    return sample_of


def _identity(run: Run) -> Identity:
    """By the last row of its log: how many of the others were kept does not matter."""
    row = [values[-1] for name, values in sorted(run.columns.items()) if name not in CLOCK]
    return run.task, run.seed, np.array(row).tobytes()


def _weighted(sample: Sums) -> tuple[np.ndarray, np.ndarray]:
    """The value of each run, and its weight.

    Where transfers of two lengths share a run, its value is the mean of those that it has in them.
    """
    sums, weights = np.array(list(sample.values())).T
    return sums / weights, weights
