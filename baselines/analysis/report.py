"""From panels of runs to the contents of all files: figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baselines.analysis import drawing
from baselines.analysis.csv_file import as_csv
from baselines.analysis.knowledge import (
    EXPLANATION,
    Knowledge,
    has_too_few,
    knowledge_of,
    knowledge_table,
)
from baselines.analysis.knowledge_figure import knowledge_figure
from baselines.analysis.learning_curves import learning_curves
from baselines.analysis.logged_metrics import logged_metrics
from baselines.analysis.runs.comparison import Comparison, compare
from baselines.analysis.runs.notes import notes_on
from baselines.analysis.runs.panels import Panel
from baselines.analysis.runs.statistics import STATISTICS
from baselines.analysis.runs.transfer_logs import metrics_named, shown_and_missing, student_panels
from baselines.analysis.tables import as_markdown
from baselines.analysis.wording import NO_WORD


@dataclass(frozen=True)
class ReportOptions:
    """The options of a report.

    Attributes:
        statistic: a name of `STATISTICS`, over the seeds.
        seeds: whether each seed is drawn.
        threshold: the return whose reaching is timed; None: PPO's final return.
        title: of figures and tables; may be empty.
        formats: of the figures.
        metrics: names of logged metrics that are drawn besides.
    """

    statistic: str = "mean"
    seeds: bool = False
    threshold: float | None = None
    title: str = ""
    formats: tuple[str, ...] = ("png", "svg")
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The files of a report, and what they are made from.

    Attributes:
        files: contents by the end of the files' name; equal logs and options give equal bytes.
        notes: what a reader must know of the logs.
        comparisons: the panels, measured.
        knowledge: what the teachers' training brings in each panel with pairs.
    """

    files: dict[str, bytes]
    notes: list[str]
    comparisons: list[Comparison]
    knowledge: list[Knowledge]


def report(panels: Sequence[Panel], options: ReportOptions) -> Report:
    """Measure and draw.

    Raises:
        UserError: a metric is in no log.
    """
    metrics = metrics_named(options.metrics, panels)
    statistic = STATISTICS[options.statistic]
    comparisons = [compare(panel, statistic.function, options.threshold) for panel in panels]
    knowledge = knowledge_of(comparisons)
    notes = [note for panel in panels for note in notes_on(panel)]
    students = student_panels(panels)
    shown, missing = shown_and_missing(students)
    with drawing.appearance():
        looks = drawing.styles(panels)
        figures = {"": learning_curves(panels, statistic, options.seeds, options.title, looks)}
        if shown:
            figures["_teachers"] = logged_metrics(students, shown, statistic, options.title, looks)
        if metrics:
            figures["_metrics"] = logged_metrics(panels, metrics, statistic, options.title, looks)
        if knowledge:
            figures["_knowledge"] = knowledge_figure(knowledge, statistic, options.title, looks)
        files = drawing.files_of(figures, options.formats)
    files |= _tables(comparisons, knowledge, notes, options)
    return Report(files, notes + missing, comparisons, knowledge)


def _tables(
    comparisons: Sequence[Comparison],
    knowledge: Sequence[Knowledge],
    notes: Sequence[str],
    options: ReportOptions,
) -> dict[str, bytes]:
    """The contents of the tables' files by their endings."""
    title, statistic = options.title or "Learning curves", STATISTICS[options.statistic].words
    first = [EXPLANATION, knowledge_table(knowledge)] if knowledge else []
    if has_too_few(knowledge):
        first.append(NO_WORD)
    page = as_markdown(title, statistic, comparisons, notes, first)
    return {".md": page.encode(), ".csv": as_csv(comparisons).encode()}
