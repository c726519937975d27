"""What a teacher's training brings: each method minus itself with teachers that know less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from baselines.analysis.formatting import Table, chance, escaped, named
from baselines.analysis.runs.comparison import Comparison, PairedDifference
from baselines.analysis.runs.curve_metrics import PRIMARY, SECONDARY, Metric
from baselines.analysis.runs.method_settings import WEIGHTS
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import MIN_SEEDS
from baselines.analysis.wording import some_too_few, told
from baselines.config import TEACHER_WEIGHTS
from baselines.methods import SCRATCH, SCRATCH_WITH_KL

EXPLANATION = """\
Knowledge is what a method reaches minus what it reaches with teachers that were never trained,
paired by seed. In MIKT all else is equal by default. In surgery and kickstarting, and in MIKT with
obs_statistics=teachers, the student starts with the teacher's statistics of the observations, and
an untrained teacher has none. In kickstarting it also imitates the teacher's σ, which is small
after training; that of an untrained teacher is the student's first σ. Teachers of which only the
networks are untrained keep both; their rows name both methods. If students of untrained teachers
fall below PPO, the difference contains this loss, and only the columns minus PPO show a gain."""


@dataclass(frozen=True)
class Pair:
    """A method and the same one with teachers that know less.

    Attributes:
        method, control: the two.
        measured: the one minus the other, by each of `curve_metrics.DECISIVE`.
    """

    method: Method
    control: Method
    measured: Mapping[Metric, PairedDifference]

    @property
    def seeds(self) -> int:
        """The number of seeds that both have."""
        return self.measured[PRIMARY].seeds

    def name(self, called: Callable[[Method], str]) -> str:
        """The method; with its control, unless their teachers know all and nothing."""
        known = [method.settings[WEIGHTS] for method in (self.method, self.control)]
        control = [] if known == [TEACHER_WEIGHTS[0], TEACHER_WEIGHTS[-1]] else [self.control]
        return " minus ".join(called(method) for method in (self.method, *control))


@dataclass(frozen=True)
class Knowledge:
    """What the teachers' training brings in a panel.

    Attributes:
        comparison: the panel, measured.
        pairs: its pairs, at least one: by the primary metric, the best first.
    """

    comparison: Comparison
    pairs: Sequence[Pair]


def knowledge_of(comparisons: Sequence[Comparison]) -> list[Knowledge]:
    """The panels with pairs."""
    found = [Knowledge(comparison, pairs(comparison)) for comparison in comparisons]
    return [one for one in found if one.pairs]


def pairs(comparison: Comparison) -> list[Pair]:
    """The pairs of a panel, by the primary metric: the best first, those of too few seeds last."""
    found: dict[tuple[str, str], list[PairedDifference]] = defaultdict(list)
    for one in comparison.over_controls:
        if one.control.taught:
            found[one.method.label, one.control.label].append(one)
    result = [
        Pair(alike[0].method, alike[0].control, {one.metric: one for one in alike})
        for alike in found.values()
    ]
    return sorted(result, key=lambda pair: _place(pair.measured[PRIMARY]))


def _place(found: PairedDifference) -> tuple[bool, float]:
    return found.seeds < MIN_SEEDS, -found.difference.value


def knowledge_table(found: Sequence[Knowledge]) -> str:
    """The pairs of all panels, in Markdown."""
    head = [
        "transfer", "method", "seeds", f"knowledge: {PRIMARY.title}", "", "P(better)",
        f"knowledge: {SECONDARY.title}", "", f"area minus {SCRATCH_WITH_KL}", "",
        f"area minus {SCRATCH}", "", f"control: area minus {SCRATCH}", "",
    ]  # fmt: skip
    rows = []
    for one in found:
        title = escaped(one.comparison.panel.title)
        for pair in one.pairs:
            rows.append([title, *_row(one.comparison, pair)])
            title = ""
    return Table(head, rows).markdown()


def _row(comparison: Comparison, pair: Pair) -> list[str]:
    area, *others = _differences(comparison, pair)
    cells = [
        pair.name(named),
        str(pair.seeds),
        *told(area),
        chance(pair.measured[PRIMARY].improvement),
    ]
    return cells + [cell for other in others for cell in told(other)]


def _differences(comparison: Comparison, pair: Pair) -> list[PairedDifference | None]:
    """Those of a row of the table; None: one of the two is not there."""
    return [
        pair.measured[PRIMARY],
        pair.measured[SECONDARY],
        comparison.over_kl(pair.method, PRIMARY),
        comparison.over_ppo(pair.method, PRIMARY),
        comparison.over_ppo(pair.control, PRIMARY),
    ]


def has_too_few(found: Sequence[Knowledge]) -> bool:
    """Whether there is a difference in the table from which nothing can be concluded."""
    return some_too_few(
        d for one in found for pair in one.pairs for d in _differences(one.comparison, pair)
    )
