"""Training on several ranks, and what they spend on one another.

    python -m benchmarks.ranks                 one process, to compare with
    mpiexec -n 2 python -m benchmarks.ranks    two

Each rank has environments and a rollout of its own, so that an iteration has as many times the
steps. `docs/scaling.md` tells what the figures mean.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import replace

import numpy as np

from baselines.common.command_line import Parser, run_command
from baselines.common.mpi import team
from baselines.common.team import Team
from baselines.config import Config
from benchmarks.arguments import add_json, add_num_env, add_repeats, add_task, shared_batch
from benchmarks.measurement import RUN_LENGTH, circumstances
from benchmarks.statistics import Json, rates, summary
from benchmarks.table import count, origin, spread, title
from benchmarks.training import ITERATION, PARTS, Training

PROGRAM = "python -m benchmarks.ranks"


def measure(config: Config, repeats: int, ranks: Team) -> Json:
    """Time iterations, and the averaging of an update's gradients by itself.

    Args:
        config: the settings of the training; its length does not count.
        repeats: how often each is timed, after one round that is not counted.
        ranks: the ranks, all of which call this.

    Returns:
        JSON; seconds are those of this rank, steps those of all.

    Raises:
        UserError: a setting or a file is wrong.
    """
    length = RUN_LENGTH * (repeats + 1) * config.nbatch * ranks.size
    config = config.on_ranks(ranks.size)
    result = circumstances(config, repeats)
    with closing(Training(replace(config, num_timesteps=length), ranks)) as training:
        size = training.num_variables
        training.iteration()
        iterations = [training.iteration() for _ in range(repeats)]
        exchanges = [_exchange(ranks, size, config) for _ in range(repeats + 1)][1:]
    seconds = {part: [times[part] for times in iterations] for part in (*PARTS, ITERATION)}
    return result | {
        "ranks": ranks.size,
        "variables": size,
        "seconds": {part: summary(values) for part, values in seconds.items()},
        "averaging_seconds": summary(exchanges),
        "steps_per_second": rates(config.nbatch, seconds[ITERATION]),
    }


def _exchange(ranks: Team, size: int, config: Config) -> float:
    """Seconds for the mean of as many gradients as an update has, when no rank is late."""
    gradient = np.zeros(size, np.float32)
    ranks.gather(None)
    begun = time.perf_counter()
    for _ in range(config.noptepochs * config.nminibatches):
        ranks.mean(gradient)
    return time.perf_counter() - begun


def text(result: Json) -> str:
    """The result in lines."""
    seconds = result["seconds"]
    parts = ", ".join(f"{part} {seconds[part]['median']:.3f}" for part in PARTS)
    return "\n".join([
        f"{title(result)}, {count(result['ranks'], 'rank')}",
        f"steps per second of all ranks: {spread(result['steps_per_second'], 0)}",
        f"seconds of an iteration: {spread(seconds[ITERATION], 3)}, of which {parts}",
        f"averaging {result['variables']:,} gradients at every minibatch:"
        f" {spread(result['averaging_seconds'], 3)} s an update",
        origin(result),
    ])  # fmt: skip


def parser() -> Parser:
    """The command line."""
    result = Parser(prog=PROGRAM, description="Measure the speed of training in several processes.")
    add_task(result)
    add_num_env(result)
    add_repeats(result)
    add_json(result)
    return result


def main(argv: list[str]) -> None:
    """Measure and print.

    Raises:
        UserError: bad input.
    """
    arguments = parser().parse_args(argv)
    config = Config(
        env=arguments.env,
        num_env=arguments.num_env,
        nsteps=shared_batch(arguments.num_env),
        teacher_paths=tuple(arguments.teacher_paths),
    )
    ranks = team()
    with ranks.ending_together():
        result = measure(config, arguments.repeats, ranks)
    if ranks.is_first:
        print(json.dumps(result, indent=1) if arguments.json else text(result))


if __name__ == "__main__":
    run_command(main, PROGRAM)
