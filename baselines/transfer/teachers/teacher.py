"""Teachers, and how what they compute is mixed into a student's layers.

A teacher is a policy that was trained on another task, frozen. A layer of the student is p_0 times
its own part plus Σ_j p_j z_j U_j. Each layer of the policy side and of the value side has shares p
of its own, a softmax of logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from baselines.common.networks import arrays, networks
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.running_stats import RunningMeanStd

SCOPE = "transfer"
"""First part of the names of all variables that are gone once the student is alone."""


@dataclass(frozen=True)
class Teacher:
    """A frozen policy and value network.

    Attributes:
        policy: its networks.
        params: its variables by name; never trained.
        env: the source task, `{"id": ..., "kwargs": {...}}`.
        sha256: hash of the file it came from.
        random: whether its weights are not those of the file but drawn afresh.
        timesteps: environment steps that it was trained for; 0: not known.
        statistics: of its observations while it was trained; None: not known.
        body: the MuJoCo XML that its task was made with (`stored_body`); None: the task's own.
    """

    policy: PlainPolicy
    params: Params
    env: dict[str, Any]
    sha256: str
    random: bool = False
    timesteps: int = 0
    statistics: RunningMeanStd | None = None
    body: Mapping[str, str] | None = None

    def untrained(self, rng: np.random.Generator, init_logstd: float = 0.0) -> Teacher:
        """The same networks before any training, drawn as at the start of a run, with its log σ."""
        noise = self.policy.distribution.init(f"{self.policy.pi_scope}/pi")
        params = self.policy.init(rng) | {name: v + init_logstd for name, v in noise.items()}
        return replace(self, params=params, random=True, statistics=None)

    def policy_features(self, x: Array) -> list[Array]:
        """z^i of the policy network: the pre-activation of each hidden layer, [B, width].

        Args:
            x: observations of the source task, normalised, or what stands in for them: [B, d_j].
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


def sources(teachers: Sequence[Teacher]) -> list[tuple[dict[str, Any], int]]:
    """The source tasks with their numbers of observation dimensions, each task once.

    In the order in which the teachers name them.
    """
    tasks: list[tuple[dict[str, Any], int]] = []
    for teacher in teachers:
        if teacher.env not in [env for env, _ in tasks]:
            tasks.append((teacher.env, teacher.policy.obs_size))
    return tasks


def source_numbers(teachers: Sequence[Teacher]) -> list[int]:
    """The number of each teacher's source task."""
    tasks = [env for env, _ in sources(teachers)]
    return [tasks.index(teacher.env) for teacher in teachers]


def mixing(scope: str, layer: int) -> str:
    """Name of the logits of p of a layer, float32 of [1 + J], the student's own first.

    The output layer has the number after that of the last hidden layer.
    """
    return f"{scope}/mixing{layer}"


def lateral(scope: str, layer: int, teacher: int) -> str:
    """Name of U of a layer and a teacher, float32 of [its width, the student's width].

    Of the policy's output layer it is A, float32 of [k_j, k].
    """
    return f"{scope}/lateral{layer}_{teacher}"


def mixed(p: Array, own: Array, theirs: Sequence[Array]) -> Array:
    """p_0 times the student's own part plus Σ_j p_j times that of teacher j.

    Args:
        p: the shares, float32 of [1 + J].
        own: float32 of [B, width] or [B].
        theirs: of each teacher, of the same shape.
    """
    total = p[0] * own
    for j, part in enumerate(theirs):
        total = total + p[1 + j] * part
    return total


def shares(params: Params, scope: str, layers: int) -> list[Array]:
    """The shares p of each layer of one side, float32 of [1 + J]."""
    return [arrays.softmax(params[mixing(scope, i)]) for i in range(layers)]


def log_own_shares(params: Params, scope: str, layers: int) -> list[Array]:
    """The logarithm of p_0 of each layer of one side, scalars."""
    return [arrays.log_softmax(params[mixing(scope, i)])[0] for i in range(layers)]
