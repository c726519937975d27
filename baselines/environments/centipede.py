"""The centipede task: walk forward on many legs, on Gymnasium's interface.

What the task is and how it is made, drawn and closed; `centipede_walk.py` has its steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import mujoco
import numpy as np
from gymnasium.envs.mujoco.mujoco_rendering import MujocoRenderer
from gymnasium.spaces import Box
from gymnasium.utils import EzPickle
from numpy.typing import ArrayLike

from baselines.environments.arguments import (
    checked_count,
    checked_flag,
    checked_number,
    checked_range,
)
from baselines.environments.centipede_mjcf import (
    MIN_LEGS,
    START_HEIGHT,
    centipede_mjcf,
    torso_count,
)
from baselines.environments.centipede_walk import (
    BODIES_PER_TORSO,
    CentipedeWalk,
    Floats,
    shaped,
)
from baselines.environments.offscreen import draw_offscreen

_QUATERNION_Y = 5


class CentipedeEnv(CentipedeWalk, EzPickle):
    """A chain of torsos on many legs, rewarded for walking forward.

    ## Description
    The centipedes are those of NerveNet (Wang et al., "NerveNet: Learning Structured Policy with
    Graph Neural Networks", ICLR 2018): one kind of body in many lengths, so that what was learned
    on one can be tried on another. Torso spheres form a row along x. A yaw and a pitch hinge join
    each pair of neighbours. Every torso carries a left and a right leg with a hip and an ankle
    hinge. With an odd number of legs the last torso has only a left leg, and the hinges that join
    it to the chain have no motors. Forward is +x: torso 0 is the tail, and the last torso leads.

    A *crippled* centipede has the same body and the same observation, but not the four leg motors
    of torso 0.

    | | n legs, T = ceil(n / 2) torsos | 4 legs | 6 | 8 |
    | --- | --- | --- | --- | --- |
    | action | 2 n + 2 (floor(n / 2) - 1), crippled 4 fewer | 10 | 16 | 22 |
    | observation | 16 n + 10 T + 13 | 97 | 139 | 181 |

    One step is 0.05 s: 5 Runge-Kutta steps of 0.01 s under constant controls.

    ## Action space
    `Box(-1, 1, (motors,), float32)`. Entry by entry for four legs; for any other body, call
    `baselines.environments.centipede_tables.action_table(env.unwrapped.model)`. Torque in N m is
    gear times control. MuJoCo clips controls to their range.

    | Index | Joint | Turns | Control range | Gear (N m) |
    | --- | --- | --- | --- | --- |
    | 0 | lefthip_0 | left leg 0 forward and back | -1 to 1 | 150 |
    | 1 | ankle_0 | foot of left leg 0 up and down | -1 to 1 | 150 |
    | 2 | righthip_1 | right leg 1 forward and back | -1 to 1 | 150 |
    | 3 | ankle_1 | foot of right leg 1 up and down | -1 to 1 | 150 |
    | 4 | lefthip_2 | left leg 2 forward and back | -1 to 1 | 150 |
    | 5 | ankle_2 | foot of left leg 2 up and down | -1 to 1 | 150 |
    | 6 | righthip_3 | right leg 3 forward and back | -1 to 1 | 150 |
    | 7 | ankle_3 | foot of right leg 3 up and down | -1 to 1 | 150 |
    | 8 | body_1 | torso 1 sideways (yaw) | -1 to 1 | 100 |
    | 9 | bodyupdown_1 | torso 1 up and down (pitch) | -1 to 1 | 100 |

    ## Observation space
    `Box(-inf, inf, (entries,), float64)`: positions without the root's x and y, velocities, and the
    contact forces on each body. A contact's torque and force are taken about the animal's centre of
    mass, along the world's axes, and clipped to ±1; the six entries of the ground ("world") are
    there as in the published task, but MuJoCo leaves them at 0. For four legs (for any other body,
    see `baselines.environments.centipede_tables.observation_table`):

    | Slice | Quantity | Unit |
    | --- | --- | --- |
    | 0:1 | height of torso_0 | m |
    | 1:5 | orientation of torso_0, quaternion w x y z | 1 |
    | 5:6 | angle of lefthip_0 | rad |
    | 6:7 | angle of ankle_0 | rad |
    | 7:8 | angle of righthip_1 | rad |
    | 8:9 | angle of ankle_1 | rad |
    | 9:10 | angle of body_1 | rad |
    | 10:11 | angle of bodyupdown_1 | rad |
    | 11:12 | angle of lefthip_2 | rad |
    | 12:13 | angle of ankle_2 | rad |
    | 13:14 | angle of righthip_3 | rad |
    | 14:15 | angle of ankle_3 | rad |
    | 15:18 | velocity of torso_0, x y z in the world's frame | m/s |
    | 18:21 | angular velocity of torso_0, x y z in its own frame | rad/s |
    | 21:22 | angular velocity of lefthip_0 | rad/s |
    | 22:23 | angular velocity of ankle_0 | rad/s |
    | 23:24 | angular velocity of righthip_1 | rad/s |
    | 24:25 | angular velocity of ankle_1 | rad/s |
    | 25:26 | angular velocity of body_1 | rad/s |
    | 26:27 | angular velocity of bodyupdown_1 | rad/s |
    | 27:28 | angular velocity of lefthip_2 | rad/s |
    | 28:29 | angular velocity of ankle_2 | rad/s |
    | 29:30 | angular velocity of righthip_3 | rad/s |
    | 30:31 | angular velocity of ankle_3 | rad/s |
    | 31:37 | contact on world: torque x y z, force x y z | N m, N |
    | 37:43 | contact on torso_0: torque x y z, force x y z | N m, N |
    | 43:49 | contact on legbody_0: torque x y z, force x y z | N m, N |
    | 49:55 | contact on frontFoot_0: torque x y z, force x y z | N m, N |
    | 55:61 | contact on legbody_1: torque x y z, force x y z | N m, N |
    | 61:67 | contact on frontFoot_1: torque x y z, force x y z | N m, N |
    | 67:73 | contact on torso_1: torque x y z, force x y z | N m, N |
    | 73:79 | contact on legbody_2: torque x y z, force x y z | N m, N |
    | 79:85 | contact on frontFoot_2: torque x y z, force x y z | N m, N |
    | 85:91 | contact on legbody_3: torque x y z, force x y z | N m, N |
    | 91:97 | contact on frontFoot_3: torque x y z, force x y z | N m, N |

    ## Reward
    `reward = reward_forward + reward_survive + reward_ctrl + reward_contact`, with n legs and the
    weights at their defaults:

    | Term | Formula |
    | --- | --- |
    | `reward_forward` | change of the last torso's x over the step / 0.05 s, in m/s |
    | `reward_survive` | 1, in every step, the terminal one included |
    | `reward_ctrl` | -0.5 (4 / n) Σ a², where a is the action as given, before clipping |
    | `reward_contact` | -0.0005 (4 / n) Σ f², f the clipped contact forces of all bodies |

    `info` holds these four, `x_position` (m) and `x_velocity` (m/s) of the last torso. In a state
    that is not finite, a term that is not finite counts as 0, so the reward is always a number.
    Torso positions are those of the last Runge-Kutta stage, as in the published task.

    ## Termination and truncation
    A centipede is unhealthy, which ends the episode, when

    - any torso's height leaves the open interval (0.35 m, 1.15 m);
    - two neighbouring torsos are 0.45 m or more apart along y;
    - a position or a velocity is not finite; this ends the episode in any case.

    `gymnasium.make` adds a time limit: the episode is truncated after 1000 steps.

    ## Start of an episode
    The start pose has torso 0 at a height of 0.75 m and every joint at 0. Each coordinate of qpos,
    the root's quaternion included, gets uniform noise in ±0.1. Only the pitch hinges and the
    quaternion's y get ±0.1 / (T - 1), because pitch adds up along the chain. Each velocity is
    0.1 times a standard normal. The draw is repeated until the pose is healthy.

    ## Arguments
    All but the first two are keyword-only. Those that Ant-v5 has too mean nearly the same there:
    it has no factor 4 / n, pays `healthy_reward` in no unhealthy step, and its interval is closed.

    | Argument | Default | Meaning |
    | --- | --- | --- |
    | `legs` | 4 | number of legs, at least 3 |
    | `crippled` | False | leave out the leg motors of torso 0 |
    | `forward_reward_weight` | 1 | weight of `reward_forward` |
    | `ctrl_cost_weight` | 0.5 | weight of `reward_ctrl`, before the factor 4 / n |
    | `contact_cost_weight` | 0.0005 | weight of `reward_contact`, before the factor 4 / n |
    | `healthy_reward` | 1 | `reward_survive`; 0 in unhealthy steps that do not end the episode |
    | `terminate_when_unhealthy` | True | end the episode when the centipede is unhealthy |
    | `healthy_z_range` | (0.35, 1.15) | the open interval of healthy heights of the torsos, in m |
    | `contact_force_range` | (-1, 1) | bounds of the contact torques (N m) and forces (N) |
    | `reset_noise_scale` | 0.1 | the 0.1 of the start of an episode |
    | `include_cfrc_ext_in_observation` | True | observe the contact forces |
    | `frame_skip` | 5 | simulation steps of 0.01 s in one step |
    | `render_mode` | None | "human", "rgb_array", "depth_array" or "rgbd_tuple" |
    | `width`, `height` | 480 | size of the picture in pixels; Mesa draws up to 16384 |
    | `camera_name` | "track" | the camera that pictures are taken with |

    `gymnasium.make("baselines.environments:Centipede-v1", legs=9)` makes any length;
    `CentipedeFour-v1`, `CpCentipedeSix-v1` and their like are the fixed tasks.

    ## Attributes and methods
    As in Gymnasium's own MuJoCo tasks: `model`, `data`, `init_qpos`, `init_qvel`, `frame_skip`,
    `dt`, `is_healthy`, `set_state`, `state_vector` and `do_simulation`.

    ## Version history
    - v1: the original task, whose traces it reproduces, with MuJoCo's Python bindings and
      Gymnasium's interface, contact forces computed on request (`mj_rnePostConstraint`), and any
      number of legs from 3. A contact begins at a distance of 0.01 m, as in the original, in every
      version of MuJoCo. Up to 3.4 MuJoCo took the larger of two geoms' margins; from 3.5 on it
      takes their sum, 0.02 m, which this task had before its contacts were named pairs.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 (as Gymnasium declares it)
        "render_modes": ["human", "rgb_array", "depth_array", "rgbd_tuple"],
        "render_fps": 20,
    }

    def __init__(
        self,
        legs: int = 4,
        crippled: bool = False,
        *,
        forward_reward_weight: float = 1.0,
        ctrl_cost_weight: float = 0.5,
        contact_cost_weight: float = 0.5e-3,
        healthy_reward: float = 1.0,
        terminate_when_unhealthy: bool = True,
        healthy_z_range: Sequence[float] = (0.35, 1.15),
        contact_force_range: Sequence[float] = (-1.0, 1.0),
        reset_noise_scale: float = 0.1,
        include_cfrc_ext_in_observation: bool = True,
        frame_skip: int = 5,
        render_mode: str | None = None,
        width: int = 480,
        height: int = 480,
        camera_name: str = "track",
    ) -> None:
        """Build the body and its simulation; see the class for the arguments.

        Raises:
            ValueError: an argument is none of what the class says it may be.
        """
        EzPickle.__init__(
            self, legs, crippled,
            forward_reward_weight=forward_reward_weight, ctrl_cost_weight=ctrl_cost_weight,
            contact_cost_weight=contact_cost_weight, healthy_reward=healthy_reward,
            terminate_when_unhealthy=terminate_when_unhealthy, healthy_z_range=healthy_z_range,
            contact_force_range=contact_force_range, reset_noise_scale=reset_noise_scale,
            include_cfrc_ext_in_observation=include_cfrc_ext_in_observation,
            frame_skip=frame_skip, render_mode=render_mode, width=width, height=height,
            camera_name=camera_name,
        )  # fmt: skip
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(
                f"render_mode must be one of {self.metadata['render_modes']}, got {render_mode!r}"
            )
        self.legs = checked_count("legs", legs, MIN_LEGS)
        self.crippled = checked_flag("crippled", crippled)
        self.model = mujoco.MjModel.from_xml_string(centipede_mjcf(self.legs, crippled))
        self.data = mujoco.MjData(self.model)
        self.torsos = torso_count(self.legs)
        self.frame_skip = checked_count("frame_skip", frame_skip)
        self.dt = float(self.model.opt.timestep) * self.frame_skip
        self.metadata = self.metadata | {"render_fps": round(1 / self.dt)}
        self.render_mode = render_mode
        self._size = checked_count("width", width), checked_count("height", height)
        self._camera_name = self._checked_camera(camera_name)
        self._renderer: MujocoRenderer | None = None

        self._forward_reward_weight = checked_number("forward_reward_weight", forward_reward_weight)
        ctrl_cost_weight = checked_number("ctrl_cost_weight", ctrl_cost_weight)
        self._scaled_ctrl_cost_weight = ctrl_cost_weight * 4 / self.legs
        contact_cost_weight = checked_number("contact_cost_weight", contact_cost_weight)
        self._scaled_contact_cost_weight = contact_cost_weight * 4 / self.legs
        self._healthy_reward = checked_number("healthy_reward", healthy_reward)
        self._terminate_when_unhealthy = checked_flag(
            "terminate_when_unhealthy", terminate_when_unhealthy
        )
        self._healthy_z_range = checked_range("healthy_z_range", healthy_z_range)
        if not self._healthy_z_range[0] < START_HEIGHT < self._healthy_z_range[1]:
            raise ValueError(
                f"healthy_z_range must contain the start height, {START_HEIGHT} m, got"
                f" {healthy_z_range!r}"
            )
        self._contact_force_range = checked_range("contact_force_range", contact_force_range)
        self._include_cfrc_ext_in_observation = checked_flag(
            "include_cfrc_ext_in_observation", include_cfrc_ext_in_observation
        )
        scale = checked_number("reset_noise_scale", reset_noise_scale, negative=False)
        self._velocity_noise = scale
        self._position_noise = _position_noise(self.model, self.torsos, scale)

        self.init_qpos: Floats = self.model.qpos0.copy()
        self.init_qvel: Floats = np.zeros(self.model.nv)
        self._keep_views()
        self._action_shape = (self.model.nu,)
        self.action_space = Box(-1.0, 1.0, self._action_shape, np.float32)
        self.observation_space = Box(-np.inf, np.inf, self._observe().shape, np.float64)

    def _checked_camera(self, name: str) -> str:
        cameras = [self.model.camera(i).name for i in range(self.model.ncam)]
        if name not in cameras:
            raise ValueError(f"camera_name must be one of {cameras}, got {name!r}")
        return name

    def set_state(self, qpos: ArrayLike, qvel: ArrayLike) -> None:
        """Put the centipede into a state: positions of ``[nq]`` and velocities of ``[nv]``.

        Raises:
            ValueError: one of them has another shape.
        """
        positions = shaped("qpos", qpos, self._qpos.shape)
        self._qvel[:] = shaped("qvel", qvel, self._qvel.shape)
        self._qpos[:] = positions
        mujoco.mj_forward(self.model, self.data)

    def do_simulation(self, ctrl: ArrayLike, n_frames: int) -> None:
        """Simulate ``n_frames`` steps of 0.01 s under motor controls ``ctrl`` of ``[motors]``.

        The contact forces on the bodies, ``data.cfrc_ext``, are those at the end.

        Raises:
            ValueError: ``ctrl`` has another shape.
        """
        self._simulate(shaped("ctrl", ctrl, self._action_shape), n_frames)

    def state_vector(self) -> Floats:
        """Return positions and velocities, float64 of ``[nq + nv]``, as a new array."""
        return np.concatenate((self._qpos, self._qvel))

    def render(self) -> Any:
        """Draw the current state, seen by the camera that follows the centipede.

        Returns:
            None in mode "human" (and without a mode); uint8 ``[height, width, 3]`` in mode
            "rgb_array"; float32 ``[height, width]`` in mode "depth_array"; both in "rgbd_tuple".

        Raises:
            RuntimeError: There is nothing to draw pictures with.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs a render_mode, given when the env is made")
            return None
        if self._renderer is None:
            self._renderer = self._make_renderer()
        return self._renderer.render(self.render_mode)

    def _make_renderer(self) -> MujocoRenderer:
        # The window starts with a free camera; this lets it follow the middle torso. Pictures are
        # taken with the model's own tracking camera.
        following = {
            "type": mujoco.mjtCamera.mjCAMERA_TRACKING,
            "trackbodyid": 1 + BODIES_PER_TORSO * ((self.torsos - 1) // 2),
            "distance": 3.0 + 0.65 * self.torsos,
        }
        if self.render_mode != "human":
            draw_offscreen()
        # What is drawn off screen has the size that the model says, not the renderer.
        width, height = self._size
        buffer = self.model.vis.global_
        buffer.offwidth, buffer.offheight = width, height
        return MujocoRenderer(
            self.model,
            self.data,
            following,
            width=width,
            height=height,
            camera_name=self._camera_name,
        )

    def close(self) -> None:
        """Close the renderer, if there is one."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None


def _position_noise(model: mujoco.MjModel, torsos: int, scale: float) -> Floats:
    """Return the half-width of the reset noise of each coordinate of qpos, shape ``[nq]``.

    Pitch adds up along the chain and would drive its end into the ground, so the pitch hinges and
    the root's own pitch (its quaternion's y) get a range narrower by the number of links.
    """
    noise = np.full(model.nq, scale)
    pitch = [int(model.joint(f"bodyupdown_{i}").qposadr[0]) for i in range(1, torsos)]
    noise[[*pitch, _QUATERNION_Y]] = scale / (torsos - 1)
    return noise
