"""The running statistics of several ranks, made one: each rank sees other observations."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from baselines.common.team import Team
from baselines.common.vec_env.running_stats import Moments, Normalizer, RunningMeanStd, merged


class SharedStatistics:
    """A normaliser's statistics, which several ranks exchange.

    To be made while all ranks have the same statistics.

    Attributes:
        normalizer: this rank's normaliser.
        team: the ranks.
    """

    def __init__(self, normalizer: Normalizer, team: Team) -> None:
        self.normalizer = normalizer
        self.team = team
        self._in_common = deepcopy(normalizer)

    def exchange(self) -> None:
        """Take in what the other ranks have seen since the last time; after it, all are alike."""
        if self.team.size == 1:
            return
        mine, past = self.normalizer, self._in_common
        ranks = self.team.gather((mine.obs_rms, mine.ret_rms))
        unite(mine.obs_rms, past.obs_rms, [obs for obs, _ in ranks])
        unite(mine.ret_rms, past.ret_rms, [ret for _, ret in ranks])
        self._in_common = deepcopy(mine)


def unite(stats: RunningMeanStd, past: RunningMeanStd, parts: Sequence[RunningMeanStd]) -> None:
    """Make `stats` those of a common past and of all that each part has seen since.

    Args:
        stats: is overwritten.
        past: the statistics that the parts had in common.
        parts: statistics that have each taken in more.
    """
    united = past.moments
    for part in parts:
        united = merged(united, _since(past.moments, part.moments))
    stats.mean, stats.var, stats.count = united


def _since(past: Moments, now: Moments) -> Moments:
    """The moments of the samples between two states of statistics; the inverse of `merged`."""
    (mean_1, var_1, count_1), (mean, var, total) = past, now
    count = total - count_1
    if not count:
        return mean, var, 0.0
    delta = (mean - mean_1) * (total / count)
    squares = var * total - var_1 * count_1 - delta * delta * (count_1 * count / total)
    return mean_1 + delta, np.maximum(squares, 0.0) / count, count  # rounding may leave -1e-20
