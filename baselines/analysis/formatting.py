"""Formats of numbers, intervals and names in tables and sentences."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import Estimate

NOT_KNOWN = "–"


def named(method: Method) -> str:
    """Its label in Markdown, and how far it got when it is not finished."""
    reached = "" if method.finished else f" (to {as_timesteps(method.stop)})"
    return escaped(method.label) + reached


def with_interval(found: Estimate, written: Callable[[float], str]) -> str:
    """An estimate and its interval in brackets, or why it has none; of few seeds there is none."""
    if math.isnan(found.value):
        return NOT_KNOWN
    if found.of_few_seeds:
        return written(found.value)
    interval = found.note or f"{written(found.low)}, {written(found.high)}"
    return f"{written(found.value)} [{interval}]"


def half_width(found: Estimate, written: Callable[[float], str]) -> str:
    """An estimate ± half the width of its interval, which is symmetric for a mean."""
    if math.isnan(found.value):
        return NOT_KNOWN
    half = "" if math.isnan(found.high) else f" ± {whole(found.high - found.value)}"
    return written(found.value) + half


def signed_half_width(difference: Estimate) -> str:
    """A difference ± half the width of its interval, with its sign."""
    return half_width(difference, lambda value: signed(value, whole))


def signed_with_interval(difference: Estimate) -> str:
    """A difference of returns with its interval."""
    return with_interval(difference, lambda value: signed(value, number))


def signed(value: float, written: Callable[[float], str]) -> str:
    """A difference, with its sign."""
    return f"{'+' if value >= 0 else ''}{written(value)}"


def number(value: float) -> str:
    """A return with four significant digits, at least all before the point, at most six after it.

    What rounds up to a power of ten has a digit more: 9.99996 is 10.000.
    """
    exponent = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(max(0, 3 - exponent), 6)}f}"


def as_timesteps(value: float) -> str:
    """A number of timesteps, whole; NaN is not known."""
    return NOT_KNOWN if math.isnan(value) else whole(value)


def whole(value: float) -> str:
    """A number without decimals; what is rounded to 0 has no sign."""
    return f"{round(value):,}"


def counted(count: int, noun: str) -> str:
    """A number with its noun, such as `1 run` or `2 runs`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def chance(improvement: Estimate) -> str:
    """P(better) with its interval; of few seeds nothing."""
    return NOT_KNOWN if improvement.of_few_seeds else with_interval(improvement, probability)


def probability(value: float) -> str:
    """A probability in hundredths."""
    return f"{value:.2f}"


@dataclass(frozen=True)
class Table:
    """Rows of cells in Markdown below a header of the same length."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Without padding, one line per row."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def aligned(self) -> str:
        """For a terminal: columns below one another, without Markdown's marks."""
        rows = [[_plain(cell) for cell in row] for row in (self.header, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, ["-" * width for width in widths])
        padded = ("  ".join(map(str.ljust, row, widths)) for row in rows)
        return "\n".join(line.rstrip() for line in padded)


def _plain(cell: str) -> str:
    return re.sub(r"\*\*|\\(.)", r"\1", cell)


def folded(title: str, parts: Iterable[str]) -> str:
    """Paragraphs and tables in Markdown, closed until a reader opens them."""
    opening = f'<details markdown="1"><summary>{title}</summary>'
    return "\n\n".join([opening, *parts, "</details>"])


def escaped(text: str) -> str:
    r"""Text from outside on one line, with a backslash before each of \ ` * [ ] < > and |.

    So it holds no code, emphasis by stars, link or HTML, and ends no cell of a table.
    """
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", " ".join(text.split()))
