"""What a run may not fail on: states too large to be read, trials that fail, endless episodes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import strange_tasks as strange
import toys

from baselines import evaluate, run
from baselines.common import checkpoint
from baselines.common.checkpoint import read
from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.stopping import stop_requests
from baselines.common.vec_env.env_state import LARGE
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.state_trial import obstacle_to_restoring
from baselines.common.vec_env.vec_env import VecEnv
from baselines.config import Config
from baselines.evaluation import evaluation
from baselines.ppo2.ppo2 import open_session
from baselines.training import setup
from baselines.training.setup import prepare
from baselines.training.states import newest_state

UPDATES = 6


def config_for(task: type[gym.Env], folder: Path, **settings: Any) -> Config:
    small = {"nsteps": 64, "num_timesteps": 64 * UPDATES, "nminibatches": 4, "state_interval": 1}
    places = {"env": strange.task_id(task), "save_path": str(folder / "models")}
    return Config(**{**small, **places, **settings})


def roll(config: Config, updates: int = UPDATES) -> list[np.ndarray]:
    """A run that only collects: the observations of each update."""
    seen = []
    with stop_requests(tells=False) as stop, open_session(prepare(config)) as session:
        for _ in range(updates):
            batch, episodes = session.runner.run()
            seen.append(batch.obs)
            session.progress.record(episodes)
            session.end_update(stop)
    return seen


def states(folder: Path) -> list[int]:
    return sorted(int(path.name) for path in (folder / "models" / "resume").glob("*"))


# States


@pytest.mark.parametrize(
    "task", [strange.GrowingHistory, strange.Tables, strange.OddValues, strange.Itself],
    ids=lambda task: task.__name__,
)  # fmt: skip
def test_a_run_goes_on_from_the_state_of_an_odd_task(task: type[gym.Env], tmp_path: Path) -> None:
    whole = roll(config_for(task, tmp_path / "whole"))
    config = config_for(task, tmp_path / "halves", resume=True)
    halves = roll(config, UPDATES // 2) + roll(config, UPDATES - UPDATES // 2)
    np.testing.assert_array_equal(halves, whole)


def test_a_growing_list_takes_no_more_names(tmp_path: Path) -> None:
    config = config_for(strange.GrowingHistory, tmp_path, keep=UPDATES + 1)
    roll(config)
    sizes = [
        len(read(tmp_path / "models" / "resume" / f"{update:05d}", "--resume").arrays)
        for update in states(tmp_path)
    ]
    assert len(sizes) == UPDATES + 1
    assert sizes[1:] == [sizes[1]] * UPDATES


def test_tables_that_never_change_are_in_no_state(tmp_path: Path) -> None:
    config = config_for(strange.Tables, tmp_path, env_kwargs='{"megabytes": 4}', num_env=2)
    roll(config, 2)
    assert (tmp_path / "models" / "resume" / "00002").stat().st_size < 1 << 20


def test_a_table_that_changes_is_in_the_state(tmp_path: Path) -> None:
    roll(config_for(strange.GrowsTooLarge, tmp_path), 1)
    assert (tmp_path / "models" / "resume" / "00001").stat().st_size > 1 << 20


class Drawn(strange.Polite):
    """Made with a table from this generator."""

    draws = np.random.default_rng()

    def __init__(self) -> None:
        self._table = self.draws.normal(size=LARGE)

    def observe(self) -> Any:
        return super().observe() + self._table[:4]


@pytest.mark.parametrize("num_env", [1, 2])
def test_a_table_that_is_drawn_unseeded_is_in_the_state(num_env: int) -> None:
    assert obstacle_to_restoring(Drawn) == ""
    seeds = list(range(num_env))
    one, other = VecEnv(Drawn, seeds), VecEnv(Drawn, seeds)
    assert (one.reset() != other.reset()).all()
    other.restore(one.state())
    for envs in (one, other):
        envs.step_async(np.zeros((1, 4), np.float32), envs.groups[0])
    seen = [envs.step_wait(envs.groups[0])[0] for envs in (one, other)]
    np.testing.assert_array_equal(*seen)


def test_tables_that_are_made_otherwise_by_then_are_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Alike(Drawn):
        def __init__(self) -> None:
            self._table = np.full(LARGE, self.level)

        level = 1.0

    state = VecEnv(Alike, [0]).state()
    VecEnv(Alike, [0]).restore(state)
    monkeypatch.setattr(Alike, "level", 2.0)
    with pytest.raises(ValueError, match="made with other large arrays"):
        VecEnv(Alike, [0]).restore(state)


def test_a_table_that_a_reset_writes_over_comes_back() -> None:
    class Grid(strange.Polite):
        def __init__(self) -> None:
            self._grid = np.zeros(LARGE)

        def reset(self, **given: Any) -> Any:
            self._grid[:] = 7  # and 0 again at the first step
            return super().reset(**given)

        def step(self, action: Any) -> Any:
            self._grid[:] = 0
            return super().step(action)

    one = VecEnv(Grid, [0])
    one.reset()
    one.step_async(np.zeros((1, 4), np.float32), one.groups[0])
    one.step_wait(one.groups[0])
    other = VecEnv(Grid, [0])
    other.restore(one.state())
    assert not other.tasks[0].env.unwrapped._grid.any()  # type: ignore[attr-defined]


def test_a_state_too_large_is_said_at_the_start_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 1 << 19)
    seen = roll(config_for(strange.GrowsTooLarge, tmp_path))
    said = capsys.readouterr().out
    assert len(seen) == UPDATES
    start, _, later = said.partition("WARNING: not saved, and --resume will not find it: 1 MiB")
    assert "may differ: its state takes 1 MiB" in start
    assert "WARNING" not in later
    assert (tmp_path / "models" / f"{UPDATES:05d}").is_file()
    assert states(tmp_path) == [0]  # of when the table was as the task made it


def test_a_state_that_grows_too_large_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    roll(config_for(strange.GrowingHistory, tmp_path / "first"), 3)
    size = (tmp_path / "first" / "models" / "resume" / "00003").stat().st_size
    monkeypatch.setattr(checkpoint, "MAX_BYTES", size)
    roll(config_for(strange.GrowingHistory, tmp_path))
    assert capsys.readouterr().out.count("WARNING: not saved") == 1
    found = newest_state(tmp_path / "models")
    assert found is not None
    assert int(found.path.name) == 3


def test_a_policy_too_large_for_a_checkpoint_is_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "MAX_BYTES", 1 << 14)
    with pytest.raises(UserError, match=r"^--save_path: the policy with its teachers takes"):
        prepare(config_for(strange.Polite, tmp_path))
    assert list(tmp_path.iterdir()) == []


# Trials


@pytest.mark.parametrize(
    "task", [strange.OnlyOne, strange.OneClient, strange.CloseFails], ids=lambda task: task.__name__
)
def test_a_trial_that_fails_costs_a_line(
    task: type[gym.Env], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(strange.OnlyOne, "is_open", False)
    monkeypatch.setattr(strange.OneClient, "clients", 0)
    seen = roll(config_for(task, tmp_path))
    said = capsys.readouterr().out
    assert len(seen) == UPDATES
    assert re.search(strange.ENDINGS[task].said, said), said
    assert (tmp_path / "models" / f"{UPDATES:05d}").is_file()
    assert states(tmp_path)[-1] == UPDATES


def test_what_cannot_be_tried_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strange.OnlyOne, "is_open", False)
    told = obstacle_to_restoring(strange.OnlyOne)
    assert re.fullmatch(r"it cannot be tried \(.*Address already in use\)", told)
    assert not strange.OnlyOne.is_open  # the first of the two was closed


def test_a_task_that_cannot_begin_leaves_an_earlier_run_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [f"--env={strange.task_id(strange.Polite)}", *strange.SMALL]
    folders = [f"--save_path={tmp_path / 'models'}", f"--log_path={tmp_path / 'logs'}"]
    roll(config_for(strange.Polite, tmp_path))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    monkeypatch.setattr(strange.Polite, "observe", lambda self: np.zeros(3))
    with pytest.raises(ValueError, match="shape"):
        run.main([*arguments, *folders])
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_task_of_which_there_is_one_cannot_be_measured_while_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strange.OnlyOne, "is_open", False)
    places = [f"--save_path={tmp_path / 'models'}", f"--log_path={tmp_path / 'logs'}"]
    task = f"--env={strange.task_id(strange.OnlyOne)}"
    with pytest.raises(UserError, match=r"^--eval_interval: needs a task of its own .* in use"):
        run.main([task, *strange.SMALL, "--eval_interval=1", *places])
    assert list(tmp_path.iterdir()) == []


# Episodes


@pytest.fixture
def endless(tmp_path: Path, mlp_policy: Callable[..., Any]) -> SavedPolicy:
    """A policy for a task whose episodes never end."""
    plain = mlp_policy(obs_size=4, distribution=DiagGaussian(4))
    params = plain.init(np.random.default_rng(0))
    task = {"env": {"id": strange.task_id(strange.Endless), "kwargs": {}}}
    metadata = {"update": 1, **task, **toys.spaces_for(plain)}
    return SavedPolicy(plain, params, Normalizer.fresh(4), metadata)


def test_an_endless_episode_is_cut_off_and_marked(endless: SavedPolicy) -> None:
    episodes = evaluation.evaluate(endless, 2, 0, deterministic=True, max_steps=30)
    assert [(episode.l, episode.was_cut) for episode in episodes] == [(30, True)] * 2
    assert evaluation.summarize(episodes)["cut"] == 2


@pytest.mark.parametrize(("limit", "cut"), [(15, True), (16, False), (17, False)])
def test_an_episode_that_ends_at_the_limit_is_whole(
    limit: int, cut: bool, endless: SavedPolicy
) -> None:
    task = ForeignTask(strange.Polite())
    episode = evaluation.run_episode(endless, task, 0, True, max_steps=limit)
    assert (episode.l, episode.was_cut) == (min(limit, 16), cut)


def test_there_is_a_limit_by_default(endless: SavedPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation.run_episode, "__defaults__", (20,))
    assert evaluation.run_episode(endless, ForeignTask(strange.Endless()), 0, True).l == 20


def test_it_is_said_that_episodes_were_cut_off(
    endless: SavedPolicy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = endless.write(tmp_path)
    arguments = [
        "--json",
        "--episodes=3",
        "--max_steps=20",
        f"--env={strange.task_id(strange.Endless)}",
    ]
    evaluate.main([f"--load_path={path}", *arguments])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["cut"] == 3
    assert printed.err == (
        "WARNING: 3 of 3 episodes did not end, and were cut off after 20 steps (--max_steps)\n"
    )
