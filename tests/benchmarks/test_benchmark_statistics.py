import pytest

from benchmarks.statistics import rates, ratios, shares, summary


def test_summary_of_an_even_and_an_odd_number() -> None:
    assert summary([5.0, 1.0, 2.0]) == {
        "median": 2.0, "min": 1.0, "max": 5.0, "samples": [5.0, 1.0, 2.0],
    }  # fmt: skip
    assert summary([4.0, 1.0, 2.0, 9.0])["median"] == 3.0


def test_rates_and_ratios_are_taken_within_each_repeat() -> None:
    assert rates(100, [2.0, 4.0, 5.0])["samples"] == [50.0, 25.0, 20.0]
    # The ratio of the medians would be 3 / 6.
    assert ratios([1.0, 3.0, 9.0], [4.0, 6.0, 10.0])["median"] == 0.5
    assert ratios([1.0, 3.0, 9.0], [1.0, 6.0, 9.0])["median"] == 1.0


def test_shares_weigh_every_repeat_alike_and_sum_to_one() -> None:
    samples = {"a": [1.0, 30.0], "b": [3.0, 10.0], "whole": [4.0, 40.0]}
    assert shares(samples, ("a", "b"), "whole") == {"a": 0.5, "b": 0.5}


def test_unequal_numbers_of_repeats_are_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])
