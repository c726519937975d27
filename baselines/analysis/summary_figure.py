"""The figure of all transfers: what each method reaches, what MIKT brings beyond its controls."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.intervals import Column, Point, interval_figure
from baselines.analysis.runs.curve_metrics import AREA_UNDER_CURVE, FINAL_RETURN
from baselines.analysis.runs.statistics import Statistic
from baselines.analysis.summary import ALL, CONTROLS, MAIN, Transfer, minus, pooled_over

DIFFERENCES = {
    FINAL_RETURN: Style("#333333", "", "D"),
    AREA_UNDER_CURVE: Style("#999999", "", "s"),
}


def summary_figure(transfers: Sequence[Transfer], statistic: Statistic) -> Figure:
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
    differences = [_differences(transfers, control) for control in CONTROLS]
    names = [transfer.name for transfer in transfers]
    if any(rows[-1] for rows in differences):
        names.append(ALL)
    legend_below = {metric.title: style for metric, style in DIFFERENCES.items()}
    columns = [Column("Final return", "mean return", [*values, []][: len(names)], False, legend)]
    columns += [
        Column(minus(control), "difference in mean return", rows[: len(names)], True, legend_below)
        for control, rows in zip(CONTROLS, differences, strict=True)
    ]
    return interval_figure(names, columns, statistic, title="")


def _differences(transfers: Sequence[Transfer], control: str) -> list[list[Point]]:
    """The student minus a control, by return and by area: in each transfer, and in all together."""
    rows: list[list[Point]] = [[] for _ in range(len(transfers) + 1)]
    for metric, style in DIFFERENCES.items():
        alone = (transfer.beyond(control, metric) for transfer in transfers)
        for row, found in zip(rows, [*alone, pooled_over(transfers, control, metric)], strict=True):
            if found is not None:
                row.append(Point(found.difference, style))
    return rows
