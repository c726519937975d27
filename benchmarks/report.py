"""Write benchmarks/README.md and its picture from what was measured: `python -m benchmarks.report`.

Nothing is measured here; no figure is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from baselines.analysis.formatting import Table
from baselines.common.command_line import Parser, as_path, run_command
from baselines.common.errors import UserError
from baselines.common.files import write_atomically
from benchmarks.drawing import Curve, picture, speeds
from benchmarks.results_folder import BREAKDOWN, CURVES, HOME, RESULTS, read_results
from benchmarks.statistics import Json
from benchmarks.table import layers, origin, spread, text, title
from benchmarks.training import ITERATION

PROGRAM = "python -m benchmarks.report"
PICTURE = "curves.png"
INTRODUCTION = HOME / "introduction.md"


def page(results: Sequence[Json], curves: dict[str, Curve], breakdowns: Sequence[Json] = ()) -> str:
    """The page, in Markdown.

    Args:
        results: the measurements to show one by one.
        curves: those to show as curves, by what is varied.
        breakdowns: those of `benchmarks.breakdown`.
    """
    everything = [
        *results,
        *breakdowns,
        *(result for curve in curves.values() for _, result in curve),
    ]
    origins = dict.fromkeys(map(origin, everything))
    parts = [
        INTRODUCTION.read_text(encoding="utf-8"),
        "## Results\n\nMeasured on\n\n" + "".join(f"- {line}\n" for line in origins),
        _table("steps per second (cores)", OVERVIEW, [(title(r), r) for r in results]),
    ]
    if curves:
        parts.append(f"## How it grows\n\n![speed over environments and legs]({PICTURE})\n")
        parts += [
            _table(label, SPEEDS, [(str(x), result) for x, result in curve])
            for label, curve in curves.items()
        ]
    if breakdowns:
        parts.append("## Where the time goes\n")
        parts += [f"    {_shown(r)}\n\n```\n{layers(r)}\n```\n" for r in breakdowns]
    parts += ["## In full\n", *(f"    {_shown(r)}\n\n```\n{text(r)}\n```\n" for r in results)]
    return "\n".join(parts)


def _shown(result: Json) -> str:
    """The command that prints what stands below it; the files are of the same one with `--json`."""
    return str(result["command"]).replace(" --json", "")


def _steps(figure: Json) -> str:
    return f"{figure['median']:,.0f}"


def _theirs(result: Json) -> str:
    baseline = result.get("baseline")
    if not baseline:
        return "–"
    speed = baseline["steps_per_second"][baseline["best"]][ITERATION]
    return f"{_steps(speed)} ({baseline['speedup']['median']:.1f})"


Columns = dict[str, Callable[[Json], str]]

SPEEDS: Columns = {
    "physics alone, 1 core": lambda r: _steps(speeds(r)["physics alone, 1 core"]),
    "physics limit": lambda r: f"{_steps(speeds(r)['physics limit'])} ({r['limit_threads']})",
    "collecting": lambda r: _steps(r["steps_per_second"]["collect"]),
    "update": lambda r: _steps(r["steps_per_second"]["update"]),
    "whole iteration": lambda r: f"**{_steps(r['steps_per_second'][ITERATION])}**",
    "fraction of the limit": lambda r: spread(r["fraction_of_physics"], 2),
}
OVERVIEW: Columns = SPEEDS | {"stable-baselines3 (speed-up over it)": _theirs}


def _table(label: str, columns: Columns, rows: Iterable[tuple[str, Json]]) -> str:
    """A row for each measurement, with its name in the first column, under `label`."""
    cells = [(name, *(cell(result) for cell in columns.values())) for name, result in rows]
    return Table((label, *columns), cells).markdown() + "\n"


def _curves(folder: Path) -> dict[str, Curve]:
    """The curves in a folder, by what is varied; a curve that was not measured is left out."""
    numbers: dict[str, tuple[str, Callable[[Json], int]]] = {
        "environments (CentipedeEight-v1)": ("num_env_*.json", lambda s: s["num_env"]),
        "legs (Centipede-v1, 1 environment)": ("legs_*.json", lambda s: s["env_kwargs"]["legs"]),
    }
    found = {
        label: sorted(
            ((number(r["settings"]), r) for r in read_results(folder, pattern)), key=lambda p: p[0]
        )
        for label, (pattern, number) in numbers.items()
    }
    return {label: curve for label, curve in found.items() if curve}


def parser() -> Parser:
    """The command line."""
    result = Parser(prog=PROGRAM, description="Write the page of the benchmarks from its results.")
    result.add_argument(
        "--folder", type=as_path, default=HOME, metavar="DIR",
        help="holds results/; the page and the picture are written here (default: benchmarks)",
    )  # fmt: skip
    return result


def main(argv: list[str]) -> None:
    """Read the results, write the page and the picture.

    Raises:
        UserError: there are no results, or a file is something else.
    """
    folder: Path = parser().parse_args(argv).folder
    results = read_results(folder / RESULTS, "*.json")
    if not results:
        raise UserError(
            f"--folder: there are no results in {folder / RESULTS}; benchmarks/all.sh makes them"
        )
    curves = _curves(folder / RESULTS / CURVES)
    if curves:
        write_atomically(folder / PICTURE, picture(curves))
    layered = read_results(folder / RESULTS / BREAKDOWN, "*.json", "benchmarks.breakdown")
    write_atomically(folder / "README.md", page(results, curves, layered).encode())


if __name__ == "__main__":
    run_command(main, PROGRAM)
