"""A section of the page of all results: what one folder of results shows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from baselines.analysis.coefficient_sets import EXPLANATION as COEFFICIENTS_EXPLANATION
from baselines.analysis.coefficient_sets import coefficients_table
from baselines.analysis.formatting import (
    counted,
    escaped,
    folded,
    named,
    number,
    with_interval,
)
from baselines.analysis.knowledge import Knowledge, knowledge_table
from baselines.analysis.runs.comparison import Comparison, final_returns
from baselines.analysis.runs.curve_metrics import DECISIVE
from baselines.analysis.runs.runs import Run
from baselines.analysis.runs.statistics import MIN_SEEDS, estimate_of_returns, mean
from baselines.analysis.tables import comparable_when_costed, controls_table, costed_table, table
from baselines.analysis.wording import too_few
from baselines.published.folder import EXPERIMENT, Results
from baselines.published.run_list import RUN_LIST

COEFFICIENTS = "coefficients"
"""The experiment by which the coefficients of the losses are chosen."""

KNOWLEDGE = "What the teachers' training brings"
"""The title of the section on all methods with a control."""


@dataclass(frozen=True)
class Section:
    """The page's section on one folder of results.

    Attributes:
        results: the folder.
        comparisons: its panels, measured.
        knowledge: what the teachers' training brings in each panel with pairs.
        notes: what a reader must know of its logs.
        files: names of the figures and tables in the folder.
    """

    results: Results
    comparisons: Sequence[Comparison]
    knowledge: Sequence[Knowledge]
    notes: Sequence[str]
    files: Collection[str]

    @property
    def is_main(self) -> bool:
        """Whether it shows the method: it was declared, and is no study."""
        return self.results.declared and not self.results.study


def parts_of(section: Section) -> Iterator[str]:
    """Its paragraphs, figures and tables in Markdown."""
    results = section.results
    title, name = escaped(results.title), results.folder.name
    yield f"## {title}"
    yield _origin(results)
    yield from _teachers(results)
    yield from _coefficients(section)
    if section.knowledge:
        yield f"What its teachers' training brings ([how this is read](#{anchor(KNOWLEDGE)})):"
        yield knowledge_table(section.knowledge)
    yield from _too_few(section)
    yield from _figure(section, f"{name}_knowledge.png", f"{title}: knowledge")
    yield from _figure(section, f"{name}.png", title)
    compared = [part for comparison in section.comparisons for part in _compared(comparison)]
    if section.is_main:
        yield from compared
    elif compared:
        yield folded("All comparisons", compared)
    yield from _figure(section, f"{name}_teachers.png", f"{title}: how students use their teachers")
    if section.files:
        yield f"All values: {_link(section, f'{name}.md')}, {_link(section, f'{name}.csv')}."
    if section.notes:
        yield "\n".join(f"- {escaped(note)}" for note in section.notes)
    runs = counted(len(results.runs), "run")
    yield f"Commits and commands of its {runs}: {_link(section, RUN_LIST)}."


def _compared(comparison: Comparison) -> Iterator[str]:
    yield f"### {escaped(comparison.panel.title)}"
    yield table(comparison, DECISIVE).markdown()
    if comparison.over_controls:
        yield controls_table(comparison.over_controls).markdown()
    if comparable_when_costed(comparison):
        yield "With the teachers' training counted:"
        yield costed_table(comparison, DECISIVE).markdown()


def _coefficients(section: Section) -> Iterator[str]:
    """The table by which the losses' coefficients are chosen, if this is that study."""
    if section.results.folder.name != COEFFICIENTS:
        return
    tables = [told for c in section.comparisons if (told := coefficients_table(c))]
    if tables:
        yield COEFFICIENTS_EXPLANATION
        yield from tables


def _too_few(section: Section) -> Iterator[str]:
    """The comparisons from which nothing is concluded, once for all tables of the section."""
    labels = [
        f"{short(escaped(comparison.panel.title))}: {'; '.join(found)}"
        for comparison in section.comparisons
        if (found := too_few(comparison))
    ]
    if labels:
        yield (
            f"Some differences of these methods have fewer than {MIN_SEEDS} pairs of seeds, from"
            f" which nothing can be concluded. {'. '.join(labels)}."
        )


def _origin(results: Results) -> str:
    if not results.declared:
        return "No experiment file declares these runs; their logs were collected by hand."
    link = f"[`{EXPERIMENT}`]({quote(results.folder.name)}/{EXPERIMENT})"
    return f"Declared in {link}.{_absent(results)}{_commits(results)}"


def _teachers(results: Results) -> Iterator[str]:
    """The returns of teachers that an experiment trains only for its students."""
    told = [
        f"{escaped(panel.title)}, {named(method)},"
        f" {with_interval(estimate_of_returns(final_returns(method), mean), number)}"
        f" (n = {len(method.runs)})"
        for panel in results.teachers
        for method in panel.methods
    ]
    if told:
        yield f"Its teachers and their final return: {'; '.join(told)}."


def _absent(results: Results) -> str:
    """Which declared runs have no log, method by method."""
    seeds: dict[str, list[int]] = defaultdict(list)
    for item in results.missing:
        seeds[item.of_all_seeds].append(item.config.seed)
    if not seeds:
        return ""
    alike: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for name, n in seeds.items():
        alike[tuple(n)].append(name)
    told = (
        f"{'; '.join(names)} (seed{'s' * (len(n) > 1)} {', '.join(map(str, n))}"
        f"{' of each' * (len(names) > 1)})"
        for n, names in alike.items()
    )
    count = len(results.missing)
    are = "is" if count == 1 else "are"
    return f" {counted(count, 'run')} {are} not there yet: {escaped('; '.join(told))}."


def _commits(results: Results) -> str:
    """Which commits made the runs, where it is not one."""
    made = Counter(commit for run in results.runs for commit in _commits_of(run))
    if len(made) < 2:
        return ""
    said = [f"{commit} ({counted(count, 'run')})" for commit, count in made.items()]
    return f" Its runs are of {len(made)} commits: {', '.join(said)}."


def _commits_of(run: Run) -> list[str]:
    """Each once, in the order in which they made it."""
    commits = dict.fromkeys(commit for _, commit in run.origin.commits)
    return [f"`{commit[:12]}`" if commit else "not known" for commit in commits]


def _figure(section: Section, name: str, words: str) -> Iterator[str]:
    if name in section.files:
        yield f"![{words}]({quote(section.results.folder.name)}/{quote(name)})"


def _link(section: Section, name: str) -> str:
    return f"[`{name}`]({quote(section.results.folder.name)}/{quote(name)})"


def short(title: str) -> str:
    """A panel's title without what all its tasks have in common."""
    return re.sub(r"\b(Cp)?(?:Centipede)?(\w+)-v\d+", r"\1\2", title)


def anchor(title: str) -> str:
    """The anchor of a section, as Markdown's readers make it of the title."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
