"""Every figure of a comparison, worked out by hand.

From scratch, three runs of a million timesteps rise straight to 1000, 2000 and 3000; MIKT's rise to
twice of that. Before their first row, at 100,000, curves are level.
"""

import json
import math
from pathlib import Path

import pytest
from handmade_logs import panels_in, straight, write_run, write_transfer

from baselines.analysis.runs.comparison import (
    Comparison,
    PairedDifference,
    Row,
    compare,
    teacher_cost,
)
from baselines.analysis.runs.runs import read_run
from baselines.analysis.runs.statistics import NO_SPREAD, interquartile_mean, mean


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    write_transfer(tmp_path)
    [panel] = panels_in(tmp_path)
    return compare(panel, mean, None)


def row(rows: list[Row], metric: str, label: str = "MIKT") -> Row:
    [found] = [r for r in rows if r.metric.name == metric and r.method.label == label]
    return found


def against(rows: list[Row], metric: str, label: str = "MIKT") -> PairedDifference:
    found = row(rows, metric, label).over_baseline
    assert found is not None
    return found


VALUES = {
    # mean over the last 100,000: 95 % of the end
    "final_return": (0.95 * 2000, 0.95 * 4000),
    # level at 10 % for a tenth of the time, then straight from 10 % to 100 %
    "area_under_curve": ((0.1 * 0.1 + 0.9 * 0.55) * 2000, (0.1 * 0.1 + 0.9 * 0.55) * 4000),
    "jump_start": (200, 400),
    # 1900: never, at 2000 of 2000, at 2100 of 3000; at 2000 of 2000, 2000 of 4000, 2400 of 6000
    "timesteps_to_threshold": ((1e6 + 1e6 + 7e5) / 3, (1e6 + 5e5 + 4e5) / 3),
}


@pytest.mark.parametrize("metric", VALUES)
def test_values(comparison: Comparison, metric: str) -> None:
    assert comparison.threshold == pytest.approx(1900)
    for label, expected in zip(("PPO", "MIKT"), VALUES[metric], strict=True):
        assert row(comparison.rows, metric, label).value.value == pytest.approx(expected)


def test_seeds_that_reach_the_threshold_are_counted(comparison: Comparison) -> None:
    assert row(comparison.rows, "timesteps_to_threshold", "PPO").reached == 2
    assert row(comparison.rows, "timesteps_to_threshold").reached == 3
    assert row(comparison.rows, "final_return").reached is None


def test_differences_are_paired_over_the_seeds(comparison: Comparison) -> None:
    final = against(comparison.rows, "final_return")
    assert final.seeds == 3
    assert final.difference.value == pytest.approx(1900)
    # 950, 1900, 2850: Student's quantile for 2 degrees of freedom is 4.303, the error 950 / √3
    assert final.difference.low == pytest.approx(1900 - 4.302653 * 950 / 3**0.5, rel=1e-5)
    assert final.difference.high == pytest.approx(1900 + 4.302653 * 950 / 3**0.5, rel=1e-5)
    timed = against(comparison.rows, "timesteps_to_threshold").difference
    assert timed.value == pytest.approx((0 - 5e5 - 3e5) / 3)
    assert (timed.low, timed.high) == (-5e5, 0)


def test_improvement_is_more_return_or_fewer_timesteps(comparison: Comparison) -> None:
    # 1900, 3800, 5700 against 950, 1900, 2850: 1 + ½, 3 and 3 of 9
    assert against(comparison.rows, "final_return").improvement.value == pytest.approx(7.5 / 9)
    # 1.0, 0.5, 0.4 against 1.0, 1.0, 0.7 million: ½ + ½, 3 and 3 of 9
    timed = against(comparison.rows, "timesteps_to_threshold")
    assert timed.improvement.value == pytest.approx(7 / 9)


def test_the_baseline_is_not_compared_with_itself(comparison: Comparison) -> None:
    for found in comparison.rows + comparison.costed:
        if found.method.label == "PPO":
            assert found.over_baseline is None


def test_with_the_teachers_training_counted(comparison: Comparison) -> None:
    """The teacher took 500,000 timesteps: at a million in all, half of MIKT's run is done."""
    final = row(comparison.costed, "final_return")
    assert final.value.value == pytest.approx(0.45 * 4000)
    final_over = against(comparison.costed, "final_return")
    assert final_over.difference.value == pytest.approx(0.45 * 4000 - 0.95 * 2000)
    area = row(comparison.costed, "area_under_curve")  # of the half that both have
    assert area.value.value == pytest.approx((0.2 * 0.1 + 0.8 * 0.3) * 4000)
    area_over = against(comparison.costed, "area_under_curve")
    assert area_over.difference.value == pytest.approx(area.value.value - 0.75 * 2000)
    assert math.isnan(row(comparison.costed, "jump_start").value.value)
    timed = row(comparison.costed, "timesteps_to_threshold")
    assert timed.value.value == pytest.approx(5e5 + VALUES["timesteps_to_threshold"][1])
    assert timed.reached == 3
    # up to a million: 1.0, 1.0, 0.9 against 1.0, 1.0, 0.7 million
    timed_over = against(comparison.costed, "timesteps_to_threshold")
    assert timed_over.difference.value == pytest.approx(2e5 / 3)
    assert timed_over.improvement.value == pytest.approx((1 + 1 + 2) / 9)
    for metric in VALUES:
        plain, costed = (row(r, metric, "PPO").value for r in (comparison.rows, comparison.costed))
        assert plain == costed


def test_nothing_is_left_when_the_teacher_took_longer_than_the_baseline(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(10.0))
    write_run(tmp_path / "b", straight(20.0), sources=["S-v0"], teacher_timesteps=1_000_000)
    [panel] = panels_in(tmp_path)
    costed = compare(panel, mean, 5.0).costed
    for metric in ("final_return", "area_under_curve", "jump_start"):
        assert math.isnan(row(costed, metric).value.value)
        assert math.isnan(against(costed, metric).difference.value)
    timed = row(costed, "timesteps_to_threshold")
    assert timed.value.value == 1_300_000
    timed_over = against(costed, "timesteps_to_threshold")
    assert math.isnan(timed_over.difference.value)  # the student has not begun before PPO ends


def test_a_stretch_shorter_than_the_end_of_a_run_has_no_area(tmp_path: Path) -> None:
    """Beside the teacher's training 50,000 timesteps are left; the end of a run is 100,000."""
    write_run(tmp_path / "a", straight(10.0))
    write_run(tmp_path / "b", straight(20.0), sources=["S-v0"], teacher_timesteps=950_000)
    write_run(tmp_path / "c", straight(20.0), sources=["R-v0"], teacher_timesteps=900_000)
    enough, short = panels_in(tmp_path)
    costed = compare(short, mean, None).costed
    assert math.isnan(row(costed, "area_under_curve").value.value)
    assert math.isnan(against(costed, "area_under_curve").difference.value)
    costed = compare(enough, mean, None).costed
    for metric in ("area_under_curve", "final_return"):  # level before the first row
        assert row(costed, metric).value.value == pytest.approx(2.0)


def test_without_the_teachers_timesteps_their_cost_is_unknown(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(10.0))
    folder = write_run(tmp_path / "b", straight(20.0), sources=["S-v0"], teacher_timesteps=None)
    assert math.isnan(teacher_cost(read_run(folder)))
    [panel] = panels_in(tmp_path)
    for metric in VALUES:
        costed = compare(panel, mean, None).costed
        found = against(costed, metric)
        figures = (row(costed, metric).value, found.difference, found.improvement)
        assert all(math.isnan(figure.value) for figure in figures)


def test_teachers_cost_what_their_files_took(tmp_path: Path) -> None:
    def cost(name: str, sources: list[str], **settings: str) -> float:
        return teacher_cost(
            read_run(write_run(tmp_path / name, [1.0, 2.0], sources=sources, **settings))
        )

    assert cost("scratch", []) == 0
    assert cost("two", ["S-v0", "R-v0"]) == 1_000_000
    assert cost("twice the same", ["S-v0", "S-v0"]) == 500_000
    folder = write_run(tmp_path / "one unknown", [1.0, 2.0], sources=["S-v0", "R-v0"])
    header = json.loads((folder / "config.json").read_text())
    del header["teachers"][1]["timesteps"]
    (folder / "config.json").write_text(json.dumps(header))
    assert math.isnan(teacher_cost(read_run(folder)))
    assert cost("untrained", ["S-v0"], teacher_weights="random") == 0
    assert cost("untrained networks", ["S-v0"], teacher_weights="random_networks") == 500_000


def test_an_unfinished_seed_ends_the_method_and_the_comparison(tmp_path: Path) -> None:
    for seed in range(3):
        write_run(tmp_path / f"a{seed}", straight(10.0 + seed**2), seed=seed)
        rows = straight(20.0)[: 4 if seed == 1 else 10]
        write_run(tmp_path / f"b{seed}", rows, seed=seed, sources=["S-v0"], num_timesteps=1_000_000)
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    assert compared.threshold == pytest.approx(0.95 * 35 / 3)  # the mean, where the median is 11
    rows_found = compared.rows
    final, over = row(rows_found, "final_return"), against(rows_found, "final_return")
    assert final.method.stop == 400_000
    # the last tenth, 40,000, of 400,000: 38 % of the end
    assert final.value.value == pytest.approx(0.38 * 20)
    assert over.difference.value == pytest.approx(0.38 * (20 - 35 / 3))


@pytest.mark.parametrize("unfinished", ["scratch", "mikt", ""])
def test_a_comparison_is_whole_once_both_methods_are(tmp_path: Path, unfinished: str) -> None:
    for name, sources in (("scratch", []), ("mikt", ["S-v0"])):
        rows = straight(10.0)[: 9 if name == unfinished else 10]
        write_run(tmp_path / name, rows, sources=sources, num_timesteps=1_000_000)
    [panel] = panels_in(tmp_path)
    found = compare(panel, mean, None)
    for rows_found in (found.rows, found.costed):
        assert against(rows_found, "final_return").is_whole == (not unfinished)


def test_only_seeds_of_both_are_paired(tmp_path: Path) -> None:
    for seed in (0, 1, 2, 3):
        write_run(tmp_path / f"a{seed}", straight(100.0 * (seed + 1)), seed=seed)
    for seed in (5, 3, 2, 1):
        write_run(tmp_path / f"b{seed}", straight(100.0 * (seed + 1) + 7), seed=seed, sources=["S"])
    [panel] = panels_in(tmp_path)
    rows = compare(panel, interquartile_mean, None).rows
    value, final = row(rows, "final_return").value, against(rows, "final_return")
    assert final.seeds == 3
    assert final.difference.value == pytest.approx(0.95 * 7)
    assert final.difference.note == NO_SPREAD
    # of all runs, paired or not: 207, 307, 407 and 607 against 100, 200, 300 and 400
    assert final.improvement.value == pytest.approx((2 + 3 + 4 + 4) / 16)
    assert value.value == pytest.approx(0.95 * (300 + 400 + 14) / 2)  # the middle two of 4


def test_without_a_baseline_there_are_values_only(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(20.0), sources=["S-v0"])
    [panel] = panels_in(tmp_path)
    found = compare(panel, mean, None)
    assert math.isnan(found.threshold)
    assert row(found.rows, "final_return").value.value == pytest.approx(19)
    assert math.isnan(row(found.rows, "timesteps_to_threshold").value.value)
    assert row(found.rows, "final_return").over_baseline is None
    assert row(compare(panel, mean, 10.0).rows, "timesteps_to_threshold").value.value == 500_000


def test_teachers_count_against_the_longest_training_from_scratch(tmp_path: Path) -> None:
    """Teacher and student take 1.5 million; PPO of 1 million cannot be compared at that total."""
    write_run(tmp_path / "short", straight(10.0))
    write_run(tmp_path / "long", straight(30.0, 20))
    write_run(tmp_path / "mikt", straight(20.0), sources=["S-v0"])
    [panel] = panels_in(tmp_path)
    found = compare(panel, mean, None)
    assert found.threshold == pytest.approx(0.95 * 10)  # of the one that is as long as MIKT
    assert against(found.rows, "final_return").difference.value == pytest.approx(0.95 * 10)
    # at 1.5 million in all: 20 less a twentieth, and 30 · 1.5 / 2 less half of 0.1 / 2 of it
    assert row(found.costed, "final_return").value.value == pytest.approx(19)
    costed = against(found.costed, "final_return")
    assert costed.difference.value == pytest.approx(19 - 30 * 1.45 / 2)


def test_a_comparison_ends_with_the_first_of_all_runs_that_ends(tmp_path: Path) -> None:
    """Each seed has a teacher of its own, and PPO from scratch goes on for longest."""
    for seed in range(2):
        write_run(tmp_path / f"ppo{seed}", straight(30.0, 20), seed=seed)
        write_run(
            tmp_path / f"mikt{seed}", straight(20.0), seed=seed, sources=["S-v0"],
            sha256=f"teacher {seed}", teacher_timesteps=100_000 * (seed + 1),
        )  # fmt: skip
    [panel] = panels_in(tmp_path)
    found = compare(panel, mean, None)
    assert against(found.rows, "final_return").until == 1_000_000
    assert against(found.costed, "final_return").until == 1_100_000
