"""PPO's networks and the terms of its loss in plain NumPy, a second implementation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

CLIP_RANGE = 0.2


def outputs_by_hand(
    params: Mapping[str, np.ndarray], obs: np.ndarray, scope: str, head: str
) -> np.ndarray:
    """What a head of the plain policy puts out, [B, k], after two layers of tanh."""
    h = obs.astype(float)
    for i in range(2):
        h = np.tanh(h @ params[f"{scope}/mlp_fc{i}/w"] + params[f"{scope}/mlp_fc{i}/b"])
    return h @ params[f"{scope}/{head}/w"] + params[f"{scope}/{head}/b"]


def ppo_terms(
    batch: Mapping[str, np.ndarray], mean: np.ndarray, std: np.ndarray, values: np.ndarray
) -> dict[str, float]:
    """The terms of a minibatch whose advantages are normalised, by their names in the log.

    Args:
        batch: the fields of `Batch` by name, B samples.
        mean: of the actions under the policy as it is by now, [B, k].
        std: of the actions, [k].
        values: V as it is by now, [B].
    """
    neglogp = -stats.norm.logpdf(batch["actions"], mean, std).sum(axis=1)
    ratio = np.exp(batch["neglogp"] - neglogp)
    near_one = np.clip(ratio, 1 - CLIP_RANGE, 1 + CLIP_RANGE)
    old, target, a = (batch[name].astype(float) for name in ("values", "returns", "advantages"))
    near_old = old + np.clip(values - old, -CLIP_RANGE, CLIP_RANGE)
    return {
        "policy_loss": np.maximum(-a * ratio, -a * near_one).mean(),
        "value_loss": 0.5 * np.maximum((values - target) ** 2, (near_old - target) ** 2).mean(),
        "policy_entropy": stats.norm.entropy(0, std).sum(),
        "approxkl": 0.5 * ((neglogp - batch["neglogp"]) ** 2).mean(),
        "clipfrac": (abs(ratio - 1) > CLIP_RANGE).mean(),
    }
