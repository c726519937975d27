"""Bodies that a user brings as MuJoCo XML, for Gymnasium's locomotion tasks."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import mujoco

from baselines.common.errors import UserError, printable
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.stored_body import described_body
from baselines.common.vec_env.tasks import make_task

WALKING = "Ant-v5"
"""The task of a body of one's own where none is named: its reward asks for nothing but motors and a
free joint at the root."""


def check_body(path: str, env_id: str, kwargs: dict[str, Any]) -> None:
    """Check that a body can be trained in a task.

    Args:
        path: the MuJoCo XML.
        env_id: the task.
        kwargs: its arguments, the file among them.

    Raises:
        UserError: the file is no body, has no motors or no free root, or its episodes would end
            as they begin.
    """
    described_body(path)  # raises where it cannot be read
    try:
        model = mujoco.MjModel.from_xml_path(path)
    except ValueError as error:
        reason = printable(" ".join(str(error).split()), 200)
        raise UserError(f"--env_xml: {path}: {reason}") from None
    if model.nu == 0:
        raise UserError(f"--env_xml: {path} has no actuators; a body needs motors to walk")
    if env_id == WALKING and not _begins_free(model):
        raise UserError(
            f"--env_xml: the first joint in {path} must be a free one (<freejoint/>), by which"
            f" the body moves; for others name a task with --env, such as --env=Walker2d-v5"
        )
    _check_start(path, env_id, kwargs)


def _check_start(path: str, env_id: str, kwargs: dict[str, Any]) -> None:
    with closing(ForeignTask(make_task(env_id, kwargs))) as task:
        task.reset(seed=0)
        body: Any = task.env.unwrapped
        if getattr(body, "is_healthy", True):
            return
        if not _begins_free(body.model):
            raise UserError(
                f"--env_xml: {path} is not healthy as it begins, where {env_id} ends the episode at"
                " once; see the task's healthy_* arguments, which --env_kwargs gives"
            )
        height = float(body.data.qpos[2])
        raise UserError(
            f"--env_xml: {path} starts at a height of {height:.2f} m, where {env_id} ends the"
            " episode at once; give the heights to stay between, such as --env_kwargs"
            f""" '{{"healthy_z_range": [{height / 2:.2f}, {height * 2:.2f}]}}'"""
        )


def _begins_free(model: mujoco.MjModel) -> bool:
    """Whether the first joint is free, so that the body's coordinates begin with x, y and z."""
    return bool(model.njnt and model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE)
