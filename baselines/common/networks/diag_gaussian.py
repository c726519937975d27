"""The action distribution of `Box` tasks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Pi, Sampler

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class DiagGaussian:
    """Independent normal distributions; log σ is a free vector.

    Attributes:
        num_outputs: number k of actions.
        init_logstd: log σ of each action at the start of a training.
    """

    num_outputs: int
    init_logstd: float = field(default=0.0, compare=False)

    def init(self, scope: str) -> dict[str, np.ndarray]:
        return {f"{scope}/logstd": np.full(self.num_outputs, self.init_logstd, np.float32)}

    def pi(self, params: Params, scope: str, outputs: Array) -> Pi:
        return outputs, params[f"{scope}/logstd"]

    def noise(self, rng: np.random.Generator, batch: tuple[int, ...]) -> np.ndarray:
        return rng.standard_normal((*batch, self.num_outputs), dtype=np.float32)

    def sample(self, pi: Pi, noise: np.ndarray) -> np.ndarray:
        mean, logstd = pi
        return mean + np.exp(logstd) * noise

    def sampler(self, params: Params, scope: str) -> Sampler:
        std = np.exp(params[f"{scope}/logstd"])
        return lambda mean, noise: mean + std * noise

    def mode(self, pi: Pi) -> np.ndarray:
        return pi[0]

    def neglogp(self, pi: Pi, actions: Array) -> Array:
        mean, logstd = pi
        standardised = (actions - mean) * arrays.exp(-logstd)
        return arrays.sum_last(0.5 * standardised * standardised + logstd) + (
            0.5 * LOG_2PI * self.num_outputs
        )

    def kl(self, pi: Pi, other: Pi) -> Array:
        (mean, logstd), (other_mean, other_logstd) = pi, other
        squares = arrays.exp(2.0 * logstd) + (mean - other_mean) ** 2
        ratios = squares * arrays.exp(-2.0 * other_logstd)
        return arrays.sum_last(other_logstd - logstd + 0.5 * (ratios - 1.0))

    def entropy(self, pi: Pi) -> Array:
        return arrays.sum_last(pi[1]) + 0.5 * (LOG_2PI + 1.0) * self.num_outputs
