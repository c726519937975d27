"""The stopwatch counts every moment once."""

import time

import pytest

from baselines.config import Config
from benchmarks.breakdown import ACTING, LAYERS, REST, Stopwatch, breakdown
from benchmarks.table import layers


def test_a_layers_callees_are_not_counted_as_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    watch = Stopwatch()

    def wait(seconds: float) -> None:
        now[0] += seconds

    inner = watch.timed("inner", wait)

    def work() -> None:
        wait(1.0)
        inner(10.0)
        wait(2.0)

    wait(100.0)
    watch.timed("outer", work)()
    wait(200.0)
    watch.stop()
    assert dict(watch.seconds) == {"outer": 3.0, "inner": 10.0, REST: 300.0}


def test_the_layers_of_an_iteration_sum_to_it() -> None:
    config = Config(env="CentipedeFour-v1", nsteps=64, nminibatches=4, noptepochs=1, xla=False)
    begun = time.perf_counter()
    seconds = breakdown(config, 2)
    assert set(seconds) == {*LAYERS, ACTING, REST}
    assert min(seconds.values()) > 0
    assert 2 * sum(seconds.values()) < time.perf_counter() - begun


def test_the_table() -> None:
    settings = {
        "env": "A-v1", "env_kwargs": {}, "num_env": 1, "nsteps": 2_000_000, "teachers": 0,
        "repeats": 3,
    }  # fmt: skip
    result = {"settings": settings, "seconds_by_layer": {"b": 1.0, "a": 3.0}}
    assert [line.split()[-2:] for line in layers(result).splitlines()] == [
        ["step", "share"], ["1.5", "75.0%"], ["0.5", "25.0%"], ["2.0", "100.0%"],
    ]  # fmt: skip
