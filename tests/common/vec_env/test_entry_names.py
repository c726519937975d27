"""Names of the entries of MuJoCo tasks, against what moving a joint changes."""

from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
import pytest
from gymnasium import spaces

import baselines.environments  # noqa: F401  (registers the centipedes)
from baselines.common.errors import UserError
from baselines.common.vec_env.entry_names import FORCE, POSITION, VELOCITY, entry_names


@pytest.mark.parametrize(
    ("task", "forces"),
    [
        ("CentipedeFour-v1", 6 * 11),
        ("CpCentipedeSix-v1", 6 * 16),
        ("AntS-v1", 6 * 14),
        ("Ant-v5", 6 * 13),
        ("Hopper-v5", 0),
        ("Swimmer-v5", 0),
    ],
)
def test_a_joint_that_is_moved_changes_the_entries_of_its_name(task: str, forces: int) -> None:
    names = entry_names(task, {})
    env = gymnasium.make(task)
    before = env.reset(seed=0)[0]
    body: Any = env.unwrapped
    assert len(names.observation) == len(before)
    assert sum(entry.quantity == FORCE for entry in names.observation) == forces
    observe = getattr(body, "_observe", None) or body._get_obs
    for index in range(body.model.njnt):
        joint = body.model.joint(index).name
        for quantity, values in ((POSITION, body.data.qpos), (VELOCITY, body.data.qvel)):
            start = body.model.jnt_qposadr if quantity == POSITION else body.model.jnt_dofadr
            end = [*start, len(values)][index + 1]
            for number in range(int(start[index]), int(end)):
                kept, values[number] = values[number], values[number] + 0.25
                changed = [i for i, x in enumerate(observe() != before) if x]
                values[number] = kept
                expected = (quantity, joint, number - int(start[index]))
                assert [tuple(names.observation[i]) for i in changed] in ([expected], [])
                assert changed or quantity == POSITION  # where the robot is, is not observed


def test_the_motors_have_the_names_of_the_joints_they_turn() -> None:
    assert entry_names("CpCentipedeSix-v1", {}).joints[:3] == ("lefthip_2", "ankle_2", "righthip_3")
    assert entry_names("Hopper-v5", {}).joints == ("thigh_joint", "leg_joint", "foot_joint")


BODY = """
<mujoco>
  <worldbody>
    <body name="torso">
      <freejoint name="root"/><geom size="0.1"/>
      <body><joint name="knee" axis="0 1 0"/><joint axis="1 0 0"/><geom size="0.1"/></body>
    </body>
  </worldbody>
  <tendon><fixed name="string"><joint joint="knee" coef="1"/></fixed></tendon>
  <actuator>
    <motor tendon="string"/><motor joint="knee"/><motor jointinparent="root"/>
  </actuator>
</mujoco>
"""


def test_what_has_no_name_in_the_model_has_none(tmp_path: Path) -> None:
    file = tmp_path / "body.xml"
    file.write_text(BODY)
    names = entry_names("Ant-v5", {"xml_file": str(file)})
    assert names.joints == ("", "knee", "root")
    parts = [(entry.quantity, entry.part) for entry in names.observation]
    assert parts[5:7] == [(POSITION, "knee"), (POSITION, "")]
    assert parts[-12:] == [(FORCE, "torso")] * 6 + [(FORCE, "")] * 6


def test_options_change_the_names() -> None:
    blind = entry_names("CentipedeFour-v1", {"include_cfrc_ext_in_observation": False})
    assert len(blind.observation) == 97 - 66
    assert blind.observation == entry_names("CentipedeFour-v1", {}).observation[:31]


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("CartPole-v1", "--env: CartPole-v1 is no MuJoCo task"),
        ("Humanoid-v5", "--env: the observation of Humanoid-v5 is not positions, velocities"),
    ],
)
def test_other_tasks_are_told(task: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        entry_names(task, {})
    with pytest.raises(UserError, match=told.replace("--env", "--source_env")):
        entry_names(task, {}, "source_env")


ARM = """
<mujoco>
  <worldbody>
    <body>
      <joint name="shoulder" axis="0 1 0"/><geom type="capsule" size="0.1" fromto="0 0 0 1 0 0"/>
      <body pos="1 0 0">
        <joint name="elbow" axis="0 1 0"/><geom type="capsule" size="0.1" fromto="0 0 0 1 0 0"/>
      </body>
    </body>
  </worldbody>
  <actuator><motor joint="elbow" ctrlrange="-1 1"/></actuator>
</mujoco>
"""


class Arm(gymnasium.Env):
    """Two joints, whose episodes begin at rest: all positions and velocities are 0."""

    action_space: spaces.Space = spaces.Box(-1, 1, (1,))

    def __init__(self, first: str, dtype: str = "float64") -> None:
        self._first = first
        self.observation_space = spaces.Box(-np.inf, np.inf, (4,), np.dtype(dtype))
        self.model = mujoco.MjModel.from_xml_string(ARM)
        self.data = mujoco.MjData(self.model)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        mujoco.mj_resetData(self.model, self.data)
        return self._observe(), {}

    def step(self, action: Any) -> Any:
        self.data.ctrl[:] = action
        mujoco.mj_step(self.model, self.data)
        return self._observe(), 0.0, False, False, {}

    def _observe(self) -> np.ndarray:
        parts = (self.data.qpos, self.data.qvel)
        ordered = parts if self._first == POSITION else parts[::-1]
        return np.concatenate(ordered).astype(self.observation_space.dtype)


gymnasium.register("Arm-v0", Arm)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_start_at_rest_hides_no_other_order(dtype: str) -> None:
    seen = entry_names("Arm-v0", {"first": POSITION, "dtype": dtype}).observation
    assert [entry.quantity for entry in seen] == [POSITION, POSITION, VELOCITY, VELOCITY]
    with pytest.raises(UserError, match="the observation of Arm-v0 is not positions, velocities"):
        entry_names("Arm-v0", {"first": VELOCITY, "dtype": dtype})


@pytest.mark.parametrize("task", ["Hopper-v5", "Walker2d-v5", "CentipedeThree-v1"])
def test_a_start_at_rest_has_the_names_of_another(task: str) -> None:
    """Walker2d-v5 clips its velocities, as a whole step of a random action shows."""
    assert entry_names(task, {"reset_noise_scale": 0.0}) == entry_names(task, {})
