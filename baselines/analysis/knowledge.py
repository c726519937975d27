"""What a teacher's training brings: each method minus itself with teachers that know less."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from baselines.analysis.comparison import Against, Comparison
from baselines.analysis.curve_metrics import AREA_UNDER_CURVE, FINAL_RETURN, Metric
from baselines.analysis.panels import WEIGHTS, Method
from baselines.analysis.statistics import MIN_SEEDS
from baselines.analysis.tables import escaped, named, with_interval
from baselines.analysis.wording import told
from baselines.config import TEACHER_WEIGHTS
from baselines.methods import SCRATCH, SCRATCH_WITH_KL

METRICS = (AREA_UNDER_CURVE, FINAL_RETURN)
"""The primary measure first (docs/studies.md, written before the runs)."""

EXPLANATION = """\
Knowledge is what a method reaches minus what the same method reaches with teachers that were never
trained, paired by seed. All else is equal in MIKT. In surgery and kickstarting, the student starts
with the teacher's statistics of the observations, and an untrained teacher has none. In
kickstarting it also imitates the teacher's σ, which is small after training; that of an untrained
teacher is the σ with which the student starts. If only its networks are untrained, a teacher has
both as after its training; a row with such teachers names both methods. An untrained teacher may do
harm: if its student falls below PPO, the difference contains this loss, and only the columns minus
PPO show a gain."""


def pairs(comparison: Comparison, metric: Metric) -> list[Against]:
    """The methods of a panel set against themselves with teachers that know less; the best first.

    Those of which too few seeds are there come last.
    """
    found = [
        one
        for one in comparison.controlled
        if one.metric is metric and one.control.runs[0].teachers
    ]
    return sorted(found, key=lambda one: (one.pairs < MIN_SEEDS, -one.difference.value))


def pair_name(pair: Against, called: Callable[[Method], str]) -> str:
    """The method; with its control, unless the two have teachers that know all and nothing."""
    known = [method.settings[WEIGHTS] for method in (pair.method, pair.control)]
    control = [] if known == [TEACHER_WEIGHTS[0], TEACHER_WEIGHTS[-1]] else [pair.control]
    return ", minus ".join(called(method) for method in (pair.method, *control))


def come_in_pairs(comparisons: Sequence[Comparison]) -> bool:
    """Whether it is pairs that some panel is about: it has two or more."""
    return any(len(pairs(comparison, METRICS[0])) > 1 for comparison in comparisons)


def knowledge_table(comparison: Comparison) -> str:
    """The pairs of a panel in Markdown."""
    lines = [
        "| method | pairs | knowledge: area under the curve | | P(better) | knowledge: final return"
        f" | | area minus {SCRATCH_WITH_KL} | | area minus {SCRATCH} | |"
        f" untrained teacher: area minus {SCRATCH} | |",
        "|---" * 13 + "|",
    ]
    finals = {pair_name(one, named): one for one in pairs(comparison, FINAL_RETURN)}
    over_kl = {
        one.method.label: one
        for one in comparison.controlled
        if one.metric is AREA_UNDER_CURVE and one.control is comparison.panel.with_kl(one.method)
    }
    over_scratch = {
        row.method.label: row for row in comparison.rows if row.metric is AREA_UNDER_CURVE
    }
    for area in pairs(comparison, AREA_UNDER_CURVE):
        better = with_interval(area.improvement, lambda value: f"{value:.2f}")
        label, name = area.method.label, pair_name(area, named)
        row = [name, str(area.pairs), *told(area), better]
        row += told(finals[name])
        row += told(over_kl.get(label))
        row += told(over_scratch[label])
        row += told(over_scratch[area.control.label])
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def knowledge_tables(comparisons: Sequence[Comparison]) -> str:
    """The tables of all panels that have pairs, in Markdown; empty where it is not about pairs."""
    if not come_in_pairs(comparisons):
        return ""
    tables = [
        f"**{escaped(comparison.panel.title)}**\n\n{knowledge_table(comparison)}"
        for comparison in comparisons
        if pairs(comparison, METRICS[0])
    ]
    return "\n\n".join([EXPLANATION, *tables])
