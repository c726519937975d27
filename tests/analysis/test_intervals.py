"""Figures of numbers with their intervals, read back from Matplotlib's objects."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from matplotlib.axes import Axes

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.intervals import Column, Point, interval_figure
from baselines.analysis.runs.statistics import STATISTICS, Estimate

ONE, OTHER = Style("#000000", "-", ""), Style("#0072B2", "-", "s")


def spans(axes: Axes) -> list[tuple[float, float]]:
    """The bars that can be seen."""
    ends = [[float(x) for x in line.get_xdata()] for line in axes.lines]
    return [(a, b) for a, b in (x for x in ends if len(x) == 2) if not math.isnan(a) and a != b]


def test_numbers_without_an_interval_are_points_alone() -> None:
    rows = [
        [Point(Estimate(2.0, 1.0, 4.0), ONE), Point(Estimate(5.0), OTHER)],
        [],
    ]
    columns = [
        Column("Left", "return", rows, False, {"one": ONE, "other": OTHER}),
        Column("Right", "difference", rows[::-1], True, {}),
    ]
    with drawing.appearance():
        left, right = interval_figure(["first $", "second"], columns, STATISTICS["mean"], "").axes
        assert drawing.rendered(left.figure, "png").startswith(b"\x89PNG")  # $ is no mathematics
    assert spans(left) == spans(right) == [(1.0, 4.0)]
    points = [line for line in left.lines if len(line.get_xdata()) == 1]
    assert [float(point.get_xdata()[0]) for point in points] == [2.0, 5.0]
    heights = [float(point.get_ydata()[0]) for point in points]
    assert heights[0] < 0 < heights[1] < 0.5  # beside one another in the first row
    assert left.get_ylim() == (1.5, -0.5)  # the first row above
    zeros = [
        [line for line in axes.lines if list(line.get_xdata()) == [0, 0]] for axes in (left, right)
    ]
    assert [len(found) for found in zeros] == [0, 1]
    legend = left.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["one", "other"]
    assert right.get_legend() is None


@pytest.mark.parametrize("reach", [3.0, 1_300.0, 2_100.0, 4_700.0, 20_000.0])
def test_the_numbers_at_an_axis_have_room(reach: float) -> None:
    rows = [[Point(Estimate(0.0, -reach, reach), ONE)]]
    columns = [Column("Difference", "difference in mean return", rows, True, {})] * 3
    with drawing.appearance():
        figure = interval_figure(["Four → Eight"], columns, STATISTICS["mean"], "")
        figure.draw_without_rendering()
    low, high = figure.axes[0].get_xlim()
    boxes = [
        label.get_window_extent()
        for label in figure.axes[0].get_xticklabels()
        if low <= label.get_position()[0] <= high
    ]
    assert len(boxes) >= 3
    gaps = [right.x0 - left.x1 for left, right in pairwise(boxes)]
    assert min(gaps) > boxes[0].height / 2


def test_large_numbers_have_commas_on_both_sides_of_zero() -> None:
    rows = [[Point(Estimate(0.0, -2_100.0, 2_100.0), ONE)]]
    columns = [Column("Difference", "difference in mean return", rows, True, {})]
    with drawing.appearance():
        figure = interval_figure(["Four → Eight"], columns, STATISTICS["mean"], "")
        figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert {"-2,000", "-1,000", "0", "1,000", "2,000"} <= set(labels)
