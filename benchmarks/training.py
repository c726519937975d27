"""Training as `baselines.ppo2.ppo2.learn` does it, one timed iteration at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

from threadpoolctl import threadpool_limits

from baselines.common.team import ALONE, Team
from baselines.config import Config
from baselines.ppo2.ppo2 import iterate, open_session
from baselines.training.setup import prepare

ITERATION = "iteration"
PARTS = ("collect", "update", "rest")
"""What an iteration consists of; `rest` is bookkeeping and logs."""


class Training:
    """A training run, with log files, that pauses after each iteration."""

    def __init__(self, config: Config, team: Team = ALONE) -> None:
        """Make everything that comes before the first step, `config.log_path` included.

        Raises:
            UserError: a setting or a file is wrong; nothing has been written.
        """
        self._stack = ExitStack()
        with team.united():
            setup = prepare(config, team)
        # Else one would see the report and the progress bar of a run that never ends.
        with redirect_stderr(StringIO()), redirect_stdout(StringIO()):
            self._run = self._stack.enter_context(open_session(setup))
        self._stage = setup.stages[0]
        self._times: dict[str, float] = {}
        self._run.runner.run = self._timed("collect", self._run.runner.run)  # type: ignore[method-assign]
        self._run.model.train = self._timed("update", self._run.model.train)  # type: ignore[method-assign]

    @property
    def num_variables(self) -> int:
        """How many scalars are trained."""
        return sum(value.size for value in self._run.model.params.values())

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            start = time.perf_counter()
            result = function(*arguments)
            self._times[part] = time.perf_counter() - start
            return result

        return timed

    def iteration(self) -> dict[str, float]:
        """Seconds of the next iteration, and of its parts, which sum to it."""
        with threadpool_limits(1, user_api="blas"), redirect_stdout(StringIO()):
            start = time.perf_counter()
            iterate(self._run, self._stage, self._run.progress.updates + 1)
            whole = time.perf_counter() - start
        rest = whole - sum(self._times.values())
        return self._times | {"rest": rest, ITERATION: whole}

    def close(self) -> None:
        """Close the logs and the environments."""
        self._stack.close()
