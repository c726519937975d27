"""The state of an environment in the middle of an episode, taken out and put back to the bit.

Gymnasium has no such call. What an environment remembers lies in its attributes and in those of
its wrappers (the time limit's count of steps), in their random generators, and for MuJoCo tasks
in the simulation's `MjData`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from types import MappingProxyType
from typing import Any

import gymnasium as gym
import numpy as np

from baselines.common.errors import UserError
from baselines.common.trees import Tree, Unchanged, can_pack, mapped
from baselines.common.vec_env.foreign_task import ForeignTask

LARGE = 1 << 16
"""Size in bytes from which on an array is left out of a state while it is as the task made it."""

Made = Mapping[str, str]
"""The large arrays of a task as it was made: their hashes, by their places in its state."""

Written = list[tuple[np.ndarray, np.ndarray]]
"""Arrays of a task that were written over while it is restored, each with its value."""


def large_arrays(env: gym.Env) -> Made:
    """The large arrays of an environment that has just been made."""
    found: dict[str, str] = {}

    def note(place: str, array: np.ndarray) -> None:
        if array.nbytes >= LARGE:
            found[place] = _hash(array)

    mapped([_attributes(layer) for layer in layers(env)], note)
    return found


def made_alike(envs: Sequence[gym.Env], make: Callable[[], gym.Env]) -> Made:
    """The large arrays that every environment is made with, which need not be in a state.

    One that draws them unseeded is made with others each time; those are in its states.

    Args:
        envs: environments that have just been made.
        make: makes another one, where there is but one and it has any.
    """
    found = [large_arrays(env) for env in envs]
    if len(found) == 1 and found[0]:
        found += _large_arrays_of_another(make)
    return in_all(found)


def in_all(found: Sequence[Made]) -> Made:
    """The large arrays that several environments are all made with."""
    return dict(set.intersection(*(set(arrays.items()) for arrays in found)))


def _large_arrays_of_another(make: Callable[[], gym.Env]) -> list[Made]:
    try:
        task = ForeignTask(make())
    except UserError:  # there can be one only
        return []
    with closing(task):
        return [large_arrays(task.env)]


def env_state(env: gym.Env, made: Made = MappingProxyType({})) -> Tree:
    """The state of an environment and of its wrappers, from the outermost inwards.

    Args:
        env: the environment.
        made: the large arrays of every such environment when it is made; those that are still the
            same are left out.
    """

    def shortened(place: str, array: np.ndarray) -> Tree:
        is_unchanged = place in made and _hash(array) == made[place]
        return Unchanged(made[place]) if is_unchanged else array

    attributes = mapped([_attributes(layer) for layer in layers(env)], shortened)
    return [_layer_state(layer, own) for layer, own in zip(layers(env), attributes, strict=True)]


def restore_env(task: ForeignTask, state: Tree) -> None:
    """Put a state into an environment that has just been made like the one it was taken from.

    It is reset first, so that one which keeps state in objects of its own has them.

    Raises:
        DAMAGE: the state is that of another kind of environment.
        TaskError: it cannot be reset.
    """
    attributes = [
        _filled(saved["attributes"], vars(layer))
        for layer, saved in zip(layers(task.env), state, strict=True)
    ]
    task.reset(seed=0)
    written: Written = []
    for layer, saved, own in reversed([*zip(layers(task.env), state, attributes, strict=True)]):
        _restore_layer(layer, saved, own, written)


def _filled(saved: Tree, made: Any) -> Tree:
    """A saved part with what was left out of it, from the environment as it was made.

    Raises:
        ValueError: that is another one there.
    """
    if isinstance(saved, Unchanged):
        if not isinstance(made, np.ndarray) or _hash(made) != saved.sha256:
            raise ValueError("the task is made with other large arrays than it was")
        return made.copy()  # a reset may change it
    if isinstance(saved, dict):
        here = made if isinstance(made, Mapping) else {}
        return {key: _filled(part, here.get(key)) for key, part in saved.items()}
    if isinstance(saved, list | tuple):
        there = made if isinstance(made, list | tuple) and len(made) == len(saved) else None
        parts = [_filled(part, there and there[i]) for i, part in enumerate(saved)]
        return tuple(parts) if isinstance(saved, tuple) else parts
    return saved


def _hash(array: np.ndarray) -> str:
    found = hashlib.sha256(f"{array.dtype} {array.shape}".encode())
    found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def layers(env: gym.Env) -> Iterator[gym.Env]:
    """The environment and those that it wraps, from the outermost inwards."""
    yield env
    while isinstance(env, gym.Wrapper):
        env = env.env
        yield env


def _attributes(layer: gym.Env) -> dict[str, Tree]:
    """The attributes of a layer that can be saved, by name."""
    return {name: value for name, value in vars(layer).items() if can_pack(value)}


def _layer_state(layer: gym.Env, attributes: Tree) -> Tree:
    state: dict[str, Tree] = {
        "attributes": attributes,
        "generators": {
            name: value.bit_generator.state
            for name, value in vars(layer).items()
            if isinstance(value, np.random.Generator)
        },
    }
    data = _simulation(layer)
    if data is not None:
        state["simulation"] = _simulation_state(layer, data)
    return state


def _restore_layer(
    layer: gym.Env, state: Tree, attributes: Mapping[str, Tree], written: Written
) -> None:
    """Restore a layer; what is written over is added to `written`."""
    if "simulation" in state:
        written += _restore_simulation(layer, state["simulation"])
    for name, value in attributes.items():
        here: Any = vars(layer).get(name)
        # Others may look at this memory too, such as the simulation.
        if not (_fits_into(value, here) and _write_over(here, value, written)):
            setattr(layer, name, value)
    for name, generator in state["generators"].items():
        here = vars(layer).get(name)
        if here is None:
            here = np.random.default_rng()
            setattr(layer, name, here)
        here.bit_generator.state = generator


def _fits_into(value: Tree, here: Any) -> bool:
    """Whether a saved array can be written over the one that is there."""
    are_arrays = isinstance(value, np.ndarray) and isinstance(here, np.ndarray)
    if not are_arrays or not here.flags.writeable:
        return False
    return value.shape == here.shape and value.dtype == here.dtype.newbyteorder("=")


def _write_over(here: np.ndarray, value: np.ndarray, written: Written) -> bool:
    """Write over an array, unless one that was written before would lose its value.

    Such two share memory after a reset and did so no more: `last` is `state` then.
    """
    before = here.copy()
    here[...] = value
    beside = [pair for pair in written if np.may_share_memory(here, pair[0])]
    if all(np.array_equal(array, own, equal_nan=True) for array, own in beside):
        written.append((here, value))
        return True
    here[...] = before
    return False


def _simulation(layer: Any) -> Any:
    data = vars(layer).get("data")
    return data if type(data).__name__ == "MjData" else None


def _simulation_state(layer: Any, data: Any) -> Tree:
    """MuJoCo's state, and what was computed from the one before it.

    After a step, positions of bodies and the like are those of the last Runge-Kutta stage. Tasks
    read them so, and computing them anew would give others.
    """
    import mujoco  # here: it takes a quarter of a second, which other tasks need not wait

    # Everything that the next simulation step depends on, the solver's warm start included.
    everything = mujoco.mjtState.mjSTATE_INTEGRATION
    integration = np.empty(mujoco.mj_stateSize(layer.model, everything))
    mujoco.mj_getState(layer.model, data, integration, everything)
    derived = {name: value.copy() for name, value in _derived(data)}
    return {"integration": integration, "derived": derived}


def _restore_simulation(layer: Any, state: Tree) -> Written:
    """Restore `MjData`; returns its arrays, with their values."""
    import mujoco

    data = _simulation(layer)
    everything = mujoco.mjtState.mjSTATE_INTEGRATION
    mujoco.mj_setState(layer.model, data, state["integration"], everything)
    for name, here in _derived(data):
        if here.shape == state["derived"][name].shape:
            here[...] = state["derived"][name]
    return [(here, here.copy()) for _, here in _derived(data)]


def _derived(data: Any) -> Iterator[tuple[str, np.ndarray]]:
    """The float arrays of `MjData`.

    Those whose size varies belong to the constraints of one moment, and are not read later.
    """
    for name in dir(data):
        if not name.startswith("_") and "efc" not in name:
            value = getattr(data, name)
            if isinstance(value, np.ndarray) and value.dtype == np.float64:
                yield name, value
