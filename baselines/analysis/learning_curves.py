"""The figure of learning curves: a panel for each transfer, a line for each method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from baselines.analysis import drawing
from baselines.analysis.drawing import Style
from baselines.analysis.runs.curves import grid, learning_curve
from baselines.analysis.runs.panels import Panel
from baselines.analysis.runs.statistics import MIN_SEEDS, Statistic, band_of_returns

MAX_COLUMNS = 3
Y_LABEL = "mean return of the\nlast 100 training episodes"


def learning_curves(
    panels: Sequence[Panel],
    statistic: Statistic,
    seeds: bool,
    title: str,
    looks: Mapping[str, Style],
) -> Figure:
    """Draw them; `seeds`: also every seed, thin, behind. `looks` has the labels' styles."""
    rows = math.ceil(len(panels) / MAX_COLUMNS)
    columns = math.ceil(len(panels) / rows)
    legends = [[drawing.with_seeds(method) for method in panel.methods] for panel in panels]
    figure = drawing.new_figure(rows, columns, 4.0 + max(map(drawing.room_below, legends)))
    places = figure.subplots(rows, columns, squeeze=False)
    for axes, panel in zip(places.flat, panels, strict=False):
        _draw_panel(axes, panel, statistic, seeds, looks)
    for axes in places.flat[len(panels) :]:
        axes.set_visible(False)
    drawing.add_words(figure, title, drawing.caption(statistic, _bands(statistic, seeds)))
    return figure


def _bands(statistic: Statistic, seeds: bool) -> str:
    thin = "; thin lines: single seeds" if seeds else ""
    return f"95 % intervals ({statistic.interval}, n ≥ {MIN_SEEDS}){thin}"


def _draw_panel(
    axes: Axes, panel: Panel, statistic: Statistic, seeds: bool, looks: Mapping[str, Style]
) -> None:
    points = grid(panel.end)
    band = partial(band_of_returns, statistic=statistic.function)
    for method in panel.methods:
        curves, style = [learning_curve(run) for run in method.runs], looks[method.label]
        if seeds:
            drawing.draw_seeds(axes, curves, points, style)
        drawing.draw(axes, curves, points, statistic, band, style)
    drawing.mark_phases(axes, panel)
    drawing.name_phases(axes, panel)
    drawing.name_panel(axes, panel.title)
    drawing.frame(axes, panel.end, Y_LABEL)
    entries = {drawing.with_seeds(method): looks[method.label] for method in panel.methods}
    drawing.add_legend_below(axes, entries)
