"""Tasks get copies, what they return is checked, and what they raise is told as their own."""

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import strange_tasks as strange
from gymnasium import spaces

from baselines import run
from baselines.common.errors import TaskError, UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.state_trial import obstacle_to_restoring
from baselines.common.vec_env.tasks import make_task
from baselines.common.vec_env.vec_env import VecEnv
from baselines.evaluation.evaluation import run_episode

pytestmark = pytest.mark.usefixtures("compiled_once")

# Arrays that are lent

RUDE = [
    strange.ClipsInPlace, strange.OneBuffer, strange.KeepsActions, strange.Lists,
    strange.NamedResults,
]  # fmt: skip


def made(task: type[gym.Env]) -> gym.Env:
    return make_task(strange.task_id(task), {})


def stepped(task: type[gym.Env]) -> tuple[list[np.ndarray], list[float], np.ndarray]:
    """Observations and rewards of forty steps in two environments, and the actions after them."""
    envs = VecEnv(lambda: made(task), [3, 4])
    actions = 2 * np.random.default_rng(0).standard_normal((40, 2, 4)).astype(np.float32)
    seen, rewards = [*envs.reset().copy()], []
    for step in actions:
        for group in envs.groups:
            envs.step_async(step[group], group)
        for group in envs.groups:
            obs, reward, _, _ = envs.step_wait(group)
            seen += [*obs.copy()]
            rewards += reward.tolist()
    envs.close()
    return seen, rewards, actions


@pytest.mark.parametrize("task", RUDE, ids=lambda task: task.__name__)
def test_a_rude_task_trains_as_a_polite_one(task: type[gym.Env]) -> None:
    obs, rewards, actions = stepped(strange.Polite)
    rude_obs, rude_rewards, rude_actions = stepped(task)
    np.testing.assert_array_equal(rude_obs, obs)
    np.testing.assert_allclose(rude_rewards, rewards, rtol=1e-6)  # `Lists` rounds them
    np.testing.assert_array_equal(rude_actions, actions)


@pytest.mark.parametrize("task", RUDE, ids=lambda task: task.__name__)
def test_a_rude_task_is_evaluated_as_a_polite_one(task: type[gym.Env], policy: SavedPolicy) -> None:
    polite, rude = (
        [run_episode(policy, ForeignTask(made(kind)), seed, False).r for seed in range(2)]
        for kind in (strange.Polite, task)
    )
    np.testing.assert_allclose(rude, polite, rtol=1e-6)


@pytest.mark.parametrize("task", RUDE, ids=lambda task: task.__name__)
def test_the_trial_for_resuming_lends_nothing_to_two_tasks(task: type[gym.Env]) -> None:
    assert obstacle_to_restoring(lambda: made(task)) == ""


def test_a_tasks_arguments_are_its_own() -> None:
    arguments = {"goals": [0.5]}
    for _ in range(2):
        make_task(strange.task_id(strange.SpoilsKwargs), arguments)
    assert arguments == {"goals": [0.5]}


@pytest.fixture
def policy(mlp_policy: Any) -> SavedPolicy:
    plain = mlp_policy(obs_size=4, distribution=DiagGaussian(4))
    params = plain.init(np.random.default_rng(0))
    return SavedPolicy(plain, params, Normalizer.fresh(4), {})


# What a task returns, and its spaces

REFUSED = [task for task, ending in strange.ENDINGS.items() if ending.status == 2]

WAYS: dict[str, Callable[[type[gym.Env]], gym.Env]] = {
    "as it is": lambda task: task(),
    "by Gymnasium": made,
    "with a time limit": lambda task: gym.make(
        strange.task_id(task), disable_env_checker=True, max_episode_steps=100
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("task", REFUSED, ids=lambda task: task.__name__)
def test_a_wrong_task_is_refused_in_one_line(task: type[gym.Env], way: str) -> None:
    with pytest.raises(UserError) as caught, np.errstate(over="ignore"):  # as in a run
        called = ForeignTask(WAYS[way](task))
        called.reset(seed=0)
        for _ in range(20):
            called.step(called.sample())
    said = str(caught.value)
    assert "\n" not in said
    assert task.__name__ in said
    assert re.search(strange.ENDINGS[task].said.split(r"\w+-v0")[1], said), said


def test_a_task_that_cannot_be_learned_is_closed() -> None:
    task, closed = strange.Named(), []
    task.close = lambda: closed.append(True)  # type: ignore[method-assign]
    with pytest.raises(UserError, match="cannot be learned"):
        ForeignTask(task)
    assert closed == [True]


def test_a_task_whose_space_raises_an_error_is_closed() -> None:
    closed = []

    class Failing(strange.Polite):
        @property
        def action_space(self) -> Any:  # type: ignore[override]
            raise RuntimeError("no motors")

        def close(self) -> None:
            closed.append(True)

    with pytest.raises(TaskError, match=r"the task Failing failed in action_space: .*no motors"):
        ForeignTask(Failing())
    assert closed == [True]


@pytest.mark.parametrize("task", REFUSED, ids=lambda task: task.__name__)
def test_nothing_is_written_for_a_wrong_task(task: type[gym.Env], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=strange.ENDINGS[task].said.removeprefix("error: ")):
        run.main([
            f"--env={strange.task_id(task)}", *strange.SMALL,
            f"--save_path={tmp_path / 'models'}", f"--log_path={tmp_path / 'logs'}",
        ])  # fmt: skip
    assert list(tmp_path.iterdir()) == []


GOOD = {
    "numbers of Python": ([0.5, 1, 2, 3], 1, True, False),
    "single precision": (np.ones(4, np.float32), np.float32(0.5), np.bool_(False), False),
    "bytes": (np.ones(4, np.uint8), np.int64(2), 0, 1),
    "arrays of no axes": (np.ones(4), np.array(0.5), np.array(False), np.array(1)),
    "a reward that is true": (np.ones(4), True, False, False),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_means_the_same_is_taken(case: str) -> None:
    obs, reward, terminated, truncated = GOOD[case]

    class Given(strange.Polite):
        def step(self, action: Any) -> Any:
            return obs, reward, terminated, truncated, {}

    task = ForeignTask(Given())
    task.reset(seed=0)
    for _ in range(2):
        seen, worth, done = task.step(np.zeros(4, np.float32))
        assert (seen.tolist(), float(worth), bool(done)) == (
            list(map(float, obs)), float(reward), bool(terminated or truncated),
        )  # fmt: skip


@pytest.mark.parametrize(
    "later", [None, np.zeros(3), np.zeros((4, 1)), np.zeros(4, complex), ["a"] * 4], ids=repr
)
def test_the_observation_of_a_later_reset_is_checked_too(later: Any) -> None:
    class Given(strange.Polite):
        starts = 0

        def reset(self, **arguments: Any) -> Any:
            self.starts += 1
            obs, info = super().reset(**arguments)
            return (later if self.starts == 2 else obs), info

    task = ForeignTask(Given())
    task.reset(seed=0)
    with pytest.raises(UserError, match=r"^--env: Given: an observation of reset "):
        task.reset()
    assert task.reset().shape == (4,)


@pytest.mark.parametrize(
    "returned",
    [None, 3, (1, 2), (1, 2, 3, 4), (1, 2, 3, 4, 5, 6), np.zeros(5), {"obs": 1}, "abcde"],
    ids=repr,
)
def test_five_things_are_expected_of_a_step(returned: Any) -> None:
    class Given(strange.Polite):
        def step(self, action: Any) -> Any:
            return returned

    task = ForeignTask(Given())
    task.reset(seed=0)
    with pytest.raises(UserError, match=r"^--env: Given: step\(action\) must return \(obs, "):
        task.step(np.zeros(4, np.float32))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (1, "the reward of step must be a number"),
        (2, "terminated of step must be True or False"),
        (3, "truncated of step must be True or False"),
    ],
)
def test_a_list_of_unequal_rows_is_neither_number_nor_flag(place: int, said: str) -> None:
    class Given(strange.Polite):
        def step(self, action: Any) -> Any:
            returned = [*super().step(action)]
            returned[place] = [1.0, [2.0]]
            return tuple(returned)

    task = ForeignTask(Given())
    task.reset(seed=0)
    with pytest.raises(UserError, match=rf"^--env: Given: {said}, not \[1.0, \[2.0\]\]$"):
        task.step(np.zeros(4, np.float32))


SPACES: dict[str, tuple[spaces.Space, spaces.Space]] = {
    "integers are observed": (spaces.Box(0, 255, (4,), np.uint8), strange.Polite.action_space),
    "double precision": (strange.Polite.observation_space, spaces.Box(-1, 1, (4,), np.float64)),
    "no bounds": (spaces.Box(-np.inf, np.inf, (4,)), spaces.Box(-np.inf, np.inf, (4,))),
    "counted from 3": (strange.Polite.observation_space, spaces.Discrete(2, start=3)),
}


@pytest.mark.parametrize("case", SPACES)
def test_these_spaces_can_be_learned(case: str) -> None:
    class Given(strange.Polite):
        observation_space, action_space = SPACES[case]

        def step(self, action: Any) -> Any:
            assert self.action_space.contains(np.asarray(action, self.action_space.dtype))
            return self.after(0.0)

    task = ForeignTask(Given())
    task.reset(seed=0)
    for _ in range(5):
        task.step(task.sample())


# Errors

FAILING = [task for task, ending in strange.ENDINGS.items() if ending.status == 1]


@pytest.mark.parametrize("num_env", [1, 3])
@pytest.mark.parametrize("task", FAILING, ids=lambda task: task.__name__)
def test_an_error_of_a_task_is_told_as_its_own(task: type[gym.Env], num_env: int) -> None:
    with pytest.raises(TaskError) as caught:
        run.main(
            [
                f"--env={strange.task_id(task)}",
                *strange.SMALL,
                f"--num_env={num_env}",
                "--nsteps=64",
            ]
        )
    said = str(caught.value)
    assert "\n" not in said
    assert re.search(strange.ENDINGS[task].said.removeprefix("error: "), said), said
    cause = caught.value.__cause__
    assert cause is not None
    assert traceback.extract_tb(cause.__traceback__)[-1].filename == strange.__file__


def test_an_error_in_evaluation_is_told_too(policy: SavedPolicy) -> None:
    task = ForeignTask(made(strange.FileGone))
    with pytest.raises(TaskError, match=r"FileGone-v0 failed in step: .*levels/7\.txt"):
        for seed in range(3):
            run_episode(policy, task, seed, deterministic=True)


def test_a_module_that_cannot_be_imported_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, line in {"quits": "raise SystemExit(0)", "gone": "open('levels/7.txt')"}.items():
        (tmp_path / f"a_task_that_{name}.py").write_text(line)
        with pytest.raises(UserError, match=rf"^--env: cannot import 'a_task_that_{name}'"):
            make_task(f"a_task_that_{name}:Task-v0", {})


def test_a_task_that_quits_when_it_is_made_is_told() -> None:
    class Quits(strange.Polite):
        def __init__(self) -> None:
            raise SystemExit(0)

    gym.register("QuitsWhenMade-v0", entry_point=Quits)
    with pytest.raises(UserError, match=r"^--env: cannot make QuitsWhenMade-v0 .*SystemExit: 0"):
        make_task("QuitsWhenMade-v0", {})


@pytest.mark.parametrize(
    ("action", "kind", "is_told"),
    [
        (0.5, AssertionError, False),
        (1.5, AssertionError, True),
        (-1.0, AssertionError, False),
        (-1.5, gym.error.InvalidAction, True),
        (1.5, RuntimeError, False),
    ],
)
def test_who_wants_clipped_actions_is_told_of_the_wrapper(
    action: float, kind: type[Exception], is_told: bool
) -> None:
    class Strict(strange.Polite):
        def step(self, action: Any) -> Any:
            raise kind("no such action")

    task = ForeignTask(Strict())
    task.reset(seed=0)
    with pytest.raises(TaskError, match=r"failed in step: \w+: no such action") as caught:
        task.step(np.full(task.action_space.shape, action, np.float32))
    assert ("gymnasium.wrappers.ClipAction does so" in str(caught.value)) == is_told
