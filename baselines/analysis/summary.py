"""All transfers at a glance: what each method reaches, and what MIKT brings beyond its controls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from baselines.analysis.formatting import (
    NOT_KNOWN,
    escaped,
    half_width,
    markdown_table,
    probability,
    signed_half_width,
    whole,
)
from baselines.analysis.pooled import Pooled, pooled
from baselines.analysis.runs.comparison import Against, Comparison, Row
from baselines.analysis.runs.curve_metrics import Metric
from baselines.analysis.runs.method_settings import WEIGHTS
from baselines.analysis.wording import in_brief, judged, some_too_few
from baselines.methods import COPIED, METHODS, SCRATCH, SCRATCH_WITH_KL, STUDENT, UNTRAINED

MAIN = (SCRATCH, SCRATCH_WITH_KL, COPIED, UNTRAINED, STUDENT)
"""The methods of the summary, by their labels."""

ALL = "all together"
"""The name of the last row."""

CONTROLS = (SCRATCH_WITH_KL, UNTRAINED)
"""The methods that the student is set against."""


@dataclass(frozen=True)
class Transfer:
    """A line of the summary: a transfer by a short name, measured."""

    name: str
    comparison: Comparison

    def beyond(self, label: str, metric: Metric) -> Against | None:
        """The student minus a control; None: one of the two is not there."""
        weights = METHODS[label].settings.get(WEIGHTS)
        found = (
            one
            for one in self.comparison.controlled
            if one.metric is metric
            and one.method.label == STUDENT
            and one.control.settings.get(WEIGHTS) == weights
        )
        return next(found, None)


def summary_table(transfers: Sequence[Transfer], metric: Metric) -> str:
    """Transfers × methods in Markdown, and the two differences that matter."""
    head = ["transfer", *MAIN, *map(minus, CONTROLS)]
    rows = []
    for transfer in transfers:
        values = [_value(transfer.comparison.row(label, metric)) for label in MAIN]
        differences = [_difference(transfer.beyond(label, metric)) for label in CONTROLS]
        rows.append([escaped(transfer.name), *values, *differences])
    together = [pooled_over(transfers, label, metric) for label in CONTROLS]
    if any(together):
        rows.append([ALL, *[NOT_KNOWN] * len(MAIN), *map(_together, together)])
    return markdown_table(head, rows)


def pooled_over(transfers: Sequence[Transfer], label: str, metric: Metric) -> Pooled | None:
    """The student minus a control over all transfers together; None: fewer than two have both."""
    found = (transfer.beyond(label, metric) for transfer in transfers)
    return pooled([one for one in found if one is not None])


def has_too_few(transfers: Sequence[Transfer], metric: Metric) -> bool:
    """Whether there is a difference in the table from which nothing can be concluded."""
    return some_too_few(t.beyond(label, metric) for t in transfers for label in CONTROLS)


def _together(found: Pooled | None) -> str:
    if found is None or math.isnan(found.difference.value):
        return NOT_KNOWN
    difference = signed_half_width(found.difference)
    return f"{difference} ({found.transfers} transfers): {in_brief(found.difference)}"


def _value(row: Row | None) -> str:
    if row is None:
        return NOT_KNOWN
    unfinished = "" if row.method.finished else ", unfinished"
    return f"{half_width(row.value, whole)} (n = {len(row.method.runs)}{unfinished})"


def _difference(found: Against | None) -> str:
    if found is None or math.isnan(found.difference.value):
        return NOT_KNOWN
    improvement = found.improvement
    better = "" if improvement.of_few_seeds else f"; P = {probability(improvement.value)}"
    return judged(found) + better


def minus(control: str) -> str:
    """The student minus a control, in words."""
    return f"{STUDENT} − {f'({control})' if '+' in control else control}"
