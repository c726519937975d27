"""Of all methods with a control: those that gain by what their teachers have learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.analysis.knowledge import METRICS, Pair, pairs
from baselines.analysis.runs.comparison import Against, Comparison, Row
from baselines.analysis.runs.curve_metrics import Metric
from baselines.analysis.runs.method_settings import WEIGHTS
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import MIN_SEEDS
from baselines.analysis.tables import NOT_KNOWN, counted, half_width, named, signed, whole
from baselines.analysis.wording import GAIN, brief, shown_by
from baselines.config import TEACHER_WEIGHTS
from baselines.methods import SCRATCH, SCRATCH_WITH_KL

PRIMARY = METRICS[0]
"""By its differences a pair is a gain or none."""

Shown = Row | Against | None


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

    def differences(self, metric: Metric) -> list[Shown]:
        """Minus PPO, minus PPO with the KL term, minus the control; None: that is not there."""
        method = self.pair.method
        return [
            self.comparison.row(method.label, metric),
            self.comparison.over_kl(method, metric),
            self.pair.measured[metric],
        ]

    def is_complete(self) -> bool:
        """Whether there is a difference from all three, of seeds enough for an interval."""
        panel, found = self.comparison.panel, self.differences(PRIMARY)
        if panel.baseline is panel.with_kl(self.pair.method):  # there is no PPO without the term
            return False
        return all(one is not None and one.pairs >= MIN_SEEDS for one in found)

    def is_gain(self) -> bool:
        """Whether the intervals of all three lie above 0."""
        found = self.differences(PRIMARY)
        return all(one is not None and shown_by(one.difference) == GAIN for one in found)


def measured_once(panels: Sequence[tuple[str, Comparison]]) -> list[Measured]:
    """The complete pairs of all panels, each once, whatever experiments its runs are in.

    The method of each has trained teachers.

    Args:
        panels: `Measured.transfer` of each, and the panel, measured.
    """
    found: dict[tuple[frozenset[Path], ...], Measured] = {}
    for transfer, comparison in panels:
        for pair in pairs(comparison):
            one = Measured(transfer, comparison, pair)
            if pair.method.settings[WEIGHTS] == TEACHER_WEIGHTS[0] and one.is_complete():
                found.setdefault((_folders(pair.method), _folders(pair.control)), one)
    return list(found.values())


def _folders(method: Method) -> frozenset[Path]:
    return frozenset(run.folder for run in method.runs)


def gains(found: Sequence[Measured]) -> Iterator[str]:
    """How many of the pairs are gains, and these in a table, in Markdown."""
    shown = [one for one in found if one.is_gain()]
    yield (
        f"Of {counted(len(found), 'pair')} of a method and its control, with at least"
        f" {MIN_SEEDS} seeds, {len(shown) or 'none'} {'is' if len(shown) < 2 else 'are'} above"
        f" {SCRATCH}, {SCRATCH_WITH_KL} and the control in {PRIMARY.title}, each time with the"
        f" whole 95 % interval{':' if shown else '.'}"
    )
    if shown:
        yield _table(shown)


def _table(shown: Sequence[Measured]) -> str:
    over = [f"− {SCRATCH}", f"− ({SCRATCH_WITH_KL})", "− control"]
    head = ["transfer", "method", "seeds"]
    for metric in METRICS:
        head += [metric.title, *over]
    lines = [head, ["---"] * len(head)]
    for one in shown:
        line = [one.transfer, one.pair.name(named), str(one.pair.seeds)]
        for metric in METRICS:
            line += [_value(one, metric), *map(_difference, one.differences(metric))]
        lines.append(line)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _value(one: Measured, metric: Metric) -> str:
    row = one.comparison.row(one.pair.method.label, metric)
    return NOT_KNOWN if row is None else half_width(row.value, whole)


def _difference(found: Shown) -> str:
    if found is None:
        return NOT_KNOWN
    words = brief(found)
    difference = half_width(found.difference, _signed)
    return difference if words == f"**{GAIN}**" else f"{difference}: {words}"


def _signed(value: float) -> str:
    return signed(value, whole)
