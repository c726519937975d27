"""The losses of PPO with clipping (Schulman et al. 2017), as in Baselines' `ppo2`."""

from __future__ import annotations

from dataclasses import dataclass

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array

STD_EPSILON = 1e-8
"""Added to the standard deviation of the advantages before they are divided by it."""


@dataclass(frozen=True)
class PPOLosses:
    """Scalars of one minibatch; `update_metrics` says what each is."""

    policy_loss: Array
    value_loss: Array
    policy_entropy: Array
    approxkl: Array
    clipfrac: Array


def normalize_advantages(advantages: Array) -> Array:
    """(A − mean A) / (std A + 10⁻⁸) over the minibatch, float32 of [B]."""
    centred = advantages - arrays.mean(advantages)
    return centred / (arrays.std(advantages) + STD_EPSILON)


def probability_ratio(neglogp: Array, old_neglogp: Array) -> Array:
    """The ratio r = exp(neglogp_old − neglogp), of [B], held within exp(±20).

    An infinite ratio would make the gradient NaN even where the clipping discards the sample.
    """
    return arrays.exp(arrays.clip(old_neglogp - neglogp, -20.0, 20.0))


def policy_loss(neglogp: Array, old_neglogp: Array, advantages: Array, clip_range: Array) -> Array:
    """L_clip = mean max(−A r, −A clip(r, 1−ε, 1+ε)), r = exp(neglogp_old − neglogp).

    Schulman et al. 2017, equation 7; a scalar. The arguments are float32 of [B]: neglogp in nats,
    `advantages` normalised; `clip_range` is a scalar ε.
    """
    ratio = probability_ratio(neglogp, old_neglogp)
    clipped = arrays.clip(ratio, 1.0 - clip_range, 1.0 + clip_range)
    return arrays.mean(arrays.maximum(-advantages * ratio, -advantages * clipped))


def value_loss(values: Array, old_values: Array, returns: Array, clip_range: Array) -> Array:
    """L_value = ½ mean max((V − R)², (V_old + clip(V − V_old, −ε, ε) − R)²), as in Baselines.

    A scalar. The arguments are float32 of [B] in units of the normalised return; `clip_range` is a
    scalar ε in the same units.
    """
    clipped = old_values + arrays.clip(values - old_values, -clip_range, clip_range)
    errors = arrays.maximum((values - returns) ** 2, (clipped - returns) ** 2)
    return 0.5 * arrays.mean(errors)


def approx_kl(neglogp: Array, old_neglogp: Array) -> Array:
    """The KL term: ½ mean (neglogp − neglogp_old)², a scalar in nats²."""
    return 0.5 * arrays.mean((neglogp - old_neglogp) ** 2)


def kl_estimate(neglogp: Array, old_neglogp: Array) -> Array:
    """KL(π_old ‖ π) in nats, estimated without bias: mean (r − 1 − log r), a scalar.

    r = exp(neglogp_old − neglogp); the third estimator of Schulman 2020, "Approximating KL
    divergence", which Stable-Baselines3 compares with its `target_kl`.
    """
    log_ratio = old_neglogp - neglogp
    return arrays.mean(probability_ratio(neglogp, old_neglogp) - 1.0 - log_ratio)


def clip_fraction(neglogp: Array, old_neglogp: Array, clip_range: Array) -> Array:
    """Share of the samples with |r − 1| > ε, a scalar."""
    ratio = probability_ratio(neglogp, old_neglogp)
    return arrays.mean(arrays.indicator(abs(ratio - 1.0) > clip_range))
