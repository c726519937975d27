"""The page of all results: a summary, a section for each experiment, and what is beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from baselines.analysis.formatting import escaped
from baselines.analysis.gains import gains, measured_once
from baselines.analysis.hand_over_table import EXPLANATION, hand_over_parts, hand_overs
from baselines.analysis.knowledge import EXPLANATION as KNOWLEDGE_EXPLANATION
from baselines.analysis.pooled import EXPLANATION as POOLED_EXPLANATION
from baselines.analysis.runs.comparison import Comparison
from baselines.analysis.runs.curve_metrics import (
    DECISIVE,
    PRIMARY,
    SECONDARY,
    TIME_TO_THRESHOLD,
)
from baselines.analysis.runs.panels import Method
from baselines.analysis.summary import Transfer, answer, has_too_few, speed_table, summary_table
from baselines.analysis.wording import NO_WORD, RULES
from baselines.methods import COPIED, SCRATCH, SCRATCH_WITH_KL, STUDENT, UNTRAINED
from baselines.published.collecting import ROWS
from baselines.published.section import COEFFICIENTS, KNOWLEDGE, Section, anchor, parts_of, short

SUMMARY = "summary.png"
"""The figure of the summary."""

PUBLISHED = "published"
"""The folder of published logs."""

OURS = (
    "sizes", "ablations", "disabilities", "ant", "several_teachers", "chain", "teachers_counted",
    "from_scratch",
    "knowledge", "initial_noise", "better_teachers", "kickstart", "one_teacher", "hand_over",
    "options", "places", "set_up", COEFFICIENTS,
)  # fmt: skip
"""The experiments of this project in the order of the page; others come after them by name."""

HEADING = """\
# Results

`python -m baselines.results` writes this page, its figures and tables from the logs in the folders
here, and from nothing else. The last section says [how it is measured](#how-it-is-measured)."""

METHODS = f"""\
- *{STUDENT}* is [the method](../docs/method.md): a student with teachers that were trained on other
  bodies.
- *{UNTRAINED}* is the same with teachers that were never trained. What {STUDENT} brings beyond it
  is due to what its teachers know.
- *{SCRATCH}* learns without a teacher. *{SCRATCH_WITH_KL}* is {SCRATCH} with a term that the
  student's loss also has: it keeps the changes of the policy small.
- *{COPIED}* begins with its teacher's weights.

A *transfer* is from the bodies of the teachers to that of the student. The *{PRIMARY.title}* is
the mean return over the run, the *{SECONDARY.title}* that at its end. A *gain* or *loss* is a
difference whose whole 95 % interval lies above or below 0."""

READING = f"""\
Cells are means over n seeds ± half the width of their 95 % interval. The differences are paired by
seed; P is the probability that a run of {STUDENT} is better than one of the other."""

SPEED = f"""\
**{TIME_TO_THRESHOLD.title.capitalize()}**: until the mean final return of {SCRATCH} is reached.
Brackets have 95 % intervals. A run that never reaches it counts with its length."""

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


def _in_order(sections: Sequence[Section]) -> list[Section]:
    """The sections as the page has them: what shows the method, studies, what is not declared."""

    def place(section: Section) -> tuple[bool, bool, int, str]:
        results, name = section.results, section.results.folder.name
        known = OURS.index(name) if name in OURS else len(OURS)
        return not results.declared, results.study, known, name

    return sorted(sections, key=place)


def transfers(sections: Sequence[Section]) -> list[Transfer]:
    """The lines of the summary: each transfer of the main experiments with students, once."""
    found: dict[str, Transfer] = {}
    for section in (section for section in _in_order(sections) if section.is_main):
        for comparison in section.comparisons:
            name = short(comparison.panel.title)
            students = _students(comparison)
            if not students:
                continue
            if name in found and students.isdisjoint(_students(found[name].comparison)):
                name = f"{name} ({section.results.title})"  # such as a chain, of the same tasks
            found.setdefault(name, Transfer(name, comparison))
    return list(found.values())


def _students(comparison: Comparison) -> set[Path]:
    """The folders of the student's runs."""
    methods = comparison.panel.methods
    return {folder for method in methods if method.label == STUDENT for folder in method.folders}


def page(sections: Sequence[Section], beside: Mapping[str, bool]) -> str:
    """The page in Markdown; the same for the same logs.

    `beside` has the names of published tables, and whether runs of ours were laid beside them.
    """
    ordered = _in_order(sections)
    lines = transfers(ordered)
    parts = [HEADING, *_answer(lines), *_summary(lines), *_not_begun(ordered), *_knowledge(ordered)]
    parts += [part for section in ordered if section.is_main for part in parts_of(section)]
    parts += [*_hand_over([s for s in ordered if s.results.declared]), *_beside(beside)]
    parts += [part for section in ordered if not section.is_main for part in parts_of(section)]
    return "\n\n".join([*parts, MEASURED]) + "\n"


def _not_begun(sections: Sequence[Section]) -> Iterator[str]:
    """The experiments without a log, beside others of this project that have some."""
    names = {section.results.folder.name for section in sections}
    absent = [f"`{name}`" for name in OURS if name not in names]
    if absent and not names.isdisjoint(OURS):
        yield f"There are no logs yet of these experiments: {', '.join(absent)}."


def _answer(lines: Sequence[Transfer]) -> Iterator[str]:
    """What all transfers together say."""
    if lines:
        yield f"## {STUDENT} and what it is compared with"
        yield METHODS
    told = answer(lines)
    if told:
        yield "Over all transfers together:"
        yield told
        yield POOLED_EXPLANATION


def _summary(lines: Sequence[Transfer]) -> Iterator[str]:
    if not lines:
        return
    yield "## Summary"
    yield READING
    for metric in DECISIVE:
        yield f"**{metric.title.capitalize()}**"
        yield summary_table(lines, metric)
    yield SPEED
    yield speed_table(lines)
    if any(has_too_few(lines, metric) for metric in DECISIVE):
        yield NO_WORD
    yield f"![What each method reaches, and what {STUDENT} brings]({SUMMARY})"


def _knowledge(sections: Sequence[Section]) -> Iterator[str]:
    """The table of what the teachers' training brings, in all experiments."""
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


def _hand_over(sections: Sequence[Section]) -> Iterator[str]:
    """Every student once, whatever experiments it is in, with all its seeds."""
    students: dict[frozenset[Path], tuple[str, Method]] = {}
    for section in sections:
        for comparison in section.comparisons:
            for method in comparison.panel.methods:
                students.setdefault(method.folders, (short(comparison.panel.title), method))
    whole = [one for runs, one in students.items() if not any(runs < more for more in students)]
    found = list(hand_overs(whole))
    if found:
        yield "## The hand-over"
        yield EXPLANATION
        yield from hand_over_parts(found)


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
