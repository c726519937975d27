"""Train logged runs again and compare: `python -m baselines.verify results/NAME`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from baselines.analysis.runs.log_text import WHERE
from baselines.analysis.runs.panels import Panel, panels
from baselines.analysis.runs.runs import Run, find_runs
from baselines.common.command_line import (
    EXIT_FAILURE,
    NAMED,
    POSITIVE,
    Parser,
    as_path_text,
    reader,
    run_command,
)
from baselines.common.errors import UserError
from baselines.common.provenance import changed_since
from baselines.config import Config
from baselines.flags import add_outside, allow_outside
from baselines.published.reruns import check_files, config_of, rerun
from baselines.published.verdicts import judge

PROGRAM = "python -m baselines.verify"
TIMESTEPS = 100_000


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Train the first part of logged runs again, one after the other, and say for"
        " each whether it is identical to its log, or its curve lies inside the band of the logged"
        " seeds. The exit status is 1 if one is outside.",
    )
    result.add_argument(
        "folder",
        type=as_path_text,
        metavar=WHERE,
        help="folder with logs at or below it, such as results/sizes",
    )
    result.add_argument(
        "--only", nargs="+", type=reader(str, NAMED), default=[], metavar="TEXT",
        help="only runs whose folder has all of these texts in its name",
    )  # fmt: skip
    result.add_argument(
        "--timesteps", type=reader(int, POSITIVE), default=TIMESTEPS, metavar="N",
        help="length of the first part, at least two logged rows [in environment steps;"
        " default: %(default)s]",
    )  # fmt: skip
    add_outside(result)
    return result


def main(argv: list[str]) -> int:
    """Train, compare, tell; the exit status.

    Raises:
        UserError: bad input, found before any training; or a training that fails.
    """
    arguments = parser().parse_args(argv)
    allow_outside(arguments)
    runs = find_runs([arguments.folder])
    groups = panels(runs)
    chosen = [run for run in runs if all(text in str(run.folder) for text in arguments.only)]
    if not chosen:
        raise UserError(f"--only: no run in {arguments.folder} has {' and '.join(arguments.only)}")
    configs = [config_of(run) for run in chosen]
    for run in chosen:
        check_files(run)
    agree = [
        _verify(run, config, _seeds(run, groups), arguments.timesteps)
        for run, config in zip(chosen, configs, strict=True)
    ]
    return 0 if all(agree) else EXIT_FAILURE


def _seeds(run: Run, groups: list[Panel]) -> tuple[Run, ...]:
    """The runs of its method."""
    methods = (method for panel in groups for method in panel.methods)
    return next(m.runs for m in methods if any(run is other for other in m.runs))


def _verify(run: Run, config: Config, seeds: tuple[Run, ...], timesteps: int) -> bool:
    """Whether a rerun agrees with the log; says so."""
    stop = min(max(timesteps, run.timesteps[1]), run.timesteps[-1], run.first_stretch)
    with tempfile.TemporaryDirectory() as folder:
        verdict = judge(run, rerun(config, stop, Path(folder)), seeds)
    print(f"{run.folder}: {verdict.words}{_changed(run)}", flush=True)
    return verdict.agrees


def _changed(run: Run) -> str:
    """The versions, or the processor, that are others than the run's."""
    changed = changed_since(run.origin.versions)
    return f" ({', '.join(changed)})" if changed else ""


if __name__ == "__main__":
    run_command(main, PROGRAM)
