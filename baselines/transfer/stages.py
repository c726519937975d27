"""The course of a run with a transfer method: its stages, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from baselines.common.networks.arrays import Params
from baselines.common.networks.policy import Policy
from baselines.config import Config


@dataclass(frozen=True)
class Stage:
    """A part of a run during which one policy is trained.

    Attributes:
        first: its first update, counted from 1.
        policy: the policy that is trained.
        coefs: the weight of each of the policy's own losses at an update, by name; by default the
            policy has none.
        metrics: the stage's own metrics, from the variables and the normalised observations of the
            rollout, float32 of [N, d]; by default none.
        announcement: lines for the user, from the variables as they are when it begins.
        alone: whether it is the stage without teachers, which begins with the hand-over.
    """

    first: int
    policy: Policy
    coefs: Callable[[int], dict[str, float]] = lambda update: {}
    metrics: Callable[[Params, np.ndarray], dict[str, float]] = lambda params, obs: {}
    announcement: Callable[[Params], list[str]] = lambda params: []
    alone: bool = False


def one_stage(policy: Policy, config: Config) -> list[Stage]:
    """The course of a run that is trained by one rule from beginning to end."""
    return [Stage(1, policy)]


def stage_at(course: Sequence[Stage], update: int) -> Stage:
    """The stage that an update belongs to; before the first update the first stage."""
    return next((stage for stage in reversed(course) if stage.first <= update), course[0])
