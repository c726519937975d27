"""A robot of one's own as a Gymnasium task: a crawler on two legs that is to go forward.

python -m baselines.run --env=examples.crawler:Crawler-v0 ...
"""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.envs.mujoco import MujocoEnv
from gymnasium.spaces import Box

MODEL = Path(__file__).with_name("crawler.xml")


class Crawler(MujocoEnv):
    """Four motors, from −1 to 1; the reward is the torso's speed in m/s, less a cost of control.

    The observation is the torso's height above its start and its pitch, the angles of hips and
    knees, and the speeds of all seven joints: 13 dimensions. An episode ends after 500 steps of
    0.05 s, or when the crawler falls on its back.
    """

    metadata = {  # noqa: RUF012 (Gymnasium's own tasks say it so)
        "render_modes": ["human", "rgb_array", "depth_array", "rgbd_tuple"],
        "render_fps": 20,
    }

    def __init__(self, **options: Any) -> None:
        observations = Box(-np.inf, np.inf, (13,), np.float64)
        super().__init__(str(MODEL), 5, observations, camera_name="track", **options)

    def step(
        self, action: np.ndarray
    ) -> tuple[np.ndarray, np.float64, bool, bool, dict[str, np.float64]]:
        """Five steps of the simulation."""
        before = self.data.qpos[0]
        self.do_simulation(action, self.frame_skip)
        speed = (self.data.qpos[0] - before) / self.dt
        reward = np.float64(speed - 0.01 * np.square(action).sum())
        on_its_back = bool(abs(self.data.qpos[2]) > np.pi / 2)
        return self._observation(), reward, on_its_back, False, {}

    def reset_model(self) -> np.ndarray:
        """The start: standing, not quite at rest."""
        self.set_state(
            self.init_qpos + self.np_random.uniform(-0.05, 0.05, self.model.nq),
            self.init_qvel + self.np_random.normal(0, 0.05, self.model.nv),
        )
        return self._observation()

    def _observation(self) -> np.ndarray:
        return np.concatenate((self.data.qpos[1:], self.data.qvel))


gym.register("Crawler-v0", entry_point=Crawler, max_episode_steps=500)
