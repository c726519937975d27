"""The curves as a picture that can be read without colours."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, PercentFormatter, StrMethodFormatter

from benchmarks.measurement import physics_name
from benchmarks.statistics import Json
from benchmarks.training import ITERATION

STYLES: dict[str, dict[str, Any]] = {
    "physics alone, 1 core": {"color": "0.55", "linestyle": ":", "marker": "^"},
    "physics limit": {"color": "0.35", "linestyle": "--", "marker": "s"},
    "collecting": {"color": "tab:blue", "linestyle": "-.", "marker": "D"},
    "whole iteration": {"color": "black", "linestyle": "-", "marker": "o"},
}

Curve = Sequence[tuple[int, Json]]
"""Measurements by the number that they were made for, in its order."""


def speeds(result: Json) -> dict[str, Json]:
    """What is drawn of a measurement: steps per second by the name of a line."""
    figures = result["steps_per_second"]
    return {
        "physics alone, 1 core": figures[physics_name(1)],
        "physics limit": figures[physics_name(result["limit_threads"])],
        "collecting": figures["collect"],
        "whole iteration": figures[ITERATION],
    }


def picture(curves: dict[str, Curve]) -> bytes:
    """A PNG with a column for each curve: speed above, fraction of the physics limit below.

    Args:
        curves: by the label of the x axis.
    """
    figure = Figure(figsize=(5 * len(curves), 7), layout="constrained")
    axes = figure.subplots(2, len(curves), squeeze=False, sharex="col")
    for column, (label, curve) in enumerate(curves.items()):
        _draw_speeds(axes[0][column], curve)
        _draw_fractions(axes[1][column], curve)
        axes[1][column].set_xlabel(label)
    lines, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside upper center", ncols=len(labels))
    content = BytesIO()
    figure.savefig(content, format="png", dpi=120, metadata={"Software": None})
    return content.getvalue()


def _draw_speeds(axes: Axes, curve: Curve) -> None:
    for line, style in STYLES.items():
        _draw(axes, [(x, speeds(result)[line]) for x, result in curve], label=line, **style)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("environment steps per second")
    _finish(axes, curve)


def _draw_fractions(axes: Axes, curve: Curve) -> None:
    points = [(x, result["fraction_of_physics"]) for x, result in curve]
    _draw(axes, points, **STYLES["whole iteration"])
    highest = max(fraction["max"] for _, fraction in points)
    axes.set_ylim(0, max(1.0, 1.02 * highest))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_ylabel("whole iteration / physics limit")
    _finish(axes, curve)


def _draw(axes: Axes, points: Sequence[tuple[int, Json]], **style: Any) -> None:
    """A line through the medians, with bars from the lowest to the highest value."""
    medians = [figure["median"] for _, figure in points]
    below = [figure["median"] - figure["min"] for _, figure in points]
    above = [figure["max"] - figure["median"] for _, figure in points]
    axes.errorbar([x for x, _ in points], medians, (below, above), capsize=3, **style)


def _finish(axes: Axes, curve: Curve) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks([x for x, _ in curve], [str(x) for x, _ in curve])
    axes.grid(color="0.9")
