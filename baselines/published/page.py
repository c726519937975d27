"""The page of all results: for each experiment figures, a table, what they show, its runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from baselines.analysis.comparison import Comparison
from baselines.analysis.runs import Run
from baselines.analysis.tables import as_timesteps, escaped, table
from baselines.analysis.wording import RULES, VERBS, sentences
from baselines.published.collecting import ROWS
from baselines.published.folder import EXPERIMENT, Results

HEADING = f"""\
# Results

`python -m baselines.results` writes this page, the figures and the tables from nothing but the logs
in the folders here. Each log is that of one run: about {ROWS} exact rows of its `progress.csv`, and
its `config.json` with settings, command, commit, versions and the hashes of its teachers. Figures
and tables are made from these rows; [`docs/plotting.md`](../docs/plotting.md) says what they
measure. `python -m baselines.verify results/NAME` trains the first part of the runs anew and
compares.

{RULES}

Where it says "with the teachers' training counted", a run begins only after the timesteps that its
teachers were trained for: the two are compared at equal totals. Where they cannot be, the baseline
was not trained for as long as teacher and student together, or the logs do not tell the teachers'
timesteps."""


@dataclass(frozen=True)
class Section:
    """What the page says of one folder of results.

    Attributes:
        results: the folder.
        comparisons: its panels, measured.
        notes: what a reader must know of its logs.
        files: names of the figures and tables in the folder.
    """

    results: Results
    comparisons: Sequence[Comparison]
    notes: Sequence[str]
    files: Collection[str]


def page(sections: Sequence[Section]) -> str:
    """The page in Markdown; the same for the same logs."""
    parts = [HEADING, *(part for section in sections for part in _section(section))]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> Iterator[str]:
    results = section.results
    title, name = escaped(results.title), results.folder.name
    yield f"## {title}"
    yield _origin(results)
    yield from _figure(section, f"{name}.png", title)
    for comparison in section.comparisons:
        yield f"### {escaped(comparison.panel.title)}"
        yield table(comparison, [row for row in comparison.rows if row.metric in VERBS])
        said = [f"- {text}" for text in sentences(comparison)]
        if said:
            yield "\n".join(said)
    yield from _figure(section, f"{name}_teachers.png", f"{title}: what students do")
    yield f"All figures: {_link(section, f'{name}.md')}, {_link(section, f'{name}.csv')}."
    if section.notes:
        yield "\n".join(f"- {escaped(note)}" for note in section.notes)
    yield _runs(results)


def _origin(results: Results) -> str:
    if not results.declared:
        return "No experiment file declares these runs; their logs were collected by hand."
    link = f"[`{EXPERIMENT}`]({quote(results.folder.name)}/{EXPERIMENT})"
    absent = f" Not there: {escaped('; '.join(results.missing))}." if results.missing else ""
    return f"Declared in {link}.{absent}"


def _figure(section: Section, name: str, words: str) -> Iterator[str]:
    if name in section.files:
        yield f"![{words}]({quote(section.results.folder.name)}/{quote(name)})"


def _link(section: Section, name: str) -> str:
    return f"[`{name}`]({quote(section.results.folder.name)}/{quote(name)})"


def _runs(results: Results) -> str:
    lines = [line for run in results.runs for line in _run(results, run)]
    return "\n".join(
        [
            f"<details><summary>The {len(results.runs)} runs: commits and commands</summary>\n",
            "```sh", *lines, "```\n", "</details>",
        ]
    )  # fmt: skip


def _run(results: Results, run: Run) -> Iterator[str]:
    timesteps = f"{as_timesteps(run.timesteps[-1])} timesteps"
    commits = [
        (f"from update {update} on " if update else "") + (commit or "not known")
        for update, commit in run.origin.commits
    ]
    yield f"# {results.place(run)}: {timesteps}, commit {', '.join(commits)}"
    yield run.origin.command or "# command not known"
