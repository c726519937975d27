"""The ant of the published transfers: Gymnasium's, with every body's contact forces observed."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from gymnasium.envs.mujoco.ant_v5 import AntEnv
from gymnasium.spaces import Box
from numpy.typing import NDArray

from baselines.environments.offscreen import draw_offscreen

FLOOR = "floor"
CONTACT_MARGIN = 0.01
"""The distance from the floor in m from which on there is a contact."""


class AntSEnv(AntEnv):
    """Gymnasium's four-legged ant as in the published transfers from a centipede.

    ## Description
    Body, actions, reward, termination, start of an episode and options are those of
    `gymnasium.envs.mujoco.ant_v5.AntEnv` (Ant-v5). Two things differ:

    - **Observation**: the contact forces are those of all 14 bodies, the world included, so that
      there are 111 entries: 13 positions without the root's x and y, 14 velocities, 14 × 6 contact
      forces clipped to ±1 (Ant-v5 leaves out the world's six and has 105).
    - **Contacts** begin at a distance of 0.01 m from the floor in every version of MuJoCo, as in
      the published task. For Ant-v5 it is 0.01 m with MuJoCo up to 3.4 and 0.02 m from 3.5 on.

    `gymnasium.make("baselines.environments:AntS-v1")` limits an episode to 1000 steps.

    ## Version history
    - v1: the task of the published transfers, on Gymnasium's Ant-v5.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build the ant; arguments as for Ant-v5."""
        super().__init__(*args, **kwargs)
        self.observation_structure["cfrc_ext"] += 6 * self._include_cfrc_ext_in_observation
        self.observation_space = Box(-np.inf, np.inf, self._get_obs().shape, np.float64)

    def _initialize_simulation(self) -> tuple[mujoco.MjModel, mujoco.MjData]:
        # As Gymnasium's, but the model is changed before it is compiled.
        model = with_named_contacts(mujoco.MjSpec.from_file(self.fullpath)).compile()
        model.vis.global_.offwidth = max(model.vis.global_.offwidth, self.width)
        model.vis.global_.offheight = max(model.vis.global_.offheight, self.height)
        return model, mujoco.MjData(model)

    def _get_obs(self) -> NDArray[np.float64]:
        position = self.data.qpos[2 * self._exclude_current_positions_from_observation :]
        forces = self.contact_forces.ravel() if self._include_cfrc_ext_in_observation else []
        return np.concatenate((position, self.data.qvel, forces))

    def render(self) -> Any:
        """Draw the current state, without a display too; see Ant-v5.

        Raises:
            RuntimeError: There is nothing to draw pictures with.
        """
        if self.render_mode != "human" and self.mujoco_renderer.viewer is None:
            draw_offscreen()
        return super().render()


def with_named_contacts(body: mujoco.MjSpec) -> mujoco.MjSpec:
    """Let each geom of a body touch the floor through a pair of its own, and nothing else.

    Of two geoms' margins MuJoCo took the larger up to 3.4 and takes the sum from 3.5 on; that of a
    named pair means the same in every version. Friction and dimension of a contact are, as MuJoCo
    combines them, the larger of the two geoms'.

    Args:
        body: a model whose floor is called "floor"; changed in place.

    Returns:
        The same model.

    Raises:
        ValueError: it has no such floor.
    """
    floor = body.geom(FLOOR)
    if floor is None:
        raise ValueError(f"no geom of the body is called {FLOOR!r}; its ground must be")
    for number, geom in enumerate(body.geoms):
        geom.name = geom.name or f"unnamed geom {number}"  # a pair tells its geoms by their names
        if geom.name != FLOOR:
            slide, turn, roll = np.maximum(floor.friction, geom.friction)
            body.add_pair(
                geomname1=FLOOR,
                geomname2=geom.name,
                condim=max(floor.condim, geom.condim),
                friction=[slide, slide, turn, roll, roll],
                margin=CONTACT_MARGIN,
            )
        geom.contype = geom.conaffinity = 0
    return body
