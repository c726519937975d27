"""Statistics over seeds against brute force and against what must hold of them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from baselines.analysis.runs import statistics
from baselines.analysis.runs.statistics import (
    STATISTICS,
    band_of_all,
    band_of_returns,
    difference_of_means,
    estimate,
    estimate_of_returns,
    interquartile_mean,
    mean,
    probability_of_improvement,
    weighted_sum,
)

SAMPLE = np.array([3.0, -1.0, 7.5, 4.0])


@pytest.mark.parametrize("name", STATISTICS)
def test_the_interval_is_that_of_all_resamples(name: str) -> None:
    function = STATISTICS[name].function
    every = [function(np.array(x)) for x in itertools.product(SAMPLE, repeat=4)]
    found = estimate(SAMPLE, function)
    spread = np.ptp(SAMPLE)
    assert found.value == function(SAMPLE)
    assert found.low == pytest.approx(np.quantile(every, 0.025), abs=0.05 * spread)
    assert found.high == pytest.approx(np.quantile(every, 0.975), abs=0.05 * spread)


def test_of_three_seeds_the_interval_is_their_range() -> None:
    found = estimate(np.array([2.0, 5.0, 11.0]), mean)  # each bound is 1/27, more than 2.5 %
    assert (found.low, found.high) == (2.0, 11.0)


@given(st.floats(-1e3, 1e3), st.floats(0.1, 1e3))
def test_the_interval_moves_and_stretches_with_the_sample(shift: float, scale: float) -> None:
    found, base = estimate(scale * SAMPLE + shift, mean), estimate(SAMPLE, mean)
    for moved, original in ((found.low, base.low), (found.high, base.high)):
        assert moved == pytest.approx(scale * original + shift, rel=1e-9, abs=1e-6)


def test_equal_calls_give_equal_intervals() -> None:
    assert estimate(SAMPLE, mean) == estimate(SAMPLE.copy(), mean)


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_seeds_have_no_interval(n: int) -> None:
    found = estimate(SAMPLE[:n], mean)
    assert found.value == SAMPLE[:n].mean()
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.note == statistics.TOO_SMALL


def test_a_constant_has_no_spread_even_after_rounding() -> None:
    runs = np.array([0.1, 1234.567, 1e6, 0.3])
    found = estimate((runs + 0.7) - runs, mean)
    assert found.value == pytest.approx(0.7)
    assert math.isnan(found.low)
    assert found.note == statistics.NO_SPREAD


def test_what_is_unknown_stays_unknown() -> None:
    for found in (
        estimate(np.array([1.0, math.nan, 2.0]), mean),
        estimate(np.array([1.0, math.nan, 2.0]), np.nanmean),  # as SciPy's older trim_mean is
        estimate(np.array([]), mean),
        probability_of_improvement(SAMPLE, np.array([])),
        probability_of_improvement(SAMPLE, np.array([math.nan])),
    ):
        assert math.isnan(found.value)
        assert math.isnan(found.low)


@pytest.mark.parametrize("n", range(1, 11))
def test_the_interquartile_mean_leaves_out_a_quarter_at_either_end(n: int) -> None:
    sample = np.random.default_rng(n).permutation(np.arange(n) ** 2.0)
    middle = sorted(sample)[n // 4 : n - n // 4]
    assert interquartile_mean(sample) == pytest.approx(np.mean(middle))


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=2),  # few, so without resamples
    st.lists(st.integers(0, 4), min_size=1, max_size=6),
)
def test_probability_of_improvement_counts_pairs(x: list[int], y: list[int]) -> None:
    found = probability_of_improvement(np.array(x, float), np.array(y, float))
    won = [(a > b) + 0.5 * (a == b) for a in x for b in y]
    assert found.value == pytest.approx(np.mean(won))


@pytest.mark.parametrize("y", [[2.0, 3.0, 5.0], [2.0, 5.0, 7.0]])
def test_the_interval_of_an_improvement_is_that_of_all_resamples(y: list[float]) -> None:
    """Both are resampled, each by itself: in pairs, the second y would not get above a third."""
    x = [1.0, 4.0, 6.0]
    every = [
        np.mean([a > b for a in one for b in other])
        for one in itertools.product(x, repeat=3)
        for other in itertools.product(y, repeat=3)
    ]
    found = probability_of_improvement(np.array(x), np.array(y))
    assert found.value == pytest.approx(np.mean([a > b for a in x for b in y]))
    assert found.low == pytest.approx(np.quantile(every, 0.025), abs=0.12)
    assert found.high == pytest.approx(np.quantile(every, 0.975), abs=0.12)


def test_complete_separation_has_no_interval() -> None:
    found = probability_of_improvement(SAMPLE + 100, SAMPLE)
    assert (found.value, found.note) == (1.0, statistics.NO_SPREAD)


@pytest.mark.parametrize("name", STATISTICS)
def test_a_band_is_the_interval_at_every_point_as_in_the_tables(name: str) -> None:
    function = STATISTICS[name].function
    curves = np.random.default_rng(0).normal(size=(5, 7)).cumsum(axis=1)
    bounds = band_of_returns(curves, function)
    assert bounds is not None
    for k in range(7):
        point = estimate_of_returns(curves[:, k], function)
        assert bounds[0][k] == pytest.approx(point.low)
        assert bounds[1][k] == pytest.approx(point.high)
    assert band_of_returns(curves[:2], function) is None


def test_a_band_of_all_runs_from_the_lowest_to_the_highest() -> None:
    low, high = band_of_all(np.array([[1.0, 5.0], [3.0, 2.0], [2.0, 4.0]]))
    assert (low.tolist(), high.tolist()) == ([1, 2], [3, 5])


def test_students_interval_of_a_mean_by_hand() -> None:
    # 2, 5, 11: mean 6, standard error √(21 / 3); the quantile for 2 degrees of freedom is 4.302653
    found = estimate_of_returns(np.array([2.0, 5.0, 11.0]), mean)
    assert found.value == 6
    assert found.high - 6 == pytest.approx(4.302653 * 7**0.5, rel=1e-6)
    assert 6 - found.low == pytest.approx(4.302653 * 7**0.5, rel=1e-6)
    assert estimate_of_returns(SAMPLE[:2], mean).note == statistics.TOO_SMALL
    assert estimate_of_returns(SAMPLE, interquartile_mean) == estimate(SAMPLE, interquartile_mean)


@pytest.mark.parametrize("n", [3, 5])
def test_students_interval_covers_the_mean_of_normal_seeds(n: int) -> None:
    samples = np.random.default_rng(0).normal(size=(2000, n))
    found = [estimate_of_returns(sample, mean) for sample in samples]
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    assert covered == pytest.approx(0.95, abs=0.015)  # three standard errors


def test_the_interval_of_a_weighted_sum_covers_it() -> None:
    """Two students against a control, three of whose five runs count twice."""
    rng = np.random.default_rng(0)
    weights = [np.full(3, 1 / 6), np.full(5, 1 / 10), -np.array([4, 4, 4, 1.5, 1.5]) / 15]
    covered = []
    for _ in range(2000):
        samples = [
            rng.normal(scale=scale, size=len(w))
            for scale, w in zip((1, 2, 1), weights, strict=True)
        ]
        found = weighted_sum(list(zip(samples, weights, strict=True)))
        covered.append(found.low <= 0 <= found.high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_a_weighted_sum_of_means_is_welchs() -> None:
    x, y = SAMPLE, np.array([10.0, 11.0, 30.0, 12.0, 9.0])
    found = weighted_sum([(x, np.full(x.size, 1 / x.size)), (y, np.full(y.size, -1 / y.size))])
    expected = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert weighted_sum([(x, np.ones(x.size)), (y[:2], np.ones(2))]).note == statistics.TOO_SMALL
    assert math.isnan(weighted_sum([(x * math.nan, np.ones(x.size))]).value)


def test_welchs_interval_is_that_of_scipy() -> None:
    x, y = SAMPLE, np.array([10.0, 11.0, 30.0, 12.0, 9.0])
    found = difference_of_means(x, y)
    expected = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
    assert found.value == pytest.approx(x.mean() - y.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert difference_of_means(x[:2], y).note == statistics.TOO_SMALL
    assert math.isnan(difference_of_means(x, np.array([])).value)
