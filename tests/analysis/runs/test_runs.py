"""Log folders are found, read, and refused with file and line where they are damaged."""

import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade_logs import write_run

from baselines.analysis.runs.runs import find_runs, read_run, task_name
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


Change = Callable[[str], str | bytes]

DAMAGED_ROWS: dict[str, tuple[Change, str]] = {
    "empty": (lambda _: "", ", line 1: no row is there yet"),
    "only a header": (lambda text: text.split("\n")[0] + "\n", ", line 1: .* 2 rows .* not 0"),
    "a single row": (lambda text: "\n".join(text.split("\n")[:2]) + "\n", ", line 2: .* not 1"),
    "cut in a row": (lambda text: text[:-3], ", line 4: .*cut off"),
    "cut between cells": (lambda text: text[:-5] + "\n", ", line 4: 1 cells under 2 columns"),
    "a cell too many": (lambda text: text.replace("2.0", "2.0,5"), ", line 3: 3 cells under 2"),
    "an empty line": (lambda text: text.replace("\n2", "\n\n2"), ", line 3: 1 cells under 2"),
    "a word": (lambda text: text.replace("2.0", "two"), ", line 3: eprewmean is 'two'"),
    "infinity": (lambda text: text.replace("2.0", "inf"), ", line 3: eprewmean is 'inf'"),
    "an endless time": (lambda text: text.replace("300000,", "1e300,"), ", line 4: .*'1e300'"),
    "beyond all returns": (lambda text: text.replace("2.0", "1e308"), ", line 3: .* '1e308'"),
    "time runs back": (lambda text: text.replace("200000,", "900000,"), ", line 4: .*not rise"),
    "time is missing": (lambda text: text.replace("200000,", ","), ", line 3: .*not rise"),
    "no return": (lambda text: text.replace("eprewmean", "reward"), ", line 1: .*eprewmean"),
    "two returns": (
        lambda text: text.replace("total_timesteps", "eprewmean,total_timesteps"),
        ", line 1: 2 columns eprewmean",
    ),
    "no episode": (
        lambda text: text.replace("1.0", "").replace("2.0", "").replace("3.0", ""),
        ", line 4: no finished episode",
    ),
    "no text": (lambda text: text.encode().replace(b"3.0", b"\xff"), ", line 4: not text"),
}


@pytest.mark.parametrize("damage", DAMAGED_ROWS)
def test_a_damaged_table_is_named_with_its_line(tmp_path: Path, damage: str) -> None:
    change, complaint = DAMAGED_ROWS[damage]
    path = write_run(tmp_path / "a", [1.0, 2.0, 3.0]) / "progress.csv"
    changed = change(path.read_text())
    path.write_bytes(changed if isinstance(changed, bytes) else changed.encode())
    with pytest.raises(UserError, match=complaint) as caught:
        find_runs([str(tmp_path)])
    assert str(caught.value).startswith(f"LOG_DIR: {path}, line ")
    assert "\n" not in str(caught.value)


def changed(**values: object) -> Callable[[dict[str, Any]], object]:
    """Give settings of a header other values."""
    return lambda header: header["config"].update(values)


DAMAGED_HEADERS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no settings": (lambda header: header.pop("config"), "config"),
    "null for settings": (lambda header: header.update(config=None), "config"),
    "no seed": (lambda header: header["config"].pop("seed"), "seed"),
    "a null seed": (changed(seed=None), "seed"),
    "a seed in words": (changed(seed="first"), "seed"),
    "a null length": (changed(num_timesteps=None), "num_timesteps"),
    "an endless run": (changed(num_timesteps=math.inf), "num_timesteps"),
    "a run of many digits": (changed(num_timesteps=10**400), "num_timesteps"),
    "no folder": (changed(save_path=None), "save_path"),
    "a body without file": (lambda header: header.update(body={"sha256": "a"}), "env_xml"),
    "a body in a word": (
        lambda header: (header["config"].update(env_xml="a.xml"), header.update(body="a")), "body",
    ),
    "an update too late": (lambda header: header.update(resumed=[{"update": 10**400}]), "resumed"),
    "null for what was resumed": (lambda header: header.update(resumed=None), "resumed"),
    "a negative length": (lambda header: header.update(num_timesteps=-5), "num_timesteps"),
    "versions in a list": (lambda header: header.update(versions=["3.11"]), "versions"),
    "no steps": (changed(nsteps=0), "nsteps"),
    "null steps": (changed(nsteps=None), "nsteps"),
    "environments in words": (changed(num_env="many"), "num_env"),
    "ranks in a list": (changed(num_ranks=[1]), "num_ranks"),
    "a negative number twice": (changed(num_env=-1, num_ranks=-1), "num_env"),
    "arguments that are no JSON": (changed(env_kwargs="{"), "env_kwargs"),
    "arguments in a list": (changed(env_kwargs="[]"), "env_kwargs"),
    "arguments without an end": (changed(env_kwargs="[" * 100_000), "env_kwargs"),
    "null teachers": (changed(teacher_paths=None), "teacher_paths"),
    "no task": (lambda header: header.pop("env"), "env"),
    "a task without id": (lambda header: header["env"].pop("id"), "env"),
    "null arguments": (lambda header: header["env"].update(kwargs=None), "env"),
    "a teacher without hash": (lambda header: header["teachers"][0].pop("sha256"), "teachers"),
    "a teacher missing": (lambda header: header.update(teachers=[]), "teachers"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED_HEADERS)
def test_a_damaged_header_is_named_with_the_part_that_is_wrong(tmp_path: Path, damage: str) -> None:
    change, part = DAMAGED_HEADERS[damage]
    path = write_run(tmp_path / "a", [1.0, 2.0], sources=["S-v0"]) / "config.json"
    header = json.loads(path.read_text())
    change(header)
    path.write_text(json.dumps(header))
    with pytest.raises(UserError) as caught:
        find_runs([str(tmp_path)])
    told = f"LOG_DIR: {path}: not the header of a run: {part} is missing or wrong"
    assert str(caught.value) == told


@pytest.mark.parametrize("text", ["[]", "null", '"config"', "3"])
def test_a_header_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    path = write_run(tmp_path / "a", [1.0, 2.0]) / "config.json"
    path.write_text(text)
    told = f"LOG_DIR: {path}: not the header of a run: it is no JSON object"
    with pytest.raises(UserError, match=f"^{re.escape(told)}$"):
        find_runs([str(tmp_path)])


def test_a_header_that_is_no_json_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_run(tmp_path / "a", [1.0, 2.0]) / "config.json"
    path.write_text('{\n"env": \n')
    with pytest.raises(UserError, match=r"config\.json, line 3: not JSON"):
        find_runs([str(tmp_path)])
    for text in ("[" * 100_000, "9" * 100_000):
        path.write_text(text)
        with pytest.raises(UserError, match=r"config\.json"):
            find_runs([str(tmp_path)])


@pytest.mark.parametrize("name", ["config.json", "progress.csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_run(tmp_path / "a", [1.0, 2.0])
    (folder / name).unlink()
    with pytest.raises(UserError, match=rf"^LOG_DIR: cannot read {folder / name}: "):
        find_runs([str(tmp_path)])


def test_a_tasks_arguments_belong_to_its_name() -> None:
    assert task_name({"id": "Task-v1", "kwargs": {}}) == "Task-v1"
    assert task_name({"id": "Task-v1", "kwargs": {"legs": 9, "a": "x"}}) == "Task-v1 (a=x, legs=9)"
    assert task_name({"id": "\x1b[2J", "kwargs": {}}).isprintable()
    long = [{f"argument_{i:02}": 0.5 for i in range(10)} | {"last": value} for value in (1, 2)]
    names = [task_name({"id": "Task-v1", "kwargs": kwargs}) for kwargs in long]
    assert names[0] != names[1]
    assert max(map(len, names)) <= 80
