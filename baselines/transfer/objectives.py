"""The two losses of the method: mutual information and coupling (Wan et al. 2020, section 4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common import arrays
from baselines.common.arrays import Array


def mutual_information_loss(obs: Array, mean: Array, logstd: Array, min_std: float) -> Array:
    """L_MI: the negative variational lower bound of I(s; φ(s)), constants dropped.

    Mean over the batch and over the dimensions of log σ_q + (s − μ_q)² / (2 σ_q²), where σ_q is
    never below `min_std`. Without that floor the loss has no minimum: an observation dimension
    that never changes is predicted exactly, its log σ_q sinks for ever, and 1/σ_q² in the
    gradient drowns everything else inside the common norm clipping. With it the bound is that of
    the observation known up to a noise of `min_std`, and a dimension at the floor stops pulling
    (`docs/method.md` has the measurement).

    Args:
        obs: normalised observations s, float32 of [B, d].
        mean: the decoder's μ_q(φ(s)), float32 of [B, d].
        logstd: the decoder's log σ_q, float32 of [d].
        min_std: the floor, in standard deviations of the observation.

    Returns:
        A scalar, in nats per dimension.
    """
    floored = arrays.maximum(logstd, np.float32(np.log(min_std)))
    return arrays.mean(floored + 0.5 * (obs - mean) ** 2 * arrays.exp(-2.0 * floored))


def coupling_loss(log_own_shares: Sequence[Array]) -> Array:
    """C: minus the mean over the hidden layers of log p_0, the student's own share.

    Args:
        log_own_shares: log p_0 of each hidden layer of one side, scalars.

    Returns:
        A scalar, in nats; 0 when the teachers have no share left.
    """
    return -sum(log_own_shares) / len(log_own_shares)
