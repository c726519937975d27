"""The student: a policy whose hidden layers mix in the features of frozen teachers.

    h^i = tanh( p_0^i (W^i h^{i-1} + b^i) + Σ_j p_j^i z_j^i(φ_j(s)) U_j^i )

(Wan et al. 2020, section 4.1), where tanh stands for the network's activation. φ_j maps the
student's observation to an input for teacher j, z_j^i is the pre-activation of the teacher's layer
i, U_j^i a lateral matrix, and p^i = softmax of 1 + J mixing logits. The policy side takes z from
the teachers' policy networks, the value side from their value networks; each source task has one
φ, which both sides and all of the task's teachers share. With `--teacher_places=all` a teacher is
one in each of its places on the student's body, and each place of a source task has a φ.

With `--mix_outputs` the output layers are mixed in the same way, with shares of their own: the mean
of the action is p_0 (W h + b) + Σ_j p_j μ_j(φ_j(s)) A_j, and the value p_0 (W h + b) + Σ_j p_j
V_j(φ_j(s)), with μ_j and V_j what teacher j puts out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Distribution, Network, Pi
from baselines.common.networks.plain_policy import Actor, plain_actor
from baselines.transfer.student import acting
from baselines.transfer.student.loss_table import (
    ALIGNMENT,
    DISTILLATION,
    INFORMATION,
    PI_COUPLING,
    VF_COUPLING,
)
from baselines.transfer.student.mixing import lateral_name, log_own_share, mixed, shares
from baselines.transfer.student.student_losses import (
    alignment_name,
    coupling_loss,
    distillation_loss,
    mutual_information_loss,
    value_alignment_loss,
)
from baselines.transfer.student.student_parts import StudentParts
from baselines.transfer.teachers.teacher import Teacher


def last_hidden_layer(
    network: Network, params: Params, scope: str, obs: Array, features: Sequence[Sequence[Array]]
) -> Array:
    """The last hidden layer of one side by the equation above.

    Args:
        network: the student's own hidden layers (W, b and the activation).
        params: the student's variables by name.
        scope: the first part of the names of the side's variables.
        obs: normalised observations s, float32 of [B, d].
        features: z_j of each teacher j, float32 of [B, width of its layer] for each layer.

    Returns:
        float32 of [B, width].
    """
    h = [obs]
    for i in range(len(network.widths)):
        p = shares(params, scope, i)
        theirs = [z[i] @ params[lateral_name(scope, i, j)] for j, z in enumerate(features)]
        h.append(network.activate(mixed(p, network.layer(params, scope, h), theirs)))
    return h[-1]


@dataclass(frozen=True)
class Student(StudentParts):
    """A policy with teachers, which are mixed into its layers by the equation above."""

    @property
    def distribution(self) -> Distribution:
        """The action distribution."""
        return self.plain.distribution

    @property
    def obs_size(self) -> int:
        """Number of the student's observation dimensions d."""
        return self.plain.obs_size

    def with_fixed(self, params: Params) -> Params:
        """All variables that the equations read: the trained `params` and the `fixed` ones."""
        return {**params, **self.fixed} if self.fixed else params

    def pi(self, params: Params, obs: Array) -> Pi:
        """The action distribution of [B, obs_size] observations."""
        params = self.with_fixed(params)
        return self._pi(params, obs, self.embed(params, obs))

    def value(self, params: Params, obs: Array) -> Array:
        """The values [B] of [B, obs_size] observations."""
        params = self.with_fixed(params)
        return self._value(params, obs, self.embed(params, obs))

    def learning_outputs(
        self, params: Params, obs: Array, returns: Array
    ) -> tuple[Pi, Array, dict[str, Array]]:
        """The distribution, the values [B], and its losses by name, in the order of `losses`."""
        params = self.with_fixed(params)
        embedded = self.embed(params, obs)
        pi, value = self._pi(params, obs, embedded), self._value(params, obs, embedded)
        decoded = self.decode(params, embedded)
        losses = {
            PI_COUPLING: self._coupling(params, self.plain.pi_scope),
            VF_COUPLING: self._coupling(params, self.plain.vf_scope),
            INFORMATION: self._information(obs, decoded),
        }
        if ALIGNMENT in self.optional_losses:
            losses[ALIGNMENT] = self._alignment(params, embedded, returns)
        if DISTILLATION in self.optional_losses:
            losses[DISTILLATION] = self._distillation(params, obs, pi, value)
        return pi, value, losses

    def _coupling(self, params: Params, scope: str) -> Array:
        """C of the side with this scope, a scalar."""
        layers = range(self.mixed_layers)
        return coupling_loss([log_own_share(params, scope, i) for i in layers])

    def _information(self, obs: Array, decoded: Sequence[tuple[Array, Array]]) -> Array:
        """L_MI, the mean over the source tasks; a scalar."""
        by_source = [mutual_information_loss(obs, *q, self.min_std) for q in decoded]
        return sum(by_source) / len(by_source)

    def _alignment(self, params: Params, embedded: Sequence[Array], returns: Array) -> Array:
        """L_A, a scalar."""
        seen_by = self._seen_by(embedded)
        values = [teacher.value(teacher.value_features(x)) for teacher, x in seen_by]
        pairs = [params[alignment_name(j)] for j in range(len(values))]
        return value_alignment_loss(pairs, values, returns)

    def _distillation(self, params: Params, obs: Array, pi: Pi, value: Array) -> Array:
        """L_D, a scalar; no gradient reaches π and V.

        Nor does it reach log σ, which is the same in both: it would grow wherever the two differ.
        """
        target, *spread = map(arrays.stop_gradient, pi)
        alone, *_ = self.plain.pi(params, obs)
        divergences = self.distribution.kl((target, *spread), (alone, *spread))
        differences = arrays.stop_gradient(value) - self.plain.value(params, obs)
        return distillation_loss(divergences, differences)

    def _pi(self, params: Params, obs: Array, embedded: Sequence[Array]) -> Pi:
        scope, last = self.plain.pi_scope, len(self.plain.network.widths)
        features = [teacher.policy_features(x) for teacher, x in self._seen_by(embedded)]
        latent = last_hidden_layer(self.plain.network, params, scope, obs, features)
        pi = self.plain.pi_head(params, latent)
        if not self.mixing_spec.with_outputs:
            return pi
        mean, *spread = pi
        theirs = [
            teacher.action_mean(z) @ params[lateral_name(scope, last, j)]
            for j, (teacher, z) in enumerate(zip(self.teachers, features, strict=True))
        ]
        return self._output(params, scope, mean, theirs), *spread

    def _value(self, params: Params, obs: Array, embedded: Sequence[Array]) -> Array:
        scope = self.plain.vf_scope
        features = [teacher.value_features(x) for teacher, x in self._seen_by(embedded)]
        latent = last_hidden_layer(self.plain.network, params, scope, obs, features)
        value = self.plain.value_head(params, latent)
        if not self.mixing_spec.with_outputs:
            return value
        theirs = [teacher.value(z) for teacher, z in zip(self.teachers, features, strict=True)]
        return self._output(params, scope, value, theirs)

    def _output(self, params: Params, scope: str, own: Array, theirs: Sequence[Array]) -> Array:
        """The output of a side, with the teachers' mixed in; [B, k] or [B]."""
        return mixed(shares(params, scope, len(self.plain.network.widths)), own, theirs)

    def embed(self, params: Params, obs: Array) -> list[Array]:
        """φ(s) for each source task, [B, d_j]; `params` are those of `with_fixed`."""
        return [self.mapping.embed(params, i, obs) for i in range(len(self.sources))]

    def decode(self, params: Params, embedded: Sequence[Array]) -> list[tuple[Array, Array]]:
        """The decoder's Gaussian over s for each source task: mean [B, d], log σ_q [d]."""
        return [self.mapping.decode(params, i, x) for i, x in enumerate(embedded)]

    def _seen_by(self, embedded: Sequence[Array]) -> list[tuple[Teacher, Array]]:
        """Each teacher with the φ(s) of its source task, [B, d_j]."""
        numbered = zip(self.teachers, self.source_numbers, strict=True)
        return [(teacher, embedded[source]) for teacher, source in numbered]

    def actor(self, params: Mapping[str, np.ndarray]) -> Actor:
        """Acting with these variables; as one plain network, where all parts are MLPs."""
        side = acting.policy_side(self, self.with_fixed(params))
        if side is None:
            return plain_actor(self.distribution, self.pi, params)
        return self.plain.actor_from(params, acting.as_one_network(side))
