"""Checks of the values that a task returns, and messages about the errors that it raises.

`foreign_task.py` comes here when it takes a task, where an answer is not of the type and shape of
the one before, and where a call raised an error.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, NoReturn

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from baselines.common.errors import TaskError, UserError, shown, told
from baselines.common.vec_env.in_use import give_back

CALLERS = (
    str(Path(__file__).with_name("foreign_task.py")),
    *(str(Path(gym.__file__).parent / part) for part in ("core.py", "wrappers")),
)
"""Where an error comes from that is about how a task was called, or what it returned: from the file
that calls it, and from what Gymnasium puts around a task."""


def task_name(env: gym.Env) -> str:
    """The name of a task in messages: its id, or its class."""
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
    is_real = _is_single(reward) and not np.iscomplexobj(reward)
    if is_real and not isinstance(reward, str | bytes):
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
    if not _is_single(flag) or np.asarray(flag).dtype.kind not in "biu" or flag not in (0, 1):
        refuse(task, f"{name} of step must be True or False, not {shown(flag)}")
    return bool(flag)


def _is_single(value: Any) -> bool:
    """Whether a value is no array, list or the like."""
    try:
        return np.ndim(value) == 0
    except ValueError:  # of unequal rows
        return False


def spaces_of(env: gym.Env) -> tuple[Any, Any]:
    """The spaces of a task's observations and actions; None for one that was forgotten.

    Raises:
        TaskError: one is a property that raised an error; the task has been closed.
    """
    return _attribute(env, "observation_space"), _attribute(env, "action_space")


def _attribute(env: gym.Env, name: str) -> Any:
    try:
        return getattr(env, name, None)
    except (Exception, SystemExit) as error:
        close_task(env)
        raise TaskError(f"the task {task_name(env)} failed in {name}: {told(error)}") from error


def out_of_bounds(error: BaseException, space: spaces.Space, action: np.ndarray) -> str:
    """A hint where a task may have refused an action for its bounds; nothing elsewhere."""
    is_refused = isinstance(error, AssertionError | gym.error.InvalidAction)
    if not is_refused or not isinstance(space, spaces.Box):
        return ""
    if ((space.low <= action) & (action <= space.high)).all():
        return ""
    return (
        "; the action was outside of the space's bounds, to which actions are not clipped here;"
        " gymnasium.wrappers.ClipAction does so"
    )


def tell(task: str, error: BaseException, call: str, right: str, hint: str = "") -> NoReturn:
    """Raise what the user is told of an error in a call.

    Args:
        task: the task's name.
        error: the error that the call raised.
        call: the method that was called.
        right: how it must be written, for an error about that.
        hint: follows an error of the task's own.

    Raises:
        UserError: the method takes other arguments, or returned something else, than it must.
        TaskError: any other error.
    """
    if isinstance(error, TypeError | ValueError) and _origin(error).startswith(CALLERS):
        refuse(task, f"{right} ({told(error)})")
    raise TaskError(f"the task {task} failed in {call}: {told(error)}{hint}") from error


def _origin(error: BaseException) -> str:
    """The file in which an error was raised that has been caught."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code.co_filename
