"""The phases of a run with teachers: at which updates they begin, and whether each has one."""

from __future__ import annotations

import math
from itertools import pairwise

from baselines.common.errors import UserError
from baselines.config import Config


def _first_update_after(share: float, config: Config) -> int:
    """The first update after a share of the run's updates, rounded down; counted from 1."""
    # The small number makes up for a product's rounding error: 0.29 · 100 is to be 29.
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
