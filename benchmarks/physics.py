"""The physics alone: what a task's simulation costs without anything around it.

The task is first run as it is, under random actions, with its own resets, and everything that its
simulation went through is recorded. The recording is then replayed by MuJoCo alone. So the physics
that is timed is that of the task, to the bit, in the states that training visits at its beginning,
and nothing about the task has to be known but that MuJoCo simulates it.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import gymnasium as gym
import mujoco
import numpy as np
from gymnasium import spaces

from baselines.common.errors import UserError

STATE = mujoco.mjtState.mjSTATE_INTEGRATION
"""All that the next step depends on, the solver's warm start included."""

CHUNK = 8
"""Steps that a thread takes at a time: milliseconds of work, and all threads end together."""


@dataclass(frozen=True)
class Recording:
    """What the simulation of a task went through in T steps.

    Attributes:
        model: the MuJoCo model.
        substeps: simulation steps per step of the task.
        states: `STATE` before each step, float64 of [T, state].
        starts: whether a step is the first of its episode, bool of [T].
        controls: float64 of [T, motors].
    """

    model: mujoco.MjModel
    substeps: int
    states: np.ndarray
    starts: np.ndarray
    controls: np.ndarray

    def __len__(self) -> int:
        return len(self.states)


def record(env: gym.Env, steps: int, seed: int) -> Recording:
    """Run a task under random actions, each entry standard normal as an untrained policy's.

    Args:
        env: the task, with the wrappers it is trained with.
        steps: length of the recording, T.
        seed: of the actions and of the first episode.

    Raises:
        UserError: the task is not simulated by MuJoCo, or its actions are not vectors.
    """
    model, data = _simulation(env)
    random = np.random.default_rng(seed)
    states = np.empty((steps, mujoco.mj_stateSize(model, STATE)))
    starts = np.zeros(steps, bool)
    controls = np.empty((steps, model.nu))
    substeps = 0
    env.reset(seed=seed)
    done = True
    for t in range(steps):
        starts[t] = done
        mujoco.mj_getState(model, data, states[t], STATE)
        before = data.time
        action = random.standard_normal(env.action_space.shape, np.float32)
        _, _, terminated, truncated, _ = env.step(action)
        controls[t] = data.ctrl
        substeps = round((data.time - before) / model.opt.timestep)
        done = terminated or truncated
        if done:
            env.reset()
    return Recording(model, substeps, states, starts, controls)


def _simulation(env: gym.Env) -> tuple[mujoco.MjModel, mujoco.MjData]:
    model, data = (getattr(env.unwrapped, name, None) for name in ("model", "data"))
    if not isinstance(model, mujoco.MjModel) or not isinstance(env.action_space, spaces.Box):
        name = env.spec.id if env.spec else env
        raise UserError(
            f"--env: {name} has no MuJoCo simulation with continuous actions, whose physics could"
            " be timed; name one that has, such as --env=CentipedeEight-v1"
        )
    return model, data


def replay(recording: Recording, data: mujoco.MjData, steps: range) -> None:
    """Simulate some consecutive steps of a recording, with the contact forces of each."""
    model, substeps, ctrl = recording.model, recording.substeps, data.ctrl
    for t in steps:
        if t == steps.start or recording.starts[t]:
            mujoco.mj_setState(model, data, recording.states[t], STATE)
        ctrl[:] = recording.controls[t]
        mujoco.mj_step(model, data, nstep=substeps)
        mujoco.mj_rnePostConstraint(model, data)


def seconds_of_physics(recording: Recording, threads: int) -> float:
    """Time to replay a whole recording once, its steps shared among threads."""
    total = len(recording)
    chunks = iter([range(t, min(t + CHUNK, total)) for t in range(0, total, CHUNK)])

    def work(data: mujoco.MjData) -> None:
        for chunk in chunks:  # one iterator for all threads: none waits for another
            replay(recording, data, chunk)

    simulations = [mujoco.MjData(recording.model) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        list(pool.map(work, simulations))
        return time.perf_counter() - start
