"""PPO learns: small tasks in every run of the tests, the real ones when asked for."""

import csv
from pathlib import Path

import numpy as np
import pytest
from toys import register

from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.evaluation.evaluation import evaluate
from baselines.ppo2.ppo2 import learn
from baselines.training.setup import prepare

register()


def untrained_return(config: Config) -> float:
    """Mean return of the policy as it starts: all but random actions."""
    setup = prepare(config)
    start = SavedPolicy(setup.policy, setup.params, setup.normalizer, setup.provenance)
    return float(np.mean([e.r for e in evaluate(start, 20, seed=0, deterministic=False)]))


@pytest.mark.parametrize(("toy", "computed"), [("DiscreteToy-v0", 16 / 4), ("BoxToy-v0", -64)])
def test_the_untrained_policy_has_the_computed_random_return(toy: str, computed: float) -> None:
    # Box: E (a − x)² = 1 + 1/3 for a of N(0, 1) and x of U(−1, 1), three dimensions, 16 steps.
    assert untrained_return(Config(env=toy)) == pytest.approx(computed, rel=0.15)


def test_a_discrete_task_is_learned() -> None:
    config = Config(
        env="DiscreteToy-v0", num_timesteps=8192, nsteps=128, num_env=2, nminibatches=4, lr=3e-3
    )
    returns = [episode.r for episode in evaluate(learn(config), 20, seed=0, deterministic=True)]
    assert min(returns) == 16 > 2 * untrained_return(config)


def test_a_continuous_task_is_learned() -> None:
    config = Config(env="BoxToy-v0", num_timesteps=20480, nsteps=256, nminibatches=4, lr=3e-3)
    returns = [episode.r for episode in evaluate(learn(config), 20, seed=0, deterministic=True)]
    assert sum(returns) / len(returns) > untrained_return(config) / 20


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
