"""Comparisons as rows of a CSV file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from baselines.analysis.runs.comparison import Comparison, PairedDifference, Row
from baselines.analysis.runs.curve_metrics import TIME_TO_THRESHOLD
from baselines.analysis.runs.statistics import Estimate
from baselines.common.log_folder import csv_text


def as_csv(comparisons: Sequence[Comparison]) -> str:
    """A row for each metric of each method and baseline, in full precision; empty: not known."""
    return csv_text([row for comparison in comparisons for row in _rows(comparison)])


def _rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    for teachers_counted, rows in ((False, comparison.rows), (True, comparison.costed)):
        for row in rows:
            yield _row(comparison, row, row.over_baseline, teachers_counted)
    rows_of = {(row.metric, row.method.label): row for row in comparison.rows}
    for difference in comparison.over_controls:
        row = rows_of[difference.metric, difference.method.label]
        yield _row(comparison, row, difference, False)


def _row(
    comparison: Comparison, row: Row, found: PairedDifference | None, teachers_counted: bool
) -> dict[str, object]:
    """A metric of a method, with its difference from a baseline."""
    timed = row.metric is TIME_TO_THRESHOLD
    none = Estimate(math.nan)
    cells: dict[str, object] = {
        "panel": comparison.panel.title,
        "metric": row.metric.name,
        "method": row.method.label,
        "teachers_counted": teachers_counted,
        "unit": "timesteps" if row.metric.in_timesteps else "return",
        "n": len(row.method.runs),
        "timesteps": row.method.stop,
        "threshold": comparison.threshold if timed else math.nan,
        "reached": "" if row.reached is None else row.reached,
        **_estimate("value", row.value),
        "baseline": found.control.label if found else "",
        "pairs": found.seeds if found else 0,
        **_estimate("difference", found.difference if found else none),
        **_estimate("probability_of_improvement", found.improvement if found else none),
    }
    return {name: "" if cell != cell else cell for name, cell in cells.items()}


def _estimate(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
