"""Every method of a panel measured, and set against PPO from scratch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from baselines.analysis.runs.curve_metrics import (
    DECISIVE,
    FINAL_RETURN,
    METRICS,
    PRIMARY,
    TIME_TO_THRESHOLD,
    Metric,
)
from baselines.analysis.runs.curves import Curve, learning_curve
from baselines.analysis.runs.method_settings import WEIGHTS
from baselines.analysis.runs.panels import Method, Panel
from baselines.analysis.runs.runs import Run
from baselines.analysis.runs.statistics import (
    Estimate,
    Function,
    estimate,
    estimate_of_returns,
    mean,
    probability_of_improvement,
)
from baselines.coefs import KL
from baselines.config import TEACHER_WEIGHTS

CurvesBySeed = dict[int, Curve]

Curves = dict[str, CurvesBySeed]
"""By the methods' labels."""


@dataclass(frozen=True)
class PairedDifference:
    """A method minus another one, over the timesteps that all runs of both have.

    Attributes:
        metric: what is measured.
        method, control: the two.
        values: of the method and of the control, by the seeds that both have.
        until: timesteps at which the comparison ends, where one of the two is longer; else NaN.
        difference: the method's value minus the control's, seed by seed.
        improvement: probability that a run of the method is better than one of the control.
    """

    metric: Metric
    method: Method
    control: Method
    values: Mapping[int, tuple[float, float]]
    until: float
    difference: Estimate
    improvement: Estimate

    @property
    def seeds(self) -> int:
        """How many seeds both have."""
        return len(self.values)

    @property
    def is_whole(self) -> bool:
        """Whether all runs of both are there and finished."""
        return self.method.is_whole and self.control.is_whole


@dataclass(frozen=True)
class Row:
    """One metric of one method.

    Attributes:
        metric: what is measured.
        method: whose runs.
        value: its value over the seeds, up to the timesteps that all of them have; where teachers
            count and it is a return, up to those that the baseline has as well.
        reached: how many seeds reach the threshold; only for the timesteps to it, else None.
        over_baseline: the method minus the baseline; None: it is that, or there is none.
    """

    metric: Metric
    method: Method
    value: Estimate
    reached: int | None
    over_baseline: PairedDifference | None


@dataclass(frozen=True)
class Comparison:
    """The metrics of a panel.

    Attributes:
        panel: the panel.
        threshold: the return whose reaching is timed; NaN: none.
        rows: by metric, then by method.
        costed: the same, every run beginning only after the timesteps of its teachers' training,
            and set against PPO from scratch that was trained for longest.
        over_controls: each method with teachers minus PPO with the KL term, and minus itself with
            teachers that know less, where there are such, by the metrics that decide.
    """

    panel: Panel
    threshold: float
    rows: list[Row]
    costed: list[Row]
    over_controls: list[PairedDifference]

    def row(self, label: str, metric: Metric) -> Row | None:
        """The row of a method, by its label; None: it is not there."""
        rows = (row for row in self.rows if row.metric is metric and row.method.label == label)
        return next(rows, None)

    def over_ppo(self, method: Method, metric: Metric) -> PairedDifference | None:
        """A method minus PPO without the KL term; None: that is not there."""
        row = self.row(method.label, metric)
        found = None if row is None else row.over_baseline
        return found if found is not None and found.control.settings[KL] == 0 else None

    def over_kl(self, method: Method, metric: Metric) -> PairedDifference | None:
        """A student minus PPO with the KL term; None: that is not there."""
        with_kl = self.panel.with_kl(method)
        return None if with_kl is None else self.over_control(method, with_kl.label, metric)

    def over_control(self, method: Method, label: str, metric: Metric) -> PairedDifference | None:
        """A student minus one of its controls, by its label; None: that is not there."""
        found = (
            one
            for one in self.over_controls
            if one.metric is metric and one.method is method and one.control.label == label
        )
        return next(found, None)


def compare(panel: Panel, statistic: Function, threshold: float | None) -> Comparison:
    """Measure all methods of a panel.

    The threshold is a return; None: the mean final return of PPO from scratch.
    """
    baseline, longest = panel.baseline, panel.longest_baseline
    if threshold is None:
        threshold = math.nan if baseline is None else float(np.mean(final_returns(baseline)))
    horizon = longest.stop if longest else math.inf
    alone, costed = _curves(panel.methods, _no_cost), _curves(panel.methods, teacher_cost)
    measuring = _Measurer(statistic, threshold)
    return Comparison(
        panel,
        threshold,
        measuring.rows(panel, baseline, alone),
        measuring.rows(panel, longest, costed, horizon),
        list(measuring.over_controls(panel, alone)),
    )


def difference_in_area(method: Method, control: Method) -> PairedDifference:
    """The mean difference of the primary metric of two methods that need be in no panel."""
    curves = _curves((method, control), _no_cost)
    return _Measurer(mean, math.nan).difference(PRIMARY, method, control, curves)


def teacher_cost(run: Run) -> float:
    """Timesteps of the training of a run's teachers, each file once; NaN: not in its log.

    An untrained teacher has cost nothing; one that keeps a part of its training has.
    """
    if run.config.get(WEIGHTS) == TEACHER_WEIGHTS[-1]:
        return 0.0
    by_file = {teacher.sha256: teacher.timesteps for teacher in run.teachers}
    return math.nan if 0 in by_file.values() else float(sum(by_file.values()))


def _no_cost(run: Run) -> float:
    return 0.0


def final_returns(method: Method) -> np.ndarray:
    """The final return of each of its runs, over the timesteps that all of them have: [runs]."""
    curves = _by_seed(method, _no_cost)
    return np.array([FINAL_RETURN.measure(c, c.start, c.stop, math.nan) for c in curves.values()])


def _curves(methods: Iterable[Method], cost: Callable[[Run], float]) -> Curves:
    return {method.label: _by_seed(method, cost) for method in methods}


def _by_seed(method: Method, cost: Callable[[Run], float]) -> CurvesBySeed:
    """A method's learning curves, cut to one length, each delayed by its run's cost."""
    return {
        run.seed: learning_curve(run).until(method.stop).delayed(cost(run)) for run in method.runs
    }


@dataclass(frozen=True)
class _Measurer:
    """Measures methods by their curves, all with one statistic and one threshold.

    Attributes:
        statistic: of the values of all seeds, such as their mean.
        threshold: the return whose reaching is timed; NaN: none.
    """

    statistic: Function
    threshold: float

    def rows(
        self, panel: Panel, baseline: Method | None, curves: Curves, horizon: float = math.inf
    ) -> list[Row]:
        """A row for each metric of each method; returns are those up to the horizon."""
        rows = []
        for metric in METRICS:
            for method in panel.methods:
                own = curves[method.label]
                seen = own if metric.in_timesteps else _until(own, horizon)
                found = None
                if baseline is not None and method is not baseline:
                    found = self.difference(metric, method, baseline, curves)
                rows.append(Row(metric, method, *self._alone(metric, seen), found))
        return rows

    def over_controls(self, panel: Panel, curves: Curves) -> Iterator[PairedDifference]:
        """Each method with teachers minus its controls, by the metrics that decide."""
        for method in (method for method in panel.methods if method.taught):
            for control in (panel.with_kl(method), *panel.knowing_less(method)):
                if control is not None:
                    for metric in DECISIVE:
                        yield self.difference(metric, method, control, curves)

    def difference(
        self, metric: Metric, method: Method, control: Method, curves: Curves
    ) -> PairedDifference:
        """One method minus another one, seed by seed."""
        own, other = curves[method.label], curves[control.label]
        end, stop = (float(np.min([c.stop for c in one.values()])) for one in (own, other))
        until = math.nan if stop == end else min(stop, end)
        x, y = self._over_what_both_have(metric, own, other)
        values = {seed: (x[seed], y[seed]) for seed in sorted(x.keys() & y.keys())}
        difference = self._estimate(metric, [one - two for one, two in values.values()])
        better, worse = (y, x) if metric.in_timesteps else (x, y)
        improvement = probability_of_improvement(
            np.array(list(better.values())), np.array(list(worse.values()))
        )
        return PairedDifference(metric, method, control, values, until, difference, improvement)

    def _alone(self, metric: Metric, curves: CurvesBySeed) -> tuple[Estimate, int | None]:
        """Value and `reached` of a row."""
        limit, found = self.threshold, curves.values()
        value = self._estimate(metric, [metric.measure(c, c.start, c.stop, limit) for c in found])
        if metric is not TIME_TO_THRESHOLD or math.isnan(value.value):
            return value, None
        return value, sum(c.first_reach(limit, c.stop) <= c.stop for c in found)

    def _estimate(self, metric: Metric, values: Sequence[float]) -> Estimate:
        estimator = estimate if metric.in_timesteps else estimate_of_returns
        return estimator(np.array(values), self.statistic)

    def _over_what_both_have(
        self, metric: Metric, own: CurvesBySeed, other: CurvesBySeed
    ) -> tuple[dict[int, float], dict[int, float]]:
        """The metric of each run of two methods, over the timesteps that all of them have."""
        both = [*own.values(), *other.values()]
        start = float(np.max([c.start for c in both]))  # NaN, unlike with max(), if one is
        stop = float(np.min([c.stop for c in both]))
        x, y = (
            {seed: metric.measure(c, start, stop, self.threshold) for seed, c in curves.items()}
            for curves in (own, other)
        )
        return x, y


def _until(curves: CurvesBySeed, stop: float) -> CurvesBySeed:
    return {seed: c.until(float(np.minimum(c.stop, stop))) for seed, c in curves.items()}
