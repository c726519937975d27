import pytest

from baselines.config import Config
from benchmarks.measurement import compared, interleaved, ours, thread_counts
from benchmarks.sb3 import VEC_ENVS, sample_name


def test_measurements_take_turns_and_the_first_round_stands_apart() -> None:
    order: list[str] = []

    def timed(name: str) -> dict[str, float]:
        order.append(name)
        return {f"{name} seconds": float(len(order))}

    warm_up, samples = interleaved([lambda: timed("a"), lambda: timed("b")], repeats=2)
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert warm_up == {"a seconds": 1.0, "b seconds": 2.0}
    assert samples == {"a seconds": [3.0, 5.0], "b seconds": [4.0, 6.0]}


@pytest.mark.parametrize(
    ("num_env", "cores", "expected"),
    [(1, 1, [1]), (1, 2, [1, 2]), (8, 2, [1, 2]), (4, 8, [1, 4, 8]), (8, 8, [1, 8])],
)
def test_physics_is_timed_on_one_core_on_all_and_on_those_that_count(
    num_env: int, cores: int, expected: list[int]
) -> None:
    assert thread_counts(num_env, cores) == expected


SECONDS = {
    "physics_1": [2.0, 4.0, 3.0],
    "physics_2": [1.0, 2.0, 2.0],
    "physics_4": [0.5, 1.0, 1.0],
    "collect": [3.0, 3.0, 3.0],
    "update": [0.5, 0.5, 1.0],
    "rest": [0.5, 0.5, 1.0],
    "iteration": [4.0, 4.0, 5.0],
}


@pytest.mark.parametrize(
    ("num_env", "limit", "fractions"),
    [(1, 1, [0.5, 1.0, 0.6]), (2, 2, [0.25, 0.5, 0.4]), (8, 4, [0.125, 0.25, 0.2])],
)
def test_the_figures_worked_by_hand(num_env: int, limit: int, fractions: list[float]) -> None:
    config = Config(num_env=num_env, nsteps=24 // num_env)
    result = ours(config, [1, 2, 4], {"update": 7.5}, SECONDS)
    assert result["steps_per_second"]["physics_1"]["median"] == 8.0
    assert result["steps_per_second"]["iteration"]["samples"] == [6.0, 6.0, 4.8]
    assert result["limit_threads"] == limit
    assert result["fraction_of_physics"]["samples"] == pytest.approx(fractions)
    assert result["fraction_of_physics"]["median"] == pytest.approx(sorted(fractions)[1])
    assert result["shares"] == pytest.approx({"collect": 0.7, "update": 0.45 / 3, "rest": 0.45 / 3})
    assert result["compilation_seconds"] == 7.0


@pytest.mark.parametrize("best", VEC_ENVS)
def test_the_faster_vectorised_environment_counts(
    best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.sb3.torch_threads", lambda: 2)
    samples = {"iteration": [1.0, 2.0, 4.0]}
    for vec_env in VEC_ENVS:
        slower = 1.0 if vec_env == best else 2.0
        for part in ("collect", "update", "iteration"):
            samples[sample_name(vec_env, part)] = [5.0 * slower, 6.0 * slower, 8.0 * slower]
    result = compared(30, samples)
    assert result["best"] == best
    assert result["steps_per_second"][best]["iteration"]["median"] == 5.0
    assert result["speedup"]["samples"] == [5.0, 3.0, 2.0]
