"""Folders of runs that are links: each run is found once, and a circle of links ends."""

import os
from pathlib import Path

from handmade_logs import write_run

from baselines.analysis.runs.runs import find_runs
from baselines.published.folder import read_results


def places(top: Path) -> list[str]:
    return [run.folder.relative_to(top).as_posix() for run in find_runs([str(top)])]


def test_a_folder_of_links_is_a_folder_of_runs(tmp_path: Path) -> None:
    for seed in range(3):
        write_run(tmp_path / "elsewhere" / str(seed), [1.0, 2.0], seed=seed)
        (tmp_path / "runs").mkdir(exist_ok=True)
        os.symlink(tmp_path / "elsewhere" / str(seed), tmp_path / "runs" / f"seed{seed}")
    assert places(tmp_path / "runs") == ["seed0", "seed1", "seed2"]


def test_a_link_beside_a_folder_counts(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "0", [1.0, 2.0], seed=0)
    write_run(tmp_path / "elsewhere" / "logs", [1.0, 2.0], seed=1)
    os.symlink(tmp_path / "elsewhere", tmp_path / "runs" / "1")
    assert {run.seed for run in find_runs([str(tmp_path / "runs")])} == {0, 1}


def test_two_ways_to_a_run_are_one_run_under_its_own_name(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "b", [1.0, 2.0])
    for name in ("a", "c"):
        os.symlink(tmp_path / "runs" / "b", tmp_path / "runs" / name)
    assert places(tmp_path / "runs") == ["b"]


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "0", [1.0, 2.0])
    os.symlink(tmp_path / "runs", tmp_path / "runs" / "0" / "again")
    os.symlink(tmp_path / "runs" / "here", tmp_path / "runs" / "here")
    os.symlink(tmp_path / "gone", tmp_path / "runs" / "broken")
    assert places(tmp_path / "runs") == ["0"]


def test_what_was_set_aside_is_left_out_as_a_link_too(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "0", [1.0, 2.0])
    write_run(tmp_path / "old", [1.0, 2.0])
    os.symlink(tmp_path / "old", tmp_path / "runs" / "earlier")
    assert places(tmp_path / "runs") == ["0"]


def test_results_that_are_links_are_on_the_page(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere" / "0", [1.0, 2.0])
    (tmp_path / "results").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "results" / "mine")
    [results] = read_results(tmp_path / "results")
    assert [results.place(run) for run in results.runs] == ["0"]
