import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from baselines.common.errors import Diverged, TaskError
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.interfaces import Distribution
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config
from baselines.ppo2.model import Model
from baselines.ppo2.runner import Runner, gae


def by_double_sum(
    rewards: np.ndarray,
    values: np.ndarray,
    dones: np.ndarray,
    last_values: np.ndarray,
    gamma: float,
    lam: float,
) -> np.ndarray:
    """A_t = Σ_l (γλ)^l δ_{t+l}, summed up to the end of the episode."""
    steps, num_env = rewards.shape
    advantages = np.zeros((steps, num_env))
    for i in range(num_env):
        v = [*values[:, i].tolist(), float(last_values[i])]
        for t in range(steps):
            for k in range(t, steps):
                bootstrap = 0.0 if dones[k, i] else gamma * v[k + 1]
                delta = rewards[k, i] + bootstrap - v[k]
                advantages[t, i] += (gamma * lam) ** (k - t) * delta
                if dones[k, i]:
                    break
    return advantages


@pytest.mark.parametrize(("gamma", "lam"), [(0.99, 0.95), (0.9, 0.0), (0.9, 1.0), (1.0, 1.0)])
@pytest.mark.parametrize("ends", [0.0, 0.2, 1.0])
def test_advantages_are_the_discounted_sum_of_the_errors(
    gamma: float, lam: float, ends: float
) -> None:
    rng = np.random.default_rng(0)
    rewards, values = rng.standard_normal((2, 20, 3)).astype(np.float32)
    dones = rng.random((20, 3)) < ends
    last = rng.standard_normal(3).astype(np.float32)
    found = gae(rewards, values, dones, last, gamma, lam)
    assert found.dtype == np.float32
    expected = by_double_sum(rewards, values, dones, last, gamma, lam)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_advantages_of_three_steps_by_hand() -> None:
    rewards, values = np.array([[1.0], [2.0], [3.0]]), np.array([[0.5], [1.0], [-1.0]])
    last, gamma, lam = np.array([4.0]), 0.5, 0.5
    never = np.zeros((3, 1), bool)
    # δ = 1 + 0.5·1 − 0.5, 2 − 0.5·1 − 1, 3 + 0.5·4 + 1
    expected = [1 + 0.25 * 0.5 + 0.0625 * 6, 0.5 + 0.25 * 6, 6]
    np.testing.assert_allclose(gae(rewards, values, never, last, gamma, lam)[:, 0], expected)
    after_two = np.array([[False], [True], [False]])
    # δ_1 = 2 − 1: nothing from beyond the end
    expected = [1 + 0.25 * 1, 1, 6]
    np.testing.assert_allclose(gae(rewards, values, after_two, last, gamma, lam)[:, 0], expected)


class ScriptedEnvs:
    """In place of `VecNormalize`: everything is known beforehand, normal rewards are halves."""

    def __init__(self, num_env: int, steps: int) -> None:
        rng = np.random.default_rng(num_env)
        self.obs = rng.standard_normal((steps + 1, num_env, 3)).astype(np.float32)
        self.rewards = rng.standard_normal((steps, num_env))
        self.dones = rng.random((steps, num_env)) < 0.2
        self.groups = [slice(0, 1), slice(1, num_env)][:num_env]
        self._given: list[list[np.ndarray]] = [[] for _ in self.groups]
        self._returned = [0] * len(self.groups)
        self._normalized = 0

    @property
    def actions(self) -> list[np.ndarray]:
        return [np.concatenate(parts) for parts in zip(*self._given, strict=True)]

    def reset(self) -> np.ndarray:
        return self.obs[0].copy()

    def step_async(self, actions: np.ndarray, group: slice) -> None:
        self._given[self.groups.index(group)].append(actions)

    def step_wait(self, group: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray, list]:
        number = self.groups.index(group)
        t = self._returned[number]
        self._returned[number] += 1
        assert self._returned[number] == len(self._given[number])
        ended = [Episode(float(t), i) for i in range(self.obs.shape[1])[group] if self.dones[t, i]]
        return self.obs[t + 1, group], self.rewards[t, group], self.dones[t, group], ended

    def normalize_rewards(self, rewards: np.ndarray, dones: np.ndarray) -> np.ndarray:
        steps = slice(self._normalized, self._normalized + len(rewards))
        np.testing.assert_array_equal(rewards, self.rewards[steps])
        np.testing.assert_array_equal(dones, self.dones[steps])
        self._normalized = steps.stop
        return np.float32(0.5) * rewards.astype(np.float32)


Build = Callable[..., tuple[ScriptedEnvs, Model, Runner]]


@pytest.fixture
def build(
    mlp_policy: Callable[..., PlainPolicy], perturbed: Any, small_config: Callable[..., Config]
) -> Build:
    def build(
        num_env: int,
        nsteps: int = 8,
        distribution: Distribution | None = None,
        **settings: float,
    ) -> tuple[ScriptedEnvs, Model, Runner]:
        policy = mlp_policy(distribution=distribution or DiagGaussian(2))
        params = perturbed(policy.init(np.random.default_rng(0)), 1)
        config = small_config(nsteps=nsteps, num_env=num_env, **settings)
        model = Model(policy, params, config)
        envs: Any = ScriptedEnvs(num_env, 8)
        runner = Runner(envs, model, config, np.random.default_rng(7))
        runner.start()
        return envs, model, runner

    return build


@pytest.mark.parametrize("num_env", [1, 3])
def test_a_batch_is_ordered_by_environment(build: Build, num_env: int) -> None:
    envs, _, runner = build(num_env)
    batch, _ = runner.run()
    for i in range(num_env):
        for t in range(8):
            np.testing.assert_array_equal(batch.obs[8 * i + t], envs.obs[t, i])
            np.testing.assert_array_equal(batch.actions[8 * i + t], envs.actions[t][i])
    assert len(batch.obs) == 8 * num_env


@pytest.mark.parametrize("distribution", [DiagGaussian(2), Categorical(4)])
def test_values_and_likelihoods_are_those_of_each_samples_forward_pass(
    build: Build, distribution: Distribution
) -> None:
    _, model, runner = build(3, distribution=distribution)
    batch, _ = runner.run()
    for n in range(24):
        obs, action = batch.obs[n : n + 1], batch.actions[n : n + 1]
        pi = model.policy.pi(model.params, obs)
        assert batch.values[n] == pytest.approx(model.value(obs)[0], rel=1e-5, abs=1e-6)
        neglogp = model.policy.distribution.neglogp(pi, action)
        assert batch.neglogp[n] == pytest.approx(neglogp[0], rel=1e-5, abs=1e-6)


def test_advantages_and_returns_of_a_rollout(build: Build) -> None:
    envs, model, runner = build(3, gamma=0.9, lam=0.6)
    batch, _ = runner.run()
    values = np.array([model.value(obs) for obs in envs.obs])
    expected = by_double_sum(0.5 * envs.rewards, values[:-1], envs.dones, values[-1], 0.9, 0.6)
    for i in range(3):
        part = slice(8 * i, 8 * i + 8)
        np.testing.assert_allclose(batch.advantages[part], expected[:, i], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            batch.returns[part], expected[:, i] + values[:-1, i], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("num_env", [1, 3])
@pytest.mark.parametrize(
    ("spoilt", "told"),
    [("obs", "the observations are"), ("rewards", "the rewards are"), ("", "failed in step")],
)
def test_what_is_not_finite_comes_before_the_error_of_a_task_that_refuses_it(
    build: Build, monkeypatch: pytest.MonkeyPatch, spoilt: str, told: str, num_env: int
) -> None:
    envs, _, runner = build(num_env)
    step, calls = envs.step_async, itertools.count()
    if spoilt:
        getattr(envs, spoilt)[2] = np.nan

    def strict(actions: np.ndarray, group: slice) -> None:
        if next(calls) == 5 * len(envs.groups):
            raise TaskError("the task Any-v0 failed in step: not finite")
        step(actions, group)

    monkeypatch.setattr(envs, "step_async", strict)
    with pytest.raises(Diverged if spoilt else TaskError, match=told):
        runner.run()


def test_actions_are_sampled_from_the_generator(build: Build) -> None:
    envs, model, runner = build(2)
    runner.run()
    rng = np.random.default_rng(7)
    for obs, actions in zip(envs.obs[:-1], envs.actions, strict=True):
        noise = rng.standard_normal((2, 2), dtype=np.float32)
        mean, logstd = model.policy.pi(model.params, obs)
        np.testing.assert_allclose(actions, mean + np.exp(logstd) * noise, rtol=1e-5, atol=1e-6)


def test_a_rollout_goes_on_where_the_last_one_ended(build: Build) -> None:
    runner = build(2, nsteps=4)[2]
    halves, ended = zip(runner.run(), runner.run(), strict=True)
    whole, all_ended = build(2)[2].run()
    for name in ("obs", "actions", "values", "neglogp"):
        first, second = (getattr(half, name).reshape(2, 4, -1) for half in halves)
        expected = getattr(whole, name).reshape(2, 8, -1)
        np.testing.assert_allclose(np.concatenate([first, second], 1), expected, rtol=1e-6)
    assert ended[0] + ended[1] == all_ended


def test_episodes_that_ended_are_reported_in_their_order(build: Build) -> None:
    envs, _, runner = build(3)
    expected = [Episode(float(t), int(i)) for t, i in zip(*np.nonzero(envs.dones), strict=True)]
    assert expected
    assert runner.run()[1] == expected


@pytest.mark.parametrize(
    ("distribution", "kind", "shape"),
    [(DiagGaussian(2), np.float32, (24, 2)), (Categorical(4), np.int64, (24,))],
)
def test_kinds_and_shapes_of_a_batch(
    build: Build, distribution: Distribution, kind: type, shape: tuple[int, ...]
) -> None:
    batch, _ = build(3, distribution=distribution)[2].run()
    assert batch.actions.dtype == kind
    assert batch.actions.shape == shape
    assert batch.obs.shape == (24, 3)
    for name in ("returns", "advantages", "values", "neglogp"):
        assert getattr(batch, name).dtype == np.float32
        assert getattr(batch, name).shape == (24,)
    assert batch.obs.dtype == np.float32
