"""Schedules of the learning rate: factors of it, as functions of the part of the run that is left.

A run begins with 1 and would reach 0 at the update after its last.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from numbers import Real
from typing import Any

from baselines.common.errors import UserError

Schedule = Callable[[float], float]


def linear(left: float) -> float:
    """Falling to 0."""
    return left


def constant(left: float) -> float:
    """Always the same."""
    return 1.0


def no_schedule(entry: Any) -> str:
    """Error text for something that is no schedule; empty for one that is."""
    try:
        inspect.signature(entry).bind(1.0)
    except (TypeError, ValueError):
        return "is no function of one number, the part of the run that is left"
    return ""


def rate_at(update: int, updates: int, lr: float, schedule: Schedule) -> float:
    """The learning rate of an update of a run, counted from 1: `lr` times the schedule.

    Raises:
        UserError: the schedule raises an error, or its value is no finite number, or is negative.
    """
    left = 1.0 - (update - 1) / max(updates, 1)
    try:
        factor: Any = schedule(left)
    except Exception as error:  # a user's function may raise anything
        raise UserError(
            f"--lr_schedule: the function raises {type(error).__name__} where {left:g} of the run"
            f" is left ({error}); it must return a factor of the learning rate"
        ) from None
    if not isinstance(factor, Real) or not math.isfinite(factor) or factor < 0:
        raise UserError(
            f"--lr_schedule: the function returns {factor!r} where {left:g} of the run is left; it"
            " must be a factor of the learning rate, finite and not negative"
        )
    return lr * float(factor)
