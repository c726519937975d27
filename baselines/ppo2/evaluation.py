"""Episodes of a finished policy."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from baselines.common.command_line import UserError
from baselines.common.tasks import make_task
from baselines.common.vec_env import Episode
from baselines.ppo2.saved import SavedPolicy


def run_episode(saved: SavedPolicy, env: gym.Env, seed: int, deterministic: bool) -> Episode:
    """One episode with raw rewards; it depends on nothing but its arguments.

    Args:
        saved: the policy.
        env: its task.
        seed: of the environment's start and of the sampled actions.
        deterministic: take the most likely action instead of a sampled one.
    """
    rng = np.random.default_rng(seed)
    distribution = saved.policy.distribution
    first_action = int(getattr(env.action_space, "start", 0))
    obs, _ = env.reset(seed=seed)
    total, length, done = 0.0, 0, False
    while not done:
        noise = None if deterministic else distribution.noise(rng, (1,))
        action = saved.act(np.asarray(obs)[None], noise)[0]
        if isinstance(env.action_space, gym.spaces.Discrete):
            action = first_action + int(action)
        obs, reward, terminated, truncated, _ = env.step(action)
        total, length, done = total + float(reward), length + 1, terminated or truncated
    return Episode(total, length)


def check_fits(saved: SavedPolicy, env: gym.Env) -> None:
    """Raises UserError when the policy was made for other dimensions than the task's."""
    made_for = saved.metadata["observation_space"].get("shape")
    if made_for != list(env.observation_space.shape or ()):
        raise UserError(
            f"--env: the policy was trained on {saved.metadata['env']['id']} with observations of"
            f" shape {made_for}, not {list(env.observation_space.shape or ())}"
        )


def play(saved: SavedPolicy, env_id: str, env_kwargs: dict[str, Any], seed: int) -> None:
    """Show episodes in a window until Ctrl-C.

    Raises:
        UserError: there is no display, or the policy does not fit the task.
    """
    env = make_task(env_id, env_kwargs, render_mode="human")
    check_fits(saved, env)
    try:
        while True:
            episode = run_episode(saved, env, seed, deterministic=False)
            print(f"episode return {episode.r:.1f}, length {episode.l}", flush=True)
            seed += 1
    except KeyboardInterrupt:
        return
    finally:
        env.close()
