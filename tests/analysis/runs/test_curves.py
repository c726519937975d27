"""Curves against heights, areas and times worked out by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from handmade_logs import write_run
from hypothesis import given
from hypothesis import strategies as st

from baselines.analysis.runs.curves import Curve, column_curve, grid, learning_curve, on_grid
from baselines.analysis.runs.runs import read_run


def curve(*points: tuple[float, float]) -> Curve:
    return Curve(np.array([t for t, _ in points], float), np.array([v for _, v in points], float))


ROOF = curve((10, 0), (20, 10), (40, 0))


def test_heights() -> None:
    assert ROOF.at(np.array([0, 10, 15, 20, 30, 40])).tolist() == [0, 0, 5, 10, 5, 0]


@pytest.mark.parametrize(
    ("start", "stop", "height"),
    [(10, 20, 5.0), (0, 20, 2.5), (20, 40, 5.0), (15, 30, (37.5 + 75) / 15), (0, 40, 3.75)],
)
def test_mean_height(start: float, stop: float, height: float) -> None:
    assert ROOF.mean_height(start, stop) == pytest.approx(height)


@given(
    st.lists(st.floats(-100, 100), min_size=2, max_size=8),
    st.floats(0, 90),
    st.floats(1, 50),
)
def test_mean_height_is_that_of_many_small_steps(
    values: list[float], start: float, length: float
) -> None:
    points = curve(*((10.0 * i, v) for i, v in enumerate(values)))
    x = start + length * (np.arange(20_000) + 0.5) / 20_000
    found = points.mean_height(start, start + length)
    assert found == pytest.approx(points.at(x).mean(), abs=0.01)


def test_the_threshold_is_reached_at_a_point() -> None:
    assert ROOF.first_reach(5.0, 40.0) == 20
    assert ROOF.first_reach(0.0, 40.0) == 10
    assert ROOF.first_reach(10.5, 40.0) == math.inf
    assert ROOF.first_reach(5.0, 19.0) == math.inf


def test_a_cut_curve_is_the_same_up_to_there() -> None:
    cut = ROOF.until(25.0)
    assert cut.timesteps.tolist() == [10, 20, 25]
    assert cut.values.tolist() == [0, 10, 7.5]
    assert ROOF.until(40.0).timesteps.tolist() == [10, 20, 40]


def test_a_delayed_curve_begins_later() -> None:
    late = ROOF.delayed(100.0)
    assert (late.start, late.stop) == (100.0, 140.0)
    assert late.mean_height(110, 120) == ROOF.mean_height(10, 20)
    assert ROOF.start == 0.0


def test_an_empty_window_of_returns_keeps_the_last_value(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "a", [None, 4.0, None, None, 8.0, None], step=10))
    found = learning_curve(run)
    assert found.timesteps.tolist() == [20, 30, 40, 50, 60]
    assert found.values.tolist() == [4, 4, 4, 8, 8]


def test_other_columns_end_with_their_last_figure(tmp_path: Path) -> None:
    columns = {"loss": [None, 1.0, None, 3.0, None], "empty": [None] * 5}
    run = read_run(write_run(tmp_path / "a", [0.0] * 5, step=10, columns=columns))
    found = column_curve(run, "loss")
    assert found is not None
    assert found.timesteps.tolist() == [20, 40]
    assert found.values.tolist() == [1, 3]
    assert column_curve(run, "empty") is None
    assert column_curve(run, "missing") is None


def test_curves_meet_on_the_grid_where_all_are_measured() -> None:
    points = grid(100.0)
    assert points[:3].tolist() == [0, 0.5, 1]
    timesteps, values = on_grid([ROOF, curve((12, 1), (100, 1))], np.arange(0, 101, 10))
    assert timesteps.tolist() == [12, 20, 30, 40]
    assert values.tolist() == [[2, 10, 5, 0], [1, 1, 1, 1]]


def test_curves_that_do_not_overlap_have_no_points() -> None:
    timesteps, values = on_grid([ROOF, curve((50, 1), (100, 1))], grid(100.0))
    assert timesteps.size == 0
    assert values.shape == (2, 0)
