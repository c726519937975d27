"""A metric of a run over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from baselines.analysis.runs.columns import RETURN
from baselines.analysis.runs.runs import Run

POINTS = 200
"""Steps of the common grid on which curves are averaged and drawn."""


@dataclass(frozen=True)
class Curve:
    """Straight lines between measured points; level before the first of them.

    Attributes:
        timesteps: environment steps of the points, rising: [points].
        values: [points], all finite.
        start: timesteps before which there is no curve.
    """

    timesteps: np.ndarray
    values: np.ndarray
    start: float = 0.0

    @property
    def stop(self) -> float:
        """Timesteps after which there is no curve."""
        return float(self.timesteps[-1])

    def at(self, timesteps: np.ndarray) -> np.ndarray:
        """Its heights, of the shape of `timesteps`."""
        return np.interp(timesteps, self.timesteps, self.values)

    def delayed(self, timesteps: float) -> Curve:
        """This curve, moved later by so many timesteps."""
        return replace(self, timesteps=self.timesteps + timesteps, start=self.start + timesteps)

    def until(self, stop: float) -> Curve:
        """The part of it up to some timesteps that it covers."""
        inside = self.timesteps < stop
        return replace(
            self,
            timesteps=np.append(self.timesteps[inside], stop),
            values=np.append(self.values[inside], self.at(np.array(stop))),
        )

    def mean_height(self, start: float, stop: float) -> float:
        """The area under it between two timesteps, exactly, over their distance."""
        inside = self.timesteps[(self.timesteps > start) & (self.timesteps < stop)]
        x = np.concatenate([[start], inside, [stop]])
        return float(np.trapezoid(self.at(x), x) / (stop - start))

    def first_reach(self, threshold: float, stop: float) -> float:
        """Timesteps of its first point at or above a threshold, up to `stop`; inf: none."""
        reached = self.timesteps[(self.values >= threshold) & (self.timesteps <= stop)]
        return float(reached[0]) if reached.size else float("inf")


def learning_curve(run: Run) -> Curve:
    """`eprewmean`, the mean return of the last 100 training episodes.

    The window of episodes starts afresh when a student goes alone; until an episode has ended in
    it, the last value stands.
    """
    values = run.columns[RETURN]
    known = np.flatnonzero(np.isfinite(values))
    latest = np.searchsorted(known, np.arange(known[0], len(values)), side="right") - 1
    return Curve(run.timesteps[known[0] :], values[known[latest]])


def column_curve(run: Run, column: str) -> Curve | None:
    """Another column, where it is filled; None if that is nowhere."""
    values = run.columns.get(column)
    if values is None or np.isnan(values).all():
        return None
    known = np.isfinite(values)
    return Curve(run.timesteps[known], values[known])


def grid(longest: float) -> np.ndarray:
    """The common grid of a panel whose longest run has so many timesteps: [POINTS + 1]."""
    return np.linspace(0.0, longest, POINTS + 1)


def on_grid(curves: Sequence[Curve], points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some curves where all of them are measured.

    Returns:
        The grid points between the last first point and the earliest end, and these two: [points],
        none if there is no such stretch. The curves' heights there: [curves, points].
    """
    first = max(float(curve.timesteps[0]) for curve in curves)
    last = min(curve.stop for curve in curves)
    inside = points[(points > first) & (points < last)]
    covered = np.concatenate([[first], inside, [last]]) if first < last else np.array([])
    return covered, np.array([curve.at(covered) for curve in curves])
