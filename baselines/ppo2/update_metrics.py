"""The metrics of an update: their names, and what each is."""

from __future__ import annotations

from baselines.common.logged_metric import LoggedMetric

METRICS = {
    "explained_variance": LoggedMetric(
        "1 − var(R − V) / var R of the rollout, with R the targets of the value function V: 1 is"
        " perfect, 0 no better than a constant",
        missing="while R is constant",
    ),
    "lr": LoggedMetric("Adam's learning rate"),
    "kl_coef": LoggedMetric("coefficient β_KL of the KL term", "per nat²"),
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
