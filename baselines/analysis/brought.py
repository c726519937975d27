"""The figures of what is brought: by MIKT beyond its controls, and by the teachers' training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from matplotlib.figure import Figure

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.formatting import counted
from baselines.analysis.intervals import Column, Point, interval_figure
from baselines.analysis.knowledge import METRICS, Knowledge
from baselines.analysis.runs.curve_metrics import AREA_UNDER_CURVE, FINAL_RETURN
from baselines.analysis.runs.statistics import Statistic
from baselines.analysis.summary import CONTROLS, MAIN, Transfer, minus

DIFFERENCES = {
    FINAL_RETURN: Style("#333333", "", "D"),
    AREA_UNDER_CURVE: Style("#999999", "", "s"),
}


def summary_figure(transfers: Sequence[Transfer], statistic: Statistic, title: str) -> Figure:
    """What methods reach at the end, and the two differences that matter, by return and by area."""
    looks = drawing.styles([transfer.comparison.panel for transfer in transfers])
    legend = {label: looks[label] for label in MAIN if label in looks}
    values = [
        [
            Point(row.value, style)
            for label, style in legend.items()
            if (row := transfer.comparison.row(label, FINAL_RETURN)) is not None
        ]
        for transfer in transfers
    ]
    columns = [Column("Final return", "mean return", values, False, legend)]
    legend = {metric.title: style for metric, style in DIFFERENCES.items()}
    for control in CONTROLS:
        rows = [
            [
                Point(found.difference, style)
                for metric, style in DIFFERENCES.items()
                if (found := transfer.beyond(control, metric)) is not None
            ]
            for transfer in transfers
        ]
        columns.append(Column(minus(control), "difference in mean return", rows, True, legend))
    return interval_figure([transfer.name for transfer in transfers], columns, statistic, title)


def knowledge_figure(
    found: Sequence[Knowledge], statistic: Statistic, title: str, looks: Mapping[str, Style]
) -> Figure:
    """The pairs of all panels, a row for each, by area and by final return.

    A row names its panel where several have pairs. `looks` has the labels' styles.
    """
    rows = [(one.comparison.panel.title, pair) for one in found for pair in one.pairs]
    columns = []
    for metric in METRICS:
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
