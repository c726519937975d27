"""Teachers: policies that were trained on other tasks, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baselines.common.networks import networks
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.running_stats import RunningMeanStd


@dataclass(frozen=True)
class Teacher:
    """A frozen policy and value network.

    Attributes:
        policy: its networks.
        params: its variables by name; never trained.
        env: the source task, `{"id": ..., "kwargs": {...}}`.
        sha256: hash of the file it came from.
        random: whether its weights were drawn afresh instead of read from the file.
        timesteps: environment steps that it was trained for; 0: not known.
        statistics: of its observations while it was trained; None: not known.
        body: the MuJoCo XML that its task was made with (`stored_body`); None: the task's own.
        place: the number of its place on the student's body, of those that its own body fits.
        path: the file it came from, for messages; empty where a checkpoint holds it.
    """

    policy: PlainPolicy
    params: Params
    env: dict[str, Any]
    sha256: str
    random: bool = False
    timesteps: int = 0
    statistics: RunningMeanStd | None = None
    body: Mapping[str, str] | None = None
    place: int = 0
    path: str = ""

    @property
    def called(self) -> str:
        """Its task, and its place after the first, for the user."""
        return self.env["id"] + (f" in place {self.place + 1}" if self.place else "")

    def policy_features(self, x: Array) -> list[Array]:
        """z^i of the policy network: the pre-activation of each hidden layer, [B, width].

        Args:
            x: normalised observations of the source task, or φ(s): [B, d_j].
        """
        return networks.pre_activations(self.params, self.policy.pi_scope, x, self.policy.network)

    def value_features(self, x: Array) -> list[Array]:
        """z^i of the value network, as `policy_features`."""
        return networks.pre_activations(self.params, self.policy.vf_scope, x, self.policy.network)

    def action_mean(self, features: Sequence[Array]) -> Array:
        """Mean of the action, [B, k_j], from `policy_features`; of a Gaussian policy."""
        mean: Array = self.policy.pi_head(self.params, self._last(features))[0]
        return mean

    def value(self, features: Sequence[Array]) -> Array:
        """V, in units of its own normalised return, [B], from `value_features`."""
        return self.policy.value_head(self.params, self._last(features))

    def _last(self, features: Sequence[Array]) -> Array:
        return self.policy.network.activate(features[-1])
