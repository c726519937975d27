"""A table of what students lose or gain when they go alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from baselines.analysis.formatting import Table, escaped, named, number, signed_with_interval, whole
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.runs import RETURN, Run
from baselines.analysis.runs.statistics import estimate_of_returns, mean
from baselines.analysis.runs.transfer_logs import hand_over_rows
from baselines.transfer.hand_over import SPAN

EXPLANATION = f"""\
At the hand-over a student goes on without its teachers: after nine tenths of the run, unless its
settings say otherwise. Before: the mean return of its last 100 episodes with the teachers. After:
that of its episodes in the first {SPAN} updates without them, at most the last 100 of these. The
change is paired by seed."""


def before_and_after(run: Run) -> tuple[float, float] | None:
    """Mean returns before and after the hand-over; None: its log tells of none."""
    rows = hand_over_rows(run)
    if rows is None:
        return None
    before, after = (float(run.columns[RETURN][row]) for row in rows)
    return None if np.isnan([before, after]).any() else (before, after)


def hand_over_table(students: Sequence[tuple[str, Method]]) -> str:
    """A row for each student in Markdown; empty: no log tells of a hand-over.

    The students come with what their transfers are to be called.
    """
    rows = [row for name, method in students for row in _row(name, method)]
    head = ["transfer", "method", "n", "before", "after", "change", "seed by seed"]
    return Table(head, rows).markdown() if rows else ""


def _row(name: str, method: Method) -> Iterator[list[str]]:
    found = [pair for run in method.runs if (pair := before_and_after(run)) is not None]
    if not found:
        return
    before, after = np.array(found).T
    change = signed_with_interval(estimate_of_returns(after - before, mean))
    seeds = ", ".join(f"{whole(old)} → {whole(new)}" for old, new in found)
    means = (number(float(values.mean())) for values in (before, after))
    yield [escaped(name), named(method), str(len(found)), *means, change, seeds]
