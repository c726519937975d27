"""A task's own code, called at arm's length.

A task is somebody's program. It gets copies, so that it can change what it is given; what it
returns is checked before anything is learned from it; and what it raises is told as its error, with
its traceback, so that nobody looks for it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from baselines.common.errors import TaskError, UserError, printable
from baselines.common.networks.distributions import distribution_for
from baselines.common.networks.policies import observation_size

NUMBERS = frozenset({float, int, np.float64, np.float32})
FLAGS = frozenset({bool, np.bool_})
"""Types of rewards and flags that need no further look."""

RESET = "reset(seed=..., options=...) must return (obs, info)"
STEP = "step(action) must return (obs, reward, terminated, truncated, info)"

CALLERS = (__file__, *(str(Path(gym.__file__).parent / part) for part in ("core.py", "wrappers")))
"""Where an error comes from that is about how a task was called, or what it returned: from this
file, and from what Gymnasium puts around a task."""

Step = tuple[np.ndarray, float, bool]
"""Observation of [d], raw reward, and whether the episode has ended, for whichever reason."""


class ForeignTask:
    """A task that is called with copies, whose answers are checked and whose errors are its own.

    An answer is checked in full the first time, and whenever it is of another type or shape than
    before; else its type and shape are looked at, which takes less than a microsecond.

    Attributes:
        env: the task.
        name: what the user is told that it is.
        observation_space: a `Box` with one axis.
        action_space: a `Box` with one axis, or `Discrete`.
    """

    def __init__(self, env: gym.Env) -> None:
        self.env = env
        self.name = task_name(env)
        self.observation_space: spaces.Space = _attribute(env, "observation_space")
        self.action_space: spaces.Space = _attribute(env, "action_space")
        try:
            self._shape = (observation_size(self.observation_space),)
            distribution_for(self.action_space)
        except ValueError as error:
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
            self._tell(error, "reset", RESET)
        is_pair = isinstance(returned, tuple | list) and len(returned) == 2
        if not is_pair or not isinstance(returned[1], Mapping):
            self._refuse(f"{RESET}, not {_shown(returned)}")
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
            self._tell(error, "step", STEP)
        if type(returned) is not tuple or len(returned) != 5:
            self._refuse(f"{STEP}, not {_shown(returned)}")
        obs, reward, terminated, truncated, _ = returned
        if type(obs) is not np.ndarray or obs.dtype is not self._dtype or obs.shape != self._shape:
            obs = self._checked_obs(obs, "step")
        if type(reward) not in NUMBERS:
            reward = self._checked_reward(reward)
        if type(terminated) not in FLAGS or type(truncated) not in FLAGS:
            terminated = self._checked_flag(terminated, "terminated")
            truncated = self._checked_flag(truncated, "truncated")
        return obs, reward, terminated or truncated

    def sample(self) -> np.ndarray:
        """A random action, as `step` takes it."""
        return np.asarray(self.action_space.sample() - self._first_action)

    def close(self) -> str:
        """As `close_task`."""
        return close_task(self.env)

    def _checked_obs(self, obs: Any, call: str) -> np.ndarray:
        try:
            array = np.asarray(obs)
        except (ValueError, TypeError, RuntimeError):  # of unequal rows, or on another device
            array = np.array(None)
        if array.dtype.kind not in "biuf":
            self._refuse(f"an observation of {call} must be numbers, not {_shown(obs)}")
        if array.shape != self._shape:
            self._refuse(
                f"an observation of {call} has shape {array.shape}, not {self._shape} as its"
                " observation_space says"
            )
        if type(obs) is np.ndarray:
            self._dtype = obs.dtype
        return array

    def _checked_reward(self, reward: Any) -> float:
        is_one = np.ndim(reward) == 0 and not np.iscomplexobj(reward)
        if is_one and not isinstance(reward, str | bytes):
            try:
                return float(reward)
            except (TypeError, ValueError):
                pass
        self._refuse(f"the reward of step must be a number, not {_shown(reward)}")

    def _checked_flag(self, flag: Any, name: str) -> bool:
        if np.ndim(flag) or np.asarray(flag).dtype.kind not in "biu" or flag not in (0, 1):
            self._refuse(f"{name} of step must be True or False, not {_shown(flag)}")
        return bool(flag)

    def _tell(self, error: BaseException, call: str, right: str) -> NoReturn:
        """Raise what the user is told of an error in a call."""
        if isinstance(error, TypeError | ValueError) and _origin(error).startswith(CALLERS):
            self._refuse(f"{right} ({_error(error)})")
        raise TaskError(f"the task {self.name} failed in {call}: {_error(error)}") from error

    def _refuse(self, complaint: str) -> NoReturn:
        raise UserError(f"--env: {self.name}: {complaint}")


def task_name(env: gym.Env) -> str:
    """What the user is told that a task is."""
    return env.spec.id if env.spec else type(env.unwrapped).__name__


def close_task(env: gym.Env) -> str:
    """Close a task; what it raised then as a line, or nothing."""
    try:
        env.close()
    except (Exception, SystemExit) as error:
        return f"WARNING: close of the task {task_name(env)} raised {_error(error)}"
    return ""


def make_several(make: Callable[[], gym.Env], number: int) -> list[ForeignTask]:
    """So many tasks; if one cannot be made, those before it are closed."""
    tasks: list[ForeignTask] = []
    try:
        while len(tasks) < number:
            tasks.append(ForeignTask(make()))
    except BaseException:
        for task in tasks:
            task.close()
        raise
    return tasks


def _attribute(env: gym.Env, name: str) -> Any:
    """What a task may have forgotten to set; None then."""
    return getattr(env, name, None)


def _origin(error: BaseException) -> str:
    """The file in which an error was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else trace.tb_frame.f_code.co_filename


def _shown(value: Any) -> str:
    """A value in an error message."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return printable(repr(value), 60)


def _error(error: BaseException) -> str:
    """An error in a line."""
    return printable(" ".join(f"{type(error).__name__}: {error}".split()), 300)
