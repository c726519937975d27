"""An environment's state, moved into another one, goes on there to the bit."""

import json
import random
from collections import defaultdict, deque
from collections.abc import Callable
from enum import IntEnum
from fractions import Fraction
from typing import Any, NamedTuple

import gymnasium as gym
import mujoco
import numpy as np
import pytest
from gymnasium import spaces

import baselines.environments  # noqa: F401
from baselines.common import checkpoint
from baselines.common.errors import UserError
from baselines.common.trees import pack, unpack
from baselines.common.vec_env.env_state import (
    LARGE,
    env_state,
    large_arrays,
    made_alike,
    restore_env,
)
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.state_trial import PROBE_STEPS, obstacle_to_restoring
from baselines.common.vec_env.vec_env import VecEnv

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
    return unpack(json.loads(json.dumps(packed, sort_keys=True)), arrays)


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
    assert obstacle_to_restoring(Hidden) == "it keeps what cannot be saved: Hidden._past (deque)"


class Goal(NamedTuple):
    x: float


class Gait(IntEnum):
    WALK = 0


class Keeping(Hidden):
    """Keeps something that has not acted yet."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        return np.zeros(1), 0.0, False, False, {}

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        return np.zeros(1), gym.Env.reset(self, **options) or {}


@pytest.mark.parametrize(
    "kept", [Gait.WALK, Fraction(1, 3), 1j, random.Random(0), np.random.RandomState(0)]
)
def test_numbers_and_generators_that_are_not_saved_are_named(kept: Any) -> None:
    told = f"it keeps what cannot be saved: Keeping._kept ({type(kept).__name__})"
    assert obstacle_to_restoring(lambda: Keeping(kept)) == told
    assert obstacle_to_restoring(lambda: Keeping(np.random.default_rng(0))) == ""


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
    assert (
        told == "it keeps what cannot be saved: Counting._ends (defaultdict), Counting._goal (Goal)"
    )


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


class Apart(Hidden):
    """Keeps where it is and where it was, in one array after a reset and in two after a step."""

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        gym.Env.reset(self, **options)
        self._at = self._was = np.zeros(1)
        return self._at.copy(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._was = self._at
        self._at = self._at + self.np_random.normal()
        return self._at.copy(), float(self._was[0]), False, False, {}


class KeepsTheFirst(gym.Wrapper):
    """Keeps the first observation, which is the array of a task that writes to it no more."""

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        self._first, info = self.env.reset(**options)
        return self._first, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        obs, _, *rest = self.env.step(action)
        return obs, float(self._first[0] + obs[0]), *rest  # type: ignore[return-value]


class ShowsItsArray(Apart):
    """The same, and returns the array itself."""

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(**options)
        return self._at, {}


class Part(Hidden):
    """Keeps the part that it shows in front of the whole that this is a part of."""

    def __init__(self) -> None:
        super().__init__()
        whole = np.zeros(4)
        self.position = whole[:2]
        self.whole = whole

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        gym.Env.reset(self, **options)
        self.whole[:] = 0
        return self.position[:1].copy(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.whole[2:] += self.np_random.normal()
        self.position += self.whole[2:]
        return self.position[:1].copy(), float(self.whole.sum()), False, False, {}


@pytest.mark.parametrize("make_one", [Part, Apart, lambda: KeepsTheFirst(ShowsItsArray())])
def test_arrays_are_restored_apart_or_as_one(make_one: Callable[[], gym.Env]) -> None:
    assert obstacle_to_restoring(make_one) == ""


class Remembering(Hidden):
    """Walks at random; how it remembers where it is differs."""

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        return np.zeros(1), gym.Env.reset(self, **options) or {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        return self.walk().copy(), 0.0, False, False, {}

    def walk(self) -> np.ndarray:
        raise NotImplementedError


class InADictionary(Remembering):
    """In an array in a dictionary, which it writes to."""

    def __init__(self) -> None:
        self._at = {"x": np.zeros(1)}

    def walk(self) -> np.ndarray:
        self._at["x"] += self.np_random.normal()
        return self._at["x"]


class InTheOrderOfADictionary(Remembering):
    """In the numbers of a dictionary, whose order is that of the axes."""

    def __init__(self) -> None:
        self._at = {"y": 0.0, "x": 0.0}

    def walk(self) -> np.ndarray:
        self._at["y"] += float(self.np_random.normal())
        return np.array(list(self._at.values()))[:1]


class InAListFromTheStart(Remembering):
    """In a list that has an element when the task is made, and more with every step."""

    def __init__(self) -> None:
        self._past = [0.0]

    def walk(self) -> np.ndarray:
        self._past.append(self._past[-1] + float(self.np_random.normal()))
        return np.array([self._past[-1]])


class InAnotherReadOnlyArray(Remembering):
    """In an array that nobody may write to, another one after each step."""

    def __init__(self) -> None:
        self._keep(np.zeros(1))

    def _keep(self, at: np.ndarray) -> np.ndarray:
        self._at = at
        self._at.flags.writeable = False
        return self._at

    def walk(self) -> np.ndarray:
        return self._keep(self._at + self.np_random.normal(size=1))


class InAnArrayOfAnotherType(Remembering):
    """In an array of whole numbers, until the first step."""

    def __init__(self) -> None:
        self._at: np.ndarray = np.zeros(1, int)

    def walk(self) -> np.ndarray:
        self._at = self._at + self.np_random.normal(size=1)
        return self._at


class WithADieFromTheFirstStep(Remembering):
    """In a random generator that it does not have before it steps."""

    _die: np.random.Generator | None = None

    def walk(self) -> np.ndarray:
        self._die = self._die or np.random.default_rng(5)
        return self._die.normal(size=1)


class OffItsHook(Remembering):
    """In which constraints of its simulation hold: none any more from the first step on."""

    def __init__(self) -> None:
        self.model = mujoco.MjModel.from_xml_string(
            """<mujoco>
                 <worldbody><body name="ball"><freejoint/><geom size="0.1"/></body></worldbody>
                 <equality><weld body1="ball"/></equality>
               </mujoco>"""
        )
        self.data = mujoco.MjData(self.model)

    def walk(self) -> np.ndarray:
        mujoco.mj_step(self.model, self.data)
        if self.data.time < 1.5 * self.model.opt.timestep:
            self.data.eq_active[0] = 0
        return self.data.qpos[2:3]


@pytest.mark.parametrize(
    "task",
    [
        InADictionary, InTheOrderOfADictionary, InAListFromTheStart, InAnotherReadOnlyArray,
        InAnArrayOfAnotherType, WithADieFromTheFirstStep, OffItsHook,
    ],
)  # fmt: skip
def test_it_goes_on_however_it_remembers(task: Callable[[], gym.Env]) -> None:
    assert obstacle_to_restoring(task) == ""
    one, other = task(), task()
    one.reset(seed=0)
    follow(one, [0] * 20)
    restore_env(ForeignTask(other), through_a_file(env_state(one)))
    assert follow(one, [0] * 20) == follow(other, [0] * 20)


class Fading(Remembering):
    """Keeps its age in an object of its own, shows its youth, and lends its one buffer."""

    def __init__(self) -> None:
        self._ages, self._shown = iter(range(10**6)), np.zeros(1)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._shown[0] = max(0, 2 * PROBE_STEPS - 1 - next(self._ages))
        return self._shown, 0.0, False, False, {}


def test_a_difference_that_has_gone_by_the_end_is_noticed() -> None:
    assert obstacle_to_restoring(Fading) == "it keeps state that cannot be saved"


class Drawing(Remembering):
    """Shows what it has drawn from a generator that is not its own."""

    def __init__(self, draw: Callable[[gym.Env], float]) -> None:
        super().__init__()
        self.action_space = spaces.Discrete(1000)
        self._draw = draw

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        return np.full(1, self._draw(self)), 0.0, False, False, {}


@pytest.mark.parametrize(
    ("draw", "generator"),
    [
        (lambda _: random.random(), "random"),
        (lambda _: np.random.rand(), "numpy.random"),
        (lambda task: task.action_space.sample(), "the generator of action_space"),
    ],
)
def test_a_generator_that_is_not_saved_is_named(
    draw: Callable[[gym.Env], float], generator: str
) -> None:
    told = f"cannot be saved: it draws from {generator}, and not from its np_random"
    assert obstacle_to_restoring(lambda: Drawing(draw)).endswith(told)
    assert obstacle_to_restoring(lambda: Drawing(lambda task: task.np_random.random())) == ""


class Beginning(Keeping):
    """Does something at the beginning of an episode that shows much later."""

    def __init__(self, begin: Callable[[int | None], object]) -> None:
        self._begin = begin

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        self._begin(options.get("seed"))
        return super().reset(**options)


def test_a_generator_that_is_not_saved_is_named_though_nothing_shows_of_it_yet() -> None:
    told = "it keeps state that cannot be saved: it draws from random, and not from its np_random"
    assert obstacle_to_restoring(lambda: Beginning(lambda seed: random.random())) == told


def test_a_generator_that_is_seeded_and_not_used_is_not_named() -> None:
    def seed_all(seed: int | None) -> None:
        if seed is not None:
            np.random.seed(seed)

    assert obstacle_to_restoring(lambda: Beginning(seed_all)) == ""


class NotANumber(Remembering):
    """As a simulation that has come apart."""

    def walk(self) -> np.ndarray:
        return np.full(1, np.nan)


def test_what_is_no_number_in_both_is_alike() -> None:
    assert obstacle_to_restoring(NotANumber) == ""


class Table(Remembering):
    """Has a large table; counts how many of its kind are open."""

    are_open = 0

    def __init__(self, value: float = 0.0) -> None:
        self._table: np.ndarray = np.full((2, LARGE // 8), value)
        Table.are_open += 1

    def close(self) -> None:
        Table.are_open -= 1

    def walk(self) -> np.ndarray:
        return self._table[0, :1]


@pytest.mark.parametrize(
    "changed",
    [lambda table: table.reshape(-1, 2), lambda table: table.view(np.int64)],
    ids=["shape", "type"],
)
def test_a_large_array_of_the_same_bytes_is_another_one(
    changed: Callable[[np.ndarray], np.ndarray],
) -> None:
    one, other = Table(), Table()
    made = large_arrays(one)
    one._table = changed(one._table)
    restore_env(ForeignTask(other), through_a_file(env_state(one, made)))
    assert (other._table.shape, other._table.dtype) == (one._table.shape, one._table.dtype)


class FilledAtTheStart(Table):
    """Fills its table with the seed of the episode."""

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        self._table[:] = options["seed"]
        return super().reset(**options)


def test_a_large_array_is_as_it_was_though_restoring_begins_with_a_reset() -> None:
    one, other = FilledAtTheStart(7.0), FilledAtTheStart(7.0)
    made = large_arrays(one)
    one.reset(seed=7)
    restore_env(ForeignTask(other), through_a_file(env_state(one, made)))
    assert (other._table == 7.0).all()


class Shelved(Table):
    """Has its table in a dictionary and in a list too."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__(value)
        self._named, self._listed = {"table": self._table.copy()}, [0, self._table.copy()]


def test_large_arrays_in_containers_are_left_out_and_are_there_again() -> None:
    one, other = Shelved(7.0), Shelved(7.0)
    one.reset(seed=0)
    state = env_state(one, large_arrays(one))
    assert all(array.nbytes < LARGE for array in pack(state, "env")[0].values())
    restore_env(ForeignTask(other), through_a_file(state))
    for table in (other._table, other._named["table"], other._listed[1]):
        assert (table == 7.0).all()


def test_another_one_is_made_where_there_is_one_only_and_closed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> gym.Env:
        raise UserError("there can be one only")

    monkeypatch.setattr(Table, "are_open", 0)
    one = Table()
    alike = large_arrays(one)
    assert len(alike) == 1
    assert made_alike([one], Table) == alike
    assert made_alike([one], lambda: Table(1.0)) == {}
    assert Table.are_open == 1
    assert made_alike([one], refused) == alike
    assert made_alike([one, Table()], refused) == alike
    assert made_alike([one, Table(1.0)], refused) == {}
    two = iter([Table(), Table()])
    VecEnv(lambda: next(two), [0, 1])


class Filled(Table):
    """Writes to its table in every step."""

    def walk(self) -> np.ndarray:
        self._table += 1
        return super().walk()


def test_the_states_of_all_environments_are_to_fit_into_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Filled()
    one.reset(seed=0)
    size = sum(array.nbytes for array in pack(env_state(one), "")[0].values())
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 2 * size)
    assert obstacle_to_restoring(Filled, 2) == ""
    assert obstacle_to_restoring(Filled, 3).startswith("its state takes")
