"""Interfaces of the hidden layers of a network, and of an action distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from baselines.common.networks.arrays import Array, InPlace, Params
from baselines.common.networks.variables import Variables

Pi = tuple[Array, ...]
"""Parameters of an action distribution: arrays that broadcast over the batch."""

Sampler = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From [B, n] and noise to actions: what acting calls at every step."""


@runtime_checkable
class Network(Protocol):
    """The hidden layers of a policy, a value function or a mapping.

    Features of teachers are added to a layer's values BEFORE its activation; hence the two in
    separate methods. Both must work on NumPy arrays and on TensorFlow tensors, and keep no state of
    their own.
    """

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer."""

    def variables(self, scope: str, inputs: int) -> list[Variables]:
        """The variables of each hidden layer, named `scope/...`, for [B, inputs]."""

    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        """The next hidden layer's values before the activation, float32 of [B, width].

        Args:
            params: values by name.
            scope: where the network's own are among them.
            before: the network's input, [B, inputs], and the hidden layers so far with their
                activation; the next is layer number `len(before) - 1`.
        """

    def activate(self, z: Array) -> Array:
        """The activation of every hidden layer."""


@dataclass(frozen=True)
class Layer:
    """A dense layer with its values: x @ w + b, float32 of [inputs, outputs] and [outputs]."""

    w: np.ndarray
    b: np.ndarray
    activation: InPlace | None = None


@runtime_checkable
class Dense(Protocol):
    """An optional interface of a network or map, for acting in fewer operations.

    It is then an MLP in these variables, with at least one hidden layer.
    """

    def dense_layers(self, params: Params, scope: str) -> list[Layer]:
        """Its layers with their present values: `layer` by `layer` as the methods define it."""


class Distribution(Protocol):
    """An action distribution, as pure functions.

    It is described by `Pi`, what the policy network puts out. Sampling is split into drawing noise,
    which needs the generator, and shaping it, which is a pure function: the noise of a whole
    rollout is drawn at once. Actions lead with the batch.
    """

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

    def kl(self, pi: Pi, other: Pi) -> Array:
        """KL(pi ‖ other), the Kullback-Leibler divergence in nats, [B]."""

    def entropy(self, pi: Pi) -> Array:
        """Entropy in nats, [B], or a scalar where it is the same for the whole batch."""
