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


@pytest.mark.filterwarnings("error")
def test_gymnasiums_own_checks() -> None:
    with pytest.warns(UserWarning, match=r"observation space (min|max)imum"):
        check_env(gymnasium.make("AntS-v1").unwrapped, skip_render_check=True)
