"""The stages of a run with a transfer method: what each is, when it begins, and whether it can."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from baselines.common.errors import UserError
from baselines.common.networks.arrays import Params
from baselines.common.networks.policy import Policy
from baselines.config import Config


@dataclass(frozen=True)
class Stage:
    """A part of a run during which one policy is trained.

    Attributes:
        first: its first update, counted from 1.
        policy: the policy that is trained.
        coefs: the coefficient of each of the policy's own losses at an update, by name; by default
            the policy has none.
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
    """The only stage of a run that is trained by one rule from beginning to end."""
    return [Stage(1, policy)]


def stage_at(stages: Sequence[Stage], update: int) -> Stage:
    """The stage that an update belongs to; before the first update the first stage."""
    return next((stage for stage in reversed(stages) if stage.first <= update), stages[0])


def first_update_after(updates: float) -> int:
    """The first update after so many, rounded down; counted from 1."""
    # The small number makes up for a product's rounding error: 0.29 · 100 is to be 29.
    return math.floor(updates + 1e-9) + 1


def first_update_alone(config: Config) -> int:
    """The first update without teachers, counted from 1."""
    return first_update_after(config.teacher_fraction * config.nupdates)


def check_stages(config: Config, *firsts: int) -> None:
    """Check that each stage of a run has an update of its own.

    Args:
        config: the settings.
        firsts: the first update of each stage but the first one, which begins with the run.

    Raises:
        UserError: the run is too short for that, or the teachers' part of it too short or too long.
    """
    number = 1 + len(firsts)
    if 0 < config.nupdates < number:
        raise UserError(
            f"--num_timesteps: a run with teachers needs {number} updates of {config.nbatch} steps"
            " at least, one for each of its stages"
        )
    starts = [1, *firsts, config.nupdates + 1]
    if config.nupdates and any(first >= after for first, after in pairwise(starts)):
        raise UserError(
            f"--teacher_fraction: {config.teacher_fraction} of {config.nupdates} updates leaves one"
            f" of the run's {number} stages without an update; give a value nearer to"
            f" {Config.teacher_fraction}, or more --num_timesteps"
        )
