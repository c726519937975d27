"""Log folders are found, read, and refused with file and line where they are damaged."""

import json
import math
import os
from pathlib import Path

import pytest
from handmade_logs import write_run

from baselines.analysis.runs.runs import find_runs, read_run
from baselines.common.errors import UserError

REAL = Path(__file__).resolve().parents[2] / "fixtures" / "logs"


def test_a_run_is_read_whole(tmp_path: Path) -> None:
    folder = write_run(
        tmp_path / "a", [1.5, None, -3.0], step=2048, seed=7, num_timesteps=10_000, sources=["S-v0"]
    )
    run = read_run(folder)
    assert (run.task, run.seed, run.folder) == ("Target-v0", 7, folder)
    assert run.timesteps.tolist() == [2048, 4096, 6144]
    assert run.columns["eprewmean"][[0, 2]].tolist() == [1.5, -3.0]
    assert math.isnan(run.columns["eprewmean"][1])
    [teacher] = run.teachers
    assert (teacher.task, teacher.sha256, teacher.timesteps) == ("S-v0", "S-v0", 500_000)
    assert run.planned_timesteps == 8192  # four whole updates
    assert not run.finished
    assert run.end == 6144


def test_a_finished_run(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "a", [1.0, 2.0], step=2048, num_timesteps=5000))
    assert run.finished
    assert run.end == 5000


def test_the_commits_are_told_where_they_change(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", [1.0, 2.0])
    header = json.loads((folder / "config.json").read_text())
    starts = [(2, "a"), (4, "b"), (6, "b"), (8, "a")]
    header["resumed"] = [{"update": update, "commit": commit} for update, commit in starts]
    (folder / "config.json").write_text(json.dumps(header | {"commit": "a"}))
    assert read_run(folder).origin.commits == ((0, "a"), (4, "b"), (8, "a"))


def test_a_run_is_as_long_as_it_was_when_it_had_begun(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", [1.0, 2.0], step=100, num_timesteps=900)
    header = json.loads((folder / "config.json").read_text())
    starts = [(0, 500), (3, 500), (4, 900)]  # the first resume was before the first update
    header["resumed"] = [{"update": u, "num_timesteps": n, "commit": "a"} for u, n in starts]
    (folder / "config.json").write_text(json.dumps(header | {"num_timesteps": 300}))
    run = read_run(folder)
    assert run.origin.lengths == ((0, 500), (4, 900))
    assert run.first_stretch == 400


def test_whole_updates_are_those_of_all_environments_of_all_ranks(tmp_path: Path) -> None:
    sizes = {"nsteps": 100, "num_env": 3, "num_ranks": 7, "num_timesteps": 10_000}
    run = read_run(write_run(tmp_path / "a", [1.0, 2.0], step=4200, **sizes))
    assert run.planned_timesteps == 8400  # four times 100 · 3 · 7
    assert run.finished


def test_logs_of_real_runs_are_read() -> None:
    runs = {run.folder.name: run for run in find_runs([str(REAL)])}
    assert len(runs) == 4
    assert runs["scratch"].columns["eprewmean"][-1] == 1010.2617511650301
    assert [name for name, run in runs.items() if not run.finished] == ["mikt_without_noise"]
    assert runs["mikt_mutual_info_10"].teachers[0].timesteps == 0  # its log is older than that


def test_runs_are_found_at_any_depth_and_once(tmp_path: Path) -> None:
    for name in ("a", "b/c", "b/c/earlier/1"):
        write_run(tmp_path / name, [1.0, 2.0])
    os.symlink(tmp_path / "a", tmp_path / "link")
    (tmp_path / "b" / "c" / "tb").mkdir()
    runs = find_runs([str(tmp_path), str(tmp_path / "b"), str(tmp_path / "link")])
    assert [run.folder.resolve() for run in runs] == [tmp_path / "a", tmp_path / "b" / "c"]


@pytest.mark.parametrize("name", ["missing", "file", "empty"])
def test_a_folder_without_runs_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=rf"^LOG_DIR: no .*{name}"):
        find_runs([str(tmp_path / name)])


@pytest.mark.parametrize("name", ["config.json", "progress.csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_run(tmp_path / "a", [1.0, 2.0])
    (folder / name).unlink()
    with pytest.raises(UserError, match=rf"^LOG_DIR: cannot read {folder / name}: "):
        find_runs([str(tmp_path)])
