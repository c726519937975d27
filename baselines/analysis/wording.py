"""A comparison in plain words; the rules for the words are defined here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from baselines.analysis.formatting import (
    NOT_KNOWN,
    counted,
    named,
    number,
    signed_half_width,
    signed_with_interval,
)
from baselines.analysis.runs.comparison import Against, Comparison, Row, teacher_cost
from baselines.analysis.runs.curve_metrics import AREA_UNDER_CURVE, DECISIVE, FINAL_RETURN
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import MIN_SEEDS, NO_SPREAD, Estimate

GAIN, LOSS, NOT_SHOWN = "gain", "loss", "not shown"
ALL_ALIKE = "all pairs differ by the same, so there is no interval"
TOO_FEW = f"**nothing can be concluded** from fewer than {MIN_SEEDS} pairs"
NO_WORD = (
    f"Here a difference without a word has fewer than {MIN_SEEDS} pairs of seeds, so nothing can be"
    " concluded from it."
)

VERBS = {FINAL_RETURN: "ends", AREA_UNDER_CURVE: "is on average over the run"}
"""What a method does, by the metrics that decide."""

RULES = (
    'A difference is "a clear gain" or "a clear loss" when its whole 95 % interval lies above or'
    ' below 0, and "not shown" when the interval includes 0; with fewer than'
    f" {MIN_SEEDS} pairs of seeds nothing can be concluded. The experiment files name all seeds"
    " beforehand: while runs of one of the two methods are missing or unfinished, the words say"
    ' "so far". The intervals are Student\'s for the mean of paired differences. With three pairs'
    " they extend 2.5 standard deviations of the differences to either side, with five 1.2, so that"
    " only large or steady differences are shown. There is no correction for the number of"
    " comparisons: where there is no difference, one in twenty is expected to look like one."
)


def verdict(found: Against) -> str:
    """The conclusion from a difference in return, in Markdown."""
    shown = shown_by(found.difference)
    if not shown:
        return TOO_FEW
    if shown != NOT_SHOWN:
        return f"**a clear {shown}{_so_far(found)}**"
    why = ALL_ALIKE if found.difference.note == NO_SPREAD else "the interval includes 0"
    return f"{why}: **{shown}{_so_far(found)}**"


def brief(found: Against) -> str:
    """`verdict` in a word or two, for a table; of too few seeds there is none."""
    return in_brief(found.difference, _so_far(found))


def in_brief(difference: Estimate, so_far: str = "") -> str:
    """What a difference shows, in a word or two; `so_far` is added where runs are missing.

    Of too few seeds it shows nothing, and there is no word.
    """
    shown = shown_by(difference)
    if not shown:
        return ""
    words = shown + so_far
    return words if shown == NOT_SHOWN else f"**{words}**"


def judged(found: Against) -> str:
    """A difference ± half the width of its interval, and `brief`, in one cell of a table."""
    difference, word = signed_half_width(found.difference), brief(found)
    return f"{difference}: {word}" if word else difference


def shown_by(difference: Estimate) -> str:
    """Whether it is a gain or a loss; empty: too few seeds to say."""
    if difference.note == NO_SPREAD:
        return NOT_SHOWN
    if math.isnan(difference.low):
        return ""
    if difference.low > 0:
        return GAIN
    return LOSS if difference.high < 0 else NOT_SHOWN


def _so_far(found: Against) -> str:
    return "" if found.is_whole else " so far"


def told(found: Against | None) -> tuple[str, str]:
    """A difference with its interval, and in a word or two; where there is none, neither."""
    if found is None or math.isnan(found.difference.value):
        return NOT_KNOWN, ""
    return signed_with_interval(found.difference), brief(found)


def sentence(found: Against, other: str) -> str:
    """How a method stands to another one in one of the metrics that decide, in Markdown.

    Args:
        found: the two, measured.
        other: what the other one is called.
    """
    label = named(found.method)
    if not found.pairs:
        return f"{label} has no seed in common with {other}: **nothing can be concluded**."
    if math.isnan(found.difference.value):
        return f"{label} cannot be compared with {other}."
    return (
        f"{label} {VERBS[found.metric]} {_distance(found.difference.value)} {other}"
        f" ({_basis(found)}): {verdict(found)}."
    )


def _distance(difference: float) -> str:
    if difference == 0:
        return "level with"
    return f"{number(abs(difference))} {'above' if difference > 0 else 'below'}"


def _basis(found: Against) -> str:
    pairs = f"n = {counted(found.pairs, 'pair')}"
    low, high = found.difference.low, found.difference.high
    if math.isnan(low):
        return pairs
    return f"95 % interval {number(low)} to {number(high)}, {pairs}"


def sentences(comparison: Comparison) -> Iterator[str]:
    """In Markdown, for each method how it stands to its controls, then to PPO from scratch.

    Then follows how it does with the teachers' training counted, where that can be compared. What
    has too few seeds is left out; `too_few` tells of it.
    """
    for method in comparison.panel.methods:
        about = _about(comparison, method)
        said = [text for text, found in about if not found.difference.of_few_seeds]
        if said:
            yield " ".join(said)


def too_few(comparison: Comparison) -> list[str]:
    """The methods of which something is left unsaid, as too few seeds pair."""
    return [
        named(method)
        for method in comparison.panel.methods
        if some_too_few(found for _, found in _about(comparison, method))
    ]


def some_too_few(found: Iterable[Against | None]) -> bool:
    """Whether there is a difference among these from which nothing can be concluded."""
    return any(one is not None and one.difference.of_few_seeds for one in found)


def _about(comparison: Comparison, method: Method) -> Iterator[tuple[str, Against]]:
    """All that can be said of a method, each with what it is said of."""
    for against in comparison.controlled:
        if against.method is method and against.metric is FINAL_RETURN:
            yield sentence(against, named(against.control)), against
    baseline, longest = comparison.panel.baseline, comparison.panel.longest_baseline
    if baseline is None or longest is None or method.label in (baseline.label, longest.label):
        return
    for found in _over_baseline(comparison.rows, method):
        yield sentence(found, f"{named(baseline)} from scratch"), found
    costs = method.taught and any(teacher_cost(run) != 0 for run in method.runs)
    for found in _over_baseline(comparison.costed, method):
        if costs and found.metric is FINAL_RETURN and not math.isnan(found.difference.value):
            said = sentence(found, f"{named(longest)} from scratch")
            yield f"With the teachers' training counted: {said}", found


def _over_baseline(rows: Sequence[Row], method: Method) -> Iterator[Against]:
    """What the rows say of a method by the metrics that decide, minus the baseline."""
    for row in rows:
        if row.against is not None and row.method is method and row.metric in DECISIVE:
            yield row.against
