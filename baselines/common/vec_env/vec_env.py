"""Many environments stepped at once, and what they return normalised by running statistics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gymnasium as gym
import numpy as np

from baselines.common.errors import check_finite
from baselines.common.networks.spaces import observation_size
from baselines.common.trees import Tree, count, number
from baselines.common.vec_env.env_state import env_state, made_alike, restore_env
from baselines.common.vec_env.running_stats import EPSILON, Normalizer, clipped
from baselines.common.vec_env.tasks import make_several
from baselines.common.vec_env.workers import Wait, Workers


@dataclass(frozen=True)
class Episode:
    """An episode.

    Attributes:
        r: return, the undiscounted sum of the raw rewards.
        l: length in environment steps.
        was_cut: whether the task itself would have gone on, at the end of an evaluation's patience.
    """

    r: float
    l: int  # noqa: E741 (Baselines' monitor files call it so)
    was_cut: bool = False


Steps = tuple[np.ndarray, np.ndarray, np.ndarray, list[Episode]]
"""Of n environments: observations of [n, d], raw rewards float64 of [n], dones bool of [n], and
the episodes that ended. The arrays hold until the next step."""


class VecEnv:
    """Environments stepped by groups, in threads where there are several of both.

    Several environments are two groups that take turns: while one is simulated, the caller can
    deal with what the other returned, and no thread has to wait for the slowest environment of a
    step. The groups do not depend on the number of threads, and so no result does.

    Each environment is reset as soon as its episode ends, and then returns the new episode's first
    observation. The end of an episode and the time limit both count as `done`, as in the
    paper's code: there is no bootstrap at the time limit.

    Attributes:
        tasks: the environments.
        groups: which of them are stepped together.
    """

    def __init__(
        self, make: Callable[[], gym.Env], seeds: Sequence[int], num_threads: int = 1
    ) -> None:
        self.tasks = make_several(make, len(seeds))
        self.observation_space = self.tasks[0].observation_space
        self.action_space = self.tasks[0].action_space
        self.num_env = len(self.tasks)
        self._seeds = list(seeds)
        self._made = made_alike([task.env for task in self.tasks], make)
        self._returns = [0.0] * self.num_env
        self._lengths = [0] * self.num_env
        self._ended: list[Episode | None] = [None] * self.num_env
        self._rewards = np.zeros(self.num_env)
        self._dones = np.zeros(self.num_env, bool)
        self._obs = np.zeros((self.num_env, observation_size(self.observation_space)))
        half = (self.num_env + 1) // 2
        self.groups = (slice(0, half), slice(half, self.num_env))[: self.num_env]
        threads = min(num_threads, self.num_env)
        self._workers = Workers(threads) if threads > 1 else None
        self._under_way: dict[int, Wait] = {}

    def reset(self) -> np.ndarray:
        """Start all environments from their seeds: observations, float64 of [num_env, d]."""
        for i, task in enumerate(self.tasks):
            self._obs[i] = task.reset(seed=self._seeds[i])
            self._returns[i], self._lengths[i] = 0.0, 0
        return self._obs

    def step_async(self, actions: np.ndarray, group: slice) -> None:
        """Begin a step of one of the `groups`; without threads, make it.

        Args:
            actions: [n, k] for `Box`, integers of [n] counted from 0 for `Discrete`, for the n
                environments of the group.
            group: the group.
        """
        first = group.start
        if self._workers is None:
            for i in range(first, group.stop):
                self._step_one(i, actions[i - first])
            return
        self._under_way[first] = self._workers.begin(
            lambda i: self._step_one(i, actions[i - first]), range(first, group.stop)
        )

    def step_wait(self, group: slice) -> Steps:
        """The results of the step that was begun last.

        Raises:
            UserError: an environment of the group returned something else than it should.
            TaskError: it raised an error.
        """
        if self._workers is not None:
            self._under_way.pop(group.start)()
        episodes = [episode for episode in self._ended[group] if episode is not None]
        return self._obs[group], self._rewards[group], self._dones[group], episodes

    def _step_one(self, i: int, action: np.ndarray) -> None:
        obs, reward, done = self.tasks[i].step(action)
        if done:
            obs = self.tasks[i].reset()
        self._obs[i], self._rewards[i], self._dones[i] = obs, reward, done
        self._ended[i] = self._count(i, float(reward), done)

    def _count(self, i: int, reward: float, done: bool) -> Episode | None:
        """Add a step to environment i's episode; the episode, if that was its last."""
        self._returns[i] += reward
        self._lengths[i] += 1
        if not done:
            return None
        episode = Episode(self._returns[i], self._lengths[i])
        self._returns[i], self._lengths[i] = 0.0, 0
        return episode

    def state(self) -> Tree:
        """Where every environment is in its episode."""
        envs = [env_state(task.env, self._made) for task in self.tasks]
        return {"envs": envs, "returns": list(self._returns), "lengths": list(self._lengths)}

    def restore(self, state: Tree) -> None:
        """The inverse of `state`, for as many environments of the same task.

        Raises:
            DAMAGE: the state is that of other environments.
        """
        for task, saved in zip(self.tasks, state["envs"], strict=True):
            restore_env(task, saved)
        for i, sums in enumerate(zip(state["returns"], state["lengths"], strict=True)):
            self._returns[i], self._lengths[i] = number(sums[0]), count(sums[1])

    def close(self) -> list[str]:
        """End the threads and close the environments; a line for each error of theirs."""
        if self._workers is not None:
            self._workers.close()
        complaints = [task.close() for task in self.tasks]
        self.tasks = []
        return [complaint for complaint in complaints if complaint]


class VecNormalize:
    """Environments whose observations and rewards are normalised by running statistics.

    Follows Baselines: the statistics take in each step of a group before it is normalised, and the
    return estimate of an environment is set to 0 at the end of its episode. Observations are
    normalised step by step, since the policy acts on them; rewards at the end of a rollout.

    Attributes:
        groups: which environments are stepped together.
    """

    def __init__(self, venv: VecEnv, normalizer: Normalizer, gamma: float) -> None:
        self._venv = venv
        self._normalizer = normalizer
        self._gamma = gamma
        self._discounted = np.zeros(venv.num_env)
        self.groups = venv.groups

    def reset(self) -> np.ndarray:
        """Start all environments: normalised observations, float32 of [num_env, d].

        Raises:
            Diverged: they or their statistics are not finite.
        """
        self._discounted[:] = 0
        obs = self._observe(self._venv.reset())
        check_finite("the first observations are", obs)
        self._check_statistics()
        return obs

    def step_async(self, actions: np.ndarray, group: slice) -> None:
        """Begin a step of a group, as `VecEnv.step_async` does."""
        self._venv.step_async(actions, group)

    def step_wait(self, group: slice) -> Steps:
        """As `VecEnv.step_wait`, but with normalised observations, float32; rewards are raw."""
        obs, rewards, dones, episodes = self._venv.step_wait(group)
        return self._observe(obs), rewards, dones, episodes

    def state(self) -> Tree:
        """Where the environments are; the statistics are the normaliser's, and saved with it."""
        return {"environments": self._venv.state(), "discounted": self._discounted}

    def restore(self, state: Tree) -> None:
        """The inverse of `state`."""
        self._venv.restore(state["environments"])
        self._discounted[:] = state["discounted"]

    @property
    def obs_shape(self) -> tuple[int, int]:
        """Shape of the observations, (num_env, d)."""
        return self._venv.num_env, len(self._normalizer.obs_rms.mean)

    def _check_statistics(self) -> None:
        obs, ret = self._normalizer.obs_rms, self._normalizer.ret_rms
        check_finite("the mean and variance of the observations are", np.append(obs.mean, obs.var))
        check_finite("the mean and variance of the returns are", np.append(ret.mean, ret.var))

    def _observe(self, obs: np.ndarray) -> np.ndarray:
        self._normalizer.obs_rms.update(obs)
        return self._normalizer.normalize_obs(obs)

    def normalize_rewards(self, rewards: np.ndarray, dones: np.ndarray) -> np.ndarray:
        """Rewards r / √(var of the discounted return + 1e-8), clipped to ±10.

        Args:
            rewards: raw rewards of a whole rollout, float64 of [T, num_env].
            dones: whether each step ended its episode, bool of [T, num_env].

        Returns:
            float32 of [T, num_env].

        Raises:
            Diverged: a statistic is not finite, as the square of a large finite value is not.
        """
        discounted = np.empty_like(rewards)
        for i in range(len(self._discounted)):
            discounted[:, i], self._discounted[i] = _discounted_returns(
                self._discounted[i], rewards[:, i].tolist(), dones[:, i].tolist(), self._gamma
            )
        variances = self._normalizer.ret_rms.update_each(discounted)
        self._check_statistics()
        return clipped(rewards / np.sqrt(variances + EPSILON)[:, None])


def _discounted_returns(
    start: float, rewards: list[float], dones: list[bool], gamma: float
) -> tuple[list[float], float]:
    """The return estimate γ·R + r after each step, and where the next rollout begins.

    It is set to 0 after the end of an episode.
    """
    estimates, estimate = [], float(start)
    for reward, done in zip(rewards, dones, strict=True):
        estimate = gamma * estimate + reward
        estimates.append(estimate)
        if done:
            estimate = 0.0
    return estimates, estimate
