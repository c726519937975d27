"""What `measurement.measure` returns, as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.measurement import physics_name
from benchmarks.statistics import Json
from benchmarks.training import ITERATION

LABELS = {
    "collect": "collecting",
    "update": "update",
    "rest": "bookkeeping and logs",
    ITERATION: "whole iteration",
}
HEADER = ("", "steps/s", "min", "max", "share")


def text(result: Json) -> str:
    """The whole result: what was measured, a table of medians with their spread, and the ratios."""
    return "\n".join([title(result), "", *_aligned([HEADER, *_rows(result)]), "", *_ratios(result)])


def title(result: Json) -> str:
    """What was measured, in a line."""
    settings = result["settings"]
    arguments = "".join(f", {k} {v}" for k, v in settings["env_kwargs"].items())
    teachers = f", {count(settings['teachers'], 'teacher')}" if settings["teachers"] else ""
    steps = settings["num_env"] * settings["nsteps"]
    return (
        f"{settings['env']}{arguments}{teachers}, {count(settings['num_env'], 'environment')},"
        f" {steps:,} steps an iteration, {count(settings['repeats'], 'repeat')}"
    )


def origin(result: Json) -> str:
    """Machine, versions and commit, in a line."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return (
        f"{machine['cpu']}, {count(machine['cores'], 'core')}; {versions};"
        f" commit {result['commit'] or 'unknown'}"
    )


def count(number: int, noun: str) -> str:
    """Such as `1 core` or `2 cores`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spread(figure: Json, digits: int) -> str:
    """A median with the lowest and the highest value."""
    low, high = (f"{figure[end]:,.{digits}f}" for end in ("min", "max"))
    return f"{figure['median']:,.{digits}f} ({low} to {high})"


def _rows(result: Json) -> Iterable[tuple[str, ...]]:
    limit = result["limit_threads"]
    shares = result["shares"] | {
        ITERATION: 1.0,
        physics_name(limit): result["fraction_of_physics"]["median"],
    }
    for name, figure in result["steps_per_second"].items():
        share = f"{shares[name]:.3f}" if name in shares else ""
        yield (_label(name), *_three(figure), share)
    baseline = result.get("baseline", {})
    for vec_env, figures in baseline.get("steps_per_second", {}).items():
        for part, figure in figures.items():
            yield (f"{baseline['name']} {vec_env}: {LABELS[part]}", *_three(figure), "")


def _label(name: str) -> str:
    threads = name.removeprefix("physics_")
    return LABELS[name] if threads == name else f"physics alone, {count(int(threads), 'core')}"


def _three(figure: Json) -> tuple[str, str, str]:
    median, low, high = (f"{figure[key]:,.0f}" for key in ("median", "min", "max"))
    return median, low, high


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _ratios(result: Json) -> Iterable[str]:
    on = count(result["limit_threads"], "core")
    fraction = spread(result["fraction_of_physics"], 3)
    yield f"fraction of the physics limit ({on}): {fraction}"
    baseline = result.get("baseline")
    if baseline:
        how = f"{baseline['best']}, {count(baseline['torch_threads'], 'torch thread')}"
        yield f"speed-up over {baseline['name']} ({how}): {spread(baseline['speedup'], 2)}"
    yield f"compilation of the update, once a run: {result['compilation_seconds']:.1f} s"
    yield f"load average before: {result['machine']['load_average']:.1f}"


def layers(result: Json) -> str:
    """The layers of `benchmarks.breakdown`, the longest first."""
    seconds, steps = result["seconds_by_layer"], result["settings"]["nsteps"]
    whole = sum(seconds.values())
    ranked = sorted(seconds.items(), key=lambda item: -item[1])
    rows: list[tuple[str, ...]] = [(title(result), "µs per step", "share")]
    for layer, s in [*ranked, ("whole iteration", whole)]:
        rows.append((layer, f"{s / steps * 1e6:.1f}", f"{s / whole:.1%}"))
    return "\n".join(_aligned(rows))
