"""What people wrap around a Gymnasium task works on the centipedes and the ant."""

from pathlib import Path
from typing import Any

import gymnasium
import imageio.v3 as imageio
import numpy as np
import pytest
from gymnasium.wrappers import RecordEpisodeStatistics, RecordVideo

TASKS = ["baselines.environments:CpCentipedeSix-v1", "baselines.environments:AntS-v1"]


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_vector_environments_step_as_single_ones(name: str, mode: Any) -> None:
    envs = gymnasium.make_vec(name, num_envs=2, vectorization_mode=mode)
    actions = np.random.default_rng(0).uniform(-1, 1, (5, *envs.action_space.shape))
    found = [envs.reset(seed=3)[0], *(envs.step(each.astype(np.float32))[0] for each in actions)]
    envs.close()
    for k in range(2):
        env = gymnasium.make(name)
        expected = [env.reset(seed=3 + k)[0]]
        expected += [env.step(each[k].astype(np.float32))[0] for each in actions]
        assert np.array_equal([obs[k] for obs in found], expected)


@pytest.mark.parametrize("name", TASKS)
def test_episode_statistics(name: str) -> None:
    env = RecordEpisodeStatistics(gymnasium.make(name, max_episode_steps=7))
    env.reset(seed=0)
    rewards = []
    ended = False
    while not ended:
        _, reward, terminated, truncated, info = env.step(np.zeros(env.action_space.shape))
        rewards.append(float(reward))
        ended = terminated or truncated
    assert info["episode"]["r"] == pytest.approx(sum(rewards))
    assert info["episode"]["l"] == len(rewards) == 7


@pytest.mark.parametrize("name", TASKS)
def test_an_episode_is_filmed(name: str, tmp_path: Path) -> None:
    pytest.importorskip("moviepy", reason="RecordVideo needs `pip install moviepy`")
    size = {"width": 64, "height": 48}
    env = gymnasium.make(name, max_episode_steps=5, render_mode="rgb_array", **size)
    filmed = RecordVideo(env, str(tmp_path / "films"), episode_trigger=lambda episode: True)
    filmed.reset(seed=0)
    ended = False
    while not ended:
        _, _, terminated, truncated, _ = filmed.step(np.zeros(env.action_space.shape))
        ended = terminated or truncated
    filmed.close()
    [film] = (tmp_path / "films").glob("*.mp4")
    pictures = imageio.imread(film)
    assert pictures.shape[1:] == (48, 64, 3)
    assert len(pictures) >= 5


@pytest.mark.slow
def test_stable_baselines3_trains_on_it(tmp_path: Path) -> None:
    library = pytest.importorskip(
        "stable_baselines3", reason="pip install '.[benchmark]' brings it"
    )
    model = library.PPO("MlpPolicy", gymnasium.make(TASKS[0]), n_steps=64, batch_size=32, seed=0)
    model.learn(128)
    assert model.num_timesteps == 128
