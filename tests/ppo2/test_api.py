"""The package from a program."""

import os
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import toys

from baselines import ppo2
from baselines.common.errors import UserError

TEACHER = Path(__file__).resolve().parents[2] / "teacher_models" / "centipede_four" / "0" / "00970"
SMALL = {"nsteps": 64, "nminibatches": 4, "noptepochs": 2, "xla": False}

toys.register()


def test_a_centipede_teaches_a_cart(tmp_path: Path) -> None:
    model = ppo2.learn(
        env="CartPole-v1", teachers=[TEACHER], num_timesteps=256.0, save_path=tmp_path, **SMALL
    )
    env = gym.make("CartPole-v1")
    obs, _ = env.reset(seed=0)
    for _ in range(5):
        action, state = model.predict(obs)
        assert env.action_space.contains(action)
        assert state is None
        obs = env.step(action)[0]
    again = ppo2.load(tmp_path / "00004")
    batch = np.random.default_rng(0).standard_normal((9, 4))
    actions, _ = model.predict(batch, deterministic=True)
    assert actions.shape == (9,)
    np.testing.assert_array_equal(again.predict(batch, deterministic=True)[0], actions)


def test_actions_are_those_of_the_task() -> None:
    model = ppo2.learn("DiscreteToy-v0", num_timesteps=64, cliprange=0.1, **SMALL)
    actions, _ = model.predict(np.tile(np.eye(4), (50, 1)), rng=np.random.default_rng(0))
    assert set(actions.tolist()) == {2, 3, 4, 5}
    model = ppo2.learn("BoxToy-v0", num_timesteps=64, **SMALL)
    assert model.predict(np.zeros(3))[0].shape == (3,)
    first, second = (model.predict(np.zeros((2, 3)), rng=np.random.default_rng(1))[0] for _ in "ab")
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ValueError, match=r"obs has shape \(4,\), not \[3\]"):
        model.predict(np.zeros(4))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_timestep": 3}, "num_timestep: unknown setting; did you mean num_timesteps"),
        ({"clip_range": 0.1}, "clip_range: unknown setting; did you mean cliprange"),
        ({"teacher_paths": ["x"]}, "teacher_paths: unknown setting"),
        ({"lr": -1.0}, "--lr: must be greater than 0"),
        ({"lr": "fast"}, "^lr: must be a number, not 'fast'"),
        ({"nsteps": 2.5}, "^nsteps: must be a whole number, not '2.5'"),
        ({"xla": "no"}, "^xla: must be True or False, not 'no'"),
    ],
)
def test_wrong_settings_are_told(settings: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ppo2.learn("CartPole-v1", **settings)


def test_the_package_itself_imports_nothing() -> None:
    check = "import sys; from baselines import ppo2; print('numpy' in sys.modules, dir(ppo2))"
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.startswith("False")
    with pytest.raises(AttributeError, match="has no attribute 'leran'"):
        ppo2.leran  # noqa: B018
