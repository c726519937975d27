"""The two losses of the method: mutual information and coupling (Wan et al. 2020, section 4).

And a figure that says in plain terms what the first one brings about.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array

CONSTANT = 1e-6
"""Variance, in squared units of the normalised observation, below which a dimension is constant."""


def mutual_information_loss(obs: Array, mean: Array, logstd: Array, min_std: float) -> Array:
    """L_MI: the negative variational lower bound of I(s; φ(s)), constants dropped.

    Mean over the batch and over the dimensions of log σ + (s − μ_q)² / (2 σ²), where
    σ² = σ_q² + `min_std`²: the bound for the observation known up to a noise of `min_std`. Without
    that noise the loss has no minimum: an observation dimension that never changes is predicted
    exactly, its log σ_q sinks for ever, and 1/σ_q² in the gradient drowns everything else inside
    the common norm clipping (`docs/method.md` has the measurement). A bound on log σ_q itself
    would not do: a dimension beyond it has no gradient to come back when it begins to change.

    Args:
        obs: normalised observations s, float32 of [B, d].
        mean: the decoder's μ_q(φ(s)), float32 of [B, d].
        logstd: the decoder's log σ_q, float32 of [d].
        min_std: standard deviation of the noise, in units of the normalised observation.

    Returns:
        A scalar, in nats per dimension.
    """
    variance = arrays.exp(2.0 * logstd) + np.float32(min_std * min_std)
    return 0.5 * arrays.mean(arrays.log(variance) + (obs - mean) ** 2 / variance)


def explained_share(obs: np.ndarray, mean: np.ndarray) -> float:
    """Share of the observation's dimensions that the decoder explains.

    Dimension k is explained when the mean of (s_k − μ_q,k)² over the rollout is less than half of
    the variance of s_k over it: R² above one half. A dimension that is constant in the rollout
    (variance below `CONSTANT`) has nothing to explain and counts as not explained, so that the
    share of a task with constant dimensions stays below 1.

    Args:
        obs: normalised observations s of a rollout, float32 of [N, d].
        mean: the decoder's μ_q(φ(s)), float32 of [N, d].

    Returns:
        From 0 to 1.
    """
    variance = obs.var(axis=0, dtype=float)
    residual = np.square(obs - mean, dtype=float).mean(axis=0)
    return float(np.mean((variance >= CONSTANT) & (residual < 0.5 * variance)))


def coupling_loss(log_own_shares: Sequence[Array]) -> Array:
    """C: minus the mean over the hidden layers of log p_0, the student's own share.

    Args:
        log_own_shares: log p_0 of each hidden layer of one side, scalars.

    Returns:
        A scalar, in nats; 0 when the teachers have no share left.
    """
    return -sum(log_own_shares) / len(log_own_shares)
