"""Measuring a policy while it trains, and keeping the best."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from baselines.common.checkpoint import DAMAGE, read
from baselines.common.errors import UserError
from baselines.common.trees import number
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.tasks import make_task
from baselines.config import Config
from baselines.evaluation.evaluation import run_episode
from baselines.training.run_metrics import EVAL_RETURN
from baselines.training.saved import BEST
from baselines.training.setup import Setup

FIRST_SEED = 1 << 32
"""Added to the run's seed for the first episode's, so that training has other starts."""


class Measuring:
    """Episodes of a policy as it is by now, on a task and random streams of their own.

    Every time they begin alike, so that the results can be compared, and a run that is resumed
    measures what it would have measured.
    """

    def __init__(self, config: Config) -> None:
        """Make the task.

        Raises:
            UserError: a second task cannot be made beside those of the run.
        """
        self._config = config
        try:
            self._task = ForeignTask(make_task(config.env, config.env_arguments))
        except UserError as error:
            raise UserError(
                f"--eval_interval: needs a task of its own beside those of the run; {error}"
            ) from None

    def mean_return(self, policy: SavedPolicy) -> float:
        """The mean return of the episodes; keeps the policy if none was better before.

        A return that is not finite is compared with none.

        Raises:
            UserError: the task returned something else than it should.
            TaskError: it raised an error.
            OSError: the best cannot be written.
        """
        config = self._config
        seeds = range(FIRST_SEED + config.seed, FIRST_SEED + config.seed + config.eval_episodes)
        found = float(np.mean([run_episode(policy, self._task, seed, True).r for seed in seeds]))
        if config.save_path and math.isfinite(found):
            keep_better(Path(config.save_path) / BEST, policy, found)
        return found

    def close(self) -> None:
        """Close the task."""
        self._task.close()


@contextmanager
def measuring_for(setup: Setup) -> Iterator[Measuring | None]:
    """The `Measuring` of a run on the first rank; None without evaluations.

    Raises:
        UserError: see `Measuring`; on all ranks.
    """
    measuring: Measuring | None = None
    with setup.team.united():
        if setup.config.eval_interval and setup.team.is_first:
            measuring = Measuring(setup.config)
    with closing(measuring) if measuring else nullcontext():
        yield measuring


def keep_better(path: Path, policy: SavedPolicy, mean_return: float) -> None:
    """Write the policy, unless the one in the file is as good."""
    try:
        best = read(path, "--save_path").metadata if path.exists() else None
        is_better = best is None or _is_better(policy, mean_return, best)
    except DAMAGE:
        is_better = True
    if is_better:
        kept = replace(policy, metadata=policy.metadata | {EVAL_RETURN: mean_return})
        kept.write_as(path)


def _is_better(policy: SavedPolicy, mean_return: float, best: Mapping[str, Any]) -> bool:
    """Whether a policy is better than the best so far, whose metadata is given.

    One that needs no teachers is better than any that still does: only it is of use by itself. Of
    two alike the newer one is taken if the other was measured over another number of episodes:
    the luck of a single one would last for ever.

    Raises:
        DAMAGE: the metadata is damaged.
    """
    is_alone = "transfer" not in best["policy"]
    if policy.is_alone != is_alone:
        return policy.is_alone
    episodes = [one["config"]["eval_episodes"] for one in (policy.metadata, best)]
    return episodes[0] != episodes[1] or mean_return > number(best[EVAL_RETURN])
