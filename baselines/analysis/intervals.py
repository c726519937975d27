"""Figures of estimates with their intervals: what methods reach, and what they bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.runs.statistics import MIN_SEEDS, Estimate, Statistic

ROW_HEIGHT, ROOM = 0.34, 1.5
"""Inches of a row, and of what is around them."""

CHARACTERS, CHARACTER = 24, 0.07
"""Characters of a row's name that there is room for, and the inches that each further one takes."""


@dataclass(frozen=True)
class Point:
    """An estimate with its interval, and how it is drawn."""

    estimate: Estimate
    style: Style


@dataclass(frozen=True)
class Column:
    """Axes of a figure.

    Attributes:
        title: above them.
        label: of the numbers.
        rows: for each row of the figure its points, from top to bottom; they may be none.
        from_zero: whether the numbers are differences, so that 0 is marked.
        legend: what the styles mean; empty: the rows' names say it.
    """

    title: str
    label: str
    rows: Sequence[Sequence[Point]]
    from_zero: bool
    legend: Mapping[str, Style]


def interval_figure(
    names: Sequence[str], columns: Sequence[Column], statistic: Statistic, title: str
) -> Figure:
    """Draw the columns side by side; `names` are those of the rows, the same in all columns."""
    points = max((len(row) for column in columns for row in column.rows), default=1)
    height = ROOM + len(names) * max(ROW_HEIGHT, 0.14 * points)
    figure = drawing.new_figure(1, len(columns), height)
    longest = max(map(len, names), default=0)
    figure.set_figwidth(figure.get_figwidth() + CHARACTER * max(0, longest - CHARACTERS))
    places = figure.subplots(1, len(columns), squeeze=False, sharey=True)[0]
    for axes, column in zip(places, columns, strict=True):
        _draw(axes, column)
    places[0].set_yticks(range(len(names)), names, parse_math=False)
    places[0].set_ylim(len(names) - 0.5, -0.5)
    drawing.add_words(figure, title, _caption(statistic))
    return figure


def _caption(statistic: Statistic) -> str:
    return (
        f"points: {statistic.words}s over seeds; bars: 95 % intervals ({statistic.interval}), where"
        f" there are at least {MIN_SEEDS} seeds"
    )


def _draw(axes: Axes, column: Column) -> None:
    if column.from_zero:
        axes.axvline(0.0, color="0.3", linewidth=0.8, linestyle="--", zorder=0)
    for place, row in enumerate(column.rows):
        for shift, point in zip(_shifts(len(row)), row, strict=True):
            _draw_point(axes, place + shift, point)
    drawing.name_panel(axes, column.title)
    axes.set_xlabel(column.label)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    drawing.write_thousands(axes.xaxis)
    axes.grid(axis="y", visible=False)
    if column.legend:
        entries = {
            text: replace(style, line="", marker=_marker(style))
            for text, style in column.legend.items()
        }
        drawing.add_legend_below(axes, entries)


def _marker(style: Style) -> str:
    return style.marker or "o"


def _shifts(points: int) -> np.ndarray:
    """Offsets of a row's points from its middle."""
    return np.linspace(-0.28, 0.28, points) if points > 1 else np.zeros(points)


def _draw_point(axes: Axes, place: float, point: Point) -> None:
    found, style = point.estimate, point.style
    axes.plot([found.low, found.high], [place, place], color=style.color, linewidth=1.4)
    axes.plot(
        [found.value], [place], color=style.color, marker=_marker(style), markersize=5,
        linestyle="", markeredgecolor="white", markeredgewidth=0.5,
    )  # fmt: skip
