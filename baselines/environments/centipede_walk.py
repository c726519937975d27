"""The steps of a centipede: simulation, observation, reward, end and start of an episode.

`CentipedeEnv` is made of it, and says in full what the task is.
"""

from __future__ import annotations

import math
from operator import sub
from typing import Any

import gymnasium
import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MAX_SIDEWAYS_OFFSET = 0.45
MAX_RESET_DRAWS = 10_000

BODIES_PER_TORSO = 5


class CentipedeWalk(gymnasium.Env[Floats, NDArray[np.float32]]):
    """A centipede that walks; whoever makes it gives it what is declared here.

    Attributes:
        model: the body.
        data: its simulation.
        legs: number of legs.
        frame_skip: simulation steps of one step.
        dt: seconds of one step.
    """

    model: mujoco.MjModel
    data: mujoco.MjData
    legs: int
    frame_skip: int
    dt: float

    _forward_reward_weight: float
    _scaled_ctrl_cost_weight: float
    _scaled_contact_cost_weight: float
    _healthy_reward: float
    _terminate_when_unhealthy: bool
    _healthy_z_range: tuple[float, float]
    _contact_force_range: tuple[float, float]
    _include_cfrc_ext_in_observation: bool
    _velocity_noise: float
    _position_noise: Floats
    _action_shape: tuple[int, ...]

    def _keep_views(self) -> None:
        # Each access to an attribute of MjData builds a new array; these views stay valid for its
        # lifetime and follow the simulation.
        data = self.data
        self._qpos: Floats = data.qpos
        self._qvel: Floats = data.qvel
        self._ctrl: Floats = data.ctrl
        self._position: Floats = data.qpos[2:]
        self._raw_forces: Floats = data.cfrc_ext.reshape(-1)
        torso_positions = data.xpos[1::BODIES_PER_TORSO]
        self._torso_y: Floats = torso_positions[:, 1]
        self._torso_z: Floats = torso_positions[:, 2]
        self._last_torso_position: Floats = torso_positions[-1]
        self._forces: Floats = np.zeros_like(self._raw_forces)
        observed = len(self._forces) if self._include_cfrc_ext_in_observation else 0
        self._observed_forces: Floats = self._forces[:observed]

    def step(self, action: ArrayLike) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Simulate ``frame_skip`` steps, ``dt`` seconds, under constant motor controls.

        Args:
            action: Motor controls of shape ``[motors]``, read as float64. MuJoCo clips them to
                ±1; the reward's control cost takes them as given.

        Returns:
            A new float64 observation of shape ``[observation]``, the reward, whether the episode
            terminated, False (the time limit is a wrapper's business) and the reward's terms with
            the last torso's ``x_position`` (m) and ``x_velocity`` (m/s).

        Raises:
            ValueError: ``action`` has the wrong shape or is not finite.
        """
        controls = shaped("action", action, self._action_shape)
        control_effort = float(controls.dot(controls))
        if not math.isfinite(control_effort):
            raise ValueError(f"action must be finite, got {controls}")

        # Torso positions are those MuJoCo leaves behind: of the last Runge-Kutta stage, not of the
        # state just reached. The published task reads them so, before and after a step alike.
        x_before = float(self._last_torso_position[0])
        self._simulate(controls, self.frame_skip)
        x_after = float(self._last_torso_position[0])
        x_velocity = (x_after - x_before) / self.dt
        # One diverged step must not put NaN or infinity into a learner's running statistics.
        x_velocity = x_velocity if math.isfinite(x_velocity) else 0.0
        observation = self._observe()
        healthy = self.is_healthy
        terminated = not healthy and (self._terminate_when_unhealthy or not self._is_finite())
        info = self._reward_terms(x_velocity, control_effort, healthy)
        reward = sum(info.values())
        info["x_position"], info["x_velocity"] = x_after, x_velocity
        if self.render_mode == "human":
            self.render()
        return observation, reward, terminated, False, info

    def _simulate(self, controls: Floats, steps: int) -> None:
        self._ctrl[:] = controls
        mujoco.mj_step(self.model, self.data, nstep=steps)
        # MuJoCo fills cfrc_ext only on request.
        mujoco.mj_rnePostConstraint(self.model, self.data)

    def _observe(self) -> Floats:
        lowest, highest = self._contact_force_range
        np.maximum(self._raw_forces, lowest, out=self._forces)
        np.minimum(self._forces, highest, out=self._forces)
        return np.concatenate((self._position, self._qvel, self._observed_forces))

    def _reward_terms(
        self, x_velocity: float, control_effort: float, healthy: bool
    ) -> dict[str, float]:
        contact_effort = float(self._forces.dot(self._forces))
        contact_effort = contact_effort if math.isfinite(contact_effort) else 0.0
        survives = healthy or self._terminate_when_unhealthy
        return {
            "reward_forward": self._forward_reward_weight * x_velocity,
            "reward_survive": self._healthy_reward if survives else 0.0,
            "reward_ctrl": -self._scaled_ctrl_cost_weight * control_effort,
            "reward_contact": -self._scaled_contact_cost_weight * contact_effort,
        }

    @property
    def is_healthy(self) -> bool:
        """Whether all torsos are at a healthy height, in a row, and the state is finite."""
        lowest, highest = self._healthy_z_range
        heights, y = self._torso_z.tolist(), self._torso_y.tolist()
        # What a NaN lets pass here, `_is_finite` stops: positions are finite if the state is.
        upright = lowest < min(heights) and max(heights) < highest
        straight = max(map(abs, map(sub, y, y[1:]))) < MAX_SIDEWAYS_OFFSET
        return upright and straight and self._is_finite()

    def _is_finite(self) -> bool:
        # A sum of squares is finite only if every term is, and costs a third of np.isfinite.
        qpos, qvel = self._qpos, self._qvel
        return math.isfinite(qpos.dot(qpos)) and math.isfinite(qvel.dot(qvel))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Put the centipede at a random pose near its start pose.

        Args:
            seed: Starts the environment's random generator afresh. With a seed, everything that
                follows is a function of it and of the actions.
            options: Unused.

        Returns:
            A new float64 observation of shape ``[observation]`` and the last torso's
            ``x_position`` (m).

        Raises:
            RuntimeError: No pose that passes the termination test was found.
        """
        super().reset(seed=seed)
        for _ in range(MAX_RESET_DRAWS):
            self._draw_state()
            if self.is_healthy:
                break
        else:
            raise RuntimeError(
                f"no healthy start pose in {MAX_RESET_DRAWS} draws: legs={self.legs},"
                f" reset_noise_scale={self._velocity_noise}"
            )
        mujoco.mj_forward(self.model, self.data)
        mujoco.mj_rnePostConstraint(self.model, self.data)
        observation = self._observe()
        if self.render_mode == "human":
            self.render()
        return observation, {"x_position": float(self._last_torso_position[0])}

    def _draw_state(self) -> None:
        # Also clears what the solver starts from, which would else carry over the last episode.
        mujoco.mj_resetData(self.model, self.data)
        self._qpos += self.np_random.uniform(-self._position_noise, self._position_noise)
        self._qvel += self._velocity_noise * self.np_random.standard_normal(self.model.nv)
        mujoco.mj_kinematics(self.model, self.data)  # all that the test of the pose asks for


def shaped(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Return ``values`` as float64, if they have this shape."""
    array = np.asarray(values, np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got shape {array.shape}")
    return array
