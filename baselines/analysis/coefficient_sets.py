"""Which set of coefficients is best: the students of a study by their areas, best first."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.analysis.formatting import (
    NOT_KNOWN,
    Table,
    counted,
    escaped,
    named,
    number,
    signed_with_interval,
    with_interval,
)
from baselines.analysis.runs.comparison import Comparison, difference_in_area
from baselines.analysis.runs.curve_metrics import PRIMARY
from baselines.analysis.runs.panels import Method, Panel
from baselines.analysis.runs.statistics import MIN_SEEDS
from baselines.analysis.wording import GAIN, brief, shown_by, told
from baselines.coefs import COEFS, KL
from baselines.methods import SCRATCH

PAPER = "paper"
"""The set that stays unless another one is better (docs/studies.md)."""

TOO_FEW = f"nothing can be concluded from fewer than {MIN_SEEDS} pairs"

EXPLANATION = """\
The measure is the area under the curve. Each student is compared with the one with the paper's
coefficients, and with PPO with the same KL term, both paired by seed; the best comes first. If no
gain over the paper's set is shown, the paper's set is chosen."""


def coefficients_table(comparison: Comparison) -> str:
    """The students of a panel in Markdown; empty where none has the paper's set."""
    panel = comparison.panel
    paper = _with_set(panel, PAPER)
    if paper is None:
        return ""
    areas = {row.method.label: row.value for row in comparison.rows if row.metric is PRIMARY}
    head = [
        "method", "n", PRIMARY.title, f"minus {escaped(paper.label)}", "",
        f"minus {SCRATCH} with the same KL term", "",
    ]  # fmt: skip
    rows = []
    for method in sorted(_students(panel), key=lambda m: -areas[m.label].value):
        value = with_interval(areas[method.label], number)
        row = [named(method), str(len(method.runs)), value, *_minus(method, paper)]
        rows.append([*row, *_minus(method, _scratch_alike(panel, method))])
    return "\n".join([Table(head, rows).markdown(), *_choice(panel, paper)])


def _are_whole(one: Method, other: Method) -> bool:
    """Whether two methods are whole, with the same seeds."""
    same = [run.seed for run in one.runs] == [run.seed for run in other.runs]
    return same and one.is_whole and other.is_whole


def _students(panel: Panel) -> list[Method]:
    return [method for method in panel.methods if method.taught]


def _with_set(panel: Panel, name: str) -> Method | None:
    """The student with exactly the coefficients of a set."""
    values = COEFS[name].values
    alike = (m for m in _students(panel) if values.items() <= m.settings.items())
    return next(alike, None)


def _scratch_alike(panel: Panel, method: Method) -> Method | None:
    """PPO from scratch with the KL term that a student has, or without one; None: not there."""
    coef = method.settings[KL]
    found = panel.baseline if coef == 0 else panel.with_kl(method)
    return found if found is not None and found.settings[KL] == coef else None


def _minus(method: Method, other: Method | None) -> Sequence[str]:
    if other is None or other is method:
        return NOT_KNOWN, ""
    return told(difference_in_area(method, other))


def _choice(panel: Panel, paper: Method) -> list[str]:
    """What the rule says of each other set, once both are whole."""
    said = []
    for name in (name for name in COEFS if name != PAPER):
        other = _with_set(panel, name)
        if other is None or not _are_whole(paper, other):
            continue
        found = difference_in_area(other, paper)
        difference = signed_with_interval(found.difference)
        text = f"{named(other)} minus {named(paper)}, {counted(found.seeds, 'pair')}: {difference}"
        chosen = name if shown_by(found.difference) == GAIN else PAPER
        few = found.difference.of_few_seeds
        rule = "" if few else f" The rule chooses `--coefs={chosen}`."
        said.append(f"\n{text}, {brief(found) or TOO_FEW}.{rule}")
    return said
