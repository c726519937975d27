"""Common parts of the figures: colours, lines, axes, captions, and the bytes of a file."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from baselines.analysis.runs.curves import Curve, on_grid
from baselines.analysis.runs.panels import Method, Panel
from baselines.analysis.runs.statistics import Bounds, Statistic
from baselines.analysis.runs.transfer_logs import coupling_begins, hand_over
from baselines.methods import METHODS

MILLION = 1e6
X_LABEL = "timesteps (millions)"

# Characters that fit: into a legend's column of two, into a whole line of it, into an inch below.
SHORT, WRAP, CAPTION_CHARACTERS = 29, 58, 17
TITLE_WRAP = 44

PANEL_WIDTH = 4.6
LEGEND_LINES, LEGEND_LINE = 5, 0.18
"""Lines of a legend that there is room for, and the inches that each further one takes."""

LEGEND_OFFSET = -0.5, -0.4
"""From the lower left corner of its axes; both in inches."""

APPEARANCE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "0.4",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.6,
    "xtick.color": "0.3",
    "ytick.color": "0.3",
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "legend.handlelength": 3.0,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.0,
    "lines.linewidth": 1.6,
    "savefig.dpi": 200,
    "svg.hashsalt": "baselines.plot",
}

# Without what differs from one call to the next; the keys are each format's own.
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@dataclass(frozen=True)
class Style:
    """The look of a method: its colour, and for readers without colours its line and marker.

    Attributes:
        color: as #rrggbb, or a shade of grey from "0" to "1".
        line: "-", or an offset and the lengths of dashes and gaps in points; empty: none.
        marker: of Matplotlib's; empty: none.
    """

    color: str
    line: str | tuple[float, tuple[float, ...]]
    marker: str


# The palette of Okabe and Ito (2008), which the colour-blind can tell apart, but for its yellow.
STYLES = (
    Style("#000000", "-", ""),
    Style("#0072B2", "-", "o"),
    Style("#D55E00", (0, (5, 1.5)), "s"),
    Style("#009E73", (0, (6, 1.5, 1, 1.5)), "^"),
    Style("#E69F00", (0, (1.2, 1.2)), "D"),
    Style("#CC79A7", (0, (3, 1, 1, 1, 1, 1)), "v"),
    Style("#56B4E9", (0, (8, 2)), "X"),
)

RESERVED = tuple(METHODS)[: len(STYLES)]
"""Labels that have the style of their place in every figure."""

SHIFTS = (0, *range(2, len(STYLES)), 1)
"""How far on a colour takes its line and marker: the solid lines of neighbours look too alike."""


def styles(panels: Iterable[Panel]) -> dict[str, Style]:
    """A style for each label.

    A reserved label has its own, and where it is missing, the first that adds something to it, such
    as "PPO, lr=0.001". The others take the colours that are left, then these with other lines, then
    the reserved ones with other lines. All differ, up to the square of the number of `STYLES`.
    """
    labels = list(dict.fromkeys(method.label for panel in panels for method in panel.methods))
    alike = {
        name: [s for s in labels if s == name or s.startswith(f"{name}, ")] for name in RESERVED
    }
    reserved = {
        name if name in found else found[0]: STYLES[i]
        for i, (name, found) in enumerate(alike.items())
        if found
    }
    others = [name for name in labels if name not in reserved]
    taken = [STYLES.index(style) for style in reserved.values()]
    free = [i for i in range(len(STYLES)) if i not in taken]
    left = [_mixed(color, shift) for shift in SHIFTS for color in free]
    left += [_mixed(color, shift) for shift in SHIFTS[1:] for color in taken]
    return reserved | dict(zip(others, cycle(left), strict=False))


def _mixed(color: int, shift: int) -> Style:
    """A style's colour with the line and marker of the one so many places further on."""
    other = STYLES[(color + shift) % len(STYLES)]
    return Style(STYLES[color].color, other.line, other.marker)


def appearance() -> AbstractContextManager[None]:
    """Draw and render as set here, whatever the user's own settings of Matplotlib are."""
    return matplotlib.style.context(["default", APPEARANCE])


def new_figure(rows: int, columns: int, height: float) -> Figure:
    """An empty figure with room for so many axes, each of so many inches."""
    figure = Figure(figsize=(columns * PANEL_WIDTH, rows * height + 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def draw(
    axes: Axes,
    curves: Sequence[Curve],
    points: np.ndarray,
    statistic: Statistic,
    band: Callable[[np.ndarray], Bounds | None],
    style: Style,
) -> None:
    """Draw a statistic of some curves, one per seed, in a band of all [n, points] of them."""
    timesteps, values = on_grid(curves, points)
    if not timesteps.size:
        return
    x = timesteps / MILLION
    bounds = band(values)
    if bounds is not None:
        axes.fill_between(x, *bounds, color=style.color, alpha=0.16, linewidth=0)
    axes.plot(
        x, statistic.function(values, axis=0), **_line(style), markevery=_markers(style, len(x))
    )


def _line(style: Style) -> dict[str, Any]:
    return {
        "color": style.color, "linestyle": style.line, "marker": style.marker, "markersize": 4,
        "markeredgecolor": "white", "markeredgewidth": 0.5,
    }  # fmt: skip


def _markers(style: Style, points: int) -> tuple[int, int]:
    """First and distance of the points with a marker, so that those of two methods stand apart."""
    distance = max(points // 8, 1)
    place = [one.marker for one in STYLES].index(style.marker)
    return place * distance // len(STYLES), distance


def draw_seeds(axes: Axes, curves: Sequence[Curve], points: np.ndarray, style: Style) -> None:
    """Draw every curve by itself, thin, behind the others."""
    for curve in curves:
        timesteps, values = on_grid([curve], points)
        axes.plot(
            timesteps / MILLION, values[0], color=style.color, linewidth=0.5, alpha=0.45, zorder=1
        )


def _phases(panel: Panel) -> Iterator[tuple[float, str]]:
    """When students enter a phase, in millions of timesteps, if all of a panel agree; its name."""
    runs = [run for method in panel.methods for run in method.runs]
    for phase, name in ((coupling_begins, "coupling begins"), (hand_over, "student alone")):
        times = {time for run in runs if (time := phase(run)) is not None}
        if len(times) == 1:
            yield times.pop() / MILLION, name


def mark_phases(axes: Axes, panel: Panel) -> None:
    """Draw a thin line where the coupling begins, and one where the students go alone."""
    for x, _ in _phases(panel):
        axes.axvline(x, color="0.55", linewidth=0.8, linestyle=":", zorder=0)


def name_phases(axes: Axes, panel: Panel) -> None:
    """Write above the axes what the lines of `mark_phases` are."""
    for x, name in _phases(panel):
        axes.annotate(
            name, (x, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 1.5),
            textcoords="offset points", ha="center", va="bottom", fontsize=6.5, color="0.4",
        )  # fmt: skip


def with_seeds(method: Method) -> str:
    """A method with its number of seeds."""
    return f"{method.label} (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(method.runs)})"


def caption(statistic: Statistic, bands: str) -> str:
    """The caption that explains lines and bands."""
    return f"lines: {statistic.words} over n seeds; bands: {bands}"


def frame(axes: Axes, end: float, y_label: str) -> None:
    """Name the axes; the x-axis runs to `end`, in timesteps."""
    axes.set_xlim(0.0, end / MILLION)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2.5, 5, 10]))
    axes.set_xlabel(X_LABEL)
    axes.set_ylabel(y_label)
    write_thousands(axes.yaxis)


def write_thousands(axis: Axis) -> None:
    """Write the numbers at an axis with commas."""
    axis.set_major_formatter(FuncFormatter(_tick))


def _tick(value: float, _: object) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def name_panel(axes: Axes, title: str) -> None:
    """Write the panel's title, as it stands."""
    wrapped = textwrap.fill(title, TITLE_WRAP)
    axes.set_title(wrapped, parse_math=False, pad=13, fontweight="bold")


def legend_entry(style: Style, text: str) -> Line2D:
    """A line for a legend."""
    return Line2D([], [], label=text, **_line(style))


def room_below(labels: Sequence[str]) -> float:
    """Inches that a legend of `add_legend_below` needs beyond those that axes leave for it."""
    lines = sum(len(textwrap.wrap(label, WRAP)) for label in labels)
    return LEGEND_LINE * max(0, (lines // 2 if _short(labels) else lines) - LEGEND_LINES)


def _short(labels: Iterable[str]) -> bool:
    return all(len(label) <= SHORT for label in labels)


def add_legend_below(axes: Axes, entries: Mapping[str, Style]) -> None:
    """Put a legend below the x-axis, where it hides nothing; long labels in one column."""
    assert axes.figure is not None
    down = ScaledTranslation(*LEGEND_OFFSET, axes.figure.dpi_scale_trans)
    legend = axes.legend(
        handles=[legend_entry(style, text) for text, style in entries.items()],
        loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=axes.transAxes + down,
        ncols=2 if _short(entries) else 1,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_text("\n    ".join(textwrap.wrap(text.get_text(), WRAP)))


def add_words(figure: Figure, title: str, below: str) -> None:
    """Write the title above a figure and what its lines are below."""
    if title:
        figure.suptitle(title, parse_math=False)
    width = int(figure.get_figwidth() * CAPTION_CHARACTERS)
    figure.supxlabel(textwrap.fill(below, width), fontsize=7, color="0.35")


def files_of(figures: Mapping[str, Figure], formats: Iterable[str]) -> dict[str, bytes]:
    """The contents of the files of figures, which come by what is before the endings."""
    return {
        f"{name}.{kind}": rendered(figure, kind)
        for name, figure in figures.items()
        for kind in formats
    }


def rendered(figure: Figure, kind: str) -> bytes:
    """The bytes of a file of the kind png, svg or pdf; equal figures give equal bytes."""
    content = io.BytesIO()
    figure.savefig(content, format=kind, metadata=METADATA[kind])
    return content.getvalue()
