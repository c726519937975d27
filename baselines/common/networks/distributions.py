"""Action distributions as pure functions of what the policy network puts out.

A distribution is described by `Pi`, a tuple of arrays that broadcast over the batch. Sampling
is split into drawing noise, which needs the generator, and shaping it, which is a pure function:
the noise of a whole rollout is drawn at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params

Pi = tuple[Array, ...]

Sampler = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From [B, n] and noise to actions: what acting calls at every step."""

LOG_2PI = float(np.log(2 * np.pi))


class Distribution(Protocol):
    """What a policy needs to know of its action distribution; actions lead with the batch."""

    @property
    def num_outputs(self) -> int:
        """Width of the policy network's output layer."""

    def init(self, scope: str) -> dict[str, np.ndarray]:
        """Variables of the distribution that do not depend on the state, named below `scope`."""

    def pi(self, params: Params, scope: str, outputs: Array) -> Pi:
        """The distribution from the network's outputs [B, num_outputs] and its own variables."""

    def noise(self, rng: np.random.Generator, batch: tuple[int, ...]) -> np.ndarray:
        """Noise for `sample`, float32 of [*batch, num_outputs]."""

    def sample(self, pi: Pi, noise: np.ndarray) -> np.ndarray:
        """Actions from noise: float32 of [B, k] for `Box`, int64 of [B] for `Discrete`."""

    def sampler(self, params: Params, scope: str) -> Sampler:
        """`sample` as a function of the network's outputs and noise, for one set of variables."""

    def mode(self, pi: Pi) -> np.ndarray:
        """The most likely actions, of the same shape as `sample`."""

    def neglogp(self, pi: Pi, actions: Array) -> Array:
        """Negative log-likelihood of `actions` in nats, [B]."""

    def entropy(self, pi: Pi) -> Array:
        """Entropy in nats, [B], or a scalar where it is the same for the whole batch."""


@dataclass(frozen=True)
class DiagGaussian:
    """Independent normal distributions; log σ is a free vector.

    Attributes:
        size: number k of actions.
        init_logstd: log σ of each action at the start of a training.
    """

    size: int
    init_logstd: float = field(default=0.0, compare=False)

    @property
    def num_outputs(self) -> int:
        return self.size

    def init(self, scope: str) -> dict[str, np.ndarray]:
        return {f"{scope}/logstd": np.full(self.size, self.init_logstd, np.float32)}

    def pi(self, params: Params, scope: str, outputs: Array) -> Pi:
        return outputs, params[f"{scope}/logstd"]

    def noise(self, rng: np.random.Generator, batch: tuple[int, ...]) -> np.ndarray:
        return rng.standard_normal((*batch, self.size), dtype=np.float32)

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
            0.5 * LOG_2PI * self.size
        )

    def entropy(self, pi: Pi) -> Array:
        return arrays.sum_last(pi[1]) + 0.5 * (LOG_2PI + 1.0) * self.size


@dataclass(frozen=True)
class Categorical:
    """One of `size` actions, from logits; the space's `start` is added by the environments."""

    size: int

    @property
    def num_outputs(self) -> int:
        return self.size

    def init(self, scope: str) -> dict[str, np.ndarray]:
        return {}

    def pi(self, params: Params, scope: str, outputs: Array) -> Pi:
        return (arrays.log_softmax(outputs),)

    def noise(self, rng: np.random.Generator, batch: tuple[int, ...]) -> np.ndarray:
        return rng.gumbel(size=(*batch, self.size)).astype(np.float32)

    def sample(self, pi: Pi, noise: np.ndarray) -> np.ndarray:
        return (pi[0] + noise).argmax(axis=-1)  # the Gumbel-max trick

    def sampler(self, params: Params, scope: str) -> Sampler:
        return lambda logits, noise: (logits + noise).argmax(axis=-1)  # a softmax keeps the order

    def mode(self, pi: Pi) -> np.ndarray:
        return pi[0].argmax(axis=-1)

    def neglogp(self, pi: Pi, actions: Array) -> Array:
        return -arrays.sum_last(pi[0] * arrays.one_hot(actions, self.size))

    def entropy(self, pi: Pi) -> Array:
        return -arrays.sum_last(arrays.exp(pi[0]) * pi[0])
