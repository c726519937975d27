"""Train the runs of an experiment file: `python -m baselines.sweep experiments/sizes.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from pathlib import Path

from baselines.common.command_line import (
    EXIT_FAILURE,
    NAMED,
    NOT_NEGATIVE,
    POSITIVE,
    Parser,
    as_path,
    reader,
    run_command,
)
from baselines.common.errors import UserError
from baselines.common.files import check_can_make
from baselines.common.machine import usable_cores
from baselines.common.stopping import stop_requests
from baselines.experiments.choosing import (
    check_teachers_of,
    chosen_of,
    of_number,
    twins_among,
)
from baselines.experiments.forecast import measured_speeds
from baselines.experiments.items import Item
from baselines.experiments.plan import read_experiments
from baselines.experiments.running import Board, board_of, run_all, with_teachers
from baselines.experiments.status import is_finished, standing
from baselines.experiments.telling import Teller, lines_on_kept, summary_of
from baselines.experiments.yaml_files import ARGUMENT
from baselines.published.collecting import check_as_declared, lines_on_teachers
from baselines.published.folder import committed_runs

PROGRAM = "python -m baselines.sweep"
DRY_RUN_SECONDS = 20


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Train the runs of experiment files that are not finished yet, several at once,"
        " each on one thread. If it is stopped or killed, the same command continues. A run whose"
        " complete log is in the results, such as one of another machine, is not trained again.",
    )
    result.add_argument(
        "experiments", nargs="+", type=as_path, metavar=ARGUMENT,
        help="such as experiments/x.yaml; several are trained in this order",
    )  # fmt: skip
    result.add_argument(
        "--jobs", type=reader(int, POSITIVE), default=0, metavar="N",
        help="trainings at once (default: one per usable core)",
    )  # fmt: skip
    result.add_argument(
        "--only", nargs="+", type=reader(str, NAMED), default=[], metavar="TEXT",
        help="only runs with all of these texts in their name, and those that make their teachers",
    )  # fmt: skip
    result.add_argument(
        "--seeds", nargs="+", type=reader(int, NOT_NEGATIVE), default=[], metavar="N",
        help="only these seeds",
    )  # fmt: skip
    result.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="SETTING=VALUE",
        help="settings for all runs, such as num_timesteps=1e5",
    )  # fmt: skip
    result.add_argument(
        "--out", type=as_path, default=Path("runs"), metavar="DIR",
        help="folder of the runs (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--results", type=as_path, default=Path("results"), metavar="DIR",
        help="folder of all results, --out of baselines.results, whose runs are not trained again;"
        " with one that does not exist all are trained (default: %(default)s)",
    )  # fmt: skip
    only_told = result.add_mutually_exclusive_group()
    only_told.add_argument(
        "--dry_run", action="store_true", help="list the runs and the expected time, train nothing"
    )
    only_told.add_argument(
        "--folders", action="store_true",
        help="print the log folders of what the files compare, for baselines.plot",
    )  # fmt: skip
    result.add_argument(
        "--array", type=reader(int, NOT_NEGATIVE), metavar="INDEX",
        help="only the run of this number, from 0 on, for the job arrays of a cluster; its teachers"
        " must be there",
    )  # fmt: skip
    return result


def main(argv: list[str]) -> int:
    """Run, or list, or forecast; the exit status.

    Raises:
        UserError: bad input; nothing has been started.
    """
    arguments = parser().parse_args(argv)
    overrides = dict(_pair(text) for text in arguments.set)
    out = arguments.out
    declared = read_experiments(arguments.experiments, out, overrides)
    chosen = chosen_of(declared, arguments.only, arguments.seeds)
    twins = twins_among(chosen)
    alone = [item for item in chosen if item.name not in twins]
    items = of_number(alone, arguments.array)
    if arguments.array is None and not arguments.folders:
        items = with_teachers(items, declared)
    for item in items:
        check_as_declared(item, out)
    whole = committed_runs(arguments.results).finished_of(declared, out)
    logs = {item.name: whole[item.name].folder for item in items if _is_kept(item, whole)}
    if arguments.folders:
        shown = [item for item in items if item.shown]
        print("\n".join(str(logs.get(item.name, item.config.log_path)) for item in shown))
        return 0
    for name, earlier in twins.items():
        print(f"{name} is left out: it is the same run as {earlier.name}")
    for line in chain.from_iterable(map(lines_on_teachers, items)):
        print(line)
    board = board_of(items, logs)
    check_teachers_of(board)
    for item in board.waiting:
        check_can_make(item.folder, "--out")
    jobs = arguments.jobs or usable_cores()
    if arguments.dry_run:
        _forecast(board, items, {item.name: n for n, item in enumerate(alone)}, logs, jobs)
        return 0
    for line in lines_on_kept(board, logs):
        print(line)
    return _run(board, jobs)


def _is_kept(item: Item, whole: Collection[str]) -> bool:
    """Whether the run's log is kept elsewhere, and the run was not finished here."""
    return item.name in whole and not is_finished(item)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--set: must be SETTING=VALUE, not {text!r}")
    return name, value


def _forecast(
    board: Board,
    items: Sequence[Item],
    numbers: Mapping[str, int],
    logs: Mapping[str, Path],
    jobs: int,
) -> None:
    """Print all runs, with the numbers that `--array` has for them, and how long they take."""
    for item in items:
        state = f"{standing(item).updates} updates done of {item.config.nupdates}"
        if item in board.done:
            state = f"done, in {logs[item.name]}" if item.name in logs else "done"
        print(f"{numbers.get(item.name, ''):4} {item.name}: {state}")
    for line in lines_on_kept(board, logs):
        print(line)
    if board.waiting:
        print(f"measuring for {DRY_RUN_SECONDS} s ...", flush=True)
        with stop_requests(tells=False) as stop:
            speeds = measured_speeds(board.waiting, DRY_RUN_SECONDS, stop)
        print(summary_of(board, speeds, jobs))


def _run(board: Board, jobs: int) -> int:
    teller = Teller(jobs)
    with stop_requests() as stop:

        def tell(board: Board) -> None:
            teller.tell(board)
            stop.meet()

        run_all(board, jobs, tell)
    print(summary_of(board, {}, jobs))
    return EXIT_FAILURE if board.failed else 0


if __name__ == "__main__":
    run_command(main, PROGRAM)
