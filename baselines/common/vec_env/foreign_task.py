"""A task's own code, called at arm's length.

A task is somebody's program. It gets copies, so that it can change what it is given; what it
returns is checked before anything is learned from it; and what it raises is told as its error, with
its traceback, so that nobody looks for it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from baselines.common.errors import UserError, shown, told
from baselines.common.networks.spaces import distribution_for, observation_size
from baselines.common.vec_env.answers import (
    checked_flag,
    checked_obs,
    checked_reward,
    close_task,
    out_of_bounds,
    refuse,
    spaces_of,
    task_name,
    tell,
)

NUMBERS = frozenset({float, int, np.float64, np.float32})
FLAGS = frozenset({bool, np.bool_})
"""Types of rewards and flags that need no further look."""

RESET = "reset(seed=..., options=...) must return (obs, info)"
STEP = "step(action) must return (obs, reward, terminated, truncated, info)"

Step = tuple[np.ndarray, float, bool]
"""Observation of [d], raw reward, and whether the episode has ended, for whichever reason."""


class ForeignTask:
    """A task that is called with copies, whose answers are checked and whose errors are its own.

    An answer is checked in full the first time, and whenever it is of another type or shape than
    before; else its type and shape are looked at, which takes less than a microsecond.

    Attributes:
        env: the task.
        name: its name in messages.
        observation_space: a `Box` with one axis.
        action_space: a `Box` with one axis, or `Discrete`.
    """

    def __init__(self, env: gym.Env) -> None:
        self.env = env
        self.name = task_name(env)
        self.observation_space: spaces.Space
        self.action_space: spaces.Space
        self.observation_space, self.action_space = spaces_of(env)
        try:
            self._shape = (observation_size(self.observation_space),)
            distribution_for(self.action_space)
        except ValueError as error:
            close_task(env)
            raise UserError(f"--env: {self.name} cannot be learned: {error}") from None
        self._dtype: np.dtype | None = None
        self._first_action = int(getattr(self.action_space, "start", 0))

    def reset(self, seed: int | None = None) -> np.ndarray:
        """Begin an episode: its first observation, [d], to be copied before the next call.

        Raises:
            UserError: it returned something else than it should.
            TaskError: it raised an error.
        """
        try:
            returned = self.env.reset(seed=seed)
        except (Exception, SystemExit) as error:
            tell(self.name, error, "reset", RESET)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            refuse(self.name, f"{RESET}, not {shown(returned)}")
        if not isinstance(returned[1], Mapping):
            refuse(self.name, f"{RESET} with a dictionary as info, not {shown(returned[1])}")
        return self._checked_obs(returned[0], "reset")

    def step(self, action: np.ndarray) -> Step:
        """Make a step; the observation is to be copied before the next call.

        Args:
            action: float of [k], or an integer counted from 0 for `Discrete`.

        Raises:
            UserError: it returned something else than it should.
            TaskError: it raised an error.
        """
        given = action.copy() if action.ndim else int(action) + self._first_action
        try:
            returned: Any = self.env.step(given)
        except (Exception, SystemExit) as error:
            tell(self.name, error, "step", STEP, out_of_bounds(error, self.action_space, action))
        if not isinstance(returned, tuple) or len(returned) != 5:
            refuse(self.name, f"{STEP}, not {shown(returned)}")
        obs, reward, terminated, truncated, _ = returned
        obs = self._checked_obs(obs, "step")
        if type(reward) not in NUMBERS:
            reward = checked_reward(self.name, reward)
        if type(terminated) not in FLAGS or type(truncated) not in FLAGS:
            terminated = checked_flag(self.name, "terminated", terminated)
            truncated = checked_flag(self.name, "truncated", truncated)
        return obs, reward, terminated or truncated

    def sample(self) -> np.ndarray:
        """A random action, as `step` takes it.

        Raises:
            UserError: there is none, as in a `Box` whose bounds are too far apart.
        """
        try:
            return np.asarray(self.action_space.sample() - self._first_action)
        except Exception as error:  # a space may be the user's own too
            refuse(self.name, f"action_space.sample() raised {told(error)}")

    def close(self) -> str:
        """Close the task; the error that it raised then, as a line, or nothing."""
        return close_task(self.env)

    def _checked_obs(self, obs: Any, call: str) -> np.ndarray:
        """The observation that a call has returned; looked at in full where it may be wrong."""
        if type(obs) is np.ndarray and obs.dtype is self._dtype and obs.shape == self._shape:
            return obs
        array = checked_obs(self.name, call, obs, self._shape)
        if type(obs) is np.ndarray:
            self._dtype = obs.dtype
        return array
