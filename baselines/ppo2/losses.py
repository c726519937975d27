"""The losses of PPO with clipping (Schulman et al. 2017), as in Baselines' `ppo2`."""

from __future__ import annotations

from dataclasses import dataclass

from baselines.common.logged_metric import LoggedMetric
from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array

METRICS = {
    "explained_variance": LoggedMetric(
        "1 − var(R − V) / var R of the rollout, with R the targets of the value function V: 1 is"
        " perfect, 0 no better than a constant",
        missing="while R is constant",
    ),
    "lr": LoggedMetric("Adam's learning rate"),
    "kl_coef": LoggedMetric("weight β_KL of the KL term", "per nat²"),
    "minibatches": LoggedMetric(
        "Adam's steps of the update, fewer than all where `--target_kl` ended it",
        missing="without `--target_kl`",
    ),
    "policy_loss": LoggedMetric("L_clip", "standard deviations of the advantage"),
    "value_loss": LoggedMetric("L_value", "squared units of the normalised return"),
    "policy_entropy": LoggedMetric("entropy H of the action distribution", "nats"),
    "approxkl": LoggedMetric("KL, the estimate of the divergence from the old policy", "nats²"),
    "clipfrac": LoggedMetric("share of samples whose ratio r lies outside 1 ± ε"),
    "kl": LoggedMetric(
        "KL divergence of the policy from that before the update, estimated as"
        " Stable-Baselines3 does for its `target_kl`: mean of r − 1 − log r",
        "nats",
        missing="without `--target_kl`",
    ),
    "grad_norm": LoggedMetric("norm of the whole gradient, before `--max_grad_norm` bounds it"),
}
"""What is logged of an update; from `policy_loss` on, means over its minibatches."""

STD_EPSILON = 1e-8
"""Added to the standard deviation of the advantages before they are divided by it."""


@dataclass(frozen=True)
class PPOLosses:
    """Scalars of one minibatch; `METRICS` says what each is."""

    policy_loss: Array
    value_loss: Array
    policy_entropy: Array
    approxkl: Array
    clipfrac: Array


def normalize_advantages(advantages: Array) -> Array:
    """To mean 0 and standard deviation 1 within the minibatch, float32 of [B]."""
    centred = advantages - arrays.mean(advantages)
    return centred / (arrays.std(advantages) + STD_EPSILON)


def probability_ratio(neglogp: Array, old_neglogp: Array) -> Array:
    """The ratio r = exp(neglogp_old − neglogp), of [B], held within exp(±20).

    An infinite ratio would make the gradient NaN even where the clipping discards the sample.
    """
    return arrays.exp(arrays.clip(old_neglogp - neglogp, -20.0, 20.0))


def policy_loss(neglogp: Array, old_neglogp: Array, advantages: Array, clip_range: Array) -> Array:
    """L_clip = mean max(−A r, −A clip(r, 1−ε, 1+ε)), r = exp(neglogp_old − neglogp).

    Schulman et al. 2017, equation 7. All arguments float32 of [B], `clip_range` a scalar ε.
    """
    ratio = probability_ratio(neglogp, old_neglogp)
    clipped = arrays.clip(ratio, 1.0 - clip_range, 1.0 + clip_range)
    return arrays.mean(arrays.maximum(-advantages * ratio, -advantages * clipped))


def value_loss(values: Array, old_values: Array, returns: Array, clip_range: Array) -> Array:
    """½ mean max((V − R)², (V_old + clip(V − V_old, −ε, ε) − R)²), as in Baselines.

    All arguments float32 of [B] in units of the normalised return, `clip_range` a scalar ε.
    """
    clipped = old_values + arrays.clip(values - old_values, -clip_range, clip_range)
    errors = arrays.maximum((values - returns) ** 2, (clipped - returns) ** 2)
    return 0.5 * arrays.mean(errors)


def approx_kl(neglogp: Array, old_neglogp: Array) -> Array:
    """½ mean (neglogp − neglogp_old)², a scalar."""
    return 0.5 * arrays.mean((neglogp - old_neglogp) ** 2)


def kl_estimate(neglogp: Array, old_neglogp: Array) -> Array:
    """KL(old, new) in nats, estimated without bias: mean (r − 1 − log r), a scalar.

    r = exp(neglogp_old − neglogp); the third estimator of Schulman 2020, "Approximating KL
    divergence", which Stable-Baselines3 compares with its `target_kl`.
    """
    log_ratio = old_neglogp - neglogp
    return arrays.mean(probability_ratio(neglogp, old_neglogp) - 1.0 - log_ratio)


def clip_fraction(neglogp: Array, old_neglogp: Array, clip_range: Array) -> Array:
    """Share of the samples with |r − 1| > ε, a scalar."""
    ratio = probability_ratio(neglogp, old_neglogp)
    return arrays.mean(arrays.indicator(abs(ratio - 1.0) > clip_range))


def ppo_losses(
    *,
    neglogp: Array,
    entropy: Array,
    values: Array,
    old_neglogp: Array,
    old_values: Array,
    returns: Array,
    advantages: Array,
    clip_range: Array,
) -> PPOLosses:
    """All of PPO's terms.

    Arrays are float32 of [B], the advantages normalised; `clip_range` is a scalar.
    """
    return PPOLosses(
        policy_loss(neglogp, old_neglogp, advantages, clip_range),
        value_loss(values, old_values, returns, clip_range),
        arrays.mean(entropy),
        approx_kl(neglogp, old_neglogp),
        clip_fraction(neglogp, old_neglogp, clip_range),
    )
