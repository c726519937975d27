"""Training as `baselines.ppo2.ppo2.learn` does it, one timed iteration at a time."""

from __future__ import annotations

import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from threadpoolctl import threadpool_limits

from baselines.common.schedules import linear_decay
from baselines.common.vec_env import VecNormalize
from baselines.config import Config
from baselines.ppo2.model import Model
from baselines.ppo2.progress import Progress
from baselines.ppo2.runner import Runner
from baselines.ppo2.setup import open_outputs, prepare
from baselines.transfer.schedule import stages

ITERATION = "iteration"
PARTS = ("collect", "update", "rest")
"""What an iteration consists of; `rest` is bookkeeping and logs."""


class Training:
    """A training run, with log files, that pauses after each iteration."""

    def __init__(self, config: Config) -> None:
        """Make everything that comes before the first step, `config.log_path` included.

        Raises:
            UserError: a setting or a file is wrong; nothing has been written.
        """
        self._config = config
        self._setup = prepare(config)
        with redirect_stderr(StringIO()):  # else a progress bar of a run that never ends
            self._log = open_outputs(self._setup)
        self._stage = stages(self._setup.policy, config)[0]
        self._model = Model(self._setup.policy, self._setup.params, config)
        self._progress = Progress(config)
        envs = VecNormalize(self._setup.envs, self._setup.normalizer, config.gamma)
        self._runner = Runner(envs, self._model, config, self._setup.random.actions)

    def iteration(self) -> dict[str, float]:
        """Seconds of the next iteration, and of its parts, which sum to it."""
        with threadpool_limits(1, user_api="blas"), redirect_stdout(StringIO()):
            return self._iteration()

    def _iteration(self) -> dict[str, float]:
        start = time.perf_counter()
        update = self._progress.updates + 1
        lr = self._config.lr * linear_decay(update, self._config.nupdates)
        coefs = self._stage.coefs(update)
        batch = self._runner.run()
        collected = time.perf_counter()
        losses = self._model.train(vars(batch), self._setup.random.minibatches, lr, coefs)
        updated = time.perf_counter()
        self._progress.record(batch)
        self._log.advance(self._progress.episodes, self._progress.elapsed)
        shares = self._stage.shares(self._model.params)
        figures = self._progress.figures(lr, coefs, losses, shares)
        self._log.figures(figures, self._progress.remaining)
        end = time.perf_counter()
        times = (collected - start, updated - collected, end - updated)
        return dict(zip(PARTS, times, strict=True)) | {ITERATION: end - start}

    def close(self) -> None:
        """Close the logs and the environments."""
        self._log.close()
        self._setup.envs.close()
