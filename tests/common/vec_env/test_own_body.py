"""A body of one's own is trained in Gymnasium's locomotion tasks, or refused in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from baselines.common.errors import UserError
from baselines.config import Config
from baselines.evaluation.evaluation import evaluate
from baselines.ppo2 import ppo2
from baselines.training.setup import prepare

LIZARD = "examples/lizard.xml"
ROOT = Path(__file__).resolve().parents[3]
BOX = """
<mujoco>
  <worldbody>
    <body pos="0 0 {height}">{root}<geom size="0.1"/>
      <body>
        <joint name="hinge" axis="0 1 0"/>
        <geom type="capsule" fromto="0 0 0 0.3 0 0" size="0.05"/>
      </body>
    </body>
  </worldbody>
  <actuator>{motor}</actuator>
</mujoco>
"""
FREE, MOTOR = "<freejoint/>", '<motor joint="hinge"/>'
LONG = 300 * "a"
"""No file can have so long a name."""
PLANAR = """
<joint type="slide" axis="1 0 0"/><joint type="slide" axis="0 0 1"/><joint axis="0 1 0"/>
"""


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_a_body_is_trained_and_evaluated(
    tmp_path: Path, small_config: Callable[..., Config]
) -> None:
    config = small_config(env="", env_xml=LIZARD, num_timesteps=48, save_path=str(tmp_path))
    assert config.env == "Ant-v5"
    saved = ppo2.learn(config)
    # 9 hinges and a free root: 16 + 15 coordinates, two left out; forces on 10 bodies.
    assert saved.policy.obs_size == 16 - 2 + 15 + 6 * 10
    assert saved.policy.distribution.num_outputs == 9
    assert evaluate(saved, 1, 0, deterministic=True)[0].l > 0


def test_a_teacher_of_another_shape_fits() -> None:
    teacher = "teacher_models/centipede_four/0/00970"
    setup = prepare(Config(env_xml=LIZARD, teacher_paths=(teacher,)))
    setup.envs.close()
    assert setup.policy.outline() == ["mapping: 89 dimensions to the 97 of CentipedeFour-v1"]
    assert setup.policy.obs_size == 89


@pytest.mark.parametrize(
    ("xml", "settings", "expected"),
    [
        (None, {}, "--env_xml: cannot read .*: No such file"),
        ("<mujoco><worldbody><bod/></worldbody></mujoco>", {}, "--env_xml: .*bod"),
        pytest.param(
            f'<mujoco><asset><mesh name="m" file="{LONG}.stl"/></asset></mujoco>',
            {},
            "--env_xml: .*aaa",
            id="a mesh of a long name",
        ),
        pytest.param(
            f'<mujoco><include file="{LONG}"/></mujoco>',
            {},
            "--env_xml: .*aaa",
            id="a part of a long name",
        ),
        (BOX.format(height=0.5, root=FREE, motor=""), {}, "--env_xml: .* has no actuators"),
        (
            BOX.format(height=0.5, root='<joint type="slide"/>', motor=MOTOR),
            {},
            "--env_xml: the first joint in .* must be a free one",
        ),
        (
            BOX.format(height=3, root=FREE, motor=MOTOR),
            {},
            r"--env_xml: .* starts at a height of [23]\.\d\d m.*healthy_z_range",
        ),
        (
            BOX.format(height=9, root=PLANAR, motor=MOTOR),
            {"env": "Walker2d-v5"},
            r"--env_xml: .* is not healthy as it begins, where Walker2d-v5 .* healthy_\*",
        ),
        (
            BOX.format(height=0.5, root=FREE, motor=MOTOR),
            {"env": "CartPole-v1"},
            "--env: cannot make CartPole-v1 with .*xml_file",
        ),
    ],
)
def test_what_cannot_walk_is_refused(
    tmp_path: Path, xml: str | None, settings: dict[str, str], expected: str
) -> None:
    path = tmp_path / "body.xml"
    if xml is not None:
        path.write_text(xml)
    with pytest.raises(UserError, match=expected) as caught:
        prepare(Config(env_xml=str(path), **settings))
    assert "\n" not in str(caught.value)


def test_the_range_that_is_suggested_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "tall.xml"
    path.write_text(BOX.format(height=3, root=FREE, motor=MOTOR))
    with pytest.raises(UserError) as caught:
        prepare(Config(env_xml=str(path)))
    suggested = str(caught.value).rsplit("--env_kwargs ", 1)[1].strip("'")
    prepare(Config(env_xml=str(path), env_kwargs=suggested)).envs.close()
