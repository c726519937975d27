"""The state of an environment in the middle of an episode, taken out and put back to the bit.

Gymnasium has no such call. What an environment remembers lies in its attributes and in those of
its wrappers (the time limit's count of steps), in their random generators, and for MuJoCo tasks
in the simulation's `MjData`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np

from baselines.common.seeding import generator_state, restore_generator
from baselines.common.trees import Tree, can_pack

PROBE_STEPS = 12
"""Steps of the trial that `can_be_restored` makes."""


def env_state(env: gym.Env) -> Tree:
    """The state of an environment and of its wrappers, from the outermost inwards."""
    return [_layer_state(layer) for layer in _layers(env)]


def restore_env(env: gym.Env, state: Tree) -> None:
    """Put a state into an environment that was made like the one it was taken from.

    It is reset first, so that one which keeps state in objects of its own has them.

    Raises:
        DAMAGE: the state is that of another kind of environment.
    """
    env.reset(seed=0)
    for layer, saved in zip(_layers(env), state, strict=True):
        _restore_layer(layer, saved)


def can_be_restored(make: Callable[[], gym.Env]) -> bool:
    """Whether the state of these environments is caught whole, by a trial of a few steps.

    A task may keep state where it is not found, in objects of its own. The trial takes the state
    of one environment, gives it to a second, and compares what both do from there.
    """
    one, other = make(), make()
    try:
        one.reset(seed=0)
        one.action_space.seed(0)
        actions = [one.action_space.sample() for _ in range(2 * PROBE_STEPS)]
        _follow(one, actions[:PROBE_STEPS])
        restore_env(other, env_state(one))
        pairs = zip(_follow(one, actions), _follow(other, actions), strict=True)
        return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)
    except Exception:  # whatever a task does that it would not have done
        return False
    finally:
        one.close()
        other.close()


def _follow(env: gym.Env, actions: list[Any]) -> list[np.ndarray]:
    """Observation and outcome of each step; a new episode begins where one ends."""
    seen = []
    for action in actions:
        obs, reward, terminated, truncated, _ = env.step(action)
        seen += [np.asarray(obs), np.array([reward, terminated, truncated], float)]
        if terminated or truncated:
            seen.append(np.asarray(env.reset()[0]))
    return seen


def _layers(env: gym.Env) -> Iterator[gym.Env]:
    yield env
    while isinstance(env, gym.Wrapper):
        env = env.env
        yield env


def _layer_state(layer: gym.Env) -> Tree:
    attributes = vars(layer).items()
    state: dict[str, Tree] = {
        "attributes": {name: value for name, value in attributes if can_pack(value)},
        "generators": {
            name: generator_state(value)
            for name, value in attributes
            if isinstance(value, np.random.Generator)
        },
    }
    data = _simulation(layer)
    if data is not None:
        state["simulation"] = _simulation_state(layer, data)
    return state


def _restore_layer(layer: gym.Env, state: Tree) -> None:
    if "simulation" in state:
        _restore_simulation(layer, state["simulation"])
    for name, value in state["attributes"].items():
        here: Any = vars(layer).get(name)
        if _is_view(here):  # of memory that others look at too, such as the simulation's
            here[...] = value
        else:
            setattr(layer, name, value)
    for name, generator in state["generators"].items():
        here = vars(layer).get(name)
        if here is None:
            here = np.random.default_rng()
            setattr(layer, name, here)
        restore_generator(here, generator)


def _is_view(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.base is not None and value.flags.writeable


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


def _restore_simulation(layer: Any, state: Tree) -> None:
    import mujoco

    data = _simulation(layer)
    everything = mujoco.mjtState.mjSTATE_INTEGRATION
    mujoco.mj_setState(layer.model, data, state["integration"], everything)
    for name, here in _derived(data):
        if here.shape == state["derived"][name].shape:
            here[...] = state["derived"][name]


def _derived(data: Any) -> Iterator[tuple[str, np.ndarray]]:
    """The float arrays of `MjData`.

    Those whose size varies belong to the constraints of one moment, and are not read later.
    """
    for name in dir(data):
        if not name.startswith("_") and "efc" not in name:
            value = getattr(data, name)
            if isinstance(value, np.ndarray) and value.dtype == np.float64:
                yield name, value
