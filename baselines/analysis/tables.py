"""Comparisons as tables in Markdown, and as a page of these."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from baselines.analysis.formatting import (
    NOT_KNOWN,
    Table,
    as_timesteps,
    chance,
    counted,
    escaped,
    named,
    number,
    signed,
    with_interval,
)
from baselines.analysis.runs.comparison import Comparison, PairedDifference, Row, teacher_cost
from baselines.analysis.runs.curve_metrics import (
    DECISIVE,
    FINAL_RETURN,
    METRICS,
    TIME_TO_THRESHOLD,
    Metric,
)
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import MIN_SEEDS
from baselines.analysis.wording import brief, told
from baselines.methods import SCRATCH


def as_markdown(
    title: str,
    statistic: str,
    comparisons: Sequence[Comparison],
    notes: Sequence[str],
    first: Sequence[str] = (),
) -> str:
    """A page with two tables for each panel: as trained, and with the teachers' training counted.

    Args:
        title: its heading.
        statistic: that over the seeds, in words.
        comparisons: one for each panel.
        notes: what a reader must know of the logs.
        first: paragraphs and tables that stand above all else, in Markdown.
    """
    sections = [f"# {escaped(title)}", *first, _introduction(statistic)]
    for comparison in comparisons:
        sections += _panel(comparison)
    if notes:
        sections += ["## Notes", "\n".join(f"- {escaped(note)}" for note in notes)]
    return "\n\n".join(sections) + "\n"


def _introduction(statistic: str) -> str:
    definitions = "\n".join(f"- **{metric.title}**: {metric.meaning}." for metric in METRICS)
    return (
        f"Each value is the {statistic} over n seeds, with its 95 % interval in brackets; fewer\n"
        f"than {MIN_SEEDS} seeds have none. The curve is the mean return of the last 100 training"
        " episodes.\n\n"
        f"{definitions}\n- **difference**: the value minus that of {SCRATCH} from scratch, or of"
        " the control that is named, paired\n  over the seeds that both have and over the timesteps"
        " that all their runs have. Of final\n  return and area it is a gain or a loss if its whole"
        " interval lies above or below 0, else not shown.\n"
        "- **P(better)**: probability that a run is better than one of these.\n\n"
        "If some seeds never reach the threshold, the mean of the timesteps to it is a lower"
        " bound, marked ≥."
    )


def _panel(comparison: Comparison) -> list[str]:
    methods = comparison.panel.methods
    lengths = _each(methods, lambda method: as_timesteps(method.stop))
    sections = [
        f"## {escaped(comparison.panel.title)}",
        f"Timesteps that all seeds have: {lengths}.",
        table(comparison).markdown(),
        *(
            [controls_table(comparison.over_controls).markdown()]
            if comparison.over_controls
            else []
        ),
    ]
    taught = [method for method in methods if method.taught]
    costs = {m.label: float(np.mean([teacher_cost(r) for r in m.runs])) for m in taught}
    if all(math.isnan(cost) for cost in costs.values()):
        return sections
    return [
        *sections,
        "With the teachers' training counted, a run begins after the timesteps of that training:"
        f" {_each(taught, lambda method: as_timesteps(costs[method.label]))}.\nDifferences are"
        f" then those at equal total timesteps. {NOT_KNOWN}: these are not in the logs,\nor too few"
        " are left to compare.",
        costed_table(comparison).markdown(),
    ]


def _each(methods: Sequence[Method], told: Callable[[Method], str]) -> str:
    return "; ".join(f"{escaped(method.label)} {told(method)}" for method in methods)


def table(comparison: Comparison, metrics: Collection[Metric] = METRICS) -> Table:
    """Some metrics of all methods of a comparison."""
    rows = [row for row in comparison.rows if row.metric in metrics]
    return _table(rows, comparison.panel.baseline, comparison.threshold)


def costed_table(comparison: Comparison, metrics: Collection[Metric] = METRICS) -> Table:
    """`table` with the teachers' training counted."""
    rows = [row for row in comparison.costed if row.metric in metrics]
    return _table(rows, comparison.panel.longest_baseline, comparison.threshold)


def _table(rows: Sequence[Row], baseline: Method | None, threshold: float) -> Table:
    name = escaped(baseline.label) if baseline else SCRATCH
    lines = []
    last = None
    for row in rows:
        heading = _heading(row, threshold) if row.metric is not last else ""
        last = row.metric
        cells = [heading, named(row.method), str(len(row.method.runs)), value_of(row)]
        lines.append([*cells, *_difference_cells(row.over_baseline)])
    return Table(["", "method", "n", "value", f"difference from {name}", "", "P(better)"], lines)


def comparable_when_costed(comparison: Comparison) -> bool:
    """Whether PPO was trained for as long as some student and its teachers together."""
    return any(
        row.metric is FINAL_RETURN
        and row.over_baseline is not None
        and not math.isnan(row.over_baseline.difference.value)
        for row in comparison.costed
        if any(teacher_cost(run) > 0 for run in row.method.runs)
    )


def controls_table(differences: Sequence[PairedDifference]) -> Table:
    """What students bring beyond their controls."""
    lines = []
    last = None
    for one in sorted(differences, key=lambda one: METRICS.index(one.metric)):
        heading = one.metric.title if one.metric is not last else ""
        last = one.metric
        cells = [heading, named(one.method), named(one.control), str(one.seeds)]
        lines.append([*cells, *told(one), chance(one.improvement)])
    return Table(["", "method", "minus", "seeds", "difference", "", "P(better)"], lines)


def in_short(comparison: Comparison) -> str:
    """For a terminal: the metrics that decide, and what students bring beyond controls."""
    tables = [table(comparison, DECISIVE)]
    if comparison.over_controls:
        tables.append(controls_table(comparison.over_controls))
    return "\n\n".join(one.aligned() for one in tables)


def _heading(row: Row, threshold: float) -> str:
    if row.metric is not TIME_TO_THRESHOLD:
        return row.metric.title
    return f"timesteps to {NOT_KNOWN if math.isnan(threshold) else number(threshold)}"


def value_of(row: Row) -> str:
    """A value with its interval; a mean time that is only a lower bound says so."""
    missed = 0 if row.reached is None else len(row.method.runs) - row.reached
    text = ("≥ " if missed else "") + with_interval(row.value, _of(row.metric))
    return f"{text} ({row.reached} of {len(row.method.runs)} reach it)" if missed else text


def _difference_cells(found: PairedDifference | None) -> tuple[str, str, str]:
    """The difference, its word, where the metric is one that decides, and P(better)."""
    if found is None:
        return NOT_KNOWN, "", NOT_KNOWN
    word = brief(found) if found.metric in DECISIVE else ""
    return _difference(found), word, chance(found.improvement)


def _difference(found: PairedDifference) -> str:
    text = with_interval(found.difference, lambda x: signed(x, _of(found.metric)))
    if math.isnan(found.difference.value):
        return text
    pairs = [counted(found.seeds, "pair")] if found.seeds < len(found.method.runs) else []
    until = [] if math.isnan(found.until) else [f"up to {as_timesteps(found.until)} timesteps"]
    return f"{text} ({', '.join(pairs + until)})" if pairs or until else text


def _of(metric: Metric) -> Callable[[float], str]:
    return as_timesteps if metric.in_timesteps else number
