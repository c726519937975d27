import json
import math

import numpy as np
import pytest

from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config
from baselines.ppo2.runner import Batch
from baselines.training import progress
from baselines.training.progress import Progress, explained_variance

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


def batch(*returns: float, length: int = 5) -> Batch:
    values = np.zeros(20, np.float32)
    targets = np.linspace(-1, 1, 20, dtype=np.float32)
    episodes = [Episode(r, length) for r in returns]
    return Batch(values, values, targets, values, values, values, episodes)


@pytest.mark.parametrize(
    ("values", "returns", "expected"),
    [
        ([1, 2, 4], [1, 2, 4], 1.0),
        ([7, 7, 7], [1, 2, 4], 0.0),
        ([2, 3, 5], [1, 2, 4], 1.0),
        ([0, 2], [0, 4], 0.75),
        ([4, 0], [0, 4], -3.0),
    ],
)
def test_explained_variance(values: list[float], returns: list[float], expected: float) -> None:
    found = explained_variance(np.array(values, np.float32), np.array(returns, np.float32))
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("constant", [0.0, 3.0, 0.1, -1 / 3])
def test_explained_variance_of_equal_returns_is_unknown(constant: float) -> None:
    values = np.linspace(-1, 1, 2048, dtype=np.float32)
    assert math.isnan(explained_variance(values, np.full(2048, constant, np.float32)))


def test_figures_of_an_update(clock: Clock) -> None:
    p = Progress(CONFIG)
    p.record(batch(1.0, 3.0))
    p.record(batch(8.0, length=11))
    clock.now += 4.0
    figures = p.figures(1e-4, {"kl": 0.5, "ps": 0.25}, {"value_loss": 0.3}, {"student_ps": 0.9})
    assert figures == {
        "nupdates": 2,
        "total_timesteps": 40,
        "serial_timesteps": 20,
        "time_elapsed": 4.0,
        "fps": 10,
        "eprewmean": 4.0,
        "eplenmean": 7.0,
        "explained_variance": 0.0,
        "lr": 1e-4,
        "value_loss": 0.3,
        "kl_coef": 0.5,
        "ps_coef": 0.25,
        "student_ps": 0.9,
    }
    p.record(batch())
    clock.now += 0.5
    later = p.figures(1e-4, {}, {}, {})
    assert later["fps"] == 40
    assert later["time_elapsed"] == 4.5
    assert p.episodes == []


def test_the_mean_return_is_that_of_the_last_hundred_episodes() -> None:
    p = Progress(CONFIG)
    assert math.isnan(p.training_return)
    p.record(batch(*[1000.0] * 7))
    assert p.training_return == 1000.0
    p.record(batch(*range(60)))
    p.record(batch(*range(60, 100)))
    assert p.training_return == pytest.approx(49.5)
    assert p.episodes == [(float(r), 5) for r in range(60, 100)]


def test_the_hand_over_starts_the_window_afresh() -> None:
    p = Progress(CONFIG)
    p.record(batch(1.0, 2.0))
    p.hand_over()
    assert math.isnan(p.training_return)
    p.record(batch())
    figures = p.figures(0.0, {}, {}, {})
    assert math.isnan(figures["eprewmean"])
    assert math.isnan(figures["eplenmean"])
    assert p.description()["training_return"] is None
    assert p.description()["training_episodes"] == 0
    p.record(batch(8.0))
    assert p.training_return == 8.0


def test_the_summary_compares_twenty_updates_before_and_after_the_hand_over() -> None:
    p = Progress(CONFIG)
    assert "hand-over" not in p.summary
    for update in range(40):
        if update == 15:
            p.hand_over()
        p.record(batch(100.0 + update, 100.0 + update))
    before = np.mean([100.0 + u for u in range(15)])
    after = np.mean([100.0 + u for u in range(15, 35)])
    assert f"before the hand-over {before:.1f}, after it {after:.1f}" in p.summary
    last_fifty = np.mean([100.0 + u for u in range(15, 40)])
    assert f"mean return of the last 50 episodes {last_fifty:.1f}" in p.summary
    assert "done: 40 updates, 800 timesteps" in p.summary


def test_the_time_left(clock: Clock) -> None:
    p = Progress(CONFIG)
    for _ in range(10):
        p.record(batch())
    clock.now += 30.0
    assert p.remaining == "update 10 of 40, 1:30 minutes left"
    assert p.elapsed == 30.0


def test_the_description_is_json() -> None:
    p = Progress(CONFIG)
    p.record(batch(2.0, 4.0))
    assert json.loads(json.dumps(p.description())) == {
        "update": 1,
        "timesteps": 20,
        "training_return": 3.0,
        "training_episodes": 2,
    }
