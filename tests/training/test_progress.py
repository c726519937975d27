import json
import math
from dataclasses import replace

import numpy as np
import pytest

from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config
from baselines.training import progress
from baselines.training.progress import Progress

CONFIG = Config(env="Any-v0", nsteps=10, num_env=2, num_timesteps=800)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def episodes(*returns: float, length: int = 5) -> list[Episode]:
    return [Episode(r, length) for r in returns]


def test_metrics_of_an_update(clock: Clock) -> None:
    p = Progress(CONFIG)
    p.record(episodes(1.0, 3.0))
    p.record(episodes(8.0, length=11))
    clock.now += 4.0
    assert p.finish_row() == {
        "nupdates": 2,
        "total_timesteps": 40,
        "serial_timesteps": 20,
        "time_elapsed": 4.0,
        "fps": 10,
        "eprewmean": 4.0,
        "eplenmean": 7.0,
    }
    p.record(episodes())
    clock.now += 0.5
    later = p.finish_row()
    assert later["fps"] == 40
    assert later["time_elapsed"] == 4.5
    assert p.episodes == []


def test_the_time_between_a_stop_and_a_resume_does_not_count(clock: Clock) -> None:
    p, again = Progress(CONFIG), Progress(CONFIG)
    p.record(episodes())
    clock.now += 4.0
    state = p.state()
    clock.now += 1000.0
    again.restore(state)
    again.record(episodes())
    clock.now += 0.5
    metrics = again.finish_row()
    assert (metrics["time_elapsed"], metrics["fps"]) == (4.5, 40)


@pytest.mark.parametrize("before", [0.0, 4.0])
def test_the_clock_starts_when_all_is_set_up(clock: Clock, before: float) -> None:
    p = Progress(CONFIG)
    p.restore({**p.state(), "elapsed": before})
    clock.now += 30.0  # the folders and logs
    p.start_clock()
    assert p.elapsed == before
    p.record(episodes())
    clock.now += 0.5
    metrics = p.finish_row()
    assert (metrics["time_elapsed"], metrics["fps"]) == (before + 0.5, 40)


def test_the_mean_return_is_that_of_the_last_hundred_episodes() -> None:
    p = Progress(CONFIG)
    assert math.isnan(p.training_return)
    p.record(episodes(*[1000.0] * 7))
    assert p.training_return == 1000.0
    p.record(episodes(*range(60)))
    p.record(episodes(*range(60, 100)))
    assert p.training_return == pytest.approx(49.5)
    assert p.episodes == [(float(r), 5) for r in range(60, 100)]


def test_the_hand_over_starts_the_window_afresh() -> None:
    p = Progress(CONFIG)
    p.record(episodes(1.0, 2.0))
    p.hand_over()
    assert math.isnan(p.training_return)
    p.record(episodes())
    metrics = p.finish_row()
    assert math.isnan(metrics["eprewmean"])
    assert math.isnan(metrics["eplenmean"])
    assert p.description()["training_return"] is None
    assert p.description()["training_episodes"] == 0
    p.record(episodes(8.0))
    assert p.training_return == 8.0


def test_the_summary_tells_of_the_episodes_since_the_hand_over() -> None:
    p = Progress(CONFIG)
    for update in range(90):
        assert ("hand-over" in p.summary) == (update > 65)
        if update == 65:
            p.hand_over()
        p.record(episodes(100.0 + update, 100.0 + update))
        again = Progress(CONFIG)
        again.restore(json.loads(json.dumps(p.state(), allow_nan=False)))
        p = again
    last, before, after = (
        f"{np.mean([100.0 + u for u in part]):.1f}"
        for part in (range(65, 90), range(45, 65), range(65, 85))
    )
    assert "done: 90 updates, 1800 timesteps" in p.summary
    assert p.summary.endswith(
        f"; mean return of the last 50 episodes {last}; over 20 updates before the hand-over"
        f" {before}, over 20 after it {after}"
    )


def test_a_hand_over_before_any_episode_has_ended() -> None:
    p = Progress(CONFIG)
    p.record([])
    p.hand_over()
    json.dumps(p.state(), allow_nan=False)
    assert "; mean return: no episode ended; over 1 " in p.summary
    p.record(episodes(3.0))
    told = "; over 1 update before the hand-over unknown, over 1 after it 3.0"
    assert p.summary.endswith(f"mean return of the last episode 3.0{told}")
    p.hand_over()  # of a user's method, to another policy that is alone too
    assert p.summary.endswith(f"; mean return: no episode ended{told}")


def test_the_time_left(clock: Clock) -> None:
    p = Progress(CONFIG)
    clock.now += 500.0  # the first update is compiled
    p.record(episodes())
    clock.now += 40.0  # and evaluated
    p.finish_row()
    assert p.brief({}) == "update 1/40"
    for _ in range(9):
        clock.now += 3.0
        p.record(episodes())
    p.finish_row()
    row = {"eprewmean": 412.345, "eval_return": math.nan, "student_ps": 0.71, "lr": 1e-4}
    assert p.brief(row) == "update 10/40 · return 412.3 · p0 0.71 · 2 min left"
    assert p.brief({"eval_return": -3.0}) == "update 10/40 · evaluated -3 · 2 min left"
    assert p.elapsed == 567.0


def test_a_measurement_is_told_once() -> None:
    p = Progress(replace(CONFIG, eval_interval=2))
    p.record(episodes(1.0))
    assert math.isnan(p.finish_row()["eval_return"])
    p.evaluated(7.0)
    assert p.finish_row()["eval_return"] == 7.0
    assert math.isnan(p.finish_row()["eval_return"])


@pytest.mark.parametrize("measured", [7.0, math.nan, math.inf])
def test_a_measurement_is_told_after_a_resume_too(measured: float) -> None:
    p, again = (Progress(replace(CONFIG, eval_interval=2)) for _ in range(2))
    p.record(episodes(1.0))
    p.evaluated(measured)
    again.restore(json.loads(json.dumps(p.state(), allow_nan=False)))
    again.record(episodes(2.0))
    expected = measured if math.isfinite(measured) else math.nan
    assert again.finish_row()["eval_return"] == pytest.approx(expected, nan_ok=True)


def test_a_state_from_before_some_returns_were_kept() -> None:
    state = Progress(CONFIG).state()
    del state["eval_return"], state["around_hand_over"]
    p = Progress(replace(CONFIG, eval_interval=2))
    p.restore(state)
    p.record(episodes(1.0))
    assert math.isnan(p.finish_row()["eval_return"])


def test_the_description_is_json() -> None:
    p = Progress(CONFIG)
    p.record(episodes(2.0, 4.0))
    assert json.loads(json.dumps(p.description())) == {
        "update": 1,
        "timesteps": 20,
        "training_return": 3.0,
        "training_episodes": 2,
    }
