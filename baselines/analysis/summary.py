"""All transfers at a glance: together, then what each method reaches, and what MIKT brings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from baselines.analysis.formatting import (
    NOT_KNOWN,
    Table,
    escaped,
    half_width,
    number,
    probability,
    signed_half_width,
    whole,
)
from baselines.analysis.pooled import Pooled, pooled
from baselines.analysis.runs.comparison import Comparison, PairedDifference, Row
from baselines.analysis.runs.curve_metrics import DECISIVE, TIME_TO_THRESHOLD, Metric
from baselines.analysis.tables import value_of
from baselines.analysis.wording import in_brief, judged, some_too_few
from baselines.coefs import KL
from baselines.methods import COPIED, SCRATCH, SCRATCH_WITH_KL, STUDENT, UNTRAINED

MAIN = (SCRATCH, SCRATCH_WITH_KL, COPIED, UNTRAINED, STUDENT)
"""The methods of the summary, by their labels."""

DIFFERENCES = ((STUDENT, SCRATCH_WITH_KL), (STUDENT, UNTRAINED))
"""Those that matter in each transfer: of a method from another one, by their labels."""

ANSWERS = (
    (STUDENT, SCRATCH),
    (UNTRAINED, SCRATCH),
    (STUDENT, SCRATCH_WITH_KL),
    (UNTRAINED, SCRATCH_WITH_KL),
    (STUDENT, UNTRAINED),
)
"""Those that matter over all transfers together."""


@dataclass(frozen=True)
class Transfer:
    """A line of the summary: a transfer by a short name, measured."""

    name: str
    comparison: Comparison

    def over(self, label: str, other: str, metric: Metric) -> PairedDifference | None:
        """A method minus PPO or another control, by labels; None: one of the two is not there."""
        row = self.comparison.row(label, metric)
        if row is None:
            return None
        if other == SCRATCH:
            return self.comparison.over_ppo(row.method, metric)
        if other == SCRATCH_WITH_KL:
            return self.comparison.over_kl(row.method, metric)
        return self.comparison.over_control(row.method, other, metric)


def answer(transfers: Sequence[Transfer]) -> str:
    """The mean differences over all transfers, in Markdown; empty: no two transfers have any."""
    rows = []
    for label, other in ANSWERS:
        found = [pooled_over(transfers, label, other, metric) for metric in DECISIVE]
        if any(found):
            rows.append([minus(label, other), *map(_together, found)])
    head = ["mean difference", *(metric.title for metric in DECISIVE)]
    return Table(head, rows).markdown() if rows else ""


def summary_table(transfers: Sequence[Transfer], metric: Metric) -> str:
    """Transfers × methods in Markdown, and the two differences that matter."""
    head = ["transfer", *MAIN, *(minus(*pair) for pair in DIFFERENCES)]
    rows = []
    for transfer in transfers:
        values = [_value(transfer.comparison.row(label, metric)) for label in MAIN]
        differences = [_difference(transfer.over(*pair, metric)) for pair in DIFFERENCES]
        rows.append([escaped(transfer.name), *values, *differences])
    return Table(head, rows).markdown()


def speed_table(transfers: Sequence[Transfer]) -> str:
    """Transfers × methods in Markdown: the timesteps until the final return of PPO is reached."""
    rows = []
    for transfer in transfers:
        found = [transfer.comparison.row(label, TIME_TO_THRESHOLD) for label in MAIN]
        values = [NOT_KNOWN if row is None else value_of(row) for row in found]
        rows.append([escaped(transfer.name), _threshold(transfer.comparison), *values])
    return Table(["transfer", f"final return of {SCRATCH}", *MAIN], rows).markdown()


def _threshold(comparison: Comparison) -> str:
    """The return whose reaching is timed, with the baseline's label if that has the KL term."""
    threshold, baseline = comparison.threshold, comparison.panel.baseline
    if math.isnan(threshold):
        return NOT_KNOWN
    if baseline is None or baseline.settings[KL] == 0:
        return number(threshold)
    return f"{number(threshold)} ({escaped(baseline.label)})"


def pooled_over(
    transfers: Sequence[Transfer], label: str, other: str, metric: Metric
) -> Pooled | None:
    """A method minus another one over all transfers; None: fewer than two have both."""
    found = (transfer.over(label, other, metric) for transfer in transfers)
    return pooled([one for one in found if one is not None])


def has_too_few(transfers: Sequence[Transfer], metric: Metric) -> bool:
    """Whether there is a difference in the table from which nothing can be concluded."""
    return some_too_few(t.over(*pair, metric) for t in transfers for pair in DIFFERENCES)


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


def _difference(found: PairedDifference | None) -> str:
    if found is None or math.isnan(found.difference.value):
        return NOT_KNOWN
    improvement = found.improvement
    better = "" if improvement.of_few_seeds else f"; P = {probability(improvement.value)}"
    return judged(found) + better


def minus(label: str, other: str) -> str:
    """A method minus another one, in words."""
    return f"{label} − {f'({other})' if '+' in other else other}"
