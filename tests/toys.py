"""Tasks so small that the return of random actions can be computed."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from baselines.common.networks.categorical import Categorical
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.described_spaces import describe_space

EPISODE_STEPS = 16


def spaces_for(policy: PlainPolicy) -> dict[str, Any]:
    """What the description of a checkpoint says of a task's spaces that are such as a policy's."""
    outputs = policy.distribution.num_outputs
    is_discrete = isinstance(policy.distribution, Categorical)
    actions = spaces.Discrete(outputs) if is_discrete else spaces.Box(-np.inf, np.inf, (outputs,))
    observations = spaces.Box(-np.inf, np.inf, (policy.obs_size,))
    return {
        "observation_space": describe_space(observations),
        "action_space": describe_space(actions),
    }


class _Guessing(gym.Env):
    """The observation says which action is right; each step is a new question."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._steps = 0
        return self._ask(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        reward = self._score(action)
        self._steps += 1
        return self._ask(), reward, self._steps == EPISODE_STEPS, False, {}

    def _ask(self) -> np.ndarray:
        raise NotImplementedError

    def _score(self, action: Any) -> float:
        raise NotImplementedError


class DiscreteToy(_Guessing):
    """One of four actions, counted from 2, is worth 1; the observation is its one-hot code."""

    observation_space = spaces.Box(0.0, 1.0, (4,), np.float64)
    action_space = spaces.Discrete(4, start=2)

    def _ask(self) -> np.ndarray:
        self._answer = int(self.np_random.integers(4))
        return np.eye(4)[self._answer]

    def _score(self, action: Any) -> float:
        assert self.action_space.contains(action)
        return float(action == 2 + self._answer)


class BoxToy(_Guessing):
    """The action should be the observed point; the cost is the squared distance."""

    observation_space = spaces.Box(-1.0, 1.0, (3,), np.float64)
    action_space = spaces.Box(-1.0, 1.0, (3,), np.float32)

    def _ask(self) -> np.ndarray:
        self._target = self.np_random.uniform(-1, 1, 3)
        return self._target

    def _score(self, action: Any) -> float:
        assert np.shape(action) == (3,)
        return -float(np.square(action - self._target).sum())


def register() -> None:
    """Register `DiscreteToy-v0` and `BoxToy-v0` with Gymnasium."""
    for toy in (DiscreteToy, BoxToy):
        if f"{toy.__name__}-v0" not in gym.registry:
            gym.register(f"{toy.__name__}-v0", entry_point=toy)
