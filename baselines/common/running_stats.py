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
        if len(batch) == 1:  # one environment: the moments of a single sample are at hand
            self.merge(batch[0], 0.0, 1)
        else:
            self.merge(batch.mean(axis=0), batch.var(axis=0), len(batch))

    def merge(self, mean: np.ndarray, var: np.ndarray | float, count: float) -> None:
        """Take in `count` samples of which only the moments are known."""
        total = self.count + count
        delta = mean - self.mean
        self.mean = self.mean + delta * (count / total)
        self.var = (
            self.var * (self.count / total)
            + np.multiply(var, count / total)
            + delta * delta * (self.count * count / (total * total))
        )
        self.count = total

    def state(self) -> dict[str, np.ndarray]:
        """The statistics as float64 arrays `mean`, `var`, `count`."""
        return {"mean": self.mean, "var": self.var, "count": np.array(self.count)}

    @classmethod
    def from_state(cls, state: dict[str, np.ndarray]) -> RunningMeanStd:
        """The inverse of `state`."""
        stats = cls()
        stats.mean = np.array(state["mean"], np.float64)
        stats.var = np.array(state["var"], np.float64)
        stats.count = float(state["count"])
        return stats
