"""Running statistics of a stream, and the normalisation of observations and rewards by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from baselines.common.checkpoint import checked_arrays, digest

CLIP = 10.0
"""Bound on normalised observations and rewards, in standard deviations."""

EPSILON = 1e-8
"""Added to a variance before its root is taken."""

STATISTICS_SCOPE = "normalize"
"""First part of the names of the statistics in a checkpoint."""

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
        self.mean, self.var, self.count = merged(self.moments, (mean, var, count))

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
            so_far = merged(so_far, (mean, var, size))
            variances.append(so_far[1])
        self.mean, self.var = np.array(so_far[0]), np.array(so_far[1])
        self.count = so_far[2]
        return np.array(variances)

    @property
    def moments(self) -> Moments:
        """Mean, population variance and count."""
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


def merged(one: Moments, other: Moments) -> Moments:
    """Mean, population variance and count of two samples together."""
    (mean_1, var_1, count_1), (mean_2, var_2, count_2) = one, other
    total = count_1 + count_2
    share_1, share_2 = count_1 / total, count_2 / total
    delta = mean_2 - mean_1
    mean = mean_1 + delta * share_2
    return mean, var_1 * share_1 + var_2 * share_2 + delta * delta * (share_1 * share_2), total


class Normalizer:
    """Running statistics of observations and of discounted returns; part of the model.

    Attributes:
        obs_rms: statistics of the observations, [d].
        ret_rms: statistics of the discounted return, a scalar.
    """

    def __init__(self, obs_rms: RunningMeanStd, ret_rms: RunningMeanStd) -> None:
        self.obs_rms = obs_rms
        self.ret_rms = ret_rms

    @classmethod
    def fresh(cls, obs_size: int) -> Normalizer:
        """Statistics that have seen nothing."""
        return cls(RunningMeanStd((obs_size,)), RunningMeanStd())

    def normalize_obs(self, obs: np.ndarray) -> np.ndarray:
        """(s − mean) / √(var + 1e-8), clipped to ±10: [B, d] to float32 of [B, d]."""
        scaled = obs - self.obs_rms.mean
        std = self.obs_rms.var + EPSILON
        scaled /= np.sqrt(std, std)
        return clipped(scaled)

    def arrays(self) -> dict[str, np.ndarray]:
        """The statistics by name, float64, for a checkpoint."""
        parts = {"obs": self.obs_rms, "ret": self.ret_rms}
        return {
            f"{STATISTICS_SCOPE}/{part}/{name}": value
            for part, statistics in parts.items()
            for name, value in statistics.state().items()
        }

    def digest(self) -> str:
        """A hash of the statistics."""
        return digest(self.arrays().values())

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], obs_size: int) -> Normalizer:
        """The inverse of `arrays`, for observations of `obs_size` dimensions.

        Raises:
            KeyError: a statistic is missing.
            ValueError: a statistic has another type or shape, or is none.
        """
        fresh = cls.fresh(obs_size).arrays()
        needed = {name: value.shape for name, value in fresh.items()}
        checked = checked_arrays(arrays, needed, np.floating)
        for name, value in checked.items():
            if not name.endswith("mean") and (value < 0).any():
                raise ValueError(f"{name} is negative")
        obs, ret = (
            {k: checked[f"{STATISTICS_SCOPE}/{which}/{k}"] for k in ("mean", "var", "count")}
            for which in ("obs", "ret")
        )
        return cls(RunningMeanStd.from_state(obs), RunningMeanStd.from_state(ret))


def clipped(scaled: np.ndarray) -> np.ndarray:
    """Normalised values, held within ±10, as float32; `scaled` is overwritten."""
    np.minimum(scaled, CLIP, out=scaled)  # np.clip takes thrice as long on arrays this small
    np.maximum(scaled, -CLIP, out=scaled)
    return scaled.astype(np.float32)
