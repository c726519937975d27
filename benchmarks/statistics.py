"""Figures over the repeats of a measurement."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]
"""Figures as they are kept in a file."""

Samples = Mapping[str, Sequence[float]]
"""Seconds of each repeat, by the name of what was timed."""


def summary(values: Iterable[float]) -> Json:
    """`median`, `min` and `max` of the values, and the values themselves as `samples`; JSON."""
    samples = list(values)
    return {
        "median": statistics.median(samples),
        "min": min(samples),
        "max": max(samples),
        "samples": samples,
    }


def rates(steps: int, seconds: Sequence[float]) -> Json:
    """Summary of steps per second, where `steps` took each of these times."""
    return summary(steps / s for s in seconds)


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> Json:
    """Summary of the ratios within each repeat, from which the machine's moods drop out."""
    return summary(n / d for n, d in zip(numerators, denominators, strict=True))


def shares(samples: Samples, parts: Sequence[str], whole: str) -> dict[str, float]:
    """The mean over the repeats of each part's share in its whole; they sum to 1 if the parts do.

    A mean of shares and not of times: a single slow repeat counts no more than another.
    """
    return {
        part: statistics.fmean(ratios(samples[part], samples[whole])["samples"]) for part in parts
    }
