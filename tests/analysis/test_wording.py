"""The words for a comparison, by numbers worked out by hand."""

import math
from pathlib import Path

import pytest
from handmade_logs import panels_in, straight, write_run

from baselines.analysis.formatting import NOT_KNOWN
from baselines.analysis.runs.comparison import Comparison, PairedDifference, compare
from baselines.analysis.runs.curve_metrics import DECISIVE, FINAL_RETURN
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import NO_SPREAD, TOO_SMALL, Estimate, mean
from baselines.analysis.wording import brief, told, too_few


def set_against(difference: Estimate, awaited: tuple[int, int] = (0, 0)) -> PairedDifference:
    """Two methods that differ so, of which so many runs are not there yet."""
    one, other = (Method("", (), {}, awaited=missing) for missing in awaited)
    values = dict.fromkeys(range(3), (0.0, 0.0))
    return PairedDifference(FINAL_RETURN, one, other, values, math.nan, difference, Estimate(1.0))


@pytest.mark.parametrize(
    ("difference", "word"),
    [
        (Estimate(1462, 300, 2500), "**gain**"),
        (Estimate(-1462, -2500, -300), "**loss**"),
        (Estimate(900, -1, 2500), "not shown"),
        (Estimate(-900, -2500, 1), "not shown"),
        (Estimate(900, 0, 2500), "not shown"),
        (Estimate(-900, -2500, 0), "not shown"),
        (Estimate(1462, note=TOO_SMALL), ""),
        (Estimate(1462, note=NO_SPREAD), "not shown"),
    ],
)
def test_the_word_for_a_difference(difference: Estimate, word: str) -> None:
    assert brief(set_against(difference)) == word


@pytest.mark.parametrize("awaited", [(1, 0), (0, 2)])
@pytest.mark.parametrize(
    ("difference", "word"),
    [
        (Estimate(1462, 300, 2500), "**gain so far**"),
        (Estimate(-1462, -2500, -300), "**loss so far**"),
        (Estimate(900, -1, 2500), "not shown so far"),
        (Estimate(1462, note=TOO_SMALL), ""),
    ],
)
def test_the_word_while_runs_are_missing(
    awaited: tuple[int, int], difference: Estimate, word: str
) -> None:
    assert brief(set_against(difference, awaited)) == word


def test_the_word_while_runs_are_unfinished(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [3000, 4100, 4900], num_timesteps=1_100_000)
    assert {word for _, word in told_of(tmp_path)} == {"**gain so far**"}


def compared_in(folder: Path) -> Comparison:
    [panel] = panels_in(folder)
    return compare(panel, mean, None)


def told_of(folder: Path) -> list[tuple[str, str]]:
    """Of MIKT minus PPO by the metrics that decide: the difference, and its word."""
    rows = compared_in(folder).rows
    return [told(row.over_baseline) for row in rows if row.over_baseline and row.metric in DECISIVE]


def write_pairs(folder: Path, scratch: list[float], mikt: list[float], **config: int) -> None:
    """Runs from scratch and of MIKT by seed, which end at these returns."""
    for sources, finals in ((), scratch), (["Source-v0"], mikt):
        for seed, final in enumerate(finals):
            place = folder / f"{len(sources)}{seed}"
            write_run(place, straight(final), seed=seed, sources=sources, **config)


# The interval of three pairs reaches 4.302653 / √3 = 2.484 standard deviations either way.


def test_a_gain_in_full(tmp_path: Path) -> None:
    """The last tenth has 95 % of the end on average, the whole curve 50.5 %.

    That is 1805, 1900, 1995 and half of that. After 500,000 steps of its teacher's, the last tenth
    of MIKT's has 45 %: 400, -55 and -645 from PPO.
    """
    write_pairs(tmp_path, [1000, 2000, 3000], [3000, 4100, 4900])
    final, area = told_of(tmp_path)
    assert final == ("+1,900 [+1,664, +2,136]", "**gain**")
    assert area == ("+1,010 [+884.6, +1,135]", "**gain**")
    [costed] = [
        row.over_baseline
        for row in compared_in(tmp_path).costed
        if row.over_baseline and row.metric is FINAL_RETURN
    ]
    assert told(costed) == ("-100.0 [-1,402, +1,202]", "not shown")


def test_what_speaks_against_it(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [480, 1500, 2520])  # -494, -475, -456
    assert told_of(tmp_path)[0] == ("-475.0 [-522.2, -427.8]", "**loss**")


def test_what_is_not_shown(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [2000, 1000, 6000])  # 950, -950, 2850
    assert told_of(tmp_path)[0] == ("+950.0 [-3,770, +5,670]", "not shown")


def test_equal_curves_show_nothing(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [1000, 2000, 3000])
    assert told_of(tmp_path) == [("+0.000 [no spread]", "not shown")] * 2


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_pairs_conclude_nothing(tmp_path: Path, seeds: int) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [2000, 3000][:seeds])
    assert {word for _, word in told_of(tmp_path)} == {""}
    assert too_few(compared_in(tmp_path)) == ["MIKT"]


def test_enough_pairs_are_not_too_few(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [2000, 3000, 4100])
    assert too_few(compared_in(tmp_path)) == []


def test_what_is_beyond_the_controls(tmp_path: Path) -> None:
    """PPO + KL ends at twice, untrained teachers at three, MIKT at four times PPO's return."""
    for seed, final in enumerate((1000, 1010, 1020)):
        kinds = {"ppo": 1, "kl": 2, "untrained": 3, "mikt": 4}
        settings = {"kl": {"kl_coef": 0.1}, "untrained": {"teacher_weights": "random"}}
        for name, times in kinds.items():
            sources = ["S-v0"] if name in ("untrained", "mikt") else []
            own = settings.get(name, {})
            place = tmp_path / f"{name}{seed}"
            write_run(place, straight(final * times), seed=seed, sources=sources, **own)
    found = {
        (one.method.label, one.control.label): told(one)
        for one in compared_in(tmp_path).over_controls
        if one.metric is FINAL_RETURN
    }
    # 95 % of 1010 times their distance; the three differ by 9.5 times it from one another
    assert found == {
        ("MIKT", "PPO + KL"): ("+1,919 [+1,872, +1,966]", "**gain**"),
        ("MIKT", "random teacher"): ("+959.5 [+935.9, +983.1]", "**gain**"),
        ("random teacher", "PPO + KL"): ("+959.5 [+935.9, +983.1]", "**gain**"),
    }


def test_no_common_seed(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(1.0), seed=0)
    write_run(tmp_path / "b", straight(2.0), seed=1, sources=["S-v0"])
    assert told_of(tmp_path) == [(NOT_KNOWN, "")] * 2


def test_with_unknown_teachers_their_training_cannot_be_counted(tmp_path: Path) -> None:
    write_pairs(tmp_path, [10], [])
    write_run(
        tmp_path / "b", straight(20.0), sources=["S-v0"], num_timesteps=2_000_000,
        teacher_timesteps=None,
    )  # fmt: skip
    costed = [row.over_baseline for row in compared_in(tmp_path).costed if row.over_baseline]
    assert costed
    assert {told(one) for one in costed} == {(NOT_KNOWN, "")}


def test_without_a_baseline_nothing_is_told(tmp_path: Path) -> None:
    write_pairs(tmp_path, [], [10])
    assert told_of(tmp_path) == []
