"""The course of a run; that of MIKT: teachers mixed in, coupling, and the student alone."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from baselines.common.networks.arrays import Params
from baselines.common.networks.policies import PlainPolicy, Policy
from baselines.config import TRANSFERS, Config
from baselines.transfer.figures import PI_SHARE, VF_SHARE, share_figures
from baselines.transfer.student import Student

SAFE_SHARE = 0.95
"""p_0 that every layer should have reached before the teachers leave (`docs/method.md`)."""


@dataclass(frozen=True)
class Stage:
    """A part of a run during which one policy is trained.

    Attributes:
        first: its first update, counted from 1.
        policy: what is trained.
        coefs: weights of the KL term and of the policy's own losses, at an update.
        figures: what is to be logged of the use of teachers, from the variables and the
            normalised observations of the rollout, float32 of [N, d].
        announcement: lines for the user, from the variables as they are when it begins.
        alone: whether it begins with the teachers' leaving.
    """

    first: int
    policy: Policy
    coefs: Callable[[int], dict[str, float]]
    figures: Callable[[Params, np.ndarray], dict[str, float]]
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


def stages(policy: Policy, config: Config) -> list[Stage]:
    """The stages of a run in their order: one without teachers, else those of its method."""
    if not config.teacher_paths:
        return one_stage(policy, config)
    course: list[Stage] = TRANSFERS.known(config.transfer).stages(policy, config)
    return course


def one_stage(policy: Policy, config: Config) -> list[Stage]:
    """The course of a run that is trained by one rule from beginning to end."""
    return [Stage(1, policy, lambda _: {"kl": config.kl_coef}, lambda *_: {})]


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

    def coefs(update: int) -> dict[str, float]:
        weight = coupling_weight(update, config.nupdates, config.teacher_fraction)
        return {
            "kl": config.kl_coef,
            "ps": weight * config.ps_coef,
            "vf_ps": weight * config.vf_ps_coef,
            "mutual_info": config.mutual_info_coef,
        }

    with_teachers = config.teacher_fraction * config.nupdates
    return [
        Stage(1, student, coefs, student.figures),
        Stage(
            _whole(0.5 * with_teachers) + 1,
            student,
            coefs,
            student.figures,
            lambda _: ["the coupling begins: the student's own share is pushed towards 1"],
        ),
        replace(
            _alone(_whole(with_teachers) + 1, student.body, config),
            announcement=lambda params: hand_over_lines(student.own_shares(params)),
        ),
    ]


def _alone(first: int, body: PlainPolicy, config: Config) -> Stage:
    """The student without its teachers; its shares p_0 are 1."""
    coefs = {"kl": config.kl_coef, "ps": 0.0, "vf_ps": 0.0, "mutual_info": 0.0}
    ones = [1.0] * len(body.network.widths)
    return Stage(first, body, lambda _: coefs, lambda *_: share_figures(ones, ones), alone=True)


def hand_over_lines(shares: dict[str, float]) -> list[str]:
    """What the user is told when the student goes alone; a warning when it is too early.

    Args:
        shares: `Student.own_shares` at the hand-over.
    """
    by_layer = {k: v for k, v in shares.items() if k not in (PI_SHARE, VF_SHARE)}
    figures = ", ".join(f"{name} {share:.3f}" for name, share in by_layer.items())
    lines = [f"the student goes alone; its own share p_0 of each layer was {figures}"]
    if min(by_layer.values()) < SAFE_SHARE:
        lines.append(
            f"WARNING: a share below {SAFE_SHARE} means that the student still leaned on its"
            " teachers and may lose what it gained; raise --ps_coef and --vf_ps_coef"
        )
    return lines
