"""Generalised advantage estimation (Schulman et al. 2016), and how well V predicts returns."""

from __future__ import annotations

import numpy as np


def gae(
    rewards: np.ndarray,
    values: np.ndarray,
    dones: np.ndarray,
    last_values: np.ndarray,
    gamma: float,
    lam: float,
) -> np.ndarray:
    """Advantages by GAE(λ), Schulman et al. 2016, equation 16.

    Args:
        rewards: normalised rewards r_t, float of [T, B].
        values: V(s_t), in units of the normalised return, float of [T, B].
        dones: whether step t ended its episode, bool of [T, B].
        last_values: V(s_T), float of [B].
        gamma: discount γ.
        lam: λ.

    Returns:
        float32 of [T, B], in units of the normalised return.
    """
    alive = 1.0 - dones
    next_values = np.concatenate([values[1:], last_values[None]])
    deltas = rewards + gamma * alive * next_values - values
    decay = gamma * lam * alive
    columns = zip(deltas.T.tolist(), decay.T.tolist(), strict=True)
    return np.array([_accumulated(*column) for column in columns], np.float32).T


def _accumulated(deltas: list[float], decay: list[float]) -> list[float]:
    """A_t = δ_t + decay_t A_{t+1} of one environment, from the last step back, where A_T is 0.

    On plain floats, since NumPy's take ten times as long.
    """
    advantages, following = [], 0.0
    for delta, factor in zip(reversed(deltas), reversed(decay), strict=True):
        following = delta + factor * following
        advantages.append(following)
    return advantages[::-1]


def explained_variance(values: np.ndarray, returns: np.ndarray) -> float:
    """1 − var(R − V) / var R: 1 is perfect, 0 no better than a constant; NaN if R is constant.

    Both arguments are float32 of [N], in units of the normalised return.
    """
    if np.ptp(returns) == 0:
        return float("nan")
    return float(1 - (returns - values).var() / returns.var())
