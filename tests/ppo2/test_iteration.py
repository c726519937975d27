"""One training iteration: what it collects, what the update is given, and what is logged."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import toys
from threadpoolctl import threadpool_info

from baselines.config import Config
from baselines.logger import Log
from baselines.ppo2.model import Model
from baselines.ppo2.ppo2 import Run, iterate, learn, open_session
from baselines.training.setup import prepare
from baselines.transfer.stages import Stage


class Heard(Log):
    """Keeps what is logged."""

    def metrics(self, metrics: Mapping[str, float | int], brief: str) -> None:
        self.rows.append(dict(metrics))


@pytest.fixture
def run() -> Iterator[Run]:
    """Four updates of 64 steps, without discounting."""
    toys.register()
    config = Config(
        env="DiscreteToy-v0", num_env=2, nsteps=32, num_timesteps=4 * 64, nminibatches=2,
        num_hidden=4, gamma=0.0, lr=0.5, kl_coef=0.25, verbose=0,
    )  # fmt: skip
    with open_session(prepare(config)) as run:
        yield run


def test_returns_are_discounted_with_the_gamma_of_the_run(run: Run) -> None:
    """At γ = 0 a return is the reward: 1 for the action whose entry of the observation is 1."""
    batch, _ = run.runner.run()
    rewards = batch.actions == batch.obs.argmax(axis=1)
    assert 0 < rewards.mean() < 1
    np.testing.assert_array_equal(batch.returns > 0.5, rewards)
    np.testing.assert_allclose(batch.returns[~rewards], 0, atol=1e-6)
    estimated = run.normalizer.ret_rms
    assert float(estimated.mean) == pytest.approx(rewards.mean(), rel=1e-3)
    assert float(estimated.var) == pytest.approx(rewards.var(), rel=1e-3)


def test_actions_are_drawn_from_their_own_stream(run: Run) -> None:
    start = run.setup.streams().state()
    run.runner.run()
    drawn = run.random.state()
    assert drawn["actions"] != start["actions"]
    assert drawn["minibatches"] == start["minibatches"]


def test_an_iteration_trains_on_its_rollout_and_logs_that(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, heard = [], Heard()

    def train(model: Model, *arguments: Any) -> dict[str, float]:
        given.append(arguments)
        model.params = {"p": np.float32(0.25)}
        return {"policy_loss": 0.75}

    monkeypatch.setattr(Model, "train", train)
    run.log, run.lr_scale = heard, 0.5  # after a rollback
    policy = run.model.policy

    def measured(params: Mapping[str, Any], obs: np.ndarray) -> dict[str, float]:
        return {"seen": float(len(obs)), "trained": float(params["p"])}

    stage = Stage(1, policy, lambda u: {"own": u / 8}, measured)
    iterate(run, stage, 3)
    [(batch, rng, lr, coefs)] = given
    [row] = heard.rows
    assert rng is run.random.minibatches
    assert coefs == {"own": 0.375}
    assert lr == pytest.approx(0.5 * 0.5 * 0.5)  # two of the four updates are left
    unexplained = np.var(batch.returns - batch.values) / np.var(batch.returns)
    expected = {
        "total_timesteps": 64, "explained_variance": 1 - unexplained, "lr": lr, "seen": 64,
        "trained": 0.25, "policy_loss": 0.75, "kl_coef": 0.25, "own_coef": 0.375,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_a_run_has_one_thread_for_its_matrices_and_no_warnings_of_numpy() -> None:
    """In every iteration; before and after it both are as they were."""
    toys.register()
    outside, seen = threads_and_warnings(), []

    def watch(_: Run) -> bool:
        seen.append(threads_and_warnings())
        return True

    learn(
        Config(
            env="BoxToy-v0",
            num_timesteps=64,
            nsteps=64,
            nminibatches=2,
            noptepochs=1,
            num_hidden=4,
            xla=False,
            verbose=0,
        ),
        watch,
    )
    assert seen == [({1}, {"ignore"})]
    assert threads_and_warnings() == outside


def threads_and_warnings() -> tuple[set[int], set[str]]:
    blas = {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}
    return blas, set(np.geterr().values())
