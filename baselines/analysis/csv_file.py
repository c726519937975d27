"""Comparisons as rows of a CSV file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from baselines.analysis.runs.comparison import Against, Comparison, Row
from baselines.analysis.runs.curve_metrics import TIME_TO_THRESHOLD
from baselines.analysis.runs.statistics import Estimate
from baselines.common.log_folder import csv_text


def as_csv(comparisons: Sequence[Comparison]) -> str:
    """A row for each metric of each method and baseline, in full precision; empty: not known."""
    return csv_text([row for comparison in comparisons for row in _rows(comparison)])


def _rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    for teachers_counted, rows in ((False, comparison.rows), (True, comparison.costed)):
        for row in rows:
            yield _row(comparison, row, row.against, teachers_counted)
    rows_of = {(row.metric, row.method.label): row for row in comparison.rows}
    for against in comparison.controlled:
        row = rows_of[against.metric, against.method.label]
        yield _row(comparison, row, against, False)


def _row(
    comparison: Comparison, row: Row, against: Against | None, teachers_counted: bool
) -> dict[str, object]:
    """A metric of a method, with what it is set against."""
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
        "baseline": against.control.label if against else "",
        "pairs": against.pairs if against else 0,
        **_estimate("difference", against.difference if against else none),
        **_estimate("probability_of_improvement", against.improvement if against else none),
    }
    return {name: "" if cell != cell else cell for name, cell in cells.items()}


def _estimate(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
