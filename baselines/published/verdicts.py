"""Whether a training done anew gives what was logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.analysis.formatting import as_timesteps, counted, number
from baselines.analysis.runs.columns import CLOCK
from baselines.analysis.runs.curves import learning_curve
from baselines.analysis.runs.runs import Run
from baselines.common.provenance import PROCESSOR
from baselines.training.run_metrics import EVAL_RETURN


@dataclass(frozen=True)
class Verdict:
    """The result of comparing a rerun with a logged run.

    Attributes:
        agrees: whether it is identical or inside the band.
        words: which of the two, with the figures.
    """

    agrees: bool
    words: str


def judge(logged: Run, again: Run, seeds: Sequence[Run]) -> Verdict:
    """Set a rerun against the log.

    Identical is every figure of every logged row as far as the rerun reaches, times aside, to the
    bit. A run that was made longer on the way is compared up to there. The band reaches, at the
    timesteps of each of these rows, from the lowest to the highest learning curve of the logged
    seeds that have got so far, the run itself among them.
    """
    rows = logged.timesteps <= min(again.timesteps[-1], logged.first_stretch)
    timesteps = logged.timesteps[rows]
    reach = f"{len(timesteps)} rows to {as_timesteps(timesteps[-1])} timesteps"
    same = _same(logged, again, timesteps)
    if same.all():
        return Verdict(True, f"identical to the log in all {reach}")
    outside = _outside(learning_curve(again).at(timesteps), timesteps, seeds)
    what = f"the band of {counted(len(seeds), 'seed')}"
    first = f"not identical from {as_timesteps(timesteps[np.argmin(same)])} on"
    if PROCESSOR not in logged.origin.versions:
        first += "; the log does not name its processor, and another kind rounds differently"
    if not outside.any():
        return Verdict(True, f"inside {what} in all {reach}; {first}")
    worst = int(np.argmax(np.abs(outside)))
    side = "above" if outside[worst] > 0 else "below"
    return Verdict(
        False,
        f"outside {what} in {np.count_nonzero(outside)} of {reach}, by up to"
        f" {number(abs(outside[worst]))} {side} it at {as_timesteps(timesteps[worst])}; {first}",
    )


def _same(logged: Run, again: Run, timesteps: np.ndarray) -> np.ndarray:
    """Which of the first logged rows the rerun has to the bit: [rows]."""
    places = np.searchsorted(again.timesteps, timesteps)
    same = np.ones(len(timesteps), bool)
    for name in logged.columns.keys() - set(CLOCK):
        old = logged.columns[name][: len(timesteps)]
        new = again.columns[name][places] if name in again.columns else np.full_like(old, np.inf)
        unknown = np.isnan(old)
        # A run that was resumed with --eval_interval has none of before.
        same &= (old == new) | (unknown if name == EVAL_RETURN else unknown & np.isnan(new))
    return same


def _outside(curve: np.ndarray, timesteps: np.ndarray, seeds: Sequence[Run]) -> np.ndarray:
    """How far a curve is above the band, or below it as a negative number; 0 inside: [rows]."""
    curves = [learning_curve(run) for run in seeds]
    heights = np.array([np.where(timesteps <= c.stop, c.at(timesteps), np.nan) for c in curves])
    above = curve - np.nanmax(heights, axis=0)
    below = curve - np.nanmin(heights, axis=0)
    return np.maximum(above, 0) + np.minimum(below, 0)
