"""The figure of knowledge: what the teachers' training brings to each method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from matplotlib.figure import Figure

from baselines.analysis.drawing import Style
from baselines.analysis.formatting import counted
from baselines.analysis.intervals import Column, Point, interval_figure
from baselines.analysis.knowledge import Knowledge
from baselines.analysis.runs.curve_metrics import DECISIVE
from baselines.analysis.runs.statistics import Statistic


def knowledge_figure(
    found: Sequence[Knowledge], statistic: Statistic, title: str, looks: Mapping[str, Style]
) -> Figure:
    """The pairs of all panels, a row for each, by area and by final return.

    A row names its panel where several have pairs. `looks` has the labels' styles.
    """
    rows = [(one.comparison.panel.title, pair) for one in found for pair in one.pairs]
    columns = []
    for metric in DECISIVE:
        points = [
            [Point(pair.measured[metric].difference, looks[pair.method.label])] for _, pair in rows
        ]
        title_above = f"Knowledge: {metric.title}"
        columns.append(Column(title_above, "trained − untrained", points, True, {}))
    called = attrgetter("label")
    names = [
        (f"{panel}: " if len(found) > 1 else "")
        + f"{pair.name(called)} (n = {counted(pair.seeds, 'pair')})"
        for panel, pair in rows
    ]
    return interval_figure(names, columns, statistic, title)
