"""Measure training's speed: `python -m benchmarks.throughput --env=CentipedeEight-v1 --num_env=8`.

Run it from the root of the checkout. `benchmarks/README.md` tells what the figures mean.
"""

from __future__ import annotations

import argparse
import json

from baselines.common.command_line import NOT_NEGATIVE, POSITIVE, Parser, reader, run_command
from baselines.common.errors import UserError, check_choice
from baselines.config import Config
from benchmarks.arguments import (
    BATCH,
    add_json,
    add_num_env,
    add_repeats,
    add_task,
    shared_batch,
)
from benchmarks.measurement import BASELINES, measure
from benchmarks.table import origin, text

PROGRAM = "python -m benchmarks.throughput"


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Measure the speed of training and of the physics alone, in turn.",
    )
    add_task(result)
    result.add_argument(
        "--env_kwargs", default="{}", metavar="JSON", help="keyword arguments of the task"
    )
    add_num_env(result)
    result.add_argument(
        "--nsteps", type=reader(int, POSITIVE), metavar="N",
        help=f"steps of each environment per iteration (default: {BATCH} / num_env)",
    )  # fmt: skip
    add_repeats(result)
    result.add_argument(
        "--seed", type=reader(int, NOT_NEGATIVE), default=0, metavar="N",
        help="seed of everything random (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--baseline", metavar="NAME", help=f"time this as well (one of: {', '.join(BASELINES)})"
    )
    add_json(result)
    return result


def main(argv: list[str]) -> None:
    """Measure and print.

    Raises:
        UserError: bad input.
    """
    arguments = parser().parse_args(argv)
    if arguments.baseline is not None:
        check_choice("baseline", arguments.baseline, BASELINES)
    if arguments.baseline and arguments.teacher_paths:
        raise UserError(
            f"--baseline: {arguments.baseline} has no teachers; leave out one of --baseline and"
            " --teacher_paths"
        )
    result = measure(config_of(arguments), arguments.repeats, arguments.baseline or "")
    print(json.dumps(result, indent=1) if arguments.json else f"{text(result)}\n{origin(result)}")


def config_of(arguments: argparse.Namespace) -> Config:
    """The settings to measure.

    Raises:
        UserError: without `--nsteps`, a batch cannot be shared evenly.
    """
    return Config(
        env=arguments.env,
        env_kwargs=arguments.env_kwargs,
        num_env=arguments.num_env,
        nsteps=arguments.nsteps or shared_batch(arguments.num_env),
        teacher_paths=tuple(arguments.teacher_paths),
        seed=arguments.seed,
    )


if __name__ == "__main__":
    run_command(main, PROGRAM)
