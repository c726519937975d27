"""What a task returns, checked, and what it raises, told: in the words that a user reads.

`foreign_task.py` comes here where an answer is not of the type and shape of the one before.
"""

from __future__ import annotations

import traceback
from typing import Any, NoReturn

import gymnasium as gym
import numpy as np

from baselines.common.errors import UserError, shown, told
from baselines.common.vec_env.in_use import give_back


def task_name(env: gym.Env) -> str:
    """What the user is told that a task is."""
    return env.spec.id if env.spec else type(env.unwrapped).__name__


def close_task(env: gym.Env) -> str:
    """Close a task; what it raised then as a line, or nothing."""
    give_back(env)
    try:
        env.close()
    except (Exception, SystemExit) as error:
        return f"WARNING: close of the task {task_name(env)} raised {told(error)}"
    return ""


def refuse(task: str, complaint: str) -> NoReturn:
    """Raises UserError: a task is not as it should be."""
    raise UserError(f"--env: {task}: {complaint}")


def checked_obs(task: str, call: str, obs: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The observation that a call has returned, as an array.

    Raises:
        UserError: it is no array of numbers, or has another shape.
    """
    try:
        array = np.asarray(obs)
    except (ValueError, TypeError, RuntimeError):  # of unequal rows, or on another device
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        refuse(task, f"an observation of {call} must be numbers, not {shown(obs)}")
    if array.shape != shape:
        refuse(
            task,
            f"an observation of {call} has shape {array.shape}, not {shape} as its"
            " observation_space says",
        )
    return array


def checked_reward(task: str, reward: Any) -> float:
    """A reward as a number.

    Raises:
        UserError: it is none.
    """
    is_one = np.ndim(reward) == 0 and not np.iscomplexobj(reward)
    if is_one and not isinstance(reward, str | bytes):
        try:
            return float(reward)
        except (TypeError, ValueError):
            pass
    refuse(task, f"the reward of step must be a number, not {shown(reward)}")


def checked_flag(task: str, name: str, flag: Any) -> bool:
    """One of the two flags that `step` returns.

    Raises:
        UserError: it is neither true nor false.
    """
    if np.ndim(flag) or np.asarray(flag).dtype.kind not in "biu" or flag not in (0, 1):
        refuse(task, f"{name} of step must be True or False, not {shown(flag)}")
    return bool(flag)


def origin(error: BaseException) -> str:
    """The file in which an error was raised that has been caught."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code.co_filename
