"""Episodes of a finished policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np

from baselines.common.errors import UserError
from baselines.common.seeding import streams
from baselines.common.vec_env.task_modules import check_task_of_file
from baselines.common.vec_env.tasks import describe_space, make_task
from baselines.common.vec_env.vec_env import Episode, env_action
from baselines.training.saved import SavedPolicy


def run_episode(saved: SavedPolicy, env: gym.Env, seed: int, deterministic: bool) -> Episode:
    """One episode with raw rewards; it depends on nothing but its arguments.

    Args:
        saved: the policy.
        env: its task.
        seed: of the environment's start and of the sampled actions.
        deterministic: take the most likely action instead of a sampled one.
    """
    rewards = list(rewards_of_episode(saved, env, seed, deterministic))
    return Episode(sum(rewards), len(rewards))


def rewards_of_episode(
    saved: SavedPolicy, env: gym.Env, seed: int, deterministic: bool
) -> Iterator[float]:
    """The raw reward of each step of an episode, as it is made; arguments as for `run_episode`."""
    random = streams(seed, num_env=1)
    distribution = saved.policy.distribution
    first_action = int(getattr(env.action_space, "start", 0))
    obs, _ = env.reset(seed=random.env_seeds[0])
    done = False
    while not done:
        noise = None if deterministic else distribution.noise(random.actions, (1,))
        action = saved.act(np.asarray(obs)[None], noise)[0]
        obs, reward, terminated, truncated, _ = env.step(env_action(action, first_action))
        yield float(reward)
        done = terminated or truncated


def make_fitting_task(
    saved: SavedPolicy, env_id: str, env_kwargs: dict[str, Any], **options: Any
) -> gym.Env:
    """A task that the policy can act in.

    Raises:
        UserError: there is no such task, or it has other spaces than the policy was made for.
    """
    env = make_task(env_id, env_kwargs, **options)
    for kind in ("observation_space", "action_space"):
        made_for, has = saved.metadata[kind], describe_space(getattr(env, kind))
        differing = [key for key in ("kind", "shape", "n") if made_for.get(key) != has.get(key)]
        if differing:
            key = differing[0]
            raise UserError(
                f"--env: {env_id} does not fit the policy, which was trained on"
                f" {saved.metadata['env']['id']}: {kind} has {key} {has.get(key)},"
                f" not {made_for.get(key)}"
            )
    return env


def make_own_task(saved: SavedPolicy, **options: Any) -> gym.Env:
    """The task that the checkpoint names.

    Raises:
        UserError: it cannot be made here, or its module has not been imported.
    """
    env = saved.metadata["env"]
    check_task_of_file(env["id"])
    return make_fitting_task(saved, env["id"], env["kwargs"], **options)


def evaluate(saved: SavedPolicy, episodes: int, seed: int, deterministic: bool) -> list[Episode]:
    """Episodes of a policy in its own task; episode k starts from `seed` + k.

    Raises:
        UserError: the task that the checkpoint names cannot be made here.
    """
    env = make_own_task(saved)
    try:
        return [run_episode(saved, env, seed + k, deterministic) for k in range(episodes)]
    finally:
        env.close()


def summarize(episodes: list[Episode]) -> dict[str, Any]:
    """Figures over the episodes; JSON.

    Returns:
        `episodes` (their number); `mean`, `std` (of the sample, n - 1; 0 for a single episode),
        `min`, `max` and `ci95` (95 % bootstrap interval of the mean, BCa where it is defined) of
        the return; `mean_length` in environment steps.
    """
    returns = np.array([episode.r for episode in episodes])
    return {
        "episodes": len(episodes),
        "mean": float(returns.mean()),
        "std": float(returns.std(ddof=1)) if len(returns) > 1 else 0.0,
        "min": float(returns.min()),
        "max": float(returns.max()),
        "ci95": bootstrap_interval(returns),
        "mean_length": float(np.mean([episode.l for episode in episodes])),
    }


def bootstrap_interval(sample: np.ndarray) -> list[float]:
    """95 % bootstrap interval of the mean of [n] values; their mean twice where all are equal."""
    if np.ptp(sample) == 0:
        return [float(sample.mean())] * 2
    from scipy import stats  # takes half a second to import

    result = stats.bootstrap(
        (sample,), np.mean, confidence_level=0.95, batch=100, rng=np.random.default_rng(0)
    )
    return [float(result.confidence_interval.low), float(result.confidence_interval.high)]


def play(saved: SavedPolicy, env_id: str, env_kwargs: dict[str, Any], seed: int) -> None:
    """Show episodes in a window until Ctrl-C.

    Raises:
        UserError: there is no display, or the policy does not fit the task.
    """
    env = make_fitting_task(saved, env_id, env_kwargs, render_mode="human")
    try:
        while True:
            episode = run_episode(saved, env, seed, deterministic=False)
            print(f"episode return {episode.r:.1f}, length {episode.l}", flush=True)
            seed += 1
    except gym.error.Error as error:
        raise UserError(f"--play: {env_id} cannot be shown: {error}") from None
    except KeyboardInterrupt:
        return
    finally:
        env.close()
