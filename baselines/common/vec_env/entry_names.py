"""What the entries of a MuJoCo task's observations and actions are called.

Gymnasium's locomotion tasks lay out an observation as positions without the first few, velocities
and, in some, the contact forces of the bodies. Joints and bodies have names in the model, so each
entry has one: "position of lefthip_0", "force 3 on torso_1". By them two robots can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import Any, NamedTuple

import mujoco
import numpy as np

from baselines.common.errors import UserError
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
        joints: of each entry of the action, the joint that its motor turns.
    """

    observation: tuple[Entry, ...]
    joints: tuple[str, ...]


POSITION, VELOCITY, FORCE = "position", "velocity", "force"

_SKIPPED_POSITIONS = (2, 1, 0)
_FIRST_BODIES = (0, 1, None)
"""Where the contact forces begin: with the world, with the first body; None: there are none."""


def entry_names(env_id: str, kwargs: dict[str, Any]) -> EntryNames:
    """The names of a task's entries.

    Raises:
        UserError: it is no MuJoCo task, or its observation is not laid out as described above.
    """
    with closing(make_task(env_id, kwargs)) as env:
        body: Any = env.unwrapped
        model, data = getattr(body, "model", None), getattr(body, "data", None)
        if not isinstance(model, mujoco.MjModel) or not isinstance(data, mujoco.MjData):
            raise UserError(f"--env: {env_id} is no MuJoCo task; its entries have no names")
        observation = np.asarray(env.reset(seed=0)[0], float)
        for skipped, first_body in product(_SKIPPED_POSITIONS, _FIRST_BODIES):
            state = np.concatenate((data.qpos[skipped:], data.qvel))
            entries = [*_of_state(model), *_of_forces(model, first_body)][skipped:]
            if len(entries) == len(observation) and (observation[: len(state)] == state).all():
                return EntryNames(tuple(entries), _joints(model))
    raise UserError(
        f"--env: the observation of {env_id} is not positions, velocities and contact forces one"
        " after the other; its entries have no names"
    )


def _of_state(model: mujoco.MjModel) -> Iterator[Entry]:
    for quantity, starts, size in (
        (POSITION, model.jnt_qposadr, model.nq),
        (VELOCITY, model.jnt_dofadr, model.nv),
    ):
        ends = [*starts[1:], size]
        for joint, (start, end) in enumerate(zip(starts, ends, strict=True)):
            yield from (Entry(quantity, model.joint(joint).name, k) for k in range(end - start))


def _of_forces(model: mujoco.MjModel, first_body: int | None) -> Iterator[Entry]:
    if first_body is not None:
        for body in range(first_body, model.nbody):
            yield from (Entry(FORCE, model.body(body).name, k) for k in range(6))


def _joints(model: mujoco.MjModel) -> tuple[str, ...]:
    return tuple(model.joint(int(joint)).name for joint in model.actuator_trnid[:, 0])
