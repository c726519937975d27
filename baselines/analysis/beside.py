"""Our logs beside published ones: a figure, and a page that says where they agree."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.analysis import drawing
from baselines.analysis.agreement import RULE, sections
from baselines.analysis.formatting import escaped
from baselines.analysis.logged_metrics import logged_metrics
from baselines.analysis.report import ReportOptions
from baselines.analysis.runs.published_logs import DRAWN, Beside, Published
from baselines.analysis.runs.statistics import STATISTICS


def beside(table: Published, laid: Sequence[Beside], options: ReportOptions) -> dict[str, bytes]:
    """The contents of the files by the end of their name; `laid` is from `laid_beside`.

    Where there are runs of ours, what has none is not drawn.
    """
    parts = [f"# {escaped(table.name)}", escaped(table.source), RULE, *sections(laid)]
    drawable = [one.panel for one in laid if one.ours] or [one.panel for one in laid]
    with drawing.appearance():
        looks = drawing.styles(drawable)
        statistic = STATISTICS[options.statistic]
        figure = logged_metrics(drawable, DRAWN, statistic, options.title, looks)
        drawn = drawing.files_of({"": figure}, options.formats)
    return {**drawn, ".md": ("\n\n".join(parts) + "\n").encode()}
