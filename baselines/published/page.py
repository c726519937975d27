"""The page of all results: a summary, a section for each experiment, and what is beside them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from baselines.analysis.formatting import (
    as_timesteps,
    counted,
    escaped,
    named,
    number,
    with_interval,
)
from baselines.analysis.gains import gains, measured_once
from baselines.analysis.hand_over_table import EXPLANATION, hand_over_table
from baselines.analysis.knowledge import EXPLANATION as KNOWLEDGE_EXPLANATION
from baselines.analysis.knowledge import Knowledge, knowledge_tables
from baselines.analysis.runs.comparison import Comparison, final_returns
from baselines.analysis.runs.curve_metrics import AREA_UNDER_CURVE, FINAL_RETURN
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.runs import Run
from baselines.analysis.runs.statistics import MIN_SEEDS, estimate_of_returns, mean
from baselines.analysis.summary import CONTROLS, Transfer, summary_table
from baselines.analysis.tables import comparable_when_costed, controls_table, costed_table, table
from baselines.analysis.weights import EXPLANATION as WEIGHTS_EXPLANATION
from baselines.analysis.weights import weights_table
from baselines.analysis.wording import RULES, VERBS, sentences, too_few
from baselines.methods import STUDENT
from baselines.published.collecting import ROWS
from baselines.published.folder import EXPERIMENT, Results

SUMMARY = "summary.png"
"""The figure of the summary."""

PUBLISHED = "published"
"""The folder of published logs."""

FIRST = (
    "sizes",
    "ablations",
    "disabilities",
    "ant",
    "several_teachers",
    "chain",
    "teachers_counted",
    "from_scratch",
)
"""The experiments that show the method, in this order; then come others by name."""

WEIGHTS_STUDY = "coefficients"
"""The experiment that the weights of the losses are chosen by."""

STUDIES = (
    "knowledge", "initial_noise", "better_teachers", "kickstart", "one_teacher", "hand_over",
    "options", "places", WEIGHTS_STUDY,
)  # fmt: skip
"""How the names of experiments begin that come last and are no part of the summary."""

KNOWLEDGE = "What the teachers' training brings"
"""The title of the section on all methods with a control."""

HEADING = """\
# Results

`python -m baselines.results` writes this page, its figures and tables from the logs in the folders
here, and from nothing else. The last section says [how it is measured](#how-it-is-measured)."""

READING = f"""\
Cells are means over n seeds ± half the width of their 95 % interval. {CONTROLS[0]} is PPO from
scratch with the KL term that the paper's students have; a {CONTROLS[1]} was never trained. A gain
can be due to the teacher's knowledge only if {STUDENT} is better than both. The differences are
paired by seed; P is the probability that a run of {STUDENT} is better than one of the other."""

OF_ITS_COMMIT = """\
Each command is for the code of its commit: a flag that is not given has that commit's default."""

MEASURED = f"""\
## How it is measured

Each folder of logs is one run: about {ROWS} unchanged rows of its `progress.csv`, and its
`config.json` with settings, command, commit, versions and the hashes of its teachers.
[`docs/plotting.md`](../docs/plotting.md#what-is-measured) defines the measures in figures and
tables, also those with the teachers' training counted. `python -m baselines.verify results/NAME`
trains the first part of the runs again and compares.

{RULES}

A table "with the teachers' training counted" is left out if PPO was not trained for as long as
teacher and student together, or if the logs do not contain the teachers' timesteps."""


@dataclass(frozen=True)
class Section:
    """What the page says of one folder of results.

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


def in_order(sections: Sequence[Section]) -> list[Section]:
    """The sections as the page has them."""

    def place(section: Section) -> tuple[bool, bool, int, str]:
        name = section.results.folder.name
        known = FIRST.index(name) if name in FIRST else len(FIRST)
        return not section.results.declared, name.startswith(STUDIES), known, name

    return sorted(sections, key=place)


def transfers(sections: Sequence[Section]) -> list[Transfer]:
    """The lines of the summary: each transfer of the main experiments with students, once."""
    found: dict[str, Transfer] = {}
    for section in (section for section in in_order(sections) if _is_main(section)):
        for comparison in section.comparisons:
            name = short(comparison.panel.title)
            students = _students(comparison)
            if not students:
                continue
            if name in found and students.isdisjoint(_students(found[name].comparison)):
                name = f"{name} ({section.results.title})"  # such as a chain, of the same tasks
            found.setdefault(name, Transfer(name, comparison))
    return list(found.values())


def _is_main(section: Section) -> bool:
    """Whether it shows the method: it was declared, and is no study."""
    return section.results.declared and not section.results.folder.name.startswith(STUDIES)


def _students(comparison: Comparison) -> set[Path]:
    """The folders of the student's runs."""
    methods = (method for method in comparison.panel.methods if method.label == STUDENT)
    return {run.folder for method in methods for run in method.runs}


def short(title: str) -> str:
    """A panel's title without what all its tasks have in common."""
    return re.sub(r"\b(Cp)?(?:Centipede)?(\w+)-v\d+", r"\1\2", title)


def page(sections: Sequence[Section], beside: Mapping[str, bool] = MappingProxyType({})) -> str:
    """The page in Markdown; the same for the same logs.

    Args:
        sections: of the folders of results.
        beside: names of tables of published logs, and whether runs of ours were laid beside them.
    """
    ordered = in_order(sections)
    lines = transfers(ordered)
    parts = [HEADING, *_not_begun(ordered), *_summary(lines), *_knowledge(ordered)]
    main = [section for section in ordered if _is_main(section)]
    parts += [part for section in main for part in _section(section)]
    parts += [*_hand_over([s for s in ordered if s.results.declared]), *_beside(beside)]
    parts += [part for section in ordered if section not in main for part in _section(section)]
    return "\n\n".join([*parts, MEASURED]) + "\n"


def _not_begun(sections: Sequence[Section]) -> Iterator[str]:
    """The experiments without a log, beside others of this project that have some."""
    names = {section.results.folder.name for section in sections}
    known = (*FIRST, *STUDIES)
    absent = [f"`{name}`" for name in known if name not in names]
    if absent and not names.isdisjoint(known):
        yield f"There are no logs yet of these experiments: {', '.join(absent)}."


def _summary(lines: Sequence[Transfer]) -> Iterator[str]:
    if not lines:
        return
    yield "## Summary"
    yield READING
    for metric in (FINAL_RETURN, AREA_UNDER_CURVE):
        yield f"**{metric.title.capitalize()}**"
        yield summary_table(lines, metric)
    yield f"![What each method reaches, and what {STUDENT} brings]({SUMMARY})"


def _knowledge(sections: Sequence[Section]) -> Iterator[str]:
    """What the teachers' training brings, in all experiments."""
    panels = []
    for section in sections:
        place = anchor(section.results.title)
        for known in section.knowledge:
            title = escaped(short(known.comparison.panel.title))
            panels.append((f"[{title}](#{place})", known))
    found = measured_once(panels)
    if found:
        yield f"## {KNOWLEDGE}"
        yield KNOWLEDGE_EXPLANATION
        yield from gains(found)


def anchor(title: str) -> str:
    """That of a section, as Markdown's readers make it of the title."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _section(section: Section) -> Iterator[str]:
    results = section.results
    title, name = escaped(results.title), results.folder.name
    yield f"## {title}"
    yield _origin(results)
    yield from _teachers(results)
    yield from _weights(section)
    if section.knowledge:
        yield f"What its teachers' training brings ([how this is read](#{anchor(KNOWLEDGE)})):"
        yield from knowledge_tables(section.knowledge)
        yield from _figure(section, f"{name}_knowledge.png", f"{title}: knowledge")
    yield from _figure(section, f"{name}.png", title)
    compared = [part for comparison in section.comparisons for part in _compared(comparison)]
    if _is_main(section):
        yield from compared
    elif compared:
        yield folded("All comparisons", compared)
    yield from _too_few(section)
    yield from _figure(section, f"{name}_teachers.png", f"{title}: how students use their teachers")
    if section.files:
        yield f"All values: {_link(section, f'{name}.md')}, {_link(section, f'{name}.csv')}."
    if section.notes:
        yield "\n".join(f"- {escaped(note)}" for note in section.notes)
    yield _runs(results)


def _compared(comparison: Comparison) -> Iterator[str]:
    yield f"### {escaped(comparison.panel.title)}"
    yield table(comparison, [row for row in comparison.rows if row.metric in VERBS])
    if comparison.controlled:
        yield controls_table(comparison.controlled)
    if comparable_when_costed(comparison):
        yield "With the teachers' training counted:"
        yield costed_table(comparison, [row for row in comparison.costed if row.metric in VERBS])
    said = [f"- {text}" for text in sentences(comparison)]
    if said:
        yield "\n".join(said)


def folded(summary: str, parts: Sequence[str]) -> str:
    """What a reader opens who wants it, in Markdown."""
    return "\n\n".join(
        [f'<details markdown="1"><summary>{summary}</summary>', *parts, "</details>"]
    )


def _weights(section: Section) -> Iterator[str]:
    """What the weights of the losses are chosen by, where this is that study."""
    if section.results.folder.name != WEIGHTS_STUDY:
        return
    tables = [told for c in section.comparisons if (told := weights_table(c))]
    if tables:
        yield WEIGHTS_EXPLANATION
        yield from tables


def _too_few(section: Section) -> Iterator[str]:
    """What nothing is concluded of, once for the whole section."""
    labels = [
        f"{short(escaped(comparison.panel.title))}: {', '.join(found)}"
        for comparison in section.comparisons
        if (found := too_few(comparison))
    ]
    if labels:
        words = f"Fewer than {MIN_SEEDS} pairs of seeds, so nothing can be concluded"
        yield f"{words}: {'; '.join(labels)}."


def _origin(results: Results) -> str:
    if not results.declared:
        return "No experiment file declares these runs; their logs were collected by hand."
    link = f"[`{EXPERIMENT}`]({quote(results.folder.name)}/{EXPERIMENT})"
    return f"Declared in {link}.{_absent(results)}{_commits(results)}"


def _teachers(results: Results) -> Iterator[str]:
    """What those teachers reach that an experiment makes for its students alone."""
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
        f"{'; '.join(names)} (seed{_s(n)} {', '.join(map(str, n))}{' of each' * (len(names) > 1)})"
        for n, names in alike.items()
    )
    count = len(results.missing)
    are = "is" if count == 1 else "are"
    return f" {counted(count, 'run')} {are} not there yet: {escaped('; '.join(told))}."


def _s(seeds: Sequence[int]) -> str:
    return "s" if len(seeds) > 1 else ""


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


def _hand_over(sections: Sequence[Section]) -> Iterator[str]:
    """Every student once, whatever experiments it is in, with all its seeds."""
    students: dict[frozenset[Path], tuple[str, Method]] = {}
    for section in sections:
        for comparison in section.comparisons:
            for method in comparison.panel.methods:
                runs = frozenset(run.folder for run in method.runs)
                students.setdefault(runs, (short(comparison.panel.title), method))
    whole = [told for runs, told in students.items() if not any(runs < more for more in students)]
    found = hand_over_table(whole)
    if found:
        yield "## The hand-over"
        yield EXPLANATION
        yield found


def _beside(names: Mapping[str, bool]) -> Iterator[str]:
    if not any(names.values()):
        return
    yield "## Beside published logs"
    yield "Returns, entropy and approxkl of our runs and of those that others have published."
    for name in (name for name, shared in names.items() if shared):
        place = f"{PUBLISHED}/{quote(name)}"
        yield f"![Ours beside {name}]({place}.png)"
        yield f"Where they agree and where not, and the source: [`{name}.md`]({place}.md)."
    for name in (name for name, shared in names.items() if not shared):
        yield f"No run of ours yet is like one of [`{name}.csv`]({PUBLISHED}/{quote(name)}.csv)."


def _figure(section: Section, name: str, words: str) -> Iterator[str]:
    if name in section.files:
        yield f"![{words}]({quote(section.results.folder.name)}/{quote(name)})"


def _link(section: Section, name: str) -> str:
    return f"[`{name}`]({quote(section.results.folder.name)}/{quote(name)})"


def _runs(results: Results) -> str:
    lines = [line for run in results.runs for line in _run(results, run)]
    summary = f"The {counted(len(results.runs), 'run')}: commits and commands"
    commands = "\n".join(["```sh", *lines, "```"])
    return folded(summary, [OF_ITS_COMMIT, commands])


def _run(results: Results, run: Run) -> Iterator[str]:
    timesteps = f"{as_timesteps(run.timesteps[-1])} timesteps"
    commits = [
        (f"from update {update} on " if update else "") + (commit or "not known")
        for update, commit in run.origin.commits
    ]
    yield f"# {results.place(run)}: {timesteps}, commit {', '.join(commits)}"
    yield run.origin.command or "# command not known"
