"""The policy without teachers: two networks, one for the actions and one for the value.

It is what PPO trains from scratch, what a student is once it goes alone, and what a teacher was
trained as.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.common.networks import networks
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.interfaces import Distribution, Layer, Network, Pi
from baselines.common.networks.sizes import check_sizes
from baselines.common.networks.specs import NetworkSpec
from baselines.common.networks.variables import Variables, constant, drawn, joined, shapes

if TYPE_CHECKING:
    from typing_extensions import Self

Actor = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From normalised observations [B, d] and noise to sampled actions."""


def plain_actor(
    distribution: Distribution,
    pi: Callable[[Params, Array], Pi],
    params: Mapping[str, np.ndarray],
) -> Actor:
    """A policy's `actor` by its definition, for one that has no faster way."""
    return lambda obs, noise: distribution.sample(pi(params, obs), noise)


@dataclass(frozen=True)
class PlainPolicy:
    """Separate networks for policy and value, without teachers.

    Attributes:
        obs_size: number of observation dimensions d.
        distribution: the action distribution.
        spec: the hidden layers of both networks.
        pi_scope: first part of the names of the policy's variables.
        vf_scope: first part of the names of the value function's variables.
    """

    obs_size: int
    distribution: Distribution
    spec: NetworkSpec
    pi_scope: str = "pi"
    vf_scope: str = "vf"

    @cached_property
    def network(self) -> Network:
        """The hidden layers of either side, the same as long as the policy lasts."""
        return self.spec.build()

    @property
    def _pi_layer(self) -> str:
        """The name of the policy's output layer."""
        return f"{self.pi_scope}/pi"

    @property
    def _vf_layer(self) -> str:
        """The name of the value function's output layer."""
        return f"{self.vf_scope}/vf"

    @property
    def plain(self) -> PlainPolicy:
        """The policy itself: it has no teachers to leave."""
        return self

    def variables(self) -> Variables:
        """All variables: policy output with gain 0.01, value output 1, biases 0."""
        return joined([
            *self._side(self.pi_scope, self._pi_layer, self.distribution.num_outputs, gain=0.01),
            {name: constant(value) for name, value in self.distribution_variables().items()},
            *self._side(self.vf_scope, self._vf_layer, 1, gain=1.0),
        ])  # fmt: skip

    def distribution_variables(self) -> dict[str, np.ndarray]:
        """Initial values of the distribution's variables that do not depend on the state."""
        return self.distribution.init(self._pi_layer)

    def _side(self, scope: str, last: str, outputs: int, gain: float) -> list[Variables]:
        width = self.network.widths[-1]
        head = networks.dense_variables(last, width, outputs, gain)
        return [*self.network.variables(scope, self.obs_size), head]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all variables by name."""
        return shapes(self.variables())

    def init(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Initial values of all variables."""
        return drawn(self.variables(), rng)

    def variable_counts(self) -> dict[str, int]:
        """Numbers of variables of the two networks, and of others that a subclass has."""
        parts = {self.pi_scope: "policy", self.vf_scope: "value function"}
        counts: dict[str, int] = {}
        for name, shape in self.shapes().items():
            part = next((p for scope, p in parts.items() if name.startswith(f"{scope}/")), "others")
            counts[part] = counts.get(part, 0) + prod(shape)
        return counts

    def outline(self) -> list[str]:
        """No lines: its sizes say all."""
        return []

    def frozen(self) -> dict[str, np.ndarray]:
        """No arrays: all variables are trained."""
        return {}

    def pi(self, params: Params, obs: Array) -> Pi:
        """The action distribution of [B, obs_size] observations."""
        return self.pi_head(params, networks.hidden(params, self.pi_scope, obs, self.network))

    def actor(self, params: Mapping[str, np.ndarray]) -> Actor:
        """An actor with these variables."""
        layers = self.policy_layers(params)
        if not layers:
            return plain_actor(self.distribution, self.pi, params)
        return self.actor_from(params, networks.feed_forward(layers))

    def policy_layers(self, params: Mapping[str, np.ndarray]) -> list[Layer]:
        """The policy's hidden layers and its output layer; none if they are not all dense."""
        hidden = networks.dense_layers(self.network, params, self.pi_scope)
        return [*hidden, networks.dense(params, self._pi_layer)] if hidden else []

    def actor_from(self, params: Params, outputs: Callable[[np.ndarray], np.ndarray]) -> Actor:
        """An actor from a function that computes the policy network's outputs."""
        sample = self.distribution.sampler(params, self._pi_layer)
        return lambda obs, noise: sample(outputs(obs), noise)

    def value(self, params: Params, obs: Array) -> Array:
        """The values [B] of [B, obs_size] observations."""
        return self.value_head(params, networks.hidden(params, self.vf_scope, obs, self.network))

    def pi_head(self, params: Params, latent: Array) -> Pi:
        """The action distribution from the last hidden layer, [B, width]."""
        outputs = networks.linear(params, self._pi_layer, latent)
        return self.distribution.pi(params, self._pi_layer, outputs)

    def value_head(self, params: Params, latent: Array) -> Array:
        """The values [B] from the last hidden layer, [B, width]."""
        return networks.linear(params, self._vf_layer, latent)[:, 0]

    def learning_outputs(
        self, params: Params, obs: Array, returns: Array
    ) -> tuple[Pi, Array, dict[str, Array]]:
        """`pi`, `value`, and no losses of its own."""
        return self.pi(params, obs), self.value(params, obs), {}

    def describe(self) -> dict[str, Any]:
        """Sizes and names, for a checkpoint."""
        sizes = asdict(self.spec)
        return {
            "obs_size": self.obs_size,
            "distribution": [type(self.distribution).__name__, self.distribution.num_outputs],
            "network": sizes.pop("network"),
            "spec": sizes,
            "pi_scope": self.pi_scope,
            "vf_scope": self.vf_scope,
        }

    @classmethod
    def like(cls, policy: PlainPolicy, **more: Any) -> Self:
        """A policy of this class with the networks of another; `more` is what a subclass adds."""
        shared = {f.name: getattr(policy, f.name) for f in fields(PlainPolicy)}
        return cls(**shared, **more)

    @classmethod
    def from_description(cls, described: dict[str, Any]) -> PlainPolicy:
        """The inverse of `describe`.

        Raises:
            KeyError, TypeError, ValueError: the description is damaged.
        """
        kinds = {kind.__name__: kind for kind in (DiagGaussian, Categorical)}
        kind, size = described["distribution"]
        spec = NetworkSpec(**described["spec"], network=described["network"])
        check_sizes(spec, described["obs_size"], size)
        scopes = described["pi_scope"], described["vf_scope"]
        if not all(isinstance(scope, str) for scope in scopes):
            raise ValueError("the policy's scopes are no names")
        return cls(described["obs_size"], kinds[kind](size), spec, *scopes)
