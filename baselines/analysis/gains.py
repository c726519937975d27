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
        return all(one is not None and one.seeds >= MIN_SEEDS for one in found)

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
        "The control of a method is the same one with untrained teachers, or with teachers whose"
        " networks are untrained. A method passes on what its teachers know if the whole 95 %"
        f" interval of its difference from the control, in {PRIMARY.title}, lies above 0. It is a"
        f" gain over all three if those of its differences from {SCRATCH} and {SCRATCH_WITH_KL} do"
        f" too. Of {counted(len(found), 'comparison')} in which a method has at least {MIN_SEEDS}"
        f" seeds in common with all three, knowledge is passed on in {passed}, and"
        f" {len(shown)} {'is a gain' if len(shown) == 1 else 'are gains'} over all three."
    )
    if shown:
        yield _table(shown)
    if others:
        yield folded("The others" if shown else "All comparisons", [_table(others)])


def _table(shown: Sequence[Judged]) -> str:
    over = [f"− {SCRATCH}", f"− ({SCRATCH_WITH_KL})", "− control"]
    head = ["transfer", "method", "seeds"]
    for metric in DECISIVE:
        head += [metric.title, *over]
    head.append(f"control: area − {SCRATCH}")
    rows = []
    for one in shown:
        row = [one.transfer, one.pair.name(named), str(one.pair.seeds)]
        for metric in DECISIVE:
            row += [_value(one, metric), *map(judged, one.differences(metric))]
        rows.append([*row, judged(one.comparison.over_ppo(one.pair.control, PRIMARY))])
    return Table(head, rows).markdown()


def _value(one: Judged, metric: Metric) -> str:
    row = one.comparison.row(one.pair.method.label, metric)
    return NOT_KNOWN if row is None else half_width(row.value, whole)
