"""Train the runs of an experiment file: `python -m baselines.sweep experiments/sizes.yaml`."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
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
from baselines.config import Config
from baselines.experiments.forecast import Kind, measured_speeds, seconds_left
from baselines.experiments.items import Item
from baselines.experiments.plan import read_experiments
from baselines.experiments.running import Board, board_of, pupils_of, run_all
from baselines.experiments.status import is_finished, is_there, standing, trainer
from baselines.experiments.yaml_files import ARGUMENT
from baselines.published.collecting import check_as_declared
from baselines.published.folder import committed_runs

PROGRAM = "python -m baselines.sweep"
DRY_RUN_SECONDS = 20
SECONDS_BETWEEN_LINES = 60.0


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
        "--set", nargs="+", default=[], metavar="SETTING=VALUE",
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
    result.add_argument(
        "--dry_run", action="store_true", help="list the runs and the expected time, train nothing"
    )
    result.add_argument(
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
    chosen = _chosen(declared, arguments.only, arguments.seeds)
    twins = _twins(chosen)
    alone = [item for item in chosen if item.name not in twins]
    items = _of_number(alone, arguments.array)
    if arguments.array is None and not arguments.folders:
        items = _with_teachers(items, declared)
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
    board = board_of(items, logs)
    _check_teachers(board)
    for item in board.waiting:
        check_can_make(item.folder, "out")
    jobs = arguments.jobs or usable_cores()
    if arguments.dry_run:
        _forecast(board, items, {item.name: n for n, item in enumerate(alone)}, logs, jobs)
        return 0
    for line in _told(board, logs):
        print(line)
    return _run(board, jobs)


def _is_kept(item: Item, whole: Collection[str]) -> bool:
    """Whether the run's log is kept elsewhere, and the run was not finished here."""
    return item.name in whole and not is_finished(item)


def _told(board: Board, logs: Mapping[str, Path]) -> Iterator[str]:
    """What is not trained again, and what is all the same."""
    kept = [item for item in board.done if item.name in logs]
    if kept:
        words = (
            "run is not trained again: its log is"
            if len(kept) == 1
            else ("runs are not trained again: their logs are")
        )
        yield f"{len(kept)} {words} among the results"
    for item in (item for item in board.waiting if item.name in logs):
        pupil = pupils_of(item, board.waiting)[0].name
        yield (
            f"{item.name} is trained again: its log is in {logs[item.name]}, but not its policy,"
            f" which teaches {pupil}"
        )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--set: must be SETTING=VALUE, not {text!r}")
    return name, value


def _chosen(items: Sequence[Item], only: list[str], seeds: list[int]) -> list[Item]:
    chosen = [
        item
        for item in items
        if all(text in item.name for text in only) and (not seeds or item.config.seed in seeds)
    ]
    if not chosen:
        flag = "--only" if only else "--seeds"
        raise UserError(f"{flag}: no run of this name and seed; --dry_run lists them")
    return chosen


def _with_teachers(items: Sequence[Item], declared: Sequence[Item]) -> list[Item]:
    """Some runs, and those that make their teachers, in the order of the files."""
    wanted = list(items)
    for item in reversed(declared):  # a teacher is declared before its students
        if item not in wanted and pupils_of(item, wanted):
            wanted.append(item)
    return sorted(wanted, key=declared.index)


def _twins(items: Sequence[Item]) -> dict[str, Item]:
    """The runs that are the same as an earlier one under another name, each with that one.

    But for those that teach: their students name their folders.
    """
    first: dict[Config, Item] = {}
    earlier = [(item, first.setdefault(_without_places(item.config), item)) for item in items]
    return {
        item.name: one for item, one in earlier if one is not item and not pupils_of(item, items)
    }


def _without_places(config: Config) -> Config:
    return replace(config, save_path="", log_path="")


def _of_number(items: list[Item], index: int | None) -> list[Item]:
    if index is None:
        return items
    if index >= len(items):
        raise UserError(f"--array: must be less than {len(items)}, the number of runs")
    return [items[index]]


def _check_teachers(board: Board) -> None:
    made = {str(item.last_checkpoint) for item in board.waiting}
    for item in board.waiting:
        for path in item.config.teacher_paths:
            if path not in made and not is_there(path):
                raise UserError(f"{ARGUMENT}: {item.name}: there is no teacher {path}")


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
    for line in _told(board, logs):
        print(line)
    if board.waiting:
        print(f"measuring for {DRY_RUN_SECONDS} s ...", flush=True)
        speeds = measured_speeds(board.waiting, DRY_RUN_SECONDS)
        print(_summary(board, speeds, jobs))


def _run(board: Board, jobs: int) -> int:
    teller = _Teller(jobs)
    with stop_requests() as stop:

        def tell(board: Board) -> None:
            teller.tell(board)
            stop.meet()

        run_all(board, jobs, tell)
    print(_summary(board, {}, jobs))
    return EXIT_FAILURE if board.failed else 0


def _summary(board: Board, speeds: dict[Kind, float], jobs: int) -> str:
    left = seconds_left(board, speeds, jobs)
    line = (
        f"{len(board.done)} done, {len(board.running)} running, {len(board.waiting)} waiting,"
        f" {len(board.failed)} failed"
    )
    return line + (f"; {_hours(left)} left with {jobs} at once" if left else "")


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


class _Teller:
    """Shows the board: redrawn in place on a terminal, elsewhere a line on every change."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._drawn = 0
        self._told: tuple[int, ...] = ()
        self._last = 0.0

    def tell(self, board: Board) -> None:
        """Show where the runs stand."""
        if sys.stdout.isatty():
            self._draw([*self._lines(board), _summary(board, {}, self._jobs)])
            return
        now = (len(board.waiting), len(board.done), len(board.failed))
        if now != self._told or time.monotonic() - self._last > SECONDS_BETWEEN_LINES:
            self._told, self._last = now, time.monotonic()
            print("\n".join([*self._lines(board), _summary(board, {}, self._jobs)]), flush=True)

    def _draw(self, lines: list[str]) -> None:
        back = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
        print(back + "\n".join(lines), flush=True)
        self._drawn = len(lines)

    def _lines(self, board: Board) -> list[str]:
        lines = [f"failed: {item.name}: {reason}" for item, reason in board.failed]
        for item in board.running.values():
            now = standing(item)
            done = f"update {now.updates} of {item.config.nupdates}"
            lines.append(f"  {item.name}: {done}, {now.fps:.0f} steps/s")
        for item in board.waiting:
            if who := trainer(item):
                lines.append(f"  {item.name}: {who} is training it; waiting")
        return lines


if __name__ == "__main__":
    run_command(main, PROGRAM)
