"""Running mean and variance of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Moments = tuple[Any, Any, float]
"""Mean, population variance and count; arrays or floats."""


class RunningMeanStd:
    """Mean and variance of everything seen so far, merged batch by batch.

    The merge is exact (Chan, Golub and LeVeque 1979). `count` starts at 1e-4 as in Baselines,
    so that the initial variance of 1 weighs next to nothing.

    Attributes:
        mean: float64 of `shape`.
        var: float64 of `shape`, the population variance.
        count: number of samples seen.
    """

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self.mean = np.zeros(shape)
        self.var = np.ones(shape)
        self.count = 1e-4

    def update(self, batch: np.ndarray) -> None:
        """Take in `batch`, float of [B, *shape]."""
        size = len(batch)
        if size == 1:
            self._take_one(batch[0])
            return
        # `mean` and `var` of arrays this small take thrice as long.
        mean = np.add.reduce(batch) / size
        centred = batch - mean
        centred *= centred
        self.merge(mean, np.add.reduce(centred) / size, size)

    def _take_one(self, sample: np.ndarray) -> None:
        """`merge` of one sample, in a third of the time: each step of a single environment."""
        total = self.count + 1
        delta = sample - self.mean
        self.var *= self.count / total
        self.mean += delta * (1 / total)
        delta *= delta
        delta *= self.count / (total * total)
        self.var += delta
        self.count = total

    def merge(self, mean: np.ndarray, var: np.ndarray, count: float) -> None:
        """Take in `count` samples of which only mean and population variance are known."""
        self.mean, self.var, self.count = _merged(self._moments, (mean, var, count))

    def update_each(self, batches: np.ndarray) -> np.ndarray:
        """Take in T batches of scalars one after the other, float of [T, B].

        Returns:
            The variance after each of them, float64 of [T].
        """
        size = batches.shape[1]
        so_far = (float(self.mean), float(self.var), self.count)
        variances = []
        for mean, var in zip(
            batches.mean(axis=1).tolist(), batches.var(axis=1).tolist(), strict=True
        ):
            so_far = _merged(so_far, (mean, var, size))
            variances.append(so_far[1])
        self.mean, self.var = np.array(so_far[0]), np.array(so_far[1])
        self.count = so_far[2]
        return np.array(variances)

    def unite(self, past: RunningMeanStd, parts: Sequence[RunningMeanStd]) -> None:
        """Become the statistics of a common past and of all that each part has seen since.

        Args:
            past: what the parts had in common.
            parts: statistics that have each taken in more.
        """
        united = past._moments
        for part in parts:
            united = _merged(united, _since(past._moments, part._moments))
        self.mean, self.var, self.count = united

    @property
    def _moments(self) -> Moments:
        return self.mean, self.var, self.count

    def state(self) -> dict[str, np.ndarray]:
        """A copy of the statistics as float64 arrays `mean`, `var`, `count`."""
        return {
            "mean": np.array(self.mean),
            "var": np.array(self.var),
            "count": np.array(self.count),
        }

    @classmethod
    def from_state(cls, state: dict[str, np.ndarray]) -> RunningMeanStd:
        """The inverse of `state`."""
        stats = cls()
        stats.mean = np.array(state["mean"], np.float64)
        stats.var = np.array(state["var"], np.float64)
        stats.count = float(state["count"])
        return stats


def _merged(one: Moments, other: Moments) -> Moments:
    """Mean, population variance and count of two samples together."""
    (mean_1, var_1, count_1), (mean_2, var_2, count_2) = one, other
    total = count_1 + count_2
    share_1, share_2 = count_1 / total, count_2 / total
    delta = mean_2 - mean_1
    mean = mean_1 + delta * share_2
    return mean, var_1 * share_1 + var_2 * share_2 + delta * delta * (share_1 * share_2), total


def _since(past: Moments, now: Moments) -> Moments:
    """Of what was seen between two states of the same statistics; the inverse of `_merged`."""
    (mean_1, var_1, count_1), (mean, var, total) = past, now
    count = total - count_1
    if not count:
        return mean, var, 0.0
    delta = (mean - mean_1) * (total / count)
    squares = var * total - var_1 * count_1 - delta * delta * (count_1 * count / total)
    return mean_1 + delta, np.maximum(squares, 0.0) / count, count  # rounding may leave -1e-20
