"""Which tasks are in use, so that a function that makes a task never gives the same one twice."""

from __future__ import annotations

from contextlib import suppress
from weakref import WeakValueDictionary

import gymnasium as gym

_IN_USE: WeakValueDictionary[int, gym.Env] = WeakValueDictionary()
"""The tasks without their wrappers, by their identity; one that is forgotten leaves by itself."""


def take(env: gym.Env) -> None:
    """Note that a task is in use from now on.

    Raises:
        ValueError: it is in use already.
    """
    task = env.unwrapped
    if _IN_USE.get(id(task)) is task:
        raise ValueError("it is the very task that is in use already; make a new one at each call")
    with suppress(TypeError):  # what has no weak references, such as C++ behind Python
        _IN_USE[id(task)] = task


def give_back(env: gym.Env) -> None:
    """Note that a task is no longer in use."""
    _IN_USE.pop(id(env.unwrapped), None)
