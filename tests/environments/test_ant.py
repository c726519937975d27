"""AntS-v1 against Gymnasium's own ant."""

from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
import pytest
from gymnasium.envs.mujoco.ant_v5 import AntEnv
from gymnasium.utils.env_checker import check_env

import baselines.environments.ant
from baselines.environments import AntSEnv
from baselines.environments.ant import with_named_contacts

WORLD = slice(27, 33)
"""The entries that Ant-v5 leaves out."""


def one_rule_for_margins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have AntS touch the floor where Ant-v5 does with the MuJoCo at hand."""
    version = tuple(map(int, mujoco.__version__.split(".")[:2]))
    margin = 0.01 if version < (3, 5) else 0.02
    monkeypatch.setattr("baselines.environments.ant.CONTACT_MARGIN", margin)


def walk(env: Any, steps: int = 200) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(0)
    start = env.reset(seed=1)
    return [start, *(env.step(random.uniform(-1.5, 1.5, 8)) for _ in range(steps))]


def test_with_the_same_margin_it_is_ant_v5_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    one_rule_for_margins(monkeypatch)
    pairs = zip(walk(AntSEnv()), walk(AntEnv()), strict=True)
    for step, (ours, theirs) in enumerate(pairs):
        assert np.array_equal(np.delete(ours[0], WORLD), theirs[0]), step
        assert ours[1:] == theirs[1:]


def test_contacts_begin_at_a_hundredth_of_a_metre() -> None:
    env = AntSEnv()
    floor = mujoco.mj_name2id(env.model, mujoco.mjtObj.mjOBJ_GEOM, "floor")
    random, distances = np.random.default_rng(0), []
    env.reset(seed=0)
    for _ in range(300):
        env.step(random.uniform(-1, 1, 8))
        for contact in env.data.contact:
            assert floor in contact.geom
            distances.append(contact.dist)
    assert 0.005 < max(distances) <= baselines.environments.ant.CONTACT_MARGIN == 0.01


UNEVEN = """
<mujoco>
  <worldbody>
    <geom name="floor" type="plane" size="9 9 1" friction="0.9 0.02 0.003" {contacts}/>
    <body pos="0 0 0.09"><freejoint/>
      <geom name="slippery" size="0.1" friction="0.5 0.1 0.001" condim="6"/>
    </body>
    <body pos="1 0 0.09"><freejoint/>
      <geom name="rough" size="0.1" friction="1.2 0.01 0.01" condim="1"/>
    </body>
  </worldbody>
</mujoco>
"""


def contacts(model: mujoco.MjModel) -> dict[str, tuple[Any, ...]]:
    """Dimension and friction of each geom's contact with the floor."""
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return {
        model.geom(int(max(contact.geom))).name: (int(contact.dim), *contact.friction)
        for contact in data.contact
    }


@pytest.mark.parametrize("dimension", [1, 4])
def test_a_named_contact_is_as_mujoco_makes_one_of_the_two_geoms(dimension: int) -> None:
    xml = UNEVEN.format(contacts=f'condim="{dimension}"')
    found = contacts(with_named_contacts(mujoco.MjSpec.from_string(xml)).compile())
    assert found == contacts(mujoco.MjModel.from_xml_string(xml))
    assert found.keys() == {"slippery", "rough"}


UNNAMED = """
<mujoco>
  <worldbody>
    <geom name="floor" type="plane" size="9 9 1"/>
    <body pos="0 0 0.09"><freejoint/><geom size="0.1"/></body>
    <body pos="0.15 0 0.09"><freejoint/><geom size="0.1"/></body>
  </worldbody>
</mujoco>
"""


def test_geoms_without_a_name_touch_the_floor_each_and_not_one_another() -> None:
    model = with_named_contacts(mujoco.MjSpec.from_string(UNNAMED)).compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    assert sorted(contact.geom.tolist() for contact in data.contact) == [[0, 1], [0, 2]]


def test_a_body_without_the_floor_is_told_what_it_lacks(tmp_path: Path) -> None:
    ant = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets" / "ant.xml"
    path = tmp_path / "ant.xml"
    path.write_text(ant.read_text().replace('name="floor"', 'name="ground"'))
    with pytest.raises(ValueError, match="no geom of the body is called 'floor'"):
        AntSEnv(xml_file=str(path))


def test_the_id_and_its_options() -> None:
    env = gymnasium.make("baselines.environments:AntS-v1")
    assert env.spec is not None
    assert env.spec.max_episode_steps == 1000
    assert env.observation_space.shape == (111,)
    assert env.action_space.shape == (8,)
    blind = gymnasium.make("AntS-v1", include_cfrc_ext_in_observation=False)
    assert blind.observation_space.shape == (27,)
    whole = gymnasium.make("AntS-v1", exclude_current_positions_from_observation=False)
    assert whole.observation_space.shape == (113,)
    assert np.array_equal(whole.reset(seed=0)[0][2:], env.reset(seed=0)[0])


@pytest.mark.parametrize("forces", [True, False])
def test_the_parts_of_the_observation_are_told_as_by_gymnasiums_ant(forces: bool) -> None:
    env = AntSEnv(include_cfrc_ext_in_observation=forces)
    parts = env.observation_structure
    observed = sum(size for name, size in parts.items() if name != "skipped_qpos")
    assert observed == len(env.reset(seed=0)[0])


def test_a_picture_may_be_larger_than_mujocos_own() -> None:
    buffer = AntSEnv(width=700, height=800).model.vis.global_
    assert (buffer.offwidth, buffer.offheight) == (700, 800)


@pytest.mark.parametrize(("mode", "offscreen"), [("rgb_array", True), ("human", False)])
def test_pictures_need_no_display_and_a_window_does(
    mode: str, offscreen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[bool] = []
    monkeypatch.setattr("baselines.environments.ant.draw_offscreen", lambda: chosen.append(True))
    monkeypatch.setattr(AntEnv, "render", lambda _: "drawn")
    assert AntSEnv(render_mode=mode).render() == "drawn"
    assert bool(chosen) is offscreen


@pytest.mark.filterwarnings("error")
def test_gymnasiums_own_checks() -> None:
    with pytest.warns(UserWarning, match=r"observation space (min|max)imum"):
        check_env(gymnasium.make("AntS-v1").unwrapped, skip_render_check=True)
