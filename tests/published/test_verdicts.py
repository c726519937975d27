"""A rerun is identical, inside the band of the logged seeds, or outside, by handmade curves."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from handmade_logs import write_run

from baselines.analysis.runs.runs import Run, read_run
from baselines.published.verdicts import Verdict, judge

SEEDS = ([10.0, 20.0, 30.0, 40.0], [10.0, 30.0, 20.0, 60.0], [5.0, 25.0, 40.0, 50.0])
LOSS = [1.0, None, 3.0, 4.0]


@pytest.fixture
def seeds(tmp_path: Path) -> list[Run]:
    return [
        read_run(
            write_run(
                tmp_path / str(seed), curve, seed=seed, columns={"loss": LOSS, "fps": [7] * 4}
            )
        )
        for seed, curve in enumerate(SEEDS)
    ]


def rerun(folder: Path, returns: list[float], loss: list[float | None], step: int) -> Run:
    columns = {"loss": loss, "fps": [9] * len(returns), "new": [1] * len(returns)}
    return read_run(write_run(folder / "again", returns, step=step, columns=columns))


def verdict(folder: Path, seeds: list[Run], returns: list[float], loss: list) -> Verdict:
    return judge(seeds[0], rerun(folder, returns, loss, 100_000), seeds)


def told(found: Verdict) -> tuple[bool, str, str]:
    """Whether it agrees, the first word of it, and the figures in their order."""
    figures = re.findall(r"\d[\d,.]*", found.words)
    return found.agrees, found.words.split()[0], " ".join(figures)


def test_identical_but_for_the_clock(tmp_path: Path, seeds: list[Run]) -> None:
    found = verdict(tmp_path, seeds, [10.0, 20.0, 30.0], LOSS[:3])
    assert told(found) == (True, "identical", "3 300,000")


def test_a_log_whose_evaluations_began_late_is_identical(tmp_path: Path, seeds: list[Run]) -> None:
    def run(name: str, evaluated: list[float | None]) -> Run:
        columns = {"eval_return": evaluated}
        return read_run(write_run(tmp_path / name, [10.0, 20.0, 30.0], columns=columns))

    again = run("again", [1.0, 2.0, 3.0])
    assert judge(run("late", [None, 2.0, 3.0]), again, seeds).words.startswith("identical")
    assert judge(run("other", [None, 2.5, 3.0]), again, seeds).words.startswith("inside")


def test_rows_between_the_logged_ones_do_not_count(tmp_path: Path, seeds: list[Run]) -> None:
    again = rerun(tmp_path, [-9.0, 10.0, 99.0, 20.0, 7.0], [0.0, 1.0, 2.0, None, 2.5], 50_000)
    assert told(judge(seeds[0], again, seeds)) == (True, "identical", "2 200,000")


def test_a_difference_may_be_the_processors_where_the_log_names_none(
    tmp_path: Path, seeds: list[Run]
) -> None:
    again = rerun(tmp_path, [10.0, 21.0], LOSS[:2], 100_000)
    versions = {"numpy": "1.0", "processor": "AMD EPYC (cpu family 25, model 17)"}
    named = replace(seeds[0], origin=replace(seeds[0].origin, versions=versions))
    unnamed = judge(seeds[0], again, seeds).words
    assert unnamed.startswith(judge(named, again, seeds).words)
    assert "the log does not name its processor" in unnamed
    assert "processor" not in judge(named, again, seeds).words
    assert "processor" not in judge(seeds[0], seeds[0], seeds).words


def test_one_bit_is_a_difference(tmp_path: Path, seeds: list[Run]) -> None:
    loss = [1.0, None, math.nextafter(3.0, 4.0)]
    found = verdict(tmp_path, seeds, [10.0, 20.0, 30.0], loss)
    # of 3 seeds; all 3 rows to 300,000; not identical from there on
    assert told(found) == (True, "inside", "3 3 300,000 300,000")


def test_a_figure_where_the_log_has_none_is_a_difference(tmp_path: Path, seeds: list[Run]) -> None:
    found = verdict(tmp_path, seeds, [10.0, 20.0, 30.0], [1.0, 2.0, 3.0])
    # of 3 seeds; all 3 rows to 300,000; not identical from 200,000 on
    assert told(found) == (True, "inside", "3 3 300,000 200,000")


def test_a_run_that_was_made_longer_is_compared_up_to_there(
    tmp_path: Path, seeds: list[Run]
) -> None:
    """From then on its learning rate was another one than that of the rerun."""
    origin = replace(seeds[0].origin, lengths=((0, 200_000), (2, 400_000)))
    again = rerun(tmp_path, [10.0, 20.0, 99.0], LOSS[:3], 100_000)
    found = judge(replace(seeds[0], origin=origin), again, seeds)
    assert told(found) == (True, "identical", "2 200,000")


def test_the_bounds_belong_to_the_band(tmp_path: Path, seeds: list[Run]) -> None:
    found = verdict(tmp_path, seeds, [5.0, 30.0, 40.0, 40.0], LOSS)
    assert found.agrees
    assert told(found) == (True, "inside", "3 4 400,000 100,000")


def test_outside_is_told_with_the_furthest_row(tmp_path: Path, seeds: list[Run]) -> None:
    found = verdict(tmp_path, seeds, [11.0, 20.0, 12.5, 61.0], LOSS)
    # of 3 seeds; 3 of 4 rows to 400,000; the furthest; not identical from 100,000 on
    assert told(found) == (False, "outside", "3 3 4 400,000 7.500 300,000 100,000")
    assert "7.500 below" in found.words


def test_a_seed_counts_as_far_as_it_has_got(tmp_path: Path, seeds: list[Run]) -> None:
    short = read_run(write_run(tmp_path / "short", [10.0, 90.0], seed=9))
    again = rerun(tmp_path, [10.0, 80.0, 30.0], LOSS[:3], 100_000)
    assert judge(seeds[0], again, [seeds[0], short]).agrees
    high = rerun(tmp_path / "b", [10.0, 80.0, 31.0], LOSS[:3], 100_000)
    assert "1.000 above it at 300,000" in judge(seeds[0], high, [seeds[0], short]).words


def test_a_lost_column_is_not_identical(tmp_path: Path, seeds: list[Run]) -> None:
    again = read_run(write_run(tmp_path / "again", [10.0, 20.0]))
    assert told(judge(seeds[0], again, seeds)) == (True, "inside", "3 2 200,000 100,000")
