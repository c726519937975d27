"""PPO learns: small tasks in every run of the tests, the real ones when asked for."""

import csv
from pathlib import Path

import pytest
from toys import BoxToy, DiscreteToy, register

from baselines.config import Config
from baselines.ppo2.evaluation import evaluate
from baselines.ppo2.ppo2 import learn

register()


def test_a_discrete_task_is_learned() -> None:
    config = Config(
        env="DiscreteToy-v0", num_timesteps=8192, nsteps=128, num_env=2, nminibatches=4, lr=3e-3
    )
    returns = [episode.r for episode in evaluate(learn(config), 20, seed=0, deterministic=True)]
    assert DiscreteToy.random_return == 4
    assert min(returns) == 16


def test_a_continuous_task_is_learned() -> None:
    config = Config(env="BoxToy-v0", num_timesteps=20480, nsteps=256, nminibatches=4, lr=3e-3)
    returns = [episode.r for episode in evaluate(learn(config), 20, seed=0, deterministic=True)]
    assert BoxToy.random_return == -64
    assert sum(returns) / len(returns) > -64 / 20


def returns_by_step(log_path: Path) -> dict[int, float]:
    with open(log_path / "progress.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["eprewmean"]]
    return {int(row["total_timesteps"]): float(row["eprewmean"]) for row in rows}


@pytest.mark.slow
def test_cartpole_above_450_within_100_000_steps(tmp_path: Path) -> None:
    learn(Config(env="CartPole-v1", num_timesteps=100_000, log_path=str(tmp_path)))
    assert max(returns_by_step(tmp_path).values()) > 450


@pytest.mark.slow
def test_centipede_four_above_2000_within_2e6_steps(tmp_path: Path) -> None:
    learn(Config(env="CentipedeFour-v1", num_timesteps=2_000_000, log_path=str(tmp_path)))
    assert max(returns_by_step(tmp_path).values()) > 2000
