"""The figures of what is brought: by MIKT beyond its controls, and by the teachers' training."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from matplotlib.figure import Figure

from baselines.analysis import drawing
from baselines.analysis.comparison import Comparison
from baselines.analysis.curve_metrics import AREA_UNDER_CURVE, FINAL_RETURN
from baselines.analysis.drawing import Style
from baselines.analysis.intervals import Column, Point, interval_figure
from baselines.analysis.knowledge import METRICS, pair_name, pairs
from baselines.analysis.statistics import Statistic
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
            if (row := transfer.value(label, FINAL_RETURN)) is not None
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


def knowledge_figure(comparisons: Sequence[Comparison], statistic: Statistic, title: str) -> Figure:
    """The pairs of all panels, a row for each, by area and by final return.

    A row names its panel where several have pairs.
    """
    called = attrgetter("label")
    looks = drawing.styles([comparison.panel for comparison in comparisons])
    with_pairs = [comparison for comparison in comparisons if pairs(comparison, METRICS[0])]
    names: list[str] = []
    columns = []
    for metric in METRICS:
        rows = []
        names.clear()
        for comparison in with_pairs:
            place = f"{comparison.panel.title}: " if len(with_pairs) > 1 else ""
            own = {pair_name(one, called): one for one in pairs(comparison, metric)}
            for name in (pair_name(one, called) for one in pairs(comparison, METRICS[0])):
                rows.append([Point(own[name].difference, looks[called(own[name].method)])])
                names.append(f"{place}{name} (n = {own[name].pairs} pairs)")
        columns.append(Column(f"Knowledge: {metric.title}", "trained − untrained", rows, True, {}))
    return interval_figure(names, columns, statistic, title)
