"""Of all methods with a control: those that gain by what their teachers have learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.analysis.formatting import (
    NOT_KNOWN,
    Table,
    counted,
    folded,
    half_width,
    named,
    signed_half_width,
    whole,
)
from baselines.analysis.knowledge import Knowledge, Pair
from baselines.analysis.runs.comparison import Comparison, PairedDifference
from baselines.analysis.runs.curve_metrics import DECISIVE, PRIMARY, Metric
from baselines.analysis.runs.method_settings import WEIGHTS
from baselines.analysis.runs.statistics import MIN_SEEDS
from baselines.analysis.wording import GAIN, judged, shown_by
from baselines.config import TEACHER_WEIGHTS
from baselines.methods import SCRATCH, SCRATCH_WITH_KL


@dataclass(frozen=True)
class Judged:
    """A method and its control on one transfer.

    Attributes:
        transfer: its short name, with its place on the page, in Markdown.
        comparison: its panel, measured.
        pair: the method and the control.
    """

    transfer: str
    comparison: Comparison
    pair: Pair

    def differences(self, metric: Metric) -> list[PairedDifference | None]:
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

    def passes_on(self) -> bool:
        """Whether the interval of the difference from the control lies above 0."""
        return shown_by(self.pair.measured[PRIMARY].difference) == GAIN

    def is_gain(self) -> bool:
        """Whether the intervals of all three lie above 0."""
        found = self.differences(PRIMARY)
        return all(one is not None and shown_by(one.difference) == GAIN for one in found)


def measured_once(panels: Sequence[tuple[str, Knowledge]]) -> list[Judged]:
    """The complete pairs of all panels, each once, whatever experiments its runs are in.

    The method of each has trained teachers. The panels come with their `Judged.transfer`.
    """
    found: dict[tuple[frozenset[Path], ...], Judged] = {}
    for transfer, known in panels:
        for pair in known.pairs:
            one = Judged(transfer, known.comparison, pair)
            if pair.method.settings[WEIGHTS] == TEACHER_WEIGHTS[0] and one.is_complete():
                found.setdefault((pair.method.folders, pair.control.folders), one)
    return [one for runs, one in found.items() if not any(_is_part(runs, more) for more in found)]


def _is_part(runs: tuple[frozenset[Path], ...], more: tuple[frozenset[Path], ...]) -> bool:
    """Whether a pair is another one with fewer seeds."""
    return runs != more and all(x <= y for x, y in zip(runs, more, strict=True))


def gains(found: Sequence[Judged]) -> Iterator[str]:
    """How many of the pairs pass knowledge on, and which are gains, in Markdown."""
    shown = [one for one in found if one.is_gain()]
    others = [one for one in found if not one.is_gain()]
    passed = sum(one.passes_on() for one in found)
    yield (
        f"In {counted(len(found), 'comparison')}, a method with trained teachers has at least"
        f" {MIN_SEEDS} seeds in common with each of {SCRATCH}, {SCRATCH_WITH_KL} and a control."
        f" {passed or 'None'} of them {'shows' if passed < 2 else 'show'} that the teachers'"
        f" training is used: the whole 95 % interval of the difference from the control, in"
        f" {PRIMARY.title}, lies above 0. {len(shown) or 'None'}"
        f" {'is a gain' if len(shown) < 2 else 'are gains'}: the intervals of the differences from"
        f" {SCRATCH} and {SCRATCH_WITH_KL} do so too. In the tables, a difference without a word"
        " has such an interval."
    )
    if shown:
        yield _table(shown)
    if others:
        yield folded(f"The other{f' {len(others)}' if shown else 's'}", [_table(others)])


def _table(shown: Sequence[Judged]) -> str:
    over = [f"− {SCRATCH}", f"− ({SCRATCH_WITH_KL})", "− control"]
    head = ["transfer", "method", "seeds"]
    for metric in DECISIVE:
        head += [metric.title, *over]
    rows = []
    for one in shown:
        row = [one.transfer, one.pair.name(named), str(one.pair.seeds)]
        for metric in DECISIVE:
            row += [_value(one, metric), *map(_difference, one.differences(metric))]
        rows.append(row)
    return Table(head, rows).markdown()


def _value(one: Judged, metric: Metric) -> str:
    row = one.comparison.row(one.pair.method.label, metric)
    return NOT_KNOWN if row is None else half_width(row.value, whole)


def _difference(found: PairedDifference | None) -> str:
    if found is None:
        return NOT_KNOWN
    is_gain = shown_by(found.difference) == GAIN and found.is_whole
    return signed_half_width(found.difference) if is_gain else judged(found)
