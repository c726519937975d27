"""Of all methods with a control: those that gain by what their teachers have learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.analysis.formatting import (
    NOT_KNOWN,
    counted,
    half_width,
    markdown_table,
    named,
    signed_half_width,
    whole,
)
from baselines.analysis.knowledge import METRICS, PRIMARY, Knowledge, Pair
from baselines.analysis.runs.comparison import Against, Comparison
from baselines.analysis.runs.curve_metrics import Metric
from baselines.analysis.runs.method_settings import WEIGHTS
from baselines.analysis.runs.statistics import MIN_SEEDS
from baselines.analysis.wording import GAIN, judged, shown_by
from baselines.config import TEACHER_WEIGHTS
from baselines.methods import SCRATCH, SCRATCH_WITH_KL


@dataclass(frozen=True)
class Measured:
    """A method and its control on one transfer.

    Attributes:
        transfer: its short name, with its place on the page, in Markdown.
        comparison: its panel, measured.
        pair: the method and the control.
    """

    transfer: str
    comparison: Comparison
    pair: Pair

    def differences(self, metric: Metric) -> list[Against | None]:
        """Minus PPO, minus PPO with the KL term, minus the control; None: that is not there."""
        method = self.pair.method
        return [
            self.comparison.over_ppo(method, metric),
            self.comparison.over_kl(method, metric),
            self.pair.measured[metric],
        ]

    def is_complete(self) -> bool:
        """Whether there is a difference from all three, of seeds enough for an interval."""
        found = self.differences(PRIMARY)
        return all(one is not None and one.pairs >= MIN_SEEDS for one in found)

    def is_gain(self) -> bool:
        """Whether the intervals of all three lie above 0."""
        found = self.differences(PRIMARY)
        return all(one is not None and shown_by(one.difference) == GAIN for one in found)


def measured_once(panels: Sequence[tuple[str, Knowledge]]) -> list[Measured]:
    """The complete pairs of all panels, each once, whatever experiments its runs are in.

    The method of each has trained teachers. The panels come with their `Measured.transfer`.
    """
    found: dict[tuple[frozenset[Path], ...], Measured] = {}
    for transfer, known in panels:
        for pair in known.pairs:
            one = Measured(transfer, known.comparison, pair)
            if pair.method.settings[WEIGHTS] == TEACHER_WEIGHTS[0] and one.is_complete():
                found.setdefault((pair.method.folders, pair.control.folders), one)
    return [one for runs, one in found.items() if not any(_is_part(runs, more) for more in found)]


def _is_part(runs: tuple[frozenset[Path], ...], more: tuple[frozenset[Path], ...]) -> bool:
    """Whether a pair is another one with fewer seeds."""
    return runs != more and all(x <= y for x, y in zip(runs, more, strict=True))


def gains(found: Sequence[Measured]) -> Iterator[str]:
    """How many of the pairs are gains, and these in a table, in Markdown."""
    shown = [one for one in found if one.is_gain()]
    yield (
        f"Of {counted(len(found), 'pair')} of a method with trained teachers and one of its"
        f" controls, where the method has at least {MIN_SEEDS} seeds in common with each of"
        f" {SCRATCH}, {SCRATCH_WITH_KL} and the control, {len(shown) or 'none'}"
        f" {'is a gain' if len(shown) < 2 else 'are gains'} over all three in {PRIMARY.title}, each"
        " with its whole 95 % interval."
        f"{' In this table, a difference without a word is such a gain too.' if shown else ''}"
    )
    if shown:
        yield _table(shown)


def _table(shown: Sequence[Measured]) -> str:
    over = [f"− {SCRATCH}", f"− ({SCRATCH_WITH_KL})", "− control"]
    head = ["transfer", "method", "seeds"]
    for metric in METRICS:
        head += [metric.title, *over]
    rows = []
    for one in shown:
        row = [one.transfer, one.pair.name(named), str(one.pair.seeds)]
        for metric in METRICS:
            row += [_value(one, metric), *map(_difference, one.differences(metric))]
        rows.append(row)
    return markdown_table(head, rows)


def _value(one: Measured, metric: Metric) -> str:
    row = one.comparison.row(one.pair.method.label, metric)
    return NOT_KNOWN if row is None else half_width(row.value, whole)


def _difference(found: Against | None) -> str:
    if found is None:
        return NOT_KNOWN
    is_gain = shown_by(found.difference) == GAIN and found.is_whole
    return signed_half_width(found.difference) if is_gain else judged(found)
