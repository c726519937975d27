"""The action distribution of `Discrete` tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Pi, Sampler


@dataclass(frozen=True)
class Categorical:
    """One of `num_outputs` actions, from logits; environments add the `start` of their space."""

    num_outputs: int

    def init(self, scope: str) -> dict[str, np.ndarray]:
        return {}

    def pi(self, params: Params, scope: str, outputs: Array) -> Pi:
        return (arrays.log_softmax(outputs),)

    def noise(self, rng: np.random.Generator, batch: tuple[int, ...]) -> np.ndarray:
        return rng.gumbel(size=(*batch, self.num_outputs)).astype(np.float32)

    def sample(self, pi: Pi, noise: np.ndarray) -> np.ndarray:
        return (pi[0] + noise).argmax(axis=-1)  # the Gumbel-max trick

    def sampler(self, params: Params, scope: str) -> Sampler:
        return lambda logits, noise: (logits + noise).argmax(axis=-1)  # a softmax keeps the order

    def mode(self, pi: Pi) -> np.ndarray:
        return pi[0].argmax(axis=-1)

    def neglogp(self, pi: Pi, actions: Array) -> Array:
        return -arrays.sum_last(pi[0] * arrays.one_hot(actions, self.num_outputs))

    def kl(self, pi: Pi, other: Pi) -> Array:
        return arrays.sum_last(arrays.exp(pi[0]) * (pi[0] - other[0]))

    def entropy(self, pi: Pi) -> Array:
        return -arrays.sum_last(arrays.exp(pi[0]) * pi[0])
