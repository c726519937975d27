"""The losses of the method: coupling and mutual information (Wan et al. 2020, section 4).

Distillation and value alignment are options. The formulas come first, then what they are taken of
in a student; `student_losses.LOSSES` is the table of all losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Pi
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.config import TRANSFER_SCOPE
from baselines.transfer.student.mixing import log_own_share
from baselines.transfer.teachers.teacher import Teacher


def mutual_information_loss(obs: Array, mean: Array, logstd: Array, min_std: float) -> Array:
    """L_MI: the negative variational lower bound of I(s; φ(s)), constants dropped.

    Mean over the batch and over the dimensions of log σ + (s − μ_q)² / (2 σ²), where
    σ² = σ_q² + `min_std`²: the bound for the observation known up to a noise of `min_std`. Without
    that noise, as in the authors' code, the loss has no minimum: an observation dimension that
    never changes is predicted exactly, its log σ_q sinks for ever, and 1/σ_q² in the gradient
    drowns everything else inside the common norm clipping (`docs/studies.md` has the measurement).
    A bound on log σ_q itself would not do: a dimension beyond it has no gradient to come back when
    it begins to change.

    Args:
        obs: normalised observations s, float32 of [B, d].
        mean: the decoder's μ_q(φ(s)), float32 of [B, d].
        logstd: the decoder's log σ_q, float32 of [d].
        min_std: standard deviation of the noise, in units of the normalised observation. With 0
            the gradient is finite only while (s − μ_q)² / σ_q⁴ is a float32, which for an error of
            10 means log σ_q > −21.

    Returns:
        A scalar, in nats per dimension.
    """
    variance = arrays.exp(2.0 * logstd) + np.float32(min_std * min_std)
    return 0.5 * arrays.mean(arrays.log(variance) + (obs - mean) ** 2 / variance)


def coupling_loss(log_own_shares: Sequence[Array]) -> Array:
    """C: minus the mean over the mixed layers of log p_0, the student's own share.

    Args:
        log_own_shares: log p_0 of each mixed layer of one side, scalars.

    Returns:
        A scalar, in nats; 0 when the teachers have no share left.
    """
    return -sum(log_own_shares) / len(log_own_shares)


def value_alignment_loss(pairs: Sequence[Array], values: Sequence[Array], returns: Array) -> Array:
    """L_A: the mean of (a V_T(φ(s)) + b − R)² over the batch and over the teachers.

    It trains φ to map states that are good for the student to states that the teacher values high.
    The rewards of two tasks differ in scale and offset, which a and b absorb.

    Args:
        pairs: (a, b) of each teacher, float32 of [2] (`student_variables.alignment_variables`).
        values: V_T(φ(s)) of each teacher, in units of its own normalised return, float32 of [B].
        returns: the student's own R, in units of the normalised return, float32 of [B].

    Returns:
        A scalar, in squares of that unit.
    """
    errors = [ab[0] * value + ab[1] - returns for ab, value in zip(pairs, values, strict=True)]
    return sum(arrays.mean(error**2) for error in errors) / len(errors)


def alignment_name(teacher: int) -> str:
    """Name of (a, b) of a teacher, float32 of [2]."""
    return f"{TRANSFER_SCOPE}/alignment{teacher}"


def distillation_loss(divergences: Array, value_differences: Array) -> Array:
    """L_D: the mean of KL(π ‖ π_alone) + ½ (V − V_alone)² over the batch.

    π and V are the student's with its teachers, π_alone and V_alone those of its own networks
    without them, as from the hand-over on. `distillation` lets gradients reach only the latter two.

    Args:
        divergences: KL(π ‖ π_alone), float32 of [B].
        value_differences: V − V_alone, in units of the normalised return, float32 of [B].

    Returns:
        A scalar, in nats, where V is the mean of a normal distribution with variance 1.
    """
    return arrays.mean(divergences) + 0.5 * arrays.mean(value_differences**2)


@dataclass(frozen=True)
class ForwardPass:
    """What a student computes of a minibatch, for its losses.

    Attributes:
        plain: the student's own networks.
        params: all variables of the student by name, the trained and the fixed ones.
        obs: normalised observations s, float32 of [B, d].
        returns: R, in units of the normalised return, float32 of [B].
        pi: the action distribution.
        value: V, in units of the normalised return, float32 of [B].
        decoded: μ_q, float32 of [B, d], and log σ_q, of [d], for each source task.
        seen_by: each teacher with what it sees, φ(s), float32 of [B, d_j].
        mixed_layers: number of layers of either side that are mixed.
        min_std: see `mutual_information_loss`.
    """

    plain: PlainPolicy
    params: Params
    obs: Array
    returns: Array
    pi: Pi
    value: Array
    decoded: Sequence[tuple[Array, Array]]
    seen_by: Sequence[tuple[Teacher, Array]]
    mixed_layers: int
    min_std: float


def policy_coupling(seen: ForwardPass) -> Array:
    """C_π, a scalar."""
    return _coupling(seen, seen.plain.pi_scope)


def value_coupling(seen: ForwardPass) -> Array:
    """C_V, a scalar."""
    return _coupling(seen, seen.plain.vf_scope)


def _coupling(seen: ForwardPass, scope: str) -> Array:
    return coupling_loss([log_own_share(seen.params, scope, i) for i in range(seen.mixed_layers)])


def mutual_information(seen: ForwardPass) -> Array:
    """L_MI, the mean over the source tasks; a scalar."""
    by_source = [mutual_information_loss(seen.obs, *q, seen.min_std) for q in seen.decoded]
    return sum(by_source) / len(by_source)


def value_alignment(seen: ForwardPass) -> Array:
    """L_A, a scalar."""
    values = [teacher.value(teacher.value_features(x)) for teacher, x in seen.seen_by]
    pairs = [seen.params[alignment_name(j)] for j in range(len(values))]
    return value_alignment_loss(pairs, values, seen.returns)


def distillation(seen: ForwardPass) -> Array:
    """L_D, a scalar; no gradient reaches π and V.

    Nor does it reach log σ, which is the same in both: it would grow wherever the two differ.
    """
    target, *spread = map(arrays.stop_gradient, seen.pi)
    alone, *_ = seen.plain.pi(seen.params, seen.obs)
    divergences = seen.plain.distribution.kl((target, *spread), (alone, *spread))
    differences = arrays.stop_gradient(seen.value) - seen.plain.value(seen.params, seen.obs)
    return distillation_loss(divergences, differences)
