"""Checks of what an environment is made with; each raises a ``ValueError`` that names the argument.

The arguments may come from a command line as JSON, where a pair is a list.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real


def checked_number(name: str, value: float, *, negative: bool = True) -> float:
    """Return ``value`` as a float if it is a finite number, and not below 0 unless ``negative``."""
    number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not number or (value < 0 and not negative):
        asked = "a number" if negative else "a number of at least 0"
        raise ValueError(f"{name} must be {asked}, got {value!r}")
    return float(value)


def checked_count(name: str, value: int, least: int = 1) -> int:
    """Return ``value`` as an int if it is a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def checked_flag(name: str, value: bool) -> bool:
    """Return ``value`` if it is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, got {value!r}")
    return value


def checked_range(name: str, value: Sequence[float]) -> tuple[float, float]:
    """Return ``value`` as a pair of floats if it is two numbers, the lower one first.

    The bounds may be infinite.
    """
    if isinstance(value, Sequence) and len(value) == 2:
        low, high = value
        if all(isinstance(bound, Real) for bound in value) and low < high:
            return float(low), float(high)
    raise ValueError(f"{name} must be two numbers, the lower one first, got {value!r}")
