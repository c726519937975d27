"""A declared run is found in the committed logs by what it is, wherever it was trained."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from handmade_logs import straight, write_run

from baselines.analysis.runs.runs import Run, read_run
from baselines.common.errors import UserError
from baselines.config import Config
from baselines.experiments.items import Item
from baselines.published.collecting import check_as_declared, collected, lines_on_teachers
from baselines.published.committed import Committed, common_place
from baselines.published.reruns import check_files

TEACHER = b"a teacher"


def logged(folder: Path, rows: int = 10, started: str = "", **settings: Any) -> Run:
    """A run of a million timesteps, of which ten rows are the whole."""
    settings = {"num_timesteps": 1_000_000, **settings}
    write_run(folder, straight(1.0, 10)[:rows], **settings)
    return read_run(begun(folder, started))


def begun(folder: Path, started: str) -> Path:
    """Let the log of a run tell when it began."""
    header = json.loads((folder / "config.json").read_text()) | {"started": started}
    (folder / "config.json").write_text(json.dumps(header))
    return folder


def declared(folder: Path, **settings: Any) -> Item:
    """The same run as an experiment file declares it."""
    paths = {"save_path": f"{folder}/models", "log_path": f"{folder}/logs"}
    settings = {"env": "Target-v0", "num_timesteps": 1_000_000, "nsteps": 100_000, **settings}
    return Item("x", folder, Config(**settings, **paths))


def test_a_run_is_found_by_its_settings(tmp_path: Path) -> None:
    settings = {"lr": 1e-4, "env_kwargs": '{"a": 1, "b": 2}'}
    run = logged(tmp_path / "a", log_path="elsewhere", keep=7, **settings)
    committed, out = Committed([run, logged(tmp_path / "b")]), tmp_path / "out"
    same = settings | {"env_kwargs": '{"b": 2, "a": 1}'}
    assert committed.finished(declared(out / "any" / "0", **same), out) is run


@pytest.mark.parametrize(
    "settings", [{"seed": 1}, {"lr": 1e-3}, {"kl_coef": 0.1}, {"num_timesteps": 2_000_000},
                 {"env": "Other-v0"}, {"env_kwargs": '{"a": 1}'}, {"load_path": "00010"}],
)  # fmt: skip
def test_another_run_is_not(tmp_path: Path, settings: dict[str, Any]) -> None:
    committed = Committed([logged(tmp_path / "a")])
    assert committed.longest(declared(tmp_path / "out" / "0", **settings), tmp_path / "out") is None


def test_the_log_that_got_furthest_counts_and_only_a_whole_one_is_finished(tmp_path: Path) -> None:
    short, longer = logged(tmp_path / "a", 3), logged(tmp_path / "b", 6)
    item, out = declared(tmp_path / "out" / "0"), tmp_path / "out"
    assert Committed([longer, short]).longest(item, out) is longer
    thin = logged(tmp_path / "d", 4, step=200_000, nsteps=100_000)  # of fewer rows
    assert Committed([longer, thin]).longest(item, out) is thin
    assert Committed([longer, short]).finished(item, out) is None
    whole = logged(tmp_path / "c")
    assert Committed([longer, whole, short]).finished(item, out) is whole


def taught(folder: Path, path: str, content: bytes, **settings: Any) -> Run:
    write_run(folder, straight(1.0), sources=["S-v0"], **settings)
    header = json.loads((folder / "config.json").read_text())
    header["config"]["teacher_paths"] = [path]
    header["teachers"][0] |= {"path": path, "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "config.json").write_text(json.dumps(header))
    return read_run(folder)


def test_another_teacher_makes_another_run(tmp_path: Path) -> None:
    teacher, out = tmp_path / "teacher", tmp_path / "out"
    committed = Committed([taught(tmp_path / "a", str(teacher), TEACHER)])
    item = declared(out / "0", teacher_paths=(str(teacher),))
    assert committed.finished(item, out) is not None  # the file need not be there
    teacher.write_bytes(TEACHER)
    assert committed.finished(item, out) is not None
    teacher.write_bytes(TEACHER + b", trained anew")
    assert committed.finished(item, out) is None


def test_a_folders_newest_checkpoint_is_the_teacher(tmp_path: Path) -> None:
    folder, out = tmp_path / "teachers", tmp_path / "out"
    folder.mkdir()
    run = taught(tmp_path / "a", str(folder), TEACHER)
    item = declared(out / "0", teacher_paths=(str(folder),))
    (folder / "00010").write_bytes(TEACHER)
    assert Committed([run]).finished(item, out) is run
    check_files(run)
    (folder / "00020").write_bytes(TEACHER + b", further on")
    assert Committed([run]).finished(item, out) is None
    with pytest.raises(UserError, match=f"{folder} is not the teacher of this run"):
        check_files(run)


def test_a_folder_of_a_run_with_another_teacher_is_refused(tmp_path: Path) -> None:
    teacher, out = tmp_path / "teacher", tmp_path / "out"
    item = declared(out / "0", teacher_paths=(str(teacher),))
    taught(item.folder / "logs", str(teacher), TEACHER)
    check_as_declared(item, out)  # the file need not be there any more
    teacher.write_bytes(TEACHER)
    check_as_declared(item, out)
    teacher.write_bytes(TEACHER + b", trained anew")
    with pytest.raises(UserError, match=f"^EXPERIMENT: x: .* another teacher than {teacher} is"):
        check_as_declared(item, out)


@pytest.mark.parametrize(
    ("transfer", "setting", "is_same"),
    [("kickstart", {"ps_coef": 2.0}, True), ("kickstart", {"teacher_fraction": 0.5}, False),
     ("mlpp", {"teacher_fraction": 0.5}, True), ("mikt", {"ps_coef": 2.0}, False)],
)  # fmt: skip
def test_a_setting_that_a_method_does_not_read_makes_no_other_run(
    tmp_path: Path, transfer: str, setting: dict[str, Any], is_same: bool
) -> None:
    teacher, out = str(tmp_path / "teacher"), tmp_path / "out"
    run = taught(tmp_path / "a", teacher, TEACHER, transfer=transfer, **setting)
    item = declared(out / "0", teacher_paths=(teacher,), transfer=transfer)
    assert Committed([run]).finished(item, out) is (run if is_same else None)


def test_teachers_that_the_experiment_makes_are_found_on_any_machine(tmp_path: Path) -> None:
    committed = Committed([taught(tmp_path / "a", "runs/y/0/models/00010", TEACHER)])
    made = tmp_path / "out" / "y" / "0" / "models" / "00010"
    item = declared(tmp_path / "out" / "x" / "0", teacher_paths=(str(made),))
    assert committed.finished(item, tmp_path / "out") is not None
    made.parent.mkdir(parents=True)
    made.write_bytes(b"trained here once more, so of other bits")
    assert committed.finished(item, tmp_path / "out") is not None
    assert committed.finished(item, tmp_path / "another") is None


def test_a_student_counts_only_with_the_teacher_that_is_declared(tmp_path: Path) -> None:
    out = tmp_path / "out"
    place = "runs/y/models/00010"
    student_run = taught(tmp_path / "student", place, TEACHER)
    teacher_run = logged(tmp_path / "teacher", env="S-v0")
    committed = Committed([student_run, teacher_run])

    def found(**settings: Any) -> set[str]:
        teacher = replace(declared(out / "y", env="S-v0", **settings), name="teacher")
        student = declared(out / "x", teacher_paths=(str(teacher.last_checkpoint),))
        return set(committed.finished_of([teacher, student], out))

    assert found() == {"teacher", "x"}
    assert found(lr=1e-5) == set()  # the student has learned from another teacher
    made = out / "y" / "models" / "00010"
    made.parent.mkdir(parents=True)
    made.write_bytes(b"trained with the other settings")
    assert found(lr=1e-5) == set()
    made.write_bytes(TEACHER)
    assert found(lr=1e-5) == {"x"}


def test_a_teacher_that_was_trained_after_its_student_is_not_its_teacher(tmp_path: Path) -> None:
    """As when its settings were edited, and it was trained anew; the student was not."""
    out = tmp_path / "out"
    taught(tmp_path / "student", "runs/y/models/00010", TEACHER)
    student_run = read_run(begun(tmp_path / "student", "2026-05-01T10:00:00+00:00"))
    teacher = replace(declared(out / "y", env="S-v0", lr=1e-5), name="teacher")
    student = declared(out / "x", teacher_paths=(str(teacher.last_checkpoint),))
    days = {
        "2026-05-02": {"teacher"},
        "2026-05-01": {"teacher", "x"},
        "2026-04-30": {"teacher", "x"},
    }
    for day, found in days.items():
        started = f"{day}T10:00:00+00:00"
        teacher_run = logged(tmp_path / day, env="S-v0", lr=1e-5, started=started)
        committed = Committed([student_run, teacher_run])
        assert set(committed.finished_of([teacher, student], out)) == found


def test_a_student_of_a_teacher_that_was_trained_anew_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = out / "y" / "0" / "models" / "00010"
    item = declared(out / "x" / "0", teacher_paths=(str(made),))
    taught(item.logs, str(made), TEACHER, save_path=str(item.models), log_path=str(item.logs))
    assert list(lines_on_teachers(item)) == []  # the file need not be there any more
    made.parent.mkdir(parents=True)
    made.write_bytes(TEACHER)
    assert list(lines_on_teachers(item)) == []
    made.write_bytes(TEACHER + b", trained anew")
    check_as_declared(item, out)
    assert list(lines_on_teachers(item)) == [
        f"x learned from another file than {made} is now; remove {item.folder} to train it anew"
    ]
    committed = Committed([])
    files, lines = collected([item], out, tmp_path / "results", committed)
    assert len(files) == 2
    assert lines == list(lines_on_teachers(item))


def test_an_edited_body_makes_another_run(tmp_path: Path) -> None:
    body, out = tmp_path / "body.xml", tmp_path / "out"
    body.write_text("<mujoco/>")
    write_run(tmp_path / "a", straight(1.0), num_timesteps=1_000_000, env_xml=str(body))
    header = json.loads((tmp_path / "a" / "config.json").read_text())
    header["body"] = {"sha256": hashlib.sha256(body.read_bytes()).hexdigest()}
    (tmp_path / "a" / "config.json").write_text(json.dumps(header))
    committed = Committed([read_run(tmp_path / "a")])
    item = declared(out / "0", env_xml=str(body))
    assert committed.finished(item, out) is not None
    body.write_text("<mujoco model='another'/>")
    assert committed.finished(item, out) is None


def test_a_common_place() -> None:
    assert common_place("/home/me/out/x/0/models", Path("/home/me/out")) == "runs/x/0/models"
    assert common_place("x/0/models/00010", Path(".")) == "runs/x/0/models/00010"
    assert common_place("teacher_models/four/0/00970", Path(".")) == "teacher_models/four/0/00970"
    assert common_place("teacher_models/four", Path("out")) == "teacher_models/four"
    assert common_place("outside/four", Path("out")) == "outside/four"
