"""A table of what students lose or gain when they go alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from baselines.analysis.formatting import (
    Table,
    counted,
    escaped,
    folded,
    named,
    number,
    signed_with_interval,
    whole,
)
from baselines.analysis.runs.columns import RETURN
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.runs import Run
from baselines.analysis.runs.statistics import MIN_SEEDS, Estimate, estimate_of_returns, mean
from baselines.analysis.runs.transfer_logs import hand_over_rows
from baselines.analysis.wording import HARM, shown_by
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


@dataclass(frozen=True)
class HandOver:
    """What the runs of a student lose or gain at the hand-over.

    Attributes:
        transfer: what it is to be called.
        method: the student.
        returns: before and after, of each run whose log tells: [runs, 2].
    """

    transfer: str
    method: Method
    returns: np.ndarray

    @cached_property
    def change(self) -> Estimate:
        """After minus before."""
        before, after = self.returns.T
        return estimate_of_returns(after - before, mean)


def hand_overs(students: Sequence[tuple[str, Method]]) -> Iterator[HandOver]:
    """Those of the students whose logs tell of one; they come with the names of their transfers.

    Students with the same returns to the bit, as with untrained teachers of one size, are one.
    """
    seen = set()
    for name, method in students:
        found = [pair for run in method.runs if (pair := before_and_after(run)) is not None]
        if found and tuple(found) not in seen:
            seen.add(tuple(found))
            yield HandOver(name, method, np.array(found))


def hand_over_parts(found: Sequence[HandOver]) -> Iterator[str]:
    """Of how many methods a loss is shown, these in a table, and one of all, in Markdown."""
    measured = [one for one in found if not one.change.of_few_seeds]
    losers = [one for one in measured if shown_by(one.change) == HARM]
    yield (
        "A loss is shown if the whole 95 % interval of the change lies below 0: for"
        f" {len(losers)} of {counted(len(measured), 'method')} with at least {MIN_SEEDS} seeds."
    )
    if losers:
        yield hand_over_table(losers)
    yield folded("All hand-overs", [hand_over_table(found)])


def hand_over_table(found: Sequence[HandOver]) -> str:
    """A row for each student, in Markdown."""
    head = ["transfer", "method", "n", "before", "after", "change", "seed by seed"]
    return Table(head, [_row(one) for one in found]).markdown()


def _row(found: HandOver) -> list[str]:
    means = (number(float(value)) for value in found.returns.mean(axis=0))
    seeds = ", ".join(f"{whole(old)} → {whole(new)}" for old, new in found.returns)
    count, change = str(len(found.returns)), signed_with_interval(found.change)
    return [escaped(found.transfer), named(found.method), count, *means, change, seeds]
