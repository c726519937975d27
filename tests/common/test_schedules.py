"""Schedules of the learning rate."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines import ppo2
from baselines.checks import check
from baselines.common.errors import UserError
from baselines.common.schedules import rate_at
from baselines.config import SCHEDULES, Config


def config(updates: int, **settings: Any) -> Config:
    return Config(env="Any-v0", nsteps=64, num_timesteps=64 * updates, lr=0.5, **settings)


def rate(update: int, made: Config) -> float:
    return rate_at(update, made.nupdates, made.lr, made.schedule)


@pytest.mark.parametrize(
    ("update", "nupdates", "share"),
    [(1, 976, 1.0), (489, 976, 0.5), (976, 976, 1 / 976), (1, 1, 1.0), (2, 2, 0.5), (4, 4, 0.25)],
)
def test_the_learning_rate_falls_linearly(update: int, nupdates: int, share: float) -> None:
    assert rate(update, config(nupdates)) == pytest.approx(0.5 * share, rel=1e-12)


def test_a_constant_rate_does_not_fall() -> None:
    rates = {rate(update, config(9, lr_schedule="constant")) for update in range(1, 10)}
    assert rates == {0.5}


def test_a_function_is_a_schedule() -> None:
    name = SCHEDULES.adopt(lambda left: left**2)
    assert name.endswith("<lambda>")
    made = config(4, lr_schedule=name)
    check(made)
    assert [rate(u, made) for u in (1, 2, 3, 4)] == pytest.approx(
        [0.5, 0.5 * 0.5625, 0.125, 0.5 / 16]
    )


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, "fast", None])
def test_what_is_no_factor_is_told(value: Any) -> None:
    told = rf"^--lr_schedule: .* returns {value!r} where 1 of the run is left; it must be a factor"
    with pytest.raises(UserError, match=told):
        check(config(4, lr_schedule=SCHEDULES.adopt(lambda left: value)))


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (lambda left: 2 * left - 1, r"returns -0.5 where 0.25 of the run is left"),
        (lambda left: 1 / (left - 0.25), r"raises ZeroDivisionError where 0.25 of the run is left"),
        (lambda left: abs(left - 0.5) - 0.1, r"returns -0.1 where 0.5 of the run is left"),
    ],
)
def test_a_schedule_that_fails_later_is_told_at_the_start(
    schedule: Any, told: str, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    with pytest.raises(UserError, match=rf"^lr_schedule: the function {told}"):
        ppo2.learn(
            env="BoxToy-v0", nsteps=64, num_timesteps=4 * 64, lr_schedule=schedule, save_path=folder
        )
    assert not folder.exists()


def test_the_schedule_of_a_run_of_any_length_is_tried_to_its_end() -> None:
    seen: list[float] = []
    check(config(3 * 10**12 + 7, lr_schedule=SCHEDULES.adopt(lambda left: seen.append(left) or 1)))
    assert len(seen) < 10**6
    assert seen[0] == 1
    assert seen[-1] == pytest.approx(1 / (3 * 10**12 + 7), rel=1e-3)
    assert np.diff(seen).min() > -2 / len(seen)


def test_what_is_no_schedule_is_told() -> None:
    with pytest.raises(UserError, match=r"^--lr_schedule: .* is no function of one number"):
        SCHEDULES.adopt(lambda: 1.0)
    with pytest.raises(UserError, match="unknown name 'cosine'"):
        check(config(4, lr_schedule="cosine"))
