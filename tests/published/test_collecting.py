"""Logs are thinned to exact rows, and lose the place on their machine."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.published.collecting import portable, thinned


@given(st.integers(1, 2500), st.integers(2, 120))
def test_thinned_rows_are_rows_at_equal_distances(rows: int, wanted: int) -> None:
    lines = [b"a,b", *(b"%d,%d" % (i, i * i) for i in range(rows))]
    header, *kept = thinned(b"\n".join([*lines, b""]), wanted).split(b"\n")
    assert header == lines[0]
    assert kept.pop() == b""
    assert set(kept) <= set(lines[1:])
    numbers = [int(row.split(b",")[0]) for row in kept]
    assert (numbers[0], numbers[-1]) == (0, rows - 1)
    assert len(numbers) <= wanted + 1
    distances = [b - a for a, b in pairwise(numbers)]
    assert all(distance == distances[0] for distance in distances[:-1])
    if rows <= wanted:
        assert len(numbers) == rows
    elif len(distances) > 1:  # no fewer than needed: with a smaller distance it would be too many
        assert (rows - 1) // (distances[0] - 1) + 1 > wanted


def test_a_row_that_is_being_written_is_left_out() -> None:
    assert thinned(b"a\n1\n2\n3") == b"a\n1\n2\n"
    assert thinned(b"a\n") == b"a\n"


HEADER = {
    "config": {"save_path": "/home/me/out/x/0/models", "log_path": "/home/me/out/x/0/logs"},
    "command": "python -m baselines.run --save_path=/home/me/out/x/0/models --log_path=/home/me/"
    "out/x/0/logs",
    "resumed": [{"command": "python --log_path=/home/me/out/x/0/logs", "update": 3}],
    "teachers": [],
}


def test_absolute_places_become_relative_everywhere() -> None:
    assert portable(HEADER, Path("x/0")) == {
        "config": {"save_path": "runs/x/0/models", "log_path": "runs/x/0/logs"},
        "command": "python -m baselines.run --save_path=runs/x/0/models --log_path=runs/x/0/logs",
        "resumed": [{"command": "python --log_path=runs/x/0/logs", "update": 3}],
        "teachers": [],
    }


def test_teachers_that_another_run_made_lie_below_the_same_folder() -> None:
    config = {"log_path": "out/2/x/0/logs", "teacher_paths": ["out/2/y/0/models/09", "out/t"]}
    header = {"config": config, "command": "python --log_path=out/2/x/0/logs out/2/y/0/models/09"}
    found = portable(header, Path("x/0"))
    assert found["config"]["teacher_paths"] == ["runs/y/0/models/09", "out/t"]
    assert found["command"] == "python --log_path=runs/x/0/logs runs/y/0/models/09"


def test_a_teacher_whose_path_ends_as_that_of_another_one_gets_its_own() -> None:
    """The runs lie in the current folder, so the paths begin with the names of the tasks."""
    teachers = [f"{task}_v1/ppo/0/models" for task in ("centipedesix", "cpcentipedesix")]
    for paths in (teachers, teachers[::-1]):
        header = {
            "config": {"log_path": "x/0/logs", "teacher_paths": paths},
            "command": f"python --teacher_paths {' '.join(paths)}",
        }
        found, expected = portable(header, Path("x/0")), [f"runs/{path}" for path in paths]
        assert found["config"]["teacher_paths"] == expected
        assert found["command"] == f"python --teacher_paths {' '.join(expected)}"


@pytest.mark.parametrize("folder", ["other/y/0/", ""])
def test_relative_places_that_are_not_the_sweeps_stay(folder: str) -> None:
    header = {"config": {"save_path": folder and f"{folder}models", "log_path": f"{folder}logs"}}
    assert portable(header, Path("x/0")) == header


def test_rows_that_are_asked_for_are_kept_besides() -> None:
    assert thinned(b"a\n1\n2\n3\n4\n5\n", 2, also=(3,)) == b"a\n1\n4\n5\n"
