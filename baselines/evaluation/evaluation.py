"""Episodes of a finished policy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import gymnasium as gym
import numpy as np

from baselines.analysis.runs.statistics import (
    MIN_SEEDS,
    NO_SPREAD,
    TOO_SMALL,
    Estimate,
    estimate_of_returns,
    mean,
)
from baselines.common.errors import TaskError, UserError
from baselines.common.seeding import streams
from baselines.common.vec_env.answers import refuse
from baselines.common.vec_env.described_spaces import describe_space
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.stored_body import arguments_with_body
from baselines.common.vec_env.tasks import check_made_here, make_task
from baselines.common.vec_env.vec_env import Episode

MAX_STEPS = 100_000
"""Steps after which an episode of a task without a time limit is cut off."""

NO_INTERVAL = {
    TOO_SMALL: f"no interval from fewer than {MIN_SEEDS} episodes",
    NO_SPREAD: "no interval, as all returns are equal",
}
"""What is said of an estimate without one, by its note."""


def run_episode(
    saved: SavedPolicy,
    task: ForeignTask,
    seed: int,
    deterministic: bool,
    max_steps: int | None = MAX_STEPS,
) -> Episode:
    """One episode with raw rewards; it depends on nothing but its arguments.

    Args:
        saved: the policy.
        task: its task.
        seed: of the environment's start and of the sampled actions.
        deterministic: take the most likely action instead of a sampled one.
        max_steps: where it is cut off; None: nowhere.
    """
    steps = list(islice(steps_of_episode(saved, task, seed, deterministic), max_steps))
    return Episode(sum(reward for reward, _ in steps), len(steps), was_cut=not steps[-1][1])


def steps_of_episode(
    saved: SavedPolicy, task: ForeignTask, seed: int, deterministic: bool
) -> Iterator[tuple[float, bool]]:
    """The raw reward of each step of an episode, as it is made, and whether it was the last.

    The arguments are those of `run_episode`.
    """
    random = streams(seed, num_env=1)
    distribution = saved.policy.distribution
    obs = task.reset(seed=random.env_seeds[0])
    done = False
    while not done:
        noise = None if deterministic else distribution.noise(random.actions, (1,))
        obs, reward, done = task.step(saved.act(obs[None], noise)[0])
        yield float(reward), bool(done)


def make_fitting_task(
    saved: SavedPolicy, env_id: str, env_kwargs: dict[str, Any], **options: Any
) -> ForeignTask:
    """A task that the policy can act in.

    Raises:
        UserError: there is no such task, or it has other spaces than the policy was made for.
    """
    task = ForeignTask(make_task(env_id, env_kwargs, **options))
    for kind in ("observation_space", "action_space"):
        made_for, has = saved.metadata[kind], describe_space(getattr(task, kind))
        differing = [key for key in ("kind", "shape", "n") if made_for.get(key) != has.get(key)]
        if differing:
            task.close()
            key = differing[0]
            raise UserError(
                f"--env: {env_id} does not fit the policy, which was trained on"
                f" {saved.metadata['env']['id']}: {kind} has {key} {has.get(key)},"
                f" not {made_for.get(key)}"
            )
    return task


def make_own_task(saved: SavedPolicy, **options: Any) -> ForeignTask:
    """The task that the checkpoint names.

    Raises:
        UserError: it cannot be made here, or its module has not been imported.
    """
    env = saved.metadata["env"]
    check_made_here(env["id"])
    with arguments_with_body(env["kwargs"], saved.metadata.get("body")) as kwargs:
        return make_fitting_task(saved, env["id"], kwargs, **options)


def evaluate(
    saved: SavedPolicy, episodes: int, seed: int, deterministic: bool, max_steps: int = MAX_STEPS
) -> list[Episode]:
    """Episodes of a policy in its own task; episode k depends on `seed` + k.

    The task's own seed is drawn from that, as in a training run of this seed.

    Each is cut off after `max_steps`, and marked so.

    Raises:
        UserError: the task of the checkpoint cannot be made here, or a return is not finite.
        TaskError: it raised an error.
    """
    task = make_own_task(saved)
    found: list[Episode] = []
    try:
        for start in range(seed, seed + episodes):
            found.append(run_episode(saved, task, start, deterministic, max_steps))
            if not math.isfinite(found[-1].r):
                refuse(task.name, f"the return of the episode from seed {start} is not finite")
    finally:
        task.close()
    return found


@dataclass(frozen=True)
class Evaluation:
    """Episodes of a policy, and statistics of their returns.

    Attributes:
        mean: mean of the returns.
        interval: Student's 95 % interval of the mean, (low, high); None if there are fewer than 3
            episodes, or all returns are equal.
        episodes: the episodes, each with its return `r`, of rewards that are not normalised, its
            length `l` in environment steps, and `was_cut`: whether it was cut off after 100,000.
    """

    mean: float
    interval: tuple[float, float] | None
    episodes: list[Episode]

    @classmethod
    def of(cls, episodes: list[Episode]) -> Evaluation:
        """The statistics of these episodes."""
        returns = returns_of(episodes)
        return cls(float(returns.mean()), interval_of_mean(returns), episodes)

    def __repr__(self) -> str:
        count = len(self.episodes)
        told = interval_in_words(returns_of(self.episodes))
        if cut := cut_among(self.episodes):
            told += f"; {cut} cut off before the end"
        return f"<return {self.mean:.1f} over {count} episode{'s' * (count > 1)}, {told}>"


def returns_of(episodes: list[Episode]) -> np.ndarray:
    """The return of each episode, float64 of [n]."""
    return np.array([episode.r for episode in episodes])


def cut_among(episodes: list[Episode]) -> int:
    """How many of the episodes were cut off."""
    return sum(episode.was_cut for episode in episodes)


def summarize(episodes: list[Episode]) -> dict[str, Any]:
    """The statistics of an `Evaluation` and more; JSON.

    Returns:
        `episodes` (their number); `mean`, `std` (of the sample, n - 1; 0 for a single episode),
        `min`, `max` and `ci95` (see `interval_of_mean`) of the return; `mean_length` in environment
        steps; `cut`, how many episodes were cut off.
    """
    found, returns = Evaluation.of(episodes), returns_of(episodes)
    return {
        "episodes": len(episodes),
        "mean": found.mean,
        "std": float(returns.std(ddof=1)) if len(returns) > 1 else 0.0,
        "min": float(returns.min()),
        "max": float(returns.max()),
        "ci95": found.interval,
        "mean_length": float(np.mean([episode.l for episode in episodes])),
        "cut": cut_among(episodes),
    }


def interval_of_mean(returns: np.ndarray) -> tuple[float, float] | None:
    """95 % interval of the mean of [n] returns, Student's; None: n < 3, or all are equal."""
    found = _estimate(returns)
    return None if math.isnan(found.low) else (found.low, found.high)


def interval_in_words(returns: np.ndarray) -> str:
    """The interval of `interval_of_mean` of [n] returns, or why there is none."""
    found = _estimate(returns)
    if math.isnan(found.low):
        return NO_INTERVAL.get(found.note, "no interval")
    return f"95 % interval {found.low:.1f} to {found.high:.1f}"


def _estimate(returns: np.ndarray) -> Estimate:
    return estimate_of_returns(returns, mean)


def play(saved: SavedPolicy, env_id: str, env_kwargs: dict[str, Any], seed: int) -> None:
    """Show episodes in a window until Ctrl-C.

    Raises:
        UserError: there is no display, or the policy does not fit the task.
    """
    task = make_fitting_task(saved, env_id, env_kwargs, render_mode="human")
    try:
        while True:
            episode = run_episode(saved, task, seed, deterministic=False, max_steps=None)
            print(f"episode return {episode.r:.1f}, length {episode.l}", flush=True)
            seed += 1
    except TaskError as error:
        if not isinstance(error.__cause__, gym.error.Error):
            raise
        raise UserError(f"--play: {env_id} cannot be shown: {error.__cause__}") from None
    except KeyboardInterrupt:
        return
    finally:
        task.close()
