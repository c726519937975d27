"""A comparison in plain words; the rules for the words are defined here."""

from __future__ import annotations

import math
from collections.abc import Iterable

from baselines.analysis.formatting import (
    NOT_KNOWN,
    named,
    signed_half_width,
    signed_with_interval,
)
from baselines.analysis.runs.comparison import Comparison, PairedDifference
from baselines.analysis.runs.statistics import MIN_SEEDS, NO_SPREAD, Estimate

GAIN, HARM, NOT_SHOWN = "gain", "loss", "not shown"
"""What a difference in return shows, in words."""

NO_WORD = (
    f"Here a difference without a word has fewer than {MIN_SEEDS} pairs of seeds, so nothing can be"
    " concluded from it."
)

RULES = (
    'A difference is a "gain" or a "loss" when its whole 95 % interval lies above or below 0, and'
    ' "not shown" when the interval includes 0, or all pairs differ by the same. With fewer than'
    f" {MIN_SEEDS} pairs of seeds nothing can be concluded, and there is no word. The experiment"
    " files name all seeds beforehand: while runs of one of the two methods are missing or"
    ' unfinished, the words say "so far". The intervals of each transfer are Student\'s for the'
    " mean of paired differences. With three pairs they extend 2.5 standard deviations of the"
    " differences to either side, with five 1.2, so that only large or steady ones are shown. There"
    " is no correction for the number of comparisons: where there is no difference, one in twenty"
    " is expected to look like one."
)


def brief(found: PairedDifference) -> str:
    """The conclusion from a difference in return, in Markdown; of too few seeds there is none."""
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


def judged(found: PairedDifference | None) -> str:
    """A difference ± half the width of its interval, and `brief`, in one cell; None: not known."""
    if found is None:
        return NOT_KNOWN
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
    return HARM if difference.high < 0 else NOT_SHOWN


def _so_far(found: PairedDifference) -> str:
    return "" if found.is_whole else " so far"


def told(found: PairedDifference | None) -> tuple[str, str]:
    """A difference with its interval, and in a word or two; where there is none, neither."""
    if found is None or math.isnan(found.difference.value):
        return NOT_KNOWN, ""
    return signed_with_interval(found.difference), brief(found)


def too_few(comparison: Comparison) -> list[str]:
    """The methods with a difference from which nothing can be concluded, as too few seeds pair."""
    rows = (row.over_baseline for row in (*comparison.rows, *comparison.costed))
    differences = [*comparison.over_controls, *filter(None, rows)]
    return [
        named(method)
        for method in comparison.panel.methods
        if some_too_few(found for found in differences if found.method is method)
    ]


def some_too_few(found: Iterable[PairedDifference | None]) -> bool:
    """Whether there is a difference among these from which nothing can be concluded."""
    return any(one is not None and one.difference.of_few_seeds for one in found)
