"""What a comparison shows, in plain words; this is where the rules for the words are defined."""

from __future__ import annotations

import math
from collections.abc import Iterator

from baselines.analysis.comparison import Comparison, Row
from baselines.analysis.methods import Method
from baselines.analysis.metrics import AREA_UNDER_CURVE, FINAL_RETURN, Metric
from baselines.analysis.statistics import MIN_SEEDS, NO_SPREAD, Estimate
from baselines.analysis.tables import named, number

GAIN, LOSS = "**a clear gain**", "**a clear loss**"
NOT_SHOWN = "the interval includes 0: **not shown**"
TOO_FEW = f"**nothing can be concluded** from fewer than {MIN_SEEDS} pairs"
ALL_ALIKE = "all pairs differ by the same, so there is no interval: **not shown**"

VERBS = {FINAL_RETURN: "ends", AREA_UNDER_CURVE: "is on average over the run"}
"""The figures that are put in words."""

RULES = (
    f'A difference is "{GAIN}" or "{LOSS}" when its whole 95 % interval lies above or below 0, and'
    f' "not shown" when the interval includes 0; with fewer than {MIN_SEEDS} pairs of seeds nothing'
    " can be concluded. The intervals are Student's for the mean of paired differences: three pairs"
    " reach 2.5 of their standard deviations either way, five 1.2, so only large or steady"
    " differences show."
).replace("**", "")


def verdict(difference: Estimate) -> str:
    """What a difference in return shows."""
    if difference.note == NO_SPREAD:
        return ALL_ALIKE
    if math.isnan(difference.low):
        return TOO_FEW
    if difference.low > 0:
        return GAIN
    return LOSS if difference.high < 0 else NOT_SHOWN


def sentence(row: Row, baseline: Method) -> str:
    """How a method stands to the baseline in one of the figures of `VERBS`, in Markdown."""
    label, other = named(row.method), f"{named(baseline)} from scratch"
    if not row.pairs:
        return f"{label} has no seed in common with {other}: **nothing can be concluded**."
    if math.isnan(row.difference.value):
        return f"{label} cannot be compared with {other}."
    return (
        f"{label} {VERBS[row.metric]} {_distance(row.difference.value)} {other}"
        f" ({_basis(row)}): {verdict(row.difference)}."
    )


def _distance(difference: float) -> str:
    if difference == 0:
        return "level with"
    return f"{number(abs(difference))} {'above' if difference > 0 else 'below'}"


def _basis(row: Row) -> str:
    pairs = f"n = {row.pairs} pair{'s' if row.pairs > 1 else ''}"
    low, high = row.difference.low, row.difference.high
    if math.isnan(low):
        return pairs
    return f"95 % interval {number(low)} to {number(high)}, {pairs}"


def sentences(comparison: Comparison) -> Iterator[str]:
    """In Markdown, two sentences for each method, and one with the teachers' training counted."""
    baseline = comparison.panel.baseline
    if baseline is None:
        return
    for method in comparison.panel.methods:
        if method.label == baseline.label:
            continue
        yield " ".join(
            [
                *(sentence(_row(comparison.rows, method.label, m), baseline) for m in VERBS),
                "With the teachers' training counted: "
                + sentence(_row(comparison.costed, method.label, FINAL_RETURN), baseline),
            ]
        )


def _row(rows: list[Row], label: str, metric: Metric) -> Row:
    return next(row for row in rows if row.method.label == label and row.metric is metric)
