"""A trial of whether the state of a task can be saved and restored, before a run relies on it."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Collection
from copy import deepcopy
from enum import Enum
from numbers import Number

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from baselines.common import checkpoint
from baselines.common.trees import can_pack, pack
from baselines.common.vec_env.env_state import (
    env_state,
    in_all,
    large_arrays,
    layers,
    restore_env,
)
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.tasks import make_several

PROBE_STEPS = 12
"""Steps of the trial."""

STATE = (Collection, Enum, Number, random.Random, np.random.RandomState)
"""Types of attributes that may come to count later than a trial can see."""


def obstacle_to_restoring(make: Callable[[], gym.Env], num_env: int = 1) -> str:
    """Why the state of these environments may not be saved whole; nothing where it is.

    A task may keep state where it is not found, in objects of its own. A trial of a few steps takes
    the state of one environment, gives it to a second, and compares what both do from there.

    Args:
        make: makes one.
        num_env: how many are saved together.
    """
    tasks: list[ForeignTask] = []
    try:
        tasks = make_several(make, 2)
        return _obstacle(tasks[0], tasks[1], num_env)
    except Exception as error:  # whatever a task does that it would not have done
        return f"it cannot be tried ({' '.join(str(error).split())})"
    finally:
        for task in tasks:
            task.close()


def _obstacle(one: ForeignTask, other: ForeignTask, num_env: int) -> str:
    made = in_all([large_arrays(one.env), large_arrays(other.env)])
    one.reset(seed=0)
    one.action_space.seed(0)
    actions = [one.sample() for _ in range(2 * PROBE_STEPS)]
    unused = _unsaved_generators(one.env)
    one.reset()  # as later episodes begin: without a seed, which others may be seeded by
    _follow(one, actions[:PROBE_STEPS])
    drawn = unused.items() ^ _unsaved_generators(one.env).items()
    state = deepcopy(env_state(one.env, made))  # each is to have its own
    size = num_env * sum(array.nbytes for array in pack(state, "")[0].values())
    if size > checkpoint.MAX_BYTES:
        return f"its state takes {size >> 20:,} MiB, and no file may have so many"
    restore_env(other, state)
    pairs = zip(_follow(one, actions), _follow(other, actions), strict=True)
    are_alike = all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)
    left_out = ", ".join(_left_out(one.env))
    if left_out:
        return f"it keeps what cannot be saved: {left_out}"
    if are_alike and not drawn:
        return ""
    generators = ", ".join(sorted({name for name, _ in drawn}))
    origin = f": it draws from {generators}, and not from its np_random" if generators else ""
    return f"it keeps state that cannot be saved{origin}"


def _unsaved_generators(env: gym.Env) -> dict[str, bytes]:
    """The random generators that no state has, each by its name, with what it would draw next."""
    states: dict[str, object] = {"random": random.getstate(), "numpy.random": np.random.get_state()}
    states |= {
        f"the generator of {name.lstrip('_')}": value._np_random
        for layer in layers(env)
        for name, value in vars(layer).items()
        if isinstance(value, spaces.Space)
    }
    return {name: pickle.dumps(state) for name, state in states.items()}


def _left_out(env: gym.Env) -> list[str]:
    """What no state has, though it may be part of one."""
    return [
        f"{type(layer).__name__}.{name} ({type(value).__name__})"
        for layer in layers(env)
        for name, value in vars(layer).items()
        if isinstance(value, STATE) and not isinstance(value, spaces.Space | gym.Env)
        if not can_pack(value)
    ]


def _follow(task: ForeignTask, actions: list[np.ndarray]) -> list[np.ndarray]:
    """Observation and outcome of each step; a new episode begins where one ends."""
    seen = []
    for action in actions:
        obs, reward, done = task.step(action)
        seen += [obs.copy(), np.array([reward, done], float)]
        if done:
            seen.append(task.reset().copy())
    return seen
