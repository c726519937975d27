"""The course of a run with a transfer method: its stages, one after the other."""

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
        policy: what is trained.
        coefs: weights of the policy's own losses by name, of all of them, at an update.
        metrics: what is to be logged of the stage itself, from the variables and the normalised
            observations of the rollout, float32 of [N, d].
        announcement: lines for the user, from the variables as they are when it begins.
        alone: whether it is the one without teachers, which begins with the hand-over.
    """

    first: int
    policy: Policy
    coefs: Callable[[int], dict[str, float]]
    metrics: Callable[[Params, np.ndarray], dict[str, float]]
    announcement: Callable[[Params], list[str]] = lambda _: []
    alone: bool = False


def _first_update_after(share: float, config: Config) -> int:
    """The first update after a share of the run's updates, rounded down; counted from 1."""
    # But for the rounding errors of a product: 0.29 · 100 is 29.
    return math.floor(share * config.nupdates + 1e-9) + 1


def first_update_alone(config: Config) -> int:
    """The first update without teachers, counted from 1."""
    return _first_update_after(config.teacher_fraction, config)


def first_update_coupled(config: Config) -> int:
    """The first update of MIKT's second phase, with the coupling, counted from 1."""
    return _first_update_after(0.5 * config.teacher_fraction, config)


def check_phases(config: Config, *firsts: int) -> None:
    """Check that each phase of a run has an update of its own.

    Args:
        config: the settings.
        firsts: the first update of each phase but the first one, which begins with the run.

    Raises:
        UserError: the run is too short for that, or the teachers' part of it too short or too long.
    """
    phases = 1 + len(firsts)
    if 0 < config.nupdates < phases:
        raise UserError(
            f"--num_timesteps: a run with teachers needs {phases} updates of {config.nbatch} steps"
            " at least, one for each of its phases"
        )
    starts = [1, *firsts, config.nupdates + 1]
    if config.nupdates and any(first >= after for first, after in pairwise(starts)):
        raise UserError(
            f"--teacher_fraction: {config.teacher_fraction} of {config.nupdates} updates leaves one"
            f" of the run's {phases} phases without an update; give a value nearer to"
            f" {Config.teacher_fraction}, or more --num_timesteps"
        )


def one_stage(policy: Policy, config: Config) -> list[Stage]:
    """The course of a run that is trained by one rule from beginning to end."""
    return [Stage(1, policy, lambda _: {}, lambda *_: {})]


def stage_at(course: Sequence[Stage], update: int) -> Stage:
    """The stage that an update belongs to; before the first update the first stage."""
    return next((stage for stage in reversed(course) if stage.first <= update), course[0])
