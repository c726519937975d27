"""The figure of all transfers: what each method reaches, what MIKT brings beyond its controls."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.intervals import Column, Point, interval_figure
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
