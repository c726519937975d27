"""The figure of logged metrics over time: a row for each, a column for each panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.runs.curves import grid
from baselines.analysis.runs.panels import Panel
from baselines.analysis.runs.statistics import Statistic, band_of_all
from baselines.analysis.runs.transfer_logs import DrawnMetric, curves_of

LINES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1, 1.5)))
"""By the number of a layer or of a source task."""


def logged_metrics(
    panels: Sequence[Panel],
    metrics: Sequence[DrawnMetric],
    statistic: Statistic,
    title: str,
    looks: Mapping[str, Style],
) -> Figure:
    """Draw it; a method without a metric has no line there. `looks` has the labels' styles."""
    figure = drawing.new_figure(len(metrics), len(panels), 2.3)
    places = figure.subplots(len(metrics), len(panels), squeeze=False, sharex="col", sharey="row")
    for row, metric in zip(places, metrics, strict=True):
        for axes, panel in zip(row, panels, strict=True):
            numbers = _draw_metric(axes, panel, metric, statistic, looks)
            _list_lines(axes, metric, sorted(numbers))
            axes.label_outer()
    for column, panel in zip(places.T, panels, strict=True):
        drawing.name_phases(column[0], panel)
        drawing.name_panel(column[0], panel.title)
        _list_methods(column[-1], panel, looks)
    below = drawing.caption(statistic, "from the lowest to the highest seed")
    drawing.add_words(figure, title, below)
    return figure


def _draw_metric(
    axes: Axes, panel: Panel, metric: DrawnMetric, statistic: Statistic, looks: Mapping[str, Style]
) -> set[int]:
    """Draw one metric of all methods; returns the numbers of its columns."""
    numbers: set[int] = set()
    for method in panel.methods:
        style = looks[method.label]
        by_number = curves_of(method, metric)
        for number, curves in by_number.items():
            lined = replace(style, line=LINES[number % len(LINES)])
            drawing.draw(axes, curves, grid(panel.end), statistic, band_of_all, lined)
        numbers |= by_number.keys()
    if metric.expected is not None:
        axes.axhline(metric.expected, color="0.3", linewidth=0.8, linestyle="--", zorder=0)
    drawing.mark_phases(axes, panel)
    drawing.frame(axes, panel.end, metric.title)
    return numbers


def _list_methods(axes: Axes, panel: Panel, looks: Mapping[str, Style]) -> None:
    """A legend of colours and markers: the lines tell the layers here."""
    methods = panel.methods
    entries = {drawing.with_seeds(m): replace(looks[m.label], line="-") for m in methods}
    drawing.add_legend_below(axes, entries)


def _list_lines(axes: Axes, metric: DrawnMetric, numbers: Sequence[int]) -> None:
    """A legend of lines, where a metric has several."""
    if len(numbers) < 2:
        return
    entries = [
        drawing.legend_entry(Style("0.3", LINES[n % len(LINES)], ""), f"{metric.each} {n}")
        for n in numbers
    ]
    texts = [str(entry.get_label()) for entry in entries]
    # Not axes.legend(): the axes may get the legend of the methods too.
    axes.add_artist(Legend(axes, entries, texts, loc="best"))
