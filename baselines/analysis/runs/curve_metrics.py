"""The metrics of a learning curve: each metric of the tables is defined here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from baselines.analysis.runs.curves import Curve

FINAL_TIMESTEPS = 100_000
"""A hundred episodes of 1000 steps: as far as one value of `eprewmean` looks back."""

FIRST_PART = 0.1
"""Part of a run over which the jump-start is taken."""


@dataclass(frozen=True)
class Metric:
    """A number that sums up a curve between its start and a stop.

    Attributes:
        name: for files.
        title: for people.
        meaning: its definition.
        in_timesteps: whether it counts timesteps, of which fewer are better; else it is a return.
        measure: function of (curve, start, stop, threshold); NaN where the curve does not tell.
            For a threshold that is never reached it is `stop`, if that is after the start.
    """

    name: str
    title: str
    meaning: str
    in_timesteps: bool
    measure: Callable[[Curve, float, float, float], float]


def final_span(stop: float) -> float:
    """Timesteps before `stop` that count as the end of a run."""
    return min(FINAL_TIMESTEPS, FIRST_PART * stop)


def _final_return(curve: Curve, start: float, stop: float, threshold: float) -> float:
    begin = stop - final_span(stop)
    return curve.mean_height(begin, stop) if begin >= start else math.nan


def _area(curve: Curve, start: float, stop: float, threshold: float) -> float:
    enough = stop - start >= final_span(stop)
    return curve.mean_height(start, stop) if enough else math.nan


def _jump_start(curve: Curve, start: float, stop: float, threshold: float) -> float:
    return curve.mean_height(0.0, FIRST_PART * stop) if start == 0 else math.nan


def _timesteps_to_threshold(curve: Curve, start: float, stop: float, threshold: float) -> float:
    if math.isnan(threshold) or not start < stop:  # NaN too
        return math.nan
    return min(curve.first_reach(threshold, stop), stop)


FINAL_RETURN = Metric(
    "final_return",
    "final return",
    f"mean height of the curve over the last {FINAL_TIMESTEPS:,} timesteps, or over the last tenth"
    " of a run shorter than a million",
    False,
    _final_return,
)

AREA_UNDER_CURVE = Metric(
    "area_under_curve",
    "area under the curve",
    "area over its timesteps: the mean height of the whole curve",
    False,
    _area,
)

TIME_TO_THRESHOLD = Metric(
    "timesteps_to_threshold",
    "timesteps to threshold",
    "timesteps at the first row of the log whose return reaches the threshold; a run that never"
    " does counts with its length",
    True,
    _timesteps_to_threshold,
)

PRIMARY, SECONDARY = AREA_UNDER_CURVE, FINAL_RETURN
"""The metric that decides, and the one that is told beside it (docs/studies.md)."""

DECISIVE = (PRIMARY, SECONDARY)
"""The metrics by which methods are judged."""

METRICS = (
    FINAL_RETURN,
    AREA_UNDER_CURVE,
    Metric(
        "jump_start",
        "jump-start",
        "mean height of the curve over the first tenth of the run",
        False,
        _jump_start,
    ),
    TIME_TO_THRESHOLD,
)
