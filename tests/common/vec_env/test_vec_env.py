import threading
from collections.abc import Callable, Iterator
from itertools import chain

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from baselines.common.errors import TaskError
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.running_stats import Normalizer, RunningMeanStd
from baselines.common.vec_env.vec_env import Episode, VecEnv, VecNormalize

STEP, END, CUT = (False, False), (True, False), (False, True)
SCRIPTS = [
    [(1.0, *STEP), (-40.0, *STEP), (3.0, *END), (0.5, *STEP), (2.0, *STEP)],
    [(0.25, *STEP), (7.0, *CUT), (300.0, *STEP), (-1.0, *STEP), (1.0, *STEP), (2.0, *END)],
    [(5.0, *STEP), (-2.0, *STEP), (0.0, *STEP), (1.5, *STEP)],
]


def maker(envs: list[gym.Env]) -> Callable[[], gym.Env]:
    left: Iterator[gym.Env] = iter(envs)
    return lambda: next(left)


def actions_at(step: int, num_env: int) -> np.ndarray:
    return np.full((num_env, 2), 0.1 * step, np.float32)


@pytest.fixture
def build(scripted_env: type) -> Callable[..., VecEnv]:
    def build(num_env: int, num_threads: int = 1) -> VecEnv:
        envs = [scripted_env(SCRIPTS[i % len(SCRIPTS)]) for i in range(num_env)]
        return VecEnv(maker(envs), range(100, 100 + num_env), num_threads)

    return build


def step(envs: VecEnv | VecNormalize, actions: np.ndarray) -> tuple:
    """A step of all groups, the second begun before the first has ended."""
    for group in envs.groups:
        envs.step_async(actions[group], group)
    *arrays, episodes = zip(*(envs.step_wait(group) for group in envs.groups), strict=True)
    return *(np.concatenate(parts) for parts in arrays), list(chain(*episodes))


def record(venv: VecEnv, steps: int) -> list[list]:
    """Observations of the reset, then observations, rewards, dones and episodes of each step."""
    rows: list[list] = [[venv.reset().copy()]]
    for t in range(steps):
        rows.append([*step(venv, actions_at(t, venv.num_env))])
    venv.close()
    return rows


@pytest.mark.parametrize("num_env", [1, 3, 4])
@pytest.mark.parametrize("num_threads", [2, 3, 9])
def test_threads_change_nothing(
    build: Callable[..., VecEnv], num_env: int, num_threads: int
) -> None:
    for alone, together in zip(
        record(build(num_env), 14), record(build(num_env, num_threads), 14), strict=True
    ):
        for a, b in zip(alone, together, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("num_env", [1, 2, 3, 8])
def test_groups_are_all_environments_once(build: Callable[..., VecEnv], num_env: int) -> None:
    groups = build(num_env).groups
    assert len(groups) == min(2, num_env)
    assert [i for group in groups for i in range(num_env)[group]] == list(range(num_env))


def test_one_group_is_simulated_while_the_other_is_dealt_with(scripted_env: type) -> None:
    go = threading.Event()

    class Slow(scripted_env):  # type: ignore[misc, valid-type]
        def step(self, action: object) -> tuple:
            assert go.wait(30)
            return super().step(action)

    venv = VecEnv(maker([scripted_env(SCRIPTS[0]), Slow(SCRIPTS[1])]), [0, 1], 2)
    venv.reset()
    quick, slow = venv.groups
    venv.step_async(actions_at(0, 1), slow)
    for t in range(2):
        venv.step_async(actions_at(t, 1), quick)
        assert venv.step_wait(quick)[1].tolist() == [SCRIPTS[0][t][0]]
    go.set()
    assert venv.step_wait(slow)[1].tolist() == [SCRIPTS[1][0][0]]
    venv.close()


def test_an_environment_does_not_depend_on_how_many_there_are(
    build: Callable[..., VecEnv],
) -> None:
    few, many = record(build(1), 8), record(build(3), 8)
    for few_row, many_row in zip(few, many, strict=True):
        for a, b in zip(few_row[:3], many_row[:3], strict=True):
            np.testing.assert_array_equal(a[0], b[0])


def test_steps_are_those_of_the_single_environments(
    build: Callable[..., VecEnv], scripted_env: type
) -> None:
    rows = record(build(3), 14)
    for i, script in enumerate(SCRIPTS):
        env = scripted_env(script)
        obs, _ = env.reset(seed=100 + i)
        np.testing.assert_array_equal(rows[0][0][i], obs)
        for t in range(14):
            obs, reward, terminated, truncated, _ = env.step(actions_at(t, 3)[i])
            if terminated or truncated:
                obs, _ = env.reset()
            np.testing.assert_array_equal(rows[t + 1][0][i], obs)
            assert rows[t + 1][1][i] == reward
            assert rows[t + 1][2][i] == (terminated or truncated)


@pytest.mark.parametrize("end", [END, CUT], ids=["terminated", "truncated"])
def test_the_step_that_ends_an_episode_shows_the_next_ones_start(
    scripted_env: type, end: tuple[bool, bool]
) -> None:
    class Counting(scripted_env):  # type: ignore[misc, valid-type]
        starts = 0

        def reset(self, **kwargs: object) -> tuple[np.ndarray, dict]:
            self.starts += 1
            super().reset(**kwargs)
            return np.full(3, self.starts, float), {}

    venv = VecEnv(lambda: Counting([(1.0, *STEP), (2.0, *end)]), [0])
    venv.reset()
    assert not step(venv, actions_at(0, 1))[2].any()
    obs, rewards, dones, episodes = step(venv, actions_at(1, 1))
    assert dones.tolist() == [True]
    assert rewards.tolist() == [2.0]
    np.testing.assert_array_equal(obs, [[2.0, 2.0, 2.0]])
    assert episodes == [Episode(3.0, 2)]


def test_episodes_have_their_own_returns_and_lengths(build: Callable[..., VecEnv]) -> None:
    rows = record(build(2), 13)
    ended = [(t, row[3]) for t, row in enumerate(rows) if t and row[3]]
    assert ended == [
        (2, [Episode(7.25, 2)]),
        (3, [Episode(-36.0, 3)]),
        (6, [Episode(302.0, 4)]),
        (8, [Episode(-33.5, 5), Episode(7.25, 2)]),
        (12, [Episode(302.0, 4)]),
        (13, [Episode(-33.5, 5)]),
    ]


def test_a_reset_forgets_the_episode_under_way(build: Callable[..., VecEnv]) -> None:
    venv = build(1)
    venv.reset()
    step(venv, actions_at(0, 1))
    venv.reset()
    step(venv, actions_at(1, 1))
    episodes = step(venv, actions_at(2, 1))[3]
    assert episodes == [Episode(-37.0, 2)]


@pytest.mark.parametrize("start", [-2, 0, 5])
def test_discrete_actions_are_counted_from_the_spaces_start(scripted_env: type, start: int) -> None:
    envs = [scripted_env(SCRIPTS[i], spaces.Discrete(3, start=start)) for i in range(2)]
    venv = VecEnv(maker(envs), [0, 1])
    venv.reset()
    for actions in ([0, 2], [1, 1]):
        step(venv, np.array(actions))
    assert envs[0].actions == [start, start + 1]
    assert envs[1].actions == [start + 2, start + 1]


def test_a_random_action_is_counted_from_0_too(scripted_env: type) -> None:
    task = ForeignTask(scripted_env(SCRIPTS[0], spaces.Discrete(3, start=5)))
    task.action_space.seed(0)
    assert {int(task.sample()) for _ in range(50)} == {0, 1, 2}


def test_box_actions_are_passed_on_as_given(scripted_env: type) -> None:
    env = scripted_env(SCRIPTS[0])
    venv = VecEnv(lambda: env, [0])
    venv.reset()
    step(venv, np.array([[7.0, -9.0]]))
    np.testing.assert_array_equal(env.actions[0], [7.0, -9.0])


@pytest.mark.parametrize("num_threads", [1, 2])
def test_an_environments_error_reaches_the_caller(scripted_env: type, num_threads: int) -> None:
    class Failing(scripted_env):  # type: ignore[misc, valid-type]
        def step(self, action: object) -> tuple:
            raise RuntimeError("physics exploded")

    venv = VecEnv(lambda: Failing(SCRIPTS[0]), [0, 1], num_threads)
    venv.reset()
    with pytest.raises(TaskError, match=r"Failing failed in step: .*physics exploded") as caught:
        step(venv, actions_at(0, 2))
    assert isinstance(caught.value.__cause__, RuntimeError)
    venv.close()


def test_closing_ends_the_threads(build: Callable[..., VecEnv]) -> None:
    before = threading.active_count()
    venv = build(3, 2)
    assert threading.active_count() == before + 2
    assert venv.close() == []
    assert threading.active_count() == before


def test_every_environment_is_closed_once_and_what_that_raised_is_told(scripted_env: type) -> None:
    """Though a run that has ended closes them twice."""
    closed: list[gym.Env] = []

    class Stuck(scripted_env):  # type: ignore[misc, valid-type]
        def close(self) -> None:
            closed.append(self)
            raise RuntimeError("no answer")

    venv = VecEnv(lambda: Stuck(SCRIPTS[0]), [0, 1])
    envs = [task.env for task in venv.tasks]
    told = "WARNING: close of the task Stuck raised RuntimeError: no answer"
    assert [venv.close(), venv.close()] == [[told, told], []]
    assert closed == envs


def test_where_one_environment_cannot_be_made_those_before_it_are_closed(
    scripted_env: type,
) -> None:
    closed: list[gym.Env] = []
    scripted = type("Closing", (scripted_env,), {"close": lambda self: closed.append(self)})
    envs = [scripted(SCRIPTS[0]) for _ in range(2)]
    with pytest.raises(StopIteration):
        VecEnv(maker(envs), [0, 1, 2])
    assert closed == envs


def given_statistics(mean: float, var: float, shape: tuple[int, ...] = ()) -> RunningMeanStd:
    return RunningMeanStd.from_state(
        {"mean": np.full(shape, mean), "var": np.full(shape, var), "count": np.array(7.0)}
    )


@pytest.mark.parametrize(
    ("mean", "var", "obs", "expected"),
    [
        (1.0, 4.0, 3.0, 1.0),
        (1.0, 4.0, -5.0, -3.0),
        (0.0, 1.0, 10.5, 10.0),
        (0.0, 1.0, -1e9, -10.0),
        (0.0, 1.0, 9.75, 9.75),
        (2.0, 0.0, 2.0005, 5.0),
        (2.0, 3e-8, 2.0001, 0.5),
    ],
)
def test_normalised_observations_by_hand(
    mean: float, var: float, obs: float, expected: float
) -> None:
    normalizer = Normalizer(given_statistics(mean, var, (2,)), RunningMeanStd())
    normalised = normalizer.normalize_obs(np.full((3, 2), obs))
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised, np.full((3, 2), expected), rtol=1e-6)


@pytest.mark.parametrize(
    ("var", "reward", "expected"),
    [(4.0, 3.0, 1.5), (4.0, -3.0, -1.5), (4.0, 30.0, 10.0), (0.0, -2e-4, -2.0), (3e-8, 1e-3, 5.0)],
)
def test_normalised_rewards_by_hand(
    build: Callable[..., VecEnv], var: float, reward: float, expected: float
) -> None:
    settled = given_statistics(0.0, var)
    settled.count = 1e30
    envs = VecNormalize(build(2), Normalizer(RunningMeanStd((3,)), settled), 0.99)
    normalised = envs.normalize_rewards(np.array([[reward, 0.0]]), np.zeros((1, 2), bool))
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised, [[expected, 0.0]], rtol=1e-6)


def test_normalising_changes_neither_statistics_nor_observations() -> None:
    normalizer = Normalizer(given_statistics(1.0, 4.0, (2,)), given_statistics(0.5, 9.0))
    before = {name: value.copy() for name, value in normalizer.arrays().items()}
    obs = np.ones((5, 2))
    normalizer.normalize_obs(obs)
    np.testing.assert_array_equal(obs, np.ones((5, 2)))
    for name, value in normalizer.arrays().items():
        np.testing.assert_array_equal(value, before[name])


def test_statistics_come_back_from_their_arrays() -> None:
    normalizer = Normalizer(given_statistics(1.0, 4.0, (2,)), given_statistics(0.5, 9.0))
    arrays = normalizer.arrays()
    copy = Normalizer.from_arrays(arrays, 2)
    assert copy.arrays().keys() == arrays.keys()
    for name, value in copy.arrays().items():
        assert value.dtype == np.float64
        np.testing.assert_array_equal(value, arrays[name])
    for name in arrays:
        with pytest.raises(KeyError, match=name):
            Normalizer.from_arrays({k: v for k, v in arrays.items() if k != name}, 2)


@pytest.mark.parametrize("name", ["obs/var", "obs/count", "ret/var", "ret/count"])
def test_negative_variances_and_counts_are_refused(name: str) -> None:
    arrays = Normalizer(given_statistics(1.0, 4.0, (2,)), given_statistics(0.5, 9.0)).arrays()
    damaged = arrays | {f"normalize/{name}": -arrays[f"normalize/{name}"]}
    with pytest.raises(ValueError, match=f"normalize/{name} is negative"):
        Normalizer.from_arrays(damaged, 2)


def moments(samples: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the samples and of 1e-4 of a sample of mean 0 and variance 1."""
    stacked = np.concatenate(samples)
    total = len(stacked) + 1e-4
    mean = stacked.sum(axis=0) / total
    return mean, (((stacked - mean) ** 2).sum(axis=0) + 1e-4 * (1 + mean**2)) / total


@pytest.mark.parametrize("num_env", [1, 3])
def test_normalised_observations_by_their_definition(
    build: Callable[..., VecEnv], num_env: int
) -> None:
    raw = record(build(num_env), 14)
    envs = VecNormalize(build(num_env), Normalizer.fresh(3), 0.9)

    seen_obs = [raw[0][0]]
    mean, var = moments(seen_obs)
    expected = np.clip((raw[0][0] - mean) / np.sqrt(var + 1e-8), -10, 10)
    np.testing.assert_allclose(envs.reset(), expected, rtol=1e-4, atol=1e-6)

    for t, (obs, rewards, dones, episodes) in enumerate(raw[1:]):
        expected = []
        for group in [slice(0, 1)] if num_env == 1 else [slice(0, 2), slice(2, 3)]:
            seen_obs.append(obs[group])
            mean, var = moments(seen_obs)
            expected.append(np.clip((obs[group] - mean) / np.sqrt(var + 1e-8), -10, 10))
        found_obs, found_rewards, found_dones, found_episodes = step(envs, actions_at(t, num_env))
        assert found_obs.dtype == np.float32
        np.testing.assert_allclose(found_obs, np.concatenate(expected), rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(found_rewards, rewards)
        np.testing.assert_array_equal(found_dones, dones)
        assert found_episodes == episodes


@pytest.mark.parametrize("num_env", [1, 3])
@pytest.mark.parametrize("rollouts", [[14], [5, 9], [1] * 14])
def test_normalised_rewards_by_their_definition(
    build: Callable[..., VecEnv], num_env: int, rollouts: list[int]
) -> None:
    gamma = 0.9
    raw = record(build(num_env), 14)[1:]
    rewards, dones = (np.array([row[i] for row in raw]) for i in (1, 2))
    assert dones[:-1].any()

    estimate, seen_estimates, scaled = np.zeros(num_env), [], []
    for t in range(14):
        estimate = gamma * estimate + rewards[t]
        seen_estimates.append(estimate)
        scaled.append(rewards[t] / np.sqrt(moments(seen_estimates)[1] + 1e-8))
        estimate = np.where(dones[t], 0, estimate)
    assert np.max(np.abs(scaled)) > 10 or num_env > 1

    envs = VecNormalize(build(num_env), Normalizer.fresh(3), gamma)
    envs.reset()
    given = rewards.copy()
    ends = np.cumsum(rollouts)
    found = [
        envs.normalize_rewards(given[end - n : end], dones[end - n : end])
        for end, n in zip(ends, rollouts, strict=True)
    ]
    np.testing.assert_allclose(np.concatenate(found), np.clip(scaled, -10, 10), rtol=1e-5)
    np.testing.assert_array_equal(given, rewards)


def test_a_reset_forgets_the_return_estimate(build: Callable[..., VecEnv]) -> None:
    rewards, dones = np.full((3, 2), 5.0), np.zeros((3, 2), bool)
    gammas = 0.9, 0.0
    spreads = []
    for gamma in gammas:
        normalizer = Normalizer.fresh(3)
        envs = VecNormalize(build(2), normalizer, gamma)
        for reward, done in zip(rewards, dones, strict=True):
            envs.reset()
            envs.normalize_rewards(reward[None], done[None])
        spreads.append(float(normalizer.ret_rms.var))
    assert spreads[0] == spreads[1]


def test_normalised_observations_are_not_overwritten(build: Callable[..., VecEnv]) -> None:
    envs = VecNormalize(build(2), Normalizer.fresh(3), 0.99)
    first = [envs.reset(), step(envs, actions_at(0, 2))[0]]
    kept = [x.copy() for x in first]
    for t in range(4):
        step(envs, actions_at(t, 2))
    np.testing.assert_array_equal(first, kept)
