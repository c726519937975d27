"""What episodes tell of a policy's mean return, and what too few of them do not."""

import json
import math
import re
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import toys

from baselines import evaluate
from baselines.common.errors import UserError
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config
from baselines.evaluation import evaluation
from baselines.evaluation.evaluation import (
    Evaluation,
    interval_of_mean,
    make_fitting_task,
    summarize,
)
from baselines.evaluation.while_training import Measuring
from baselines.training.saved import read_saved_policy

FOUR = str(Path(__file__).resolve().parents[2] / "teacher_models" / "centipede_four/0/00970")

STUDENTS_OF_TWO_DEGREES = 4.302653
"""The 97.5 % quantile of Student's distribution with 2 degrees of freedom, from tables."""


def of(*returns: float) -> list[Episode]:
    return [Episode(value, 10) for value in returns]


def test_the_interval_is_students() -> None:
    found = Evaluation.of(of(1.0, 2.0, 6.0))
    reach = STUDENTS_OF_TWO_DEGREES * math.sqrt(7 / 3)  # the variance is (4 + 1 + 9) / 2
    assert found.interval == pytest.approx((3 - reach, 3 + reach))
    assert summarize(found.episodes)["ci95"] == found.interval
    assert repr(found) == "<return 3.0 over 3 episodes, 95 % interval -3.6 to 9.6>"


def test_a_summary_by_hand() -> None:
    found = summarize([Episode(1.0, 10), Episode(2.0, 20), Episode(6.0, 60, was_cut=True)])
    del found["ci95"]
    expected = {
        "episodes": 3, "mean": 3, "std": math.sqrt(7), "min": 1, "max": 6, "mean_length": 30,
        "cut": 1,
    }  # fmt: skip
    assert found == pytest.approx(expected)
    assert summarize(of(1.0, 3.0))["std"] == pytest.approx(math.sqrt(2))
    assert summarize(of(7.0))["std"] == 0


def test_it_holds_for_few_episodes_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    found = [interval_of_mean(random.normal(5.0, 2.0, 3)) for _ in range(1000)]
    share = np.mean([low < 5.0 < high for low, high in filter(None, found)])
    assert 0.93 < share < 0.97  # 0.95, with a standard error of 0.007


@pytest.mark.parametrize("scale", [1e-90, 1e80])
def test_the_interval_of_tiny_and_huge_returns_is_in_proportion(scale: float) -> None:
    """A variance may be squared neither to 0 nor to infinity."""
    found, base = (interval_of_mean(np.array([-1.0, 1.0, 2.0]) * s) for s in (scale, 1.0))
    assert base is not None
    assert found == pytest.approx(tuple(scale * bound for bound in base), rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        ([245.0], "<return 245.0 over 1 episode, no interval from fewer than 3 episodes>"),
        ([1.0, 2.0], "<return 1.5 over 2 episodes, no interval from fewer than 3 episodes>"),
        ([7.0] * 4, "<return 7.0 over 4 episodes, no interval, as all returns are equal>"),
    ],
)
def test_where_there_is_no_interval_the_words_say_why(returns: list[float], words: str) -> None:
    found = Evaluation.of(of(*returns))
    assert found.interval is None
    assert json.loads(json.dumps(summarize(found.episodes)))["ci95"] is None
    assert repr(found) == words


def test_episodes_that_were_cut_off_are_told() -> None:
    found = Evaluation.of([Episode(1.0, 9), *(Episode(4.0, 50, was_cut=True) for _ in "ab")])
    assert re.fullmatch("<return 3.0 over 3 episodes, .*; 2 cut off before the end>", repr(found))


@pytest.mark.parametrize(("count", "seed", "deterministic"), [(2, 0, False), (3, 7, True)])
def test_the_command_tells_an_interval_of_three_episodes_or_more(
    count: int, seed: int, deterministic: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [f"--seed={seed}", *["--deterministic"] * deterministic]
    evaluate.main([f"--load_path={FOUR}", f"--episodes={count}", "--max_steps=20", *flags])
    saved = read_saved_policy(FOUR, "load_path")
    returns = [e.r for e in evaluation.evaluate(saved, count, seed, deterministic, max_steps=20)]
    assert len(set(returns)) == count
    mean = np.mean(returns)
    reach = STUDENTS_OF_TWO_DEGREES * np.std(returns, ddof=1) / math.sqrt(3)
    expected = {
        2: f"return {mean:.1f} (no interval from fewer than 3 episodes), std ",
        3: f"return {mean:.1f} (95 % interval {mean - reach:.1f} to {mean + reach:.1f}), std ",
    }
    assert expected[count] in capsys.readouterr().out


def test_while_it_trains_a_policy_is_measured_on_its_own_task_from_its_runs_own_starts(
    mlp_policy: Callable[..., PlainPolicy], perturbed: Callable[..., dict[str, np.ndarray]]
) -> None:
    policy = mlp_policy(distribution=DiagGaussian(1))
    params = perturbed(policy.init(np.random.default_rng(0)), 1)
    trained_on = {
        "env": {"id": "Pendulum-v1", "kwargs": {"g": 1.0}},
        "observation_space": {"kind": "Box", "shape": [3]},
        "action_space": {"kind": "Box", "shape": [1]},
    }
    saved = SavedPolicy(policy, params, Normalizer.fresh(3), trained_on)
    run = Config(
        env="Pendulum-v1", env_kwargs='{"g": 1.0}', seed=5, eval_interval=1, eval_episodes=2
    )
    with closing(Measuring(run)) as measuring:
        found = measuring.mean_return(saved)
    expected = evaluation.evaluate(saved, 2, (1 << 32) + 5, deterministic=True)
    assert found == pytest.approx(np.mean([episode.r for episode in expected]))
    for steps in (199, 200):  # the task itself ends after 200
        [episode] = evaluation.evaluate(saved, 1, 0, deterministic=True, max_steps=steps)
        assert (episode.l, episode.was_cut) == (steps, steps == 199)


def test_a_task_that_does_not_fit_is_closed(
    mlp_policy: Callable[..., PlainPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    toys.register()
    closed: list[toys.DiscreteToy] = []
    monkeypatch.setattr(toys.DiscreteToy, "close", lambda self: closed.append(self))
    policy = mlp_policy()
    made_for = {"env": {"id": "BoxToy-v0", "kwargs": {}}, **toys.spaces_for(policy)}
    params = policy.init(np.random.default_rng(0))
    saved = SavedPolicy(policy, params, Normalizer.fresh(policy.obs_size), made_for)
    with pytest.raises(UserError, match=r"^--env: DiscreteToy-v0 does not fit the policy"):
        make_fitting_task(saved, "DiscreteToy-v0", {})
    assert len(closed) == 1


def test_a_policy_does_not_fit_a_task_with_more_actions(
    mlp_policy: Callable[..., PlainPolicy],
) -> None:
    toys.register()
    policy = mlp_policy(obs_size=4, distribution=Categorical(3))
    made_for = {"env": {"id": "Other-v0"}, **toys.spaces_for(policy)}
    params = policy.init(np.random.default_rng(0))
    saved = SavedPolicy(policy, params, Normalizer.fresh(4), made_for)
    with pytest.raises(UserError, match=r"on Other-v0: action_space has n 4, not 3$"):
        make_fitting_task(saved, "DiscreteToy-v0", {})


@pytest.mark.parametrize("reward", [1.0, math.nan])
def test_an_evaluation_closes_its_task(
    reward: float, mlp_policy: Callable[..., PlainPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    toys.register()
    closed: list[toys.BoxToy] = []
    monkeypatch.setattr(toys.BoxToy, "close", lambda self: closed.append(self))
    monkeypatch.setattr(toys.BoxToy, "_score", lambda *_: reward)
    policy = mlp_policy(distribution=DiagGaussian(3))
    made_for = {"env": {"id": "BoxToy-v0", "kwargs": {}}, **toys.spaces_for(policy)}
    params = policy.init(np.random.default_rng(0))
    saved = SavedPolicy(policy, params, Normalizer.fresh(3), made_for)
    with pytest.raises(UserError) if math.isnan(reward) else nullcontext():
        evaluation.evaluate(saved, 2, 0, deterministic=True)
    assert len(closed) == 1


def test_the_task_that_is_named_must_be_the_policys_own() -> None:
    with pytest.raises(UserError, match=r"^--env: CentipedeSix-v1, but .* own task, CentipedeFour"):
        evaluate.main([f"--load_path={FOUR}", "--env=CentipedeSix-v1"])
    own = ["CentipedeFour-v1", "baselines.environments:CentipedeFour-v1"]
    evaluate.main([f"--load_path={FOUR}", "--episodes=1", "--max_steps=1", "--env", *own])


def test_episodes_that_are_watched_begin_each_from_a_seed_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three whole ones, with sampled actions; then Ctrl-C."""
    closed: list[bool] = []
    task = SimpleNamespace(close=lambda: closed.append(True))
    monkeypatch.setattr(evaluation, "make_fitting_task", lambda *_, render_mode: task)

    def watched(*given: Any, deterministic: bool, max_steps: int | None) -> Episode:
        seed = given[-1]
        assert not deterministic
        assert max_steps is None
        if seed == 10:
            raise KeyboardInterrupt
        return Episode(float(seed), 5)

    monkeypatch.setattr(evaluation, "run_episode", watched)
    evaluation.play(read_saved_policy(FOUR, "load_path"), "CentipedeFour-v1", {}, seed=7)
    told = capsys.readouterr().out.splitlines()
    assert told == [f"episode return {seed}.0, length 5" for seed in (7, 8, 9)]
    assert closed == [True]
