"""Where our training agrees with logs that others have published, in figures and words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from baselines.analysis.formatting import (
    NOT_KNOWN,
    Table,
    escaped,
    number,
    signed_with_interval,
    whole,
)
from baselines.analysis.runs.columns import RETURN
from baselines.analysis.runs.curves import Curve, column_curve
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.published_logs import Beside
from baselines.analysis.runs.statistics import MIN_SEEDS, Estimate, difference_of_means
from baselines.analysis.wording import GAIN, HARM, NOT_SHOWN, shown_by

LAST = 204_800
"""Timesteps at the end of a run over which its return is taken: 100 updates of 2048.

Of a run that is shorter, the return is that of the whole run.
"""

STAGES = (206_848, 821_248, 1_845_248)
"""Timesteps at which entropy and approxkl are read: updates 101, 401 and 901 of 2048."""

NO_DIFFERENCE, HIGHER, LOWER = "no difference shown", "**ours is higher**", "**ours is lower**"
WORDS = {GAIN: HIGHER, HARM: LOWER, NOT_SHOWN: NO_DIFFERENCE, "": "too few seeds"}
"""By what `shown_by` finds."""

RULE = f"""\
Each line sets the mean over our seeds against that of the published ones; in brackets are the
lowest and the highest seed. The seeds do not pair, so the 95 % interval of the difference is
Welch's. Where it includes 0, no difference is shown; with five seeds a side that is no proof that
there is none. With fewer than {MIN_SEEDS} seeds nothing can be concluded. Published returns are
means over the episodes that ended in one rollout, ours over the last 100 episodes, which lag a
little behind."""


@dataclass(frozen=True)
class Line:
    """One metric of both.

    Attributes:
        name: what it is.
        ours, published: one value per seed.
    """

    name: str
    ours: np.ndarray
    published: np.ndarray

    @property
    def difference(self) -> Estimate:
        """Ours minus the published."""
        return difference_of_means(self.ours, self.published)

    @property
    def words(self) -> str:
        """The conclusion from the difference, in words."""
        return WORDS[shown_by(self.difference)]


def lines(ours: Method, published: Method) -> Iterator[Line]:
    """Return at the end, then entropy and approxkl on the way, as far as all runs of both get."""
    stop = min(ours.stop, published.stop)
    name = f"return, {_begin(stop):,} to {stop:,}"
    yield Line(name, _returns(ours, stop), _returns(published, stop))
    for column in ("policy_entropy", "approxkl"):
        for stage in (stage for stage in STAGES if stage <= stop):
            name, read = f"{column} at {stage:,}", partial(_at, timesteps=stage)
            yield Line(name, _values(ours, column, read), _values(published, column, read))


def _returns(method: Method, stop: int) -> np.ndarray:
    """The return of each run at the end of the timesteps up to `stop`."""
    return _values(method, RETURN, partial(Curve.mean_height, start=_begin(stop), stop=stop))


def _begin(stop: int) -> int:
    """From where on the return at the end is taken."""
    return max(0, stop - LAST)


def _at(curve: Curve, timesteps: float) -> float:
    """Its height; NaN where it is not measured."""
    measured = curve.timesteps[0] <= timesteps <= curve.stop
    return float(curve.at(np.array(timesteps))) if measured else math.nan


def _values(method: Method, column: str, read: Callable[[Curve], float]) -> np.ndarray:
    """One metric of each run; a run whose log does not tell it is left out."""
    curves = (column_curve(run, column) for run in method.runs)
    values = np.array([read(curve) for curve in curves if curve is not None])
    return values[~np.isnan(values)]


def sections(laid: Sequence[Beside]) -> Iterator[str]:
    """In Markdown, a section for each with runs of ours, and a table of the others."""
    for one in laid:
        if one.ours:
            yield f"## {escaped(one.title)}"
            yield from _unlike(one.ours, one.published)
            yield _table(one.ours, one.published).markdown()
    alone = [one for one in laid if not one.ours]
    if alone:
        yield "## Without a run of ours so far"
        yield Table(["", "n", "return at the end"], list(map(_alone, alone))).markdown()


def _unlike(ours: Method, published: Method) -> Iterator[str]:
    """Known differences of our runs; published logs do not tell their settings."""
    settings = [f"{name}={ours.settings.get(name)}" for name in ours.not_by_default]
    if settings:
        yield f"Settings of ours that are not the defaults: {escaped(', '.join(settings))}."
    own, other = (method.runs[0].planned_timesteps for method in (ours, published))
    if own != other:
        yield f"Our runs have {whole(own)} timesteps, the published ones {whole(other)}."


def _table(ours: Method, published: Method) -> Table:
    counts = f"ours, n = {len(ours.runs)}", f"published, n = {len(published.runs)}"
    rows = []
    for line in lines(ours, published):
        spreads = _spread(line.ours), _spread(line.published)
        rows.append([line.name, *spreads, signed_with_interval(line.difference), line.words])
    return Table(["timesteps", *counts, "difference", ""], rows)


def _alone(one: Beside) -> list[str]:
    returns = _returns(one.published, one.published.stop)
    return [escaped(one.title), str(len(one.published.runs)), _spread(returns)]


def _spread(values: np.ndarray) -> str:
    """Mean, lowest and highest."""
    if not values.size:
        return NOT_KNOWN
    mean, low, high = (number(float(f(values))) for f in (np.mean, np.min, np.max))
    return f"{mean} ({low} to {high})" if len(values) > 1 else mean
