"""An environment's state, moved into another one, goes on there to the bit."""

import json
from collections import defaultdict, deque
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

import baselines.environments  # noqa: F401
from baselines.common.trees import pack, unpack
from baselines.common.vec_env.env_state import env_state, obstacle_to_restoring, restore_env
from baselines.common.vec_env.foreign_task import ForeignTask

TASKS = ["CentipedeFour-v1", "CpCentipedeSix-v1", "CartPole-v1", "Pendulum-v1", "Acrobot-v1",
         "MountainCar-v0", "Hopper-v5", "Ant-v5"]  # fmt: skip


def make(env_id: str) -> gym.Env:
    return gym.make(env_id, disable_env_checker=True)


def follow(env: gym.Env, actions: list[Any]) -> list[tuple[bytes, float, bool, bool]]:
    seen = []
    for action in actions:
        obs, reward, terminated, truncated, _ = env.step(action)
        seen.append((obs.tobytes(), float(reward), bool(terminated), bool(truncated)))
        if terminated or truncated:
            seen.append((env.reset()[0].tobytes(), 0.0, False, False))
    return seen


def through_a_file(state: Any) -> Any:
    arrays, packed = pack(state, "env")
    return unpack(json.loads(json.dumps(packed)), arrays)


@pytest.mark.parametrize("steps", [0, 1, 47])
@pytest.mark.parametrize("env_id", TASKS)
def test_a_copy_goes_on_alike(env_id: str, steps: int) -> None:
    one, other = make(env_id), make(env_id)
    one.reset(seed=3)
    one.action_space.seed(3)
    actions = [one.action_space.sample() for _ in range(steps + 120)]
    follow(one, actions[:steps])
    restore_env(ForeignTask(other), through_a_file(env_state(one)))
    assert follow(one, actions[steps:]) == follow(other, actions[steps:])


def test_the_time_limit_goes_on_counting() -> None:
    one, other = (gym.make("CartPole-v1", max_episode_steps=5) for _ in range(2))
    one.reset(seed=0)
    for _ in range(3):
        one.step(0)
    restore_env(ForeignTask(other), through_a_file(env_state(one)))
    assert [other.step(1)[3] for _ in range(2)] == [False, True]


def test_taking_the_state_changes_nothing() -> None:
    one, other = make("CentipedeFour-v1"), make("CentipedeFour-v1")
    for env in (one, other):
        env.reset(seed=1)
    actions = [np.full(10, 0.3, np.float32)] * 30
    env_state(one)
    assert follow(one, actions) == follow(other, actions)


@pytest.mark.parametrize("env_id", TASKS)
def test_these_tasks_can_be_restored(env_id: str) -> None:
    assert obstacle_to_restoring(lambda: make(env_id)) == ""


class Hidden(gym.Env):
    """Keeps what it remembers in an object of its own."""

    observation_space = spaces.Box(-np.inf, np.inf, (1,), np.float64)
    action_space = spaces.Discrete(2)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._past = deque([0.0])
        return np.zeros(1), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._past.append(self._past[-1] + float(self.np_random.normal()))
        return np.array([self._past[-1]]), 0.0, False, False, {}


def test_state_that_is_not_found_is_noticed() -> None:
    assert obstacle_to_restoring(Hidden) == "it keeps what cannot be saved: _past (deque)"


class Goal(NamedTuple):
    x: float


class Counting(Hidden):
    """Counts the ends of its episodes, of which a trial sees none."""

    def __init__(self, ends: dict[Any, int]) -> None:
        self._ends, self._goal = ends, Goal(1.0)

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        self._steps = 0
        return np.zeros(1), gym.Env.reset(self, **options) or {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._steps += 1
        if self._steps == 40:
            self._ends[int(self.np_random.integers(2))] += 1
        return np.full(1, self._goal.x), float(self._ends[0]), False, self._steps == 40, {}


def test_containers_of_other_types_are_named_whether_they_have_acted_or_not() -> None:
    told = obstacle_to_restoring(lambda: Counting(defaultdict(int)))
    assert told == "it keeps what cannot be saved: _ends (defaultdict), _goal (Goal)"


def test_a_task_with_containers_of_other_types_goes_on_without_them() -> None:
    one, other = Counting(defaultdict(int)), Counting(defaultdict(int))
    one.reset(seed=0)
    follow(one, [0] * 100)
    restore_env(ForeignTask(other), through_a_file(env_state(one)))
    follow(other, [0] * 100)
    assert sum(other._ends.values()) == 3


def test_a_dictionary_may_have_keys_of_any_kind() -> None:
    one, other = Counting({0: 0, 1: 0}), Counting({0: 0, 1: 0})
    one.reset(seed=0)
    follow(one, [0] * 400)
    assert sum(one._ends.values()) == 10
    restore_env(ForeignTask(other), through_a_file(env_state(one)))
    assert other._ends == one._ends
    assert follow(one, [0] * 100) == follow(other, [0] * 100)


def test_the_state_of_another_task_is_refused() -> None:
    one, other = make("CentipedeFour-v1"), make("Ant-v5")
    one.reset(seed=0)
    with pytest.raises((KeyError, TypeError, ValueError)):
        restore_env(ForeignTask(other), env_state(one))


class Aliased(Hidden):
    """Writes to an array and reads it through another name."""

    def __init__(self) -> None:
        self._memory = np.zeros(3)
        self._first = self._memory[:1]
        self._same = self._memory

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        return np.zeros(1), gym.Env.reset(self, **options) or {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._memory += self.np_random.normal(size=3)
        return self._first.copy(), float(self._same[1]), False, False, {}


def test_arrays_that_share_memory_still_do() -> None:
    assert obstacle_to_restoring(Aliased) == ""
