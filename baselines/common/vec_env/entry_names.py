"""The names of the entries of a MuJoCo task's observations and actions.

Gymnasium's locomotion tasks lay out an observation as positions without the first few, velocities
and, in some, the contact forces of the bodies. Joints and bodies have names in the model, so each
entry has one: "position of lefthip_0", "force 3 on torso_1". By them two robots can be compared.
A joint or body that has no name in the model has an empty one here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import Any, NamedTuple

import mujoco
import numpy as np
from gymnasium.spaces import Box

from baselines.common.errors import UserError
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.tasks import make_task


class Entry(NamedTuple):
    """An entry of an observation: which number of which quantity of which joint or body."""

    quantity: str
    part: str
    number: int


class EntryNames(NamedTuple):
    """The names of a task's entries.

    Attributes:
        observation: of each entry of the observation.
        joints: of each entry of the action, the joint that its motor turns; empty where it pulls
            a tendon or the like.
    """

    observation: tuple[Entry, ...]
    joints: tuple[str, ...]


POSITION, VELOCITY, FORCE = "position", "velocity", "force"

_SKIPPED_POSITIONS = (2, 1, 0)

_TURNS_A_JOINT = (int(mujoco.mjtTrn.mjTRN_JOINT), int(mujoco.mjtTrn.mjTRN_JOINTINPARENT))


def entry_names(
    env_id: str, kwargs: dict[str, Any], flag: str = "env", purpose: str = ""
) -> EntryNames:
    """The names of a task's entries.

    Args:
        env_id: the task.
        kwargs: its arguments.
        flag: the flag that named the task.
        purpose: what needs the names, as the end of a message: ", and --flag: value needs them".

    Raises:
        UserError: it is no MuJoCo task, or its observation is not laid out as described above.
        TaskError: it raised an error.
    """
    nameless = f"its entries have no names{purpose}"
    with closing(ForeignTask(make_task(env_id, kwargs, flag))) as task:
        body: Any = task.env.unwrapped
        model, data = getattr(body, "model", None), getattr(body, "data", None)
        if not isinstance(model, mujoco.MjModel) or not isinstance(data, mujoco.MjData):
            raise UserError(f"--{flag}: {env_id} is no MuJoCo task; {nameless}")
        observation = _telling_observation(task, data)
        # Contact forces begin with the world or with the first body, or there are none.
        for skipped, first_body in product(_SKIPPED_POSITIONS, (0, 1, model.nbody)):
            state = np.concatenate((data.qpos[skipped:], data.qvel))
            entries = [*_of_state(model, data), *_of_forces(model, first_body)][skipped:]
            seen = state.astype(observation.dtype)  # a task may round what it shows
            if len(entries) == len(observation) and (observation[: len(state)] == seen).all():
                return EntryNames(tuple(entries), _joints(model))
    raise UserError(
        f"--{flag}: the observation of {env_id} is not positions, velocities and contact forces one"
        f" after the other; {nameless}"
    )


def _telling_observation(task: ForeignTask, data: mujoco.MjData) -> np.ndarray:
    """The first observation; that after a step if entries of the first are alike, as at rest.

    Of zeros alone, positions and velocities in any order would look right.
    """
    observation = task.reset(seed=0)
    state = np.concatenate((data.qpos, data.qvel))
    if len(np.unique(state)) == len(state):
        return observation
    return task.step(_small_action(task))[0]


def _small_action(task: ForeignTask) -> np.ndarray:
    """An action that moves the body, but not so fast that a task would clip the velocities."""
    space = task.action_space
    space.seed(0)
    action = task.sample()
    return np.clip(action / 100, space.low, space.high) if isinstance(space, Box) else action


def _of_state(model: mujoco.MjModel, data: mujoco.MjData) -> Iterator[Entry]:
    joints = [data.joint(i) for i in range(model.njnt)]
    for joint in joints:
        yield from (Entry(POSITION, joint.name, k) for k in range(len(joint.qpos)))
    for joint in joints:
        yield from (Entry(VELOCITY, joint.name, k) for k in range(len(joint.qvel)))


def _of_forces(model: mujoco.MjModel, first_body: int) -> Iterator[Entry]:
    for body in range(first_body, model.nbody):
        yield from (Entry(FORCE, model.body(body).name, k) for k in range(6))


def _joints(model: mujoco.MjModel) -> tuple[str, ...]:
    motors = zip(model.actuator_trntype, model.actuator_trnid[:, 0], strict=True)
    return tuple(model.joint(int(i)).name if kind in _TURNS_A_JOINT else "" for kind, i in motors)
