"""The student: a policy whose hidden layers mix in the features of frozen teachers.

    h^i = tanh( p_0^i (W^i h^{i-1} + b^i) + Σ_j p_j^i z_j^i(φ_j(s)) U_j^i )

(Wan et al. 2020, section 4.1). φ_j embeds the student's observation in that of teacher j, z_j^i
is the pre-activation of the teacher's layer i, U_j^i a lateral matrix, and p^i = softmax of
1 + J mixing logits. The policy side takes z from the teachers' policy networks, the value side
from their value networks; each source task has one φ, which both sides and all of the task's
teachers share.

With `--mix_outputs` the output layers are mixed in the same way, with shares of their own: the mean
of the action is p_0 (W h + b) + Σ_j p_j μ_j(φ_j(s)) A_j, and the value p_0 (W h + b) + Σ_j p_j
V_j(φ_j(s)), with μ_j and V_j what teacher j puts out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.distributions import Distribution, Pi
from baselines.common.networks.networks import Network
from baselines.common.networks.policies import Actor, PlainPolicy, plain_actor
from baselines.common.networks.variables import Variables, drawn, joined, shapes
from baselines.transfer import acting, description, mapping, metrics
from baselines.transfer.alignment import aligned, alignment_variables
from baselines.transfer.correspondence import ABSENT, Window, selection
from baselines.transfer.mapping import MappingSpec, StateMapping
from baselines.transfer.mixing import (
    MixingSpec,
    lateral,
    log_own_shares,
    mixed,
    mixing,
    mixing_variables,
    shares,
    told_matrices,
)
from baselines.transfer.objectives import Loss, Seen, losses_with
from baselines.transfer.teacher import Teacher, source_numbers, sources

MIXING = "lateral matrices and mixing weights"
"""What a user is told that the variables of `mixing.py` are."""


def hidden_layers(
    network: Network, params: Params, scope: str, obs: Array, features: Sequence[Sequence[Array]]
) -> Array:
    """The last hidden layer of one side by the equation above.

    Args:
        network: the student's own hidden layers (W, b and the activation).
        params: the student's variables by name.
        scope: the first part of those of the side.
        obs: normalised observations s, float32 of [B, d].
        features: z_j of each teacher j, float32 of [B, width] for each layer.

    Returns:
        float32 of [B, width].
    """
    h = [obs]
    for i in range(len(network.widths)):
        p = arrays.softmax(params[mixing(scope, i)])
        theirs = [z[i] @ params[lateral(scope, i, j)] for j, z in enumerate(features)]
        h.append(network.activate(mixed(p, network.layer(params, scope, h), theirs)))
    return h[-1]


@dataclass(frozen=True)
class Student:
    """A policy with teachers.

    Attributes:
        body: the student's own networks; all that is left once it goes alone.
        teachers: the frozen teachers.
        mapping_spec: φ and its decoder.
        min_std: noise that the decoder's σ_q is never below (see `mutual_information_loss`).
        frozen_mapping: the variables of φ when they are not to be learned, else empty.
        mixing_spec: how the teachers are mixed in.
        windows: where on the student's body each teacher's parts are, when it is told by names.
        value_alignment: whether the teachers' values are drawn to its returns.
    """

    body: PlainPolicy
    teachers: tuple[Teacher, ...]
    mapping_spec: MappingSpec
    min_std: float
    frozen_mapping: Params = field(default_factory=dict)
    mixing_spec: MixingSpec = field(default_factory=MixingSpec)
    windows: tuple[Window, ...] = ()
    value_alignment: bool = False

    def pi(self, params: Params, obs: Array) -> Pi:
        """The action distribution of [B, obs_size] observations."""
        return self._pi(params, obs, self._embed(params, obs))

    def value(self, params: Params, obs: Array) -> Array:
        """The values [B] of [B, obs_size] observations."""
        return self._value(params, obs, self._embed(params, obs))

    def learning_outputs(
        self, params: Params, obs: Array, returns: Array
    ) -> tuple[Pi, Array, dict[str, Array]]:
        """The distribution, the values [B], and the losses of `LOSSES` that it has, by name."""
        embedded = self._embed(params, obs)
        pi_shares, vf_shares = (
            log_own_shares(params, scope, self._layers) for scope in self._scopes
        )
        decoded = self._decode(params, embedded)
        values = self._aligned_values(params, embedded) if self.value_alignment else []
        seen = Seen(obs, pi_shares, vf_shares, decoded, self.min_std, values, returns)
        losses = {loss.name: loss.of(seen) for loss in self.losses}
        return self._pi(params, obs, embedded), self._value(params, obs, embedded), losses

    def _embed(self, params: Params, obs: Array) -> list[Array]:
        """φ(s) for each source task, [B, d_j]."""
        values, number = self._with_told(params), len(sources(self.teachers))
        return [mapping.embed(values, i, obs, self.mapping) for i in range(number)]

    def _with_told(self, params: Params) -> Params:
        """All variables: those that are trained, and those that are not."""
        return {**params, **self._told} if self._told else params

    @cached_property
    def _told(self) -> Params:
        """The variables that are not trained, by name; the teachers' aside."""
        matrices = told_matrices(self.body, self.windows, self.teachers, self.mixing_spec)
        return {**self.frozen_mapping, **matrices, **self._chosen_entries()}

    def _chosen_entries(self) -> Params:
        """S of each source task, where φ starts from it; all of its teachers have the same."""
        if not self.mapping.is_named:
            return {}
        numbered = zip(source_numbers(self.teachers), self.windows, strict=True)
        return {
            f"{mapping.embedding_scope(source)}/{mapping.SELECTION}": selection(
                window.entries, self.obs_size
            )
            for source, window in numbered
        }

    def _decode(self, params: Params, embedded: Sequence[Array]) -> list[tuple[Array, Array]]:
        """The decoder's Gaussian over s for each source task: mean [B, d], log σ_q [d]."""
        return [mapping.decode(params, i, x, self.mapping) for i, x in enumerate(embedded)]

    def _aligned_values(self, params: Params, embedded: Sequence[Array]) -> list[Array]:
        """A V_T(φ(s)) + b of each teacher, [B]."""
        seen_by = self._seen_by(embedded)
        return aligned(params, [teacher.value(teacher.value_features(x)) for teacher, x in seen_by])

    def _pi(self, params: Params, obs: Array, embedded: Sequence[Array]) -> Pi:
        features = [teacher.policy_features(x) for teacher, x in self._seen_by(embedded)]
        given, scope, network = self._with_told(params), self.body.pi_scope, self.body.network
        pi = self.body.pi_head(params, hidden_layers(network, given, scope, obs, features))
        if not self.mixing_spec.with_outputs:
            return pi
        mean, *spread = pi
        last = len(network.widths)
        theirs = [
            teacher.action_mean(z) @ given[lateral(scope, last, j)]
            for j, (teacher, z) in enumerate(zip(self.teachers, features, strict=True))
        ]
        return mixed(arrays.softmax(params[mixing(scope, last)]), mean, theirs), *spread

    def _value(self, params: Params, obs: Array, embedded: Sequence[Array]) -> Array:
        features = [teacher.value_features(x) for teacher, x in self._seen_by(embedded)]
        given, scope, network = self._with_told(params), self.body.vf_scope, self.body.network
        value = self.body.value_head(params, hidden_layers(network, given, scope, obs, features))
        if not self.mixing_spec.with_outputs:
            return value
        theirs = [teacher.value(z) for teacher, z in zip(self.teachers, features, strict=True)]
        p = arrays.softmax(params[mixing(scope, len(network.widths))])
        return mixed(p, value, theirs)

    def _seen_by(self, embedded: Sequence[Array]) -> list[tuple[Teacher, Array]]:
        """Each teacher with what it sees, [B, d_j]."""
        numbered = zip(self.teachers, source_numbers(self.teachers), strict=True)
        return [(teacher, embedded[source]) for teacher, source in numbered]

    @property
    def _scopes(self) -> tuple[str, str]:
        """Those of the policy side and of the value side."""
        return self.body.pi_scope, self.body.vf_scope

    @property
    def _layers(self) -> int:
        """Number of layers of either side that are mixed."""
        return self.mixing_spec.layers(self.body)

    @property
    def mapping(self) -> StateMapping:
        """φ and its decoder."""
        return self.mapping_spec.build()

    @property
    def distribution(self) -> Distribution:
        """The action distribution."""
        return self.body.distribution

    @property
    def obs_size(self) -> int:
        """Number of the student's observation dimensions d."""
        return self.body.obs_size

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Those of `LOSSES` that it has."""
        return losses_with(self.value_alignment)

    @property
    def loss_names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(loss.name for loss in self.losses)

    def variables(self) -> Variables:
        """All trainable variables, part by part."""
        return joined(list(self._variables_by_part().values()))

    def _variables_by_part(self) -> dict[str, Variables]:
        """All trainable variables, by what a user is told that they are."""
        sizes = [size for _, size in sources(self.teachers)]
        parts = {
            "body": self.body.variables(),
            MIXING: mixing_variables(self.body, self.teachers, self.mixing_spec),
            "mapping": self._embedding_variables(),
            "decoder": mapping.decoder_variables(self.obs_size, sizes, self.mapping),
        }
        if self.value_alignment:
            parts["value alignment"] = alignment_variables(len(self.teachers))
        return {
            part: {name: v for name, v in variables.items() if name not in self._told}
            for part, variables in parts.items()
        }

    def _embedding_variables(self) -> Variables:
        sizes = [size for _, size in sources(self.teachers)]
        return mapping.embedding_variables(self.obs_size, sizes, self.mapping)

    def with_frozen_mapping(self, rng: np.random.Generator) -> Student:
        """The same student whose φ stays at a random start."""
        return replace(self, frozen_mapping=drawn(self._embedding_variables(), rng))

    def init(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Initial values of all trainable variables."""
        return drawn(self.variables(), rng)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all trainable variables by name."""
        return shapes(self.variables())

    def variable_counts(self) -> dict[str, int]:
        """Those of the body, of what mixes the teachers in, of the mappings and the decoders."""
        _, *parts = self._variables_by_part().items()
        return self.body.variable_counts() | {
            part: sum(prod(shape) for shape in shapes(variables).values())
            for part, variables in parts
        }

    def outline(self) -> list[str]:
        """What is mapped to what, and what corresponds by name where that counts."""
        mapped = [
            f"mapping: {self.obs_size} dimensions to the {size} of {env['id']}"
            for env, size in sources(self.teachers)
        ]
        return mapped + [
            f"same names: {sum(entry != ABSENT for entry in window.entries)} dimensions and"
            f" {len(window.motors)} motors of {teacher.env['id']}"
            for teacher, window in zip(self.teachers, self.windows, strict=bool(self.windows))
        ]

    def frozen(self) -> dict[str, np.ndarray]:
        """The teachers' variables, and φ's where it is not learned."""
        return dict(self.frozen_mapping) | description.teacher_arrays(self.teachers)

    def describe(self) -> dict[str, Any]:
        """The body, and under `transfer` the teachers and the mapping, for a checkpoint."""
        transfer = description.describe(
            self.teachers, self.mapping_spec, self.min_std, bool(self.frozen_mapping)
        ) | description.describe_options(self.mixing_spec, self.windows, self.value_alignment)
        return self.body.describe() | {"transfer": transfer}

    def metrics(self, params: Params, obs: np.ndarray) -> dict[str, float]:
        """What is logged of its use of the teachers (`baselines.transfer.metrics`).

        Args:
            params: its variables, NumPy arrays.
            obs: normalised observations of a rollout, float32 of [N, d].
        """
        embedded = self._embed(params, obs)
        decoded = self._decode(params, embedded)
        return (
            self.own_shares(params)
            | metrics.teacher_shares(*self._shares(params))
            | metrics.of_mappings(obs, embedded, [mean for mean, _ in decoded])
        )

    def own_shares(self, params: Params) -> dict[str, float]:
        """p_0 of every layer of both sides, and the mean of each side, as logged."""
        pi, vf = ([float(p[0]) for p in side] for side in self._shares(params))
        return metrics.own_shares(pi, vf)

    def _shares(self, params: Params) -> list[list[np.ndarray]]:
        """All shares p of every layer, [1 + J], of the policy side and of the value side."""
        return [shares(params, scope, self._layers) for scope in self._scopes]

    def actor(self, params: Mapping[str, np.ndarray]) -> Actor:
        """Acting with these variables; as one plain network, where all parts are MLPs."""
        parts = acting.parts(
            self.body, self.teachers, self.mapping, self._with_told(params), self.mixing_spec
        )
        if parts is None:
            return plain_actor(self, params)
        return self.body.acting(params, acting.as_one_network(parts))
