"""The losses of the method: coupling and mutual information (Wan et al. 2020, section 4).

Distillation and value alignment are options. `Student.learning_outputs` takes them of a minibatch;
`loss_table.LOSSES` is the table of all losses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array
from baselines.config import TRANSFER_SCOPE


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
    without them, as from the hand-over on. `Student` lets gradients reach only the latter two.

    Args:
        divergences: KL(π ‖ π_alone), float32 of [B].
        value_differences: V − V_alone, in units of the normalised return, float32 of [B].

    Returns:
        A scalar, in nats, where V is the mean of a normal distribution with variance 1.
    """
    return arrays.mean(divergences) + 0.5 * arrays.mean(value_differences**2)
