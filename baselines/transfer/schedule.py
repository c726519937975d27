"""The stages of MIKT: teachers mixed in, coupling, and after the hand-over the student alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.config import Config
from baselines.transfer.hand_over import hand_over_lines
from baselines.transfer.stages import Stage, first_update_after, first_update_alone
from baselines.transfer.student.loss_table import losses_with, optional_losses
from baselines.transfer.student.metric_values import metrics_of, own_shares, own_shares_of
from baselines.transfer.student.mixing import MixingSpec
from baselines.transfer.student.student import Student


def _half(nupdates: int, teacher_fraction: float) -> float:
    """Half of the updates with teachers, which need not be a whole number."""
    return 0.5 * teacher_fraction * nupdates


def first_update_coupled(config: Config) -> int:
    """The first update of the second stage, with the coupling, counted from 1."""
    return first_update_after(_half(config.nupdates, config.teacher_fraction))


def coupling_weight(update: int, nupdates: int, teacher_fraction: float) -> float:
    """Share of the coupling coefficients that is in force, from 0 to 1.

    0 during the first half of the time with teachers, then rising linearly to 1.
    """
    half = _half(nupdates, teacher_fraction)
    return min(max((update - half) / half, 0.0), 1.0)


def mikt_stages(policy: Policy, config: Config) -> list[Stage]:
    """The three stages of MIKT.

    A run that is resumed after its hand-over has only the last of them left.
    """
    if not isinstance(policy, Student):
        return [_alone(1, policy.plain, config)]
    student = policy
    full = {loss: getattr(config, loss.coefficient) for loss in student.losses}

    def coefs(update: int) -> dict[str, float]:
        risen = coupling_weight(update, config.nupdates, config.teacher_fraction)
        return {loss.name: (risen if loss.rises else 1.0) * coef for loss, coef in full.items()}

    metrics = partial(metrics_of, student)
    begins = ["the coupling begins: the student's own share is pushed towards 1"]
    return [
        Stage(1, student, coefs, metrics),
        Stage(first_update_coupled(config), student, coefs, metrics, lambda _: begins),
        replace(
            _alone(first_update_alone(config), student.plain, config),
            announcement=lambda params: hand_over_lines(own_shares_of(student, params)),
        ),
    ]


def _alone(first: int, plain: PlainPolicy, config: Config) -> Stage:
    """The student without its teachers; its losses' coefficients are 0, its shares p_0 are 1."""
    coefs = {loss.coefficient: 0.0 for loss in losses_with(optional_losses(config))}
    ones = [1.0] * MixingSpec(config.laterals, config.mix_outputs).layers(plain)
    logged = coefs | own_shares(ones, ones)
    return Stage(first, plain, metrics=lambda *_: logged, alone=True)
