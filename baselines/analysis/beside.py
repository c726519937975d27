"""Our logs beside published ones: a figure, and a page that says where they agree."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.analysis import drawing
from baselines.analysis.agreement import RULE, sections
from baselines.analysis.formatting import escaped
from baselines.analysis.logged_metrics import logged_metrics
from baselines.analysis.report import ReportWishes
from baselines.analysis.runs.panels import Panel
from baselines.analysis.runs.published_logs import DRAWN, Published, is_shared
from baselines.analysis.runs.statistics import STATISTICS


def beside(table: Published, panels: Sequence[Panel], wishes: ReportWishes) -> dict[str, bytes]:
    """The contents of the files by the end of their name; `panels` are those of `laid_beside`.

    Where some panel has runs of ours, only such panels are drawn.
    """
    parts = [f"# {escaped(table.name)}", escaped(table.source), RULE, *sections(panels)]
    drawable = [panel for panel in panels if is_shared(panel)] or panels
    with drawing.appearance():
        looks = drawing.styles(drawable)
        statistic = STATISTICS[wishes.statistic]
        figure = logged_metrics(drawable, DRAWN, statistic, wishes.title, looks)
        drawn = drawing.files_of({"": figure}, wishes.formats)
    return {**drawn, ".md": ("\n\n".join(parts) + "\n").encode()}
