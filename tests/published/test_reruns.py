"""Logged settings are taken up again, and only with the teachers that the run learned from."""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pytest
from handmade_logs import write_run

from baselines.analysis.runs.runs import Run, read_run
from baselines.common.errors import UserError
from baselines.config import Config
from baselines.published import reruns
from baselines.published.reruns import check_files, config_of, rerun

TEACHER = b"the weights of a teacher"


def logged(folder: Path, **settings: Any) -> Run:
    """A run with small settings and some others."""
    config = {"env": "Ant-v5", "num_timesteps": 4096, "nsteps": 64, **settings}
    return read_run(write_run(folder / "run", [1.0, 2.0], **config))


def taught(folder: Path, sha256: str) -> Run:
    run_folder = write_run(folder / "run", [1.0, 2.0], sources=["S-v0"])
    path = run_folder / "config.json"
    header = json.loads(path.read_text())
    header["teachers"][0]["sha256"] = sha256
    header["config"]["teacher_paths"] = [str(folder / "teacher")]
    path.write_text(json.dumps(header))
    return read_run(run_folder)


def test_settings_are_those_of_the_log(tmp_path: Path) -> None:
    config = Config(
        "Ant-v5", '{"a": 1}', num_timesteps=4096, nsteps=64, seed=3, lr=1e-5, clip_range=0.1,
        xla=False, network="mlp", log_interval=2,
    )  # fmt: skip
    states = {"resume": True, "on_divergence": "rollback", "save_path": "models", "play": True}
    found = config_of(logged(tmp_path, **{**config.to_json(), **states}))
    assert found == replace(config, save_path="models")


@pytest.mark.parametrize(("updates", "told"), [(4000, ""), (3000, "made longer before it had 2")])
def test_a_run_that_was_made_longer(tmp_path: Path, updates: int, told: str) -> None:
    run = logged(tmp_path)  # rows at 100,000 and 200,000 timesteps
    lengths = ((0, 64 * updates), (updates, 300_000))
    run = replace(run, origin=replace(run.origin, lengths=lengths))
    if told:
        with pytest.raises(UserError, match=told):
            config_of(run)
    else:
        assert config_of(run).num_timesteps == 64 * updates


def test_what_a_run_did_not_read_is_left_out(tmp_path: Path) -> None:
    found = config_of(logged(tmp_path, mutual_info_coef=0.1, transfer="mlpp"))
    assert (found.mutual_info_coef, found.transfer) == (Config().mutual_info_coef, "mikt")


def test_a_log_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logged_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r": it names .* add --network=logged_module:a$"):
        config_of(logged(tmp_path / "a", network="logged_module:a"))
    with pytest.raises(UserError, match=r": --env: the file's task is 'logged_module:A-v0'"):
        config_of(logged(tmp_path / "b", env="logged_module:A-v0"))
    assert "logged_module" not in sys.modules


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lrr": 1.0}, "lrr: unknown setting; did you mean lr"),
        ({"lr": [1]}, r"lr: must be a number, not '\[1\]'"),
        ({"gamma": 2.0}, "--gamma: must lie between 0 and 1, not 2.0"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=f"LOG_DIR: {tmp_path / 'run'}: {message}"):
        config_of(logged(tmp_path, **settings))


def test_the_teacher_of_the_log_passes(tmp_path: Path) -> None:
    (tmp_path / "teacher").write_bytes(TEACHER)
    check_files(taught(tmp_path, hashlib.sha256(TEACHER).hexdigest()))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TEACHER + b"!", "is not the teacher of this run: its sha256 is [0-9a-f]{12}..., not aaaa"),
        (None, "cannot read"),
    ],
)
def test_another_teacher_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "teacher").write_bytes(content)
    with pytest.raises(UserError, match=f"LOG_DIR: .*run.*{message}"):
        check_files(taught(tmp_path, "a" * 64))


def test_an_edited_body_is_refused(tmp_path: Path) -> None:
    body = tmp_path / "body.xml"
    body.write_text("<mujoco/>")
    folder = write_run(tmp_path / "run", [1.0, 2.0], env_xml=str(body))
    path = folder / "config.json"
    header = json.loads(path.read_text())
    described = {"body": {"sha256": hashlib.sha256(b"<mujoco/>").hexdigest()}}
    path.write_text(json.dumps(header | described))
    check_files(read_run(folder))
    body.write_text("<mujoco></mujoco>")
    with pytest.raises(UserError, match=r"body\.xml has been edited since this run"):
        check_files(read_run(folder))


@pytest.mark.parametrize("reached", [True, False])
def test_a_rerun_is_stopped_where_it_is_to_end(
    reached: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that would go on, or one that has ended early."""
    events: list[str] = []

    def start(config: Config, output: IO[bytes]) -> SimpleNamespace:
        assert (config.log_interval, config.save_path) == (1, "")
        columns = {"nupdates": [1, 2], "fps": [9, 9]}
        write_run(Path(config.log_path), [1.0, 2.0], step=100, columns=columns)
        output.write(b"error: the motor is on fire\n")
        output.flush()
        return SimpleNamespace(
            poll=lambda: None if reached else 1,
            terminate=lambda: events.append("terminated"),
            wait=lambda: events.append("waited for"),
        )

    monkeypatch.setattr(reruns, "start_training", start)
    config = Config("Ant-v5", num_timesteps=4096, nsteps=100, log_interval=5, save_path="models")
    if reached:
        assert rerun(config, 200, tmp_path).timesteps.tolist() == [100, 200]
    else:
        with pytest.raises(UserError, match=r"ended early: error: the motor is on fire$"):
            rerun(config, 300, tmp_path)
    assert events == ["terminated", "waited for"]
