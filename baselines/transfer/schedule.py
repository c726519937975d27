"""The course of a run; that of MIKT: teachers mixed in, coupling, and the student alone."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from baselines.common.networks.arrays import Params
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.config import Config
from baselines.transfer.hand_over import hand_over_lines
from baselines.transfer.mixing_spec import MixingSpec
from baselines.transfer.objectives import losses_with
from baselines.transfer.student import Student
from baselines.transfer.student_metrics import own_shares


@dataclass(frozen=True)
class Stage:
    """A part of a run during which one policy is trained.

    Attributes:
        first: its first update, counted from 1.
        policy: what is trained.
        coefs: weights of the policy's own losses by name, of all of them, at an update.
        metrics: what is to be logged of the stage itself, from the variables and the normalised
            observations of the rollout, float32 of [N, d].
        announcement: lines for the user, from the variables as they are when it begins.
        alone: whether it begins with the teachers' leaving.
    """

    first: int
    policy: Policy
    coefs: Callable[[int], dict[str, float]]
    metrics: Callable[[Params, np.ndarray], dict[str, float]]
    announcement: Callable[[Params], list[str]] = lambda _: []
    alone: bool = False


def coupling_weight(update: int, nupdates: int, teacher_fraction: float) -> float:
    """Share of the coupling coefficients that is in force, from 0 to 1.

    0 during the first half of the time with teachers, then rising linearly to 1.
    """
    half = max(0.5 * teacher_fraction * nupdates, sys.float_info.min)
    return min(max((update - half) / half, 0.0), 1.0)


def _whole(x: float) -> int:
    """Rounded down, but for the rounding errors of a product: 0.29 · 100 is 29."""
    return math.floor(x + 1e-9)


def first_update_alone(config: Config) -> int:
    """The first update without teachers, counted from 1."""
    return _whole(config.teacher_fraction * config.nupdates) + 1


def one_stage(policy: Policy, config: Config) -> list[Stage]:
    """The course of a run that is trained by one rule from beginning to end."""
    return [Stage(1, policy, lambda _: {}, lambda *_: {})]


def stage_at(course: list[Stage], update: int) -> Stage:
    """The stage that an update belongs to; before the first update the first stage."""
    return next((stage for stage in reversed(course) if stage.first <= update), course[0])


def mikt_stages(policy: Policy, config: Config) -> list[Stage]:
    """The three stages of MIKT.

    A run that is resumed after its hand-over has only the last of them left.
    """
    if not isinstance(policy, Student):
        return [_alone(1, policy.body, config)]
    student = policy
    weights = {loss: getattr(config, loss.coefficient) for loss in student.losses}

    def coefs(update: int) -> dict[str, float]:
        risen = coupling_weight(update, config.nupdates, config.teacher_fraction)
        return {loss.name: (risen if loss.rises else 1.0) * w for loss, w in weights.items()}

    with_teachers = config.teacher_fraction * config.nupdates
    return [
        Stage(1, student, coefs, student.metrics),
        Stage(
            _whole(0.5 * with_teachers) + 1,
            student,
            coefs,
            student.metrics,
            lambda _: ["the coupling begins: the student's own share is pushed towards 1"],
        ),
        replace(
            _alone(first_update_alone(config), student.body, config),
            announcement=lambda params: hand_over_lines(student.own_shares(params)),
        ),
    ]


def _alone(first: int, body: PlainPolicy, config: Config) -> Stage:
    """The student without its teachers; the weights of its losses are 0, its shares p_0 are 1."""
    weights = {loss.coefficient: 0.0 for loss in losses_with(config.value_alignment_coef > 0)}
    ones = [1.0] * MixingSpec(config.laterals, config.mix_outputs).layers(body)
    logged = weights | own_shares(ones, ones)
    return Stage(first, body, lambda _: {}, lambda *_: logged, alone=True)
