"""The figure of all transfers: what each method reaches, what MIKT brings beyond its controls."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.intervals import Column, Point, interval_figure
from baselines.analysis.runs.curve_metrics import PRIMARY, SECONDARY
from baselines.analysis.runs.statistics import Statistic
from baselines.analysis.summary import DIFFERENCES, MAIN, Transfer, minus, pooled_over

ALL = "all together"
"""The name of the last row."""

MARKS = {SECONDARY: Style("#333333", "", "D"), PRIMARY: Style("#999999", "", "s")}


def summary_figure(transfers: Sequence[Transfer], statistic: Statistic) -> Figure:
    """What methods reach at the end, and the two differences that matter, by return and by area."""
    looks = drawing.styles([transfer.comparison.panel for transfer in transfers])
    legend = {label: looks[label] for label in MAIN if label in looks}
    values = [
        [
            Point(row.value, style)
            for label, style in legend.items()
            if (row := transfer.comparison.row(label, SECONDARY)) is not None
        ]
        for transfer in transfers
    ]
    differences = [_differences(transfers, *pair) for pair in DIFFERENCES]
    names = [transfer.name for transfer in transfers]
    if any(rows[-1] for rows in differences):
        names.append(ALL)
    legend_below = {metric.title: style for metric, style in MARKS.items()}
    columns = [Column("Final return", "mean return", [*values, []][: len(names)], False, legend)]
    columns += [
        Column(minus(*pair), "difference in mean return", rows[: len(names)], True, legend_below)
        for pair, rows in zip(DIFFERENCES, differences, strict=True)
    ]
    return interval_figure(names, columns, statistic, title="")


def _differences(transfers: Sequence[Transfer], label: str, other: str) -> list[list[Point]]:
    """A method minus another one, by return and by area: in each transfer, and in all together."""
    rows: list[list[Point]] = [[] for _ in range(len(transfers) + 1)]
    for metric, style in MARKS.items():
        alone = (transfer.over(label, other, metric) for transfer in transfers)
        for row, found in zip(
            rows, [*alone, pooled_over(transfers, label, other, metric)], strict=True
        ):
            if found is not None:
                row.append(Point(found.difference, style))
    return rows
