"""Running mean and variance of a stream."""

from __future__ import annotations

import numpy as np


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
        if len(batch) == 1:
            self._take_one(batch[0])
        else:
            self.merge(batch.mean(axis=0), batch.var(axis=0), len(batch))

    def _take_one(self, sample: np.ndarray) -> None:
        """`merge` of one sample, in a third of the time: each step of a single environment."""
        total = self.count + 1
        delta = sample - self.mean
        self.mean += delta / total
        self.var *= self.count / total
        self.var += delta * delta * (self.count / (total * total))
        self.count = total

    def merge(self, mean: np.ndarray, var: np.ndarray, count: float) -> None:
        """Take in `count` samples of which only mean and population variance are known."""
        total = self.count + count
        delta = mean - self.mean
        self.mean += delta * (count / total)
        self.var *= self.count / total
        self.var += var * (count / total) + delta * delta * (self.count * count / (total * total))
        self.count = total

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
