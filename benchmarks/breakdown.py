"""Where the time of an iteration goes, layer by layer: `python -m benchmarks.breakdown`.

Functions of the training are wrapped with a stopwatch; what a layer's callees take is not counted
as its own. The stopwatch itself adds about a microsecond for every call of a step.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import gymnasium as gym
import mujoco

from baselines.common.command_line import POSITIVE, Parser, reader, run_command
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.running_stats import Normalizer, RunningMeanStd
from baselines.common.vec_env.vec_env import VecEnv, VecNormalize
from baselines.config import Config
from baselines.environments.centipede import CentipedeEnv
from baselines.ppo2 import runner
from baselines.ppo2.model import Model
from baselines.ppo2.runner import Runner
from baselines.transfer.student.student import Student
from benchmarks.arguments import add_json, add_task
from benchmarks.measurement import circumstances
from benchmarks.table import layers
from benchmarks.training import Training

PROGRAM = "python -m benchmarks.breakdown"

REST = "bookkeeping and logs"

LAYERS: dict[str, tuple[tuple[Any, str], ...]] = {
    "simulation and contact forces": ((mujoco, "mj_step"), (mujoco, "mj_rnePostConstraint")),
    "the task around it": ((CentipedeEnv, "step"),),
    "resets": ((CentipedeEnv, "reset"),),
    "Gymnasium's wrappers": ((gym.wrappers.TimeLimit, "step"),),
    "vector environment": ((VecEnv, "step_async"), (VecEnv, "step_wait")),
    "normalisation of observations": (
        (VecNormalize, "step_async"), (VecNormalize, "step_wait"), (RunningMeanStd, "update"),
        (Normalizer, "normalize_obs"),
    ),
    "rewards, values, advantages": (
        (VecNormalize, "normalize_rewards"), (Model, "value"), (Model, "neglogp"), (runner, "gae"),
    ),
    "rollout loop": ((Runner, "run"),),
    "update": ((Model, "train"),),
}  # fmt: skip
"""Functions by the layer that their time belongs to."""

ACTING = "acting"


class Stopwatch:
    """Seconds by layer; a layer's clock stands while a function it calls is measured.

    Attributes:
        seconds: so far, by layer.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running = [REST]
        self._since = time.perf_counter()

    def timed(self, layer: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time counted for the layer."""

        def timed_function(*arguments: Any, **keywords: Any) -> Any:
            self._switch()
            self._running.append(layer)
            try:
                return function(*arguments, **keywords)
            finally:
                self._switch()
                self._running.pop()

        return timed_function

    def _switch(self) -> None:
        now = time.perf_counter()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def restart(self) -> None:
        """Forget what was measured."""
        self.seconds.clear()
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Count what has passed since the last switch."""
        self._switch()


@contextmanager
def watched() -> Iterator[Stopwatch]:
    """Wrap the functions of all layers."""
    watch = Stopwatch()

    def timed_actor(actor: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: watch.timed(ACTING, actor(*arguments))

    with ExitStack() as stack:
        for layer, functions in LAYERS.items():
            for owner, name in functions:
                timed = watch.timed(layer, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, timed))
        for policy in (PlainPolicy, Student):
            stack.enter_context(patch.object(policy, "actor", timed_actor(policy.actor)))
        yield watch


def breakdown(config: Config, iterations: int) -> dict[str, float]:
    """Seconds of an iteration by layer, the mean over some, after one that is not counted."""
    with TemporaryDirectory() as logs, watched() as watch:
        one_thread = replace(config, log_path=logs, num_threads=1)
        with closing(Training(one_thread)) as training:
            training.iteration()
            watch.restart()
            for _ in range(iterations):
                training.iteration()
            watch.stop()
    return {layer: seconds / iterations for layer, seconds in watch.seconds.items()}


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM, description="Measure where the time of a training iteration goes."
    )
    add_task(result)
    result.add_argument(
        "--iterations", type=reader(int, POSITIVE), default=5, metavar="N",
        help="iterations that are timed (default: %(default)s)",
    )  # fmt: skip
    add_json(result)
    return result


def main(argv: list[str]) -> None:
    """Measure and print.

    Raises:
        UserError: bad input.
    """
    arguments = parser().parse_args(argv)
    config = Config(env=arguments.env, teacher_paths=tuple(arguments.teacher_paths))
    circumstances_before = circumstances(config, arguments.iterations)
    seconds = breakdown(config, arguments.iterations)
    result = circumstances_before | {"seconds_by_layer": seconds}
    print(json.dumps(result, indent=1) if arguments.json else layers(result))


if __name__ == "__main__":
    run_command(main, PROGRAM)
