"""Runs that were stopped, killed or diverged, and went on."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import safetensors.numpy
import toys

from baselines.common.checkpoint import CheckpointError, read, save
from baselines.common.errors import Diverged, UserError
from baselines.common.stopping import Terminated
from baselines.config import Config
from baselines.logger import Events, Logger
from baselines.ppo2 import api
from baselines.ppo2 import update as ppo_update
from baselines.ppo2.callbacks import SoFar
from baselines.ppo2.ppo2 import Run, learn, open_session
from baselines.ppo2.update_inputs import AdamState, UpdateInputs
from baselines.training.progress import Progress
from baselines.training.saved import read_saved_policy
from baselines.training.setup import prepare
from baselines.training.states import newest_state, roll_back, write_state

ROOT = Path(__file__).resolve().parent.parent
TEACHER = str(ROOT / "teacher_models" / "centipede_four" / "0" / "00970")
pytestmark = [pytest.mark.usefixtures("compiled_once"), pytest.mark.xdist_group("resume")]

UPDATES = 10
SMALL: dict[str, Any] = {"nminibatches": 2, "noptepochs": 2, "num_hidden": 8, "xla": False}
TIMES = ("time_elapsed", "fps")

toys.register()


def config(folder: Path, steps: int = 64, num_env: int = 1, **settings: Any) -> Config:
    """A run of ten updates of `steps` steps."""
    defaults = {"env": "DiscreteToy-v0", "num_timesteps": UPDATES * steps}
    sizes = {"num_env": num_env, "nsteps": steps // num_env}
    paths = {"save_path": str(folder / "models"), "log_path": str(folder / "logs")}
    return Config(**(SMALL | defaults | sizes | paths | settings))


def arrays(folder: Path, update: int = UPDATES) -> dict[str, bytes]:
    found = safetensors.numpy.load_file(folder / "models" / f"{update:05d}")
    return {name: array.tobytes() for name, array in found.items()}


def logs(folder: Path) -> tuple[list[dict[str, str]], list[dict[str, Any]], list[str]]:
    """The rows of progress.csv and progress.json and of monitor.csv, times aside."""
    with open(folder / "logs" / "progress.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    lines = (folder / "logs" / "progress.json").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    for row in (*table, *records):
        for name in TIMES:
            row.pop(name)
    episodes = (folder / "logs" / "monitor.csv").read_text().splitlines()[1:]
    return table, records, [line.rpartition(",")[0] for line in episodes]


def states(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "models" / "resume").iterdir())


@pytest.mark.parametrize(
    ("teachers", "num_env"),
    [
        pytest.param((), 1, id="PPO"),
        pytest.param((), 8, id="PPO, 8 environments", marks=pytest.mark.slow),
        pytest.param((TEACHER,), 1, id="student, 1 environment", marks=pytest.mark.slow),
        pytest.param((TEACHER,), 8, id="student"),
    ],
)
def test_stopped_in_every_phase_a_run_ends_as_if_it_had_not_been(
    teachers: tuple[str, ...], num_env: int, stop_after: Callable[..., None], tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"env": "CentipedeSix-v1", "teacher_paths": teachers}
    whole, parts = (config(tmp_path / name, 64, num_env, **settings) for name in "ab")
    learn(whole)
    for update in (2, 7, 9, None):  # learning, coupling, alone
        stop_after(update)
        if update is None:
            learn(replace(parts, resume=True))
        else:
            with pytest.raises(KeyboardInterrupt):
                learn(replace(parts, resume=update > 2))
    assert arrays(tmp_path / "b") == arrays(tmp_path / "a")
    assert logs(tmp_path / "b") == logs(tmp_path / "a")
    assert len(logs(tmp_path / "b")[0]) == UPDATES


def test_a_student_with_every_option_goes_on(
    stop_after: Callable[..., None], tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "env": "CentipedeFive-v1", "num_hidden": 64, "mapping": "named", "laterals": "identity",
        "mix_outputs": "named", "value_alignment_coef": 0.25, "distillation_coef": 0.1,
    }  # fmt: skip
    whole, parts = (
        config(tmp_path / name, 64, teacher_paths=(TEACHER,), **settings) for name in "ab"
    )
    learn(whole)
    stop_after(7)
    with pytest.raises(KeyboardInterrupt):
        learn(parts)
    stop_after(0)
    learn(replace(parts, resume=True))
    assert arrays(tmp_path / "b") == arrays(tmp_path / "a")
    assert logs(tmp_path / "b") == logs(tmp_path / "a")


def killed(part: Config, after: float) -> int:
    """Train in another process, and kill it so many seconds after its first update.

    Returns:
        The update of its last state.
    """
    program = (
        "import toys; toys.register(); from baselines.config import Config\n"
        f"from baselines.ppo2.ppo2 import learn; learn({part!r})"
    )
    folder = Path(part.save_path).parent
    search = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=os.environ | search, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not any(reached(folder)):
            time.sleep(0.01)
        time.sleep(after)
        process.kill()
    return max(reached(folder))


def reached(folder: Path) -> list[int]:
    """The updates of the states in a folder, where there are any by now."""
    return [int(p.name) for p in (folder / "models" / "resume").glob("[0-9]*")]


def kill_and_compare(kills: int, folder: Path) -> None:
    settings: dict[str, Any] = {"num_timesteps": 40 * 64, "state_interval": 1, "save_interval": 3}
    whole = config(folder / "whole", 64, 2, **settings)
    started = time.monotonic()
    learn(whole)
    lasts = time.monotonic() - started
    moments = np.random.default_rng(0).uniform(0.0, 0.5 * lasts, kills)
    found: list[int] = []
    for k, moment in enumerate(moments.tolist()):
        part = config(folder / str(k), 64, 2, **settings)
        found.append(killed(part, moment))
        learn(replace(part, resume=True))
        assert arrays(folder / str(k), 40) == arrays(folder / "whole", 40), moment
        assert logs(folder / str(k)) == logs(folder / "whole"), moment
        files = {p.name for p in (folder / str(k) / "models").iterdir()}
        assert files >= {p.name for p in (folder / "whole" / "models").iterdir()}, moment
        assert not [name for name in files if name.endswith(".partial")]
    assert min(found) > 0, found


def test_a_killed_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    kill_and_compare(1, tmp_path)


@pytest.mark.slow
def test_runs_killed_at_fifty_moments_end_as_if_they_had_not_been(tmp_path: Path) -> None:
    kill_and_compare(50, tmp_path)


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_a_signal_finishes_the_update_and_saves(
    number: int,
    expected: type[BaseException],
    stop_after: Callable[..., None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stop_after(3, number)
    with pytest.raises(expected):
        learn(config(tmp_path))
    path = tmp_path / "models" / "00003"
    assert read_saved_policy(str(path), "load_path").metadata["update"] == 3
    assert states(tmp_path) == ["00000", "00003"]
    assert f"stopped after update 3; saved {path}" in capsys.readouterr().out


def test_the_newest_states_are_kept(tmp_path: Path) -> None:
    learn(config(tmp_path, state_interval=3, keep=3))
    assert states(tmp_path) == ["00006", "00009", "00010"]
    assert [p.name for p in sorted((tmp_path / "models").iterdir())] == ["00010", "resume"]


def test_a_state_is_a_checkpoint_too(tmp_path: Path) -> None:
    learn(config(tmp_path))
    state = read_saved_policy(str(tmp_path / "models" / "resume" / "00010"), "load_path")
    saved = read_saved_policy(str(tmp_path / "models" / "00010"), "load_path")
    for name, value in saved.params.items():
        np.testing.assert_array_equal(state.params[name], value)


def test_a_finished_run_says_so_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(tmp_path)
    learn(settings)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    learn(replace(settings, resume=True))
    assert "the run is finished, after 10 updates" in capsys.readouterr().out
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_finished_run_says_nothing_where_nothing_is_to_be_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(tmp_path, num_timesteps=64, verbose=0)
    learn(settings)
    learn(replace(settings, resume=True))
    assert capsys.readouterr().out == ""


def test_a_signal_during_the_set_up_is_met_before_the_first_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, parts = (config(tmp_path / name, num_timesteps=2 * 64) for name in "ab")
    learn(whole)

    def interrupted(*arguments: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return prepare(*arguments)

    monkeypatch.setattr("baselines.ppo2.ppo2.prepare", interrupted)
    for settings in (parts, replace(parts, resume=True)):
        with pytest.raises(KeyboardInterrupt):
            learn(settings)
        assert "stopped after update 0; saved " in capsys.readouterr().out
        assert states(tmp_path / "b") == ["00000"]
        assert logs(tmp_path / "b")[:2] == ([], [])
    monkeypatch.undo()
    learn(replace(parts, resume=True))
    assert arrays(tmp_path / "b", 2) == arrays(tmp_path / "a", 2)
    assert logs(tmp_path / "b") == logs(tmp_path / "a")


@pytest.mark.parametrize("teachers", [(), (TEACHER,)], ids=["PPO", "student"])
def test_a_finished_run_can_be_made_longer(teachers: tuple[str, ...], tmp_path: Path) -> None:
    settings = config(tmp_path, env="CentipedeSix-v1", teacher_paths=teachers)
    learn(settings)
    learn(replace(settings, num_timesteps=12 * 64, resume=True))
    rows = logs(tmp_path)[0]
    assert [int(row["nupdates"]) for row in rows] == [*range(1, 13)]
    # as in a run that was 12 updates long from the start
    assert float(rows[10]["lr"]) == pytest.approx(3e-4 * (1 - 10 / 12))
    if teachers:
        assert {row["student_ps"] for row in rows[9:]} == {"1.0"}
    header = json.loads((tmp_path / "logs" / "config.json").read_text())
    assert [start["update"] for start in header["resumed"]] == [10]
    assert header["config"]["num_timesteps"] == 12 * 64
    with pytest.raises(UserError, match=r"^--num_timesteps: 640 is less than 768, the length"):
        learn(replace(settings, resume=True))


@pytest.mark.parametrize(
    ("updates", "kept"), [(UPDATES, ["00009", "00010", "best"]), (UPDATES + 2, [])]
)
def test_what_a_killed_run_saved_after_its_state_is_no_part_of_a_longer_run(
    updates: int, kept: list[str], tmp_path: Path
) -> None:
    """Its schedules are others from the state on, so its policies are; of equal length, the same.

    The run goes on from update 5, and is stopped after the next.
    """
    learn(config(tmp_path, save_interval=3, state_interval=5))
    models = tmp_path / "models"
    (models / "resume" / "00010").unlink()
    read_saved_policy(str(models), "load_path").write_as(models / "best")
    longer = config(tmp_path, save_interval=3, num_timesteps=updates * 64, resume=True)
    learn(longer, lambda run: False)
    found = sorted(path.name for path in models.iterdir() if path.is_file())
    assert found == ["00001", "00003", "00006", *kept]


def test_without_a_state_a_run_is_begun(tmp_path: Path) -> None:
    learn(config(tmp_path, resume=True))
    assert len(logs(tmp_path)[0]) == UPDATES


def test_a_damaged_state_is_passed_over(
    tmp_path: Path, stop_after: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(tmp_path / "b", state_interval=2)
    learn(config(tmp_path / "a"))
    stop_after(5)
    with pytest.raises(KeyboardInterrupt):
        learn(settings)
    stop_after(0)
    newest = tmp_path / "b" / "models" / "resume" / "00005"
    content = bytearray(newest.read_bytes())
    content[-9] ^= 1
    newest.write_bytes(content)
    learn(replace(settings, resume=True))
    said = capsys.readouterr().out
    assert f"going on from {newest.with_name('00004')}" in said
    assert f"WARNING: {newest} is damaged: its content does not fit its checksum" in said
    assert arrays(tmp_path / "b") == arrays(tmp_path / "a")
    assert logs(tmp_path / "b") == logs(tmp_path / "a")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Config:
    settings = config(tmp_path_factory.mktemp("finished"))
    learn(settings)
    return settings


def spoil_states(settings: Config) -> None:
    for path in (Path(settings.save_path) / "resume").iterdir():
        path.write_bytes(path.read_bytes()[:100])


def empty_log(settings: Config) -> None:
    (Path(settings.log_path) / "progress.csv").write_text("")


def remove_states(settings: Config) -> None:
    shutil.rmtree(Path(settings.save_path) / "resume")


def other_log(settings: Config) -> None:
    path = Path(settings.log_path) / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"started": "yesterday"}))


REFUSED: dict[str, tuple[dict[str, Any], Callable[[Config], None], str]] = {
    "another task": ({"env": "BoxToy-v0"}, lambda _: None, "--env: 'BoxToy-v0', but .* 'Discrete"),
    "another rate": ({"lr": 1e-3}, lambda _: None, r"--lr: 0.001, but the run .* 0.0003; give"),
    "another seed": ({"seed": 1}, lambda _: None, "--seed: 1, but"),
    "shorter": ({"num_timesteps": 64}, lambda _: None, "--num_timesteps: 64 is less than 640"),
    "no logs": ({"log_path": ""}, lambda _: None, "--log_path: missing"),
    "no folder": ({"save_path": ""}, lambda _: None, "--resume: needs --save_path"),
    "damaged states": ({}, spoil_states, "--resume: no state can be read: .*00010.*00000"),
    "shortened log": ({}, empty_log, "--log_path: .*progress.csv is missing or shorter"),
    "no states": ({}, remove_states, "--resume: .*models has the checkpoint 00010, but no state"),
    "no states, nor more to come": (
        {"state_interval": 0},
        remove_states,
        "--resume: .*models has the checkpoint 00010, but no",
    ),
    "an empty folder beside the log": (
        {"save_path": "elsewhere"},
        lambda _: None,
        "--resume: .*elsewhere has no state .* with --save_path=.*models; give that",
    ),
    "another's log": ({}, other_log, "--log_path: .* holds the logs of another run"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_is_changed(
    case: str, finished: Config, tmp_path: Path
) -> None:
    changed, damage, expected = REFUSED[case]
    shutil.copytree(Path(finished.save_path).parent, tmp_path, dirs_exist_ok=True)
    longer = replace(
        finished,
        num_timesteps=20 * 64,
        save_path=str(tmp_path / "models"),
        log_path=str(tmp_path / "logs"),
        resume=True,
    )
    damage(longer)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(UserError, match=expected):
        learn(replace(longer, **changed))
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_that_begins_says_so_where_it_was_to_go_on(
    resume: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also beside logs of a run without checkpoints, or of this folder by another spelling."""
    for save_path in ("", str(tmp_path / "models")):
        earlier = replace(config(tmp_path), num_timesteps=64, verbose=1)
        learn(replace(earlier, save_path=save_path))
        shutil.rmtree(tmp_path / "models", ignore_errors=True)
        capsys.readouterr()
        learn(replace(earlier, save_path=f"{tmp_path}/logs/../models", resume=resume))
        lines = capsys.readouterr().out.splitlines()
        assert any(line.startswith("no state to resume in ") for line in lines) == resume
        shutil.rmtree(tmp_path / "models")


def test_two_processes_do_not_train_in_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(tmp_path)
    say = Logger.metrics

    def another(self: Logger, *arguments: Any) -> None:
        say(self, *arguments)
        with pytest.raises(UserError, match=r"--save_path: another process .*is training in"):
            learn(settings)
        with pytest.raises(UserError, match=r"--log_path: another process .*is training in"):
            learn(replace(settings, save_path=str(tmp_path / "new" / "models")))
        assert not (tmp_path / "new").exists()

    monkeypatch.setattr(Logger, "metrics", another)
    learn(settings)
    assert len(logs(tmp_path)[0]) == UPDATES


class Spoiled(toys.BoxToy):
    """Gives a value that is not finite at its 150th step, once or whenever it is begun anew."""

    faults = 0

    def __init__(self, where: str, value: float) -> None:
        self._where, self._value, self._age = where, value, 0

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        obs, reward, *rest = super().step(action)
        self._age += 1
        if self._age == 150 and Spoiled.faults:
            Spoiled.faults -= 1
            obs = obs + self._value if self._where == "obs" else obs
            reward = self._value if self._where == "reward" else reward
        return obs, reward, *rest  # type: ignore[return-value]


gym.register("Spoiled-v0", entry_point=Spoiled)


def spoiled(folder: Path, where: str, value: float, **settings: Any) -> Config:
    kwargs = json.dumps({"where": where, "value": value})
    return config(folder, env="Spoiled-v0", env_kwargs=kwargs, state_interval=1, **settings)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(("where", "what"), [("obs", "observations"), ("reward", "rewards")])
def test_a_task_that_is_not_finite_stops_the_run(
    where: str, what: str, value: float, tmp_path: Path
) -> None:
    Spoiled.faults = 1
    with pytest.raises(Diverged) as caught:
        learn(spoiled(tmp_path, where, value))
    # 64 steps an update: the 150th lies in the third
    assert str(caught.value) == (
        f"update 3: the {what} are not finite; the last good state is"
        f" {tmp_path / 'models' / 'resume' / '00002'}, from which --resume"
        " --on_divergence=rollback goes on with half the learning rate"
    )
    assert states(tmp_path) == ["00001", "00002"]
    assert len(logs(tmp_path)[0]) == 2


class BadStart(toys.BoxToy):
    """Begins each episode with a value that has no finite square."""

    def __init__(self, value: float) -> None:
        self._value = value

    def reset(self, **arguments: Any) -> tuple[np.ndarray, dict[str, Any]]:
        obs, info = super().reset(**arguments)
        return obs + self._value, info


gym.register("BadStart-v0", BadStart)


@pytest.mark.parametrize(
    ("value", "what"),
    [(math.nan, "first"), (-math.inf, "first"), (1e200, "mean and variance of the")],
)
def test_a_task_that_does_not_begin_finite_is_refused(
    value: float, what: str, tmp_path: Path
) -> None:
    settings = {"env_kwargs": json.dumps({"value": value}), "on_divergence": "rollback"}
    told = f"^--env: BadStart-v0: the {what} observations are not finite$"
    with pytest.raises(UserError, match=told):
        learn(config(tmp_path, env="BadStart-v0", **settings))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spoil", "what"),
    [({"value_loss": np.nan}, "value_loss is"), ({"grad_norm": np.inf}, "grad_norm is"),
     (None, "the parameters are")],
)  # fmt: skip
def test_an_update_that_is_not_finite_stops_the_run(
    spoil: dict[str, float] | None, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = ppo_update.compile_update

    def spoiling(*arguments: Any) -> ppo_update.Update:
        whole = compiled(*arguments)

        def spoiled(start: AdamState, inputs: UpdateInputs) -> tuple[AdamState, Any]:
            moved, logged = whole(start, inputs)
            factor = np.float32(np.nan if spoil is None else 1)
            return moved._replace(params=moved.params * factor), {**logged, **(spoil or {})}

        return spoiled

    monkeypatch.setattr(ppo_update, "compile_update", spoiling)
    with pytest.raises(Diverged, match=f"^update 1: {what} not finite; the last good state"):
        learn(config(tmp_path))
    assert states(tmp_path) == ["00000"]


def test_without_a_folder_nothing_was_saved() -> None:
    Spoiled.faults = 1
    settings = spoiled(Path(), "obs", float("nan"), save_path="", log_path="")
    with pytest.raises(Diverged, match=r"update 3: .*; nothing was saved, for want of --save_path"):
        learn(settings)


def test_a_rollback_goes_on_with_half_the_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Spoiled.faults = 2
    learn(spoiled(tmp_path, "reward", float("nan"), on_divergence="rollback"))
    rows = logs(tmp_path)[0]
    assert [int(row["nupdates"]) for row in rows] == [*range(1, UPDATES + 1)]
    full = [3e-4 * (1 - update / UPDATES) for update in range(UPDATES)]
    factors = [float(row["lr"]) / rate for row, rate in zip(rows, full, strict=True)]
    assert factors == pytest.approx([1, 1] + 8 * [0.25])
    last = newest_state(tmp_path / "models")
    assert last is not None
    assert (last.state["rollbacks"], last.state["lr_scale"]) == (2, 0.25)
    assert "update 3: the rewards are not finite; going back" in capsys.readouterr().out


def test_what_is_left_of_films_in_work_is_removed(tmp_path: Path) -> None:
    learn(config(tmp_path))
    videos = tmp_path / "logs" / "videos"
    videos.mkdir()
    for name in ("320.mp4", "00009", ".1.7.partial.mp4"):
        (videos / name).touch()
    learn(config(tmp_path, resume=True, num_timesteps=(UPDATES + 1) * 64))
    assert [path.name for path in videos.iterdir()] == ["320.mp4"]


def test_a_rollback_removes_the_checkpoints_after_its_state(tmp_path: Path) -> None:
    """The third update fails; the run goes back to its start, and is stopped after one update."""
    Spoiled.faults = 1
    seen: list[int] = []

    def watch(run: Run) -> bool:
        seen.append(run.progress.updates)
        return len(seen) < 3

    settings = spoiled(tmp_path, "reward", float("nan"), on_divergence="rollback", save_interval=1)
    learn(replace(settings, state_interval=0), watch)
    assert seen == [1, 2, 1]
    assert [path.name for path in sorted((tmp_path / "models").glob("0*"))] == ["00001"]


@pytest.mark.parametrize(("update", "stays"), [(UPDATES, True), (UPDATES + 1, False), (None, True)])
def test_a_rollback_removes_a_later_best(update: int | None, stays: bool, tmp_path: Path) -> None:
    """The newest state is of the last update; a file that cannot be read is left alone."""
    learn(config(tmp_path))
    models = tmp_path / "models"
    best = read_saved_policy(str(models), "load_path")
    if update is None:
        (models / "best").write_bytes(b"damaged")
    else:
        replace(best, metadata=best.metadata | {"update": update}).write_as(models / "best")
    roll_back(config(tmp_path, on_divergence="rollback"), Diverged("the rewards are not finite"))
    assert (models / "best").exists() == stays


@pytest.mark.parametrize("state_interval", [0, 1])
@pytest.mark.parametrize("log", [True, False])
def test_the_history_goes_back_with_the_run(log: bool, state_interval: int, tmp_path: Path) -> None:
    """The third update fails, and the run goes back to its start or to the second one."""
    Spoiled.faults = 1
    seen = []

    def stop_soon(progress: SoFar) -> bool:
        seen.append(progress.update)
        assert progress.model.history["nupdates"].tolist() == [*range(1, progress.update + 1)]
        return len(seen) < 3

    model = api.learn(
        "Spoiled-v0", env_kwargs={"where": "reward", "value": float("nan")}, nsteps=64,
        num_timesteps=640, save_path=tmp_path / "models",
        log_path=tmp_path / "logs" if log else None, state_interval=state_interval,
        on_divergence="rollback", callback=stop_soon, **SMALL,
    )  # fmt: skip
    assert seen == [1, 2, 3 if state_interval else 1]
    assert model.history["nupdates"].tolist() == [*range(1, seen[-1] + 1)]


def test_after_enough_rollbacks_the_run_is_stopped(tmp_path: Path) -> None:
    Spoiled.faults = 99
    settings = spoiled(tmp_path, "obs", float("nan"), on_divergence="rollback", max_rollbacks=2)
    with pytest.raises(Diverged, match="given up after 2 rollbacks"):
        learn(settings)
    assert Spoiled.faults == 96


def test_a_full_disk_leaves_the_last_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config(tmp_path / "b", state_interval=2)
    learn(config(tmp_path / "a"))
    fsync, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 12:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=rf"^\[Errno 28\] No space left on device: '{tmp_path}/b/"):
        learn(settings)
    monkeypatch.setattr(os, "fsync", fsync)
    assert states(tmp_path / "b")
    learn(replace(settings, resume=True))
    assert arrays(tmp_path / "b") == arrays(tmp_path / "a")
    assert logs(tmp_path / "b") == logs(tmp_path / "a")


def test_a_working_directory_that_was_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UserError, match="the working directory has been removed"):
        learn(config(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_was_tampered_with_is_refused_and_no_file_changed(tmp_path: Path) -> None:
    settings = config(tmp_path)
    learn(settings)
    for path in (tmp_path / "models" / "resume").iterdir():
        content = read(path, "--resume")
        content.metadata["state"]["ranks"] = [{}]
        save(path, content.arrays, content.metadata)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(before) > 4
    with pytest.raises(CheckpointError, match=r"--resume: .*00010 does not fit this run"):
        learn(replace(settings, num_timesteps=20 * 64, resume=True))
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kwargs", [None, 3, "", "{"])
def test_a_state_with_damaged_arguments_of_the_task_is_refused(tmp_path: Path, kwargs: Any) -> None:
    settings = config(tmp_path)
    [newest] = with_states(settings, 1)
    for path in newest.parent.iterdir():
        content = read(path, "--resume")
        content.metadata["config"]["env_kwargs"] = kwargs
        save(path, content.arrays, content.metadata)
    with pytest.raises(CheckpointError, match=r"--resume: .*00001 is damaged"):
        learn(replace(settings, resume=True))


def with_states(settings: Config, *updates: int) -> list[Path]:
    """Stop a run after each of these updates, with a state of each."""
    for update in updates:
        learn(replace(settings, num_timesteps=update * settings.nbatch, resume=True))
    return [Path(settings.save_path) / "resume" / f"{update:05d}" for update in updates]


def test_a_state_that_was_passed_over_is_removed_once_there_is_another(tmp_path: Path) -> None:
    saved, policy = tmp_path / "models", read_saved_policy(TEACHER, "load_path")
    (saved / "resume").mkdir(parents=True)
    (saved / "resume" / "01000").write_text("damaged")
    path = write_state(saved, policy, {}, keep=1)
    assert states(tmp_path) == [path.name]


def test_the_newest_state_is_that_of_the_highest_update_however_long_its_name(
    tmp_path: Path,
) -> None:
    policy = read_saved_policy(TEACHER, "load_path")
    for update in (99_998, 99_999, 100_000):
        later = replace(policy, metadata=policy.metadata | {"update": update})
        written = write_state(tmp_path, later, {}, keep=2)
        assert written.name == str(update)
    assert sorted(path.name for path in written.parent.iterdir()) == ["100000", "99999"]


def test_other_versions_than_those_of_the_last_start_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was begun with another NumPy, and has gone on with this one once."""
    settings = config(tmp_path)
    [path] = with_states(settings, 1)
    content = read(path, "--resume")
    content.metadata["state"]["provenance"]["versions"]["numpy"] = "1.0"
    save(path, content.arrays, content.metadata)
    warnings = []
    for update in (2, 3):
        capsys.readouterr()
        with_states(settings, update)
        said = capsys.readouterr().out.splitlines()
        warnings.append([line for line in said if "rounding may differ from here on" in line])
    told = f"WARNING: rounding may differ from here on: numpy was 1.0 and is {np.__version__}"
    assert warnings == [[told], []]


def test_a_metric_that_appears_before_or_after_the_resume_is_a_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Progress.finish_row

    def with_a_late_one(self: Progress) -> dict[str, float | int]:
        return metrics(self) | ({"late": self.updates / 7} if self.updates > 6 else {})

    monkeypatch.setattr(Progress, "finish_row", with_a_late_one)
    settings = config(tmp_path)
    _, after = with_states(settings, 5, 8)
    rows, _, _ = logs(tmp_path)
    assert [row["late"] for row in rows] == [""] * 6 + [repr(u / 7) for u in (7, 8)]
    after.unlink()  # it goes back to where there was none yet
    learn(replace(settings, resume=True))
    rows, json_rows, _ = logs(tmp_path)
    assert [row["late"] for row in rows] == [""] * 6 + [repr(u / 7) for u in range(7, 11)]
    assert ["late" in row for row in json_rows] == [False] * 6 + [True] * 4


def test_the_states_are_the_first_to_be_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(tmp_path)
    learn(settings)
    rename = Path.rename

    def once(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", killed_here)
        return rename(self, target)

    def killed_here(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context():
        monkeypatch.setattr(Path, "rename", once)
        with pytest.raises(KeyboardInterrupt):
            learn(replace(settings, seed=1))
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(UserError, match="has the checkpoint 00010, but no state to go on from"):
        learn(replace(settings, seed=1, resume=True))  # it does not go on with the earlier run
    learn(replace(settings, seed=1))
    assert len(logs(tmp_path)[0]) == UPDATES


def test_a_log_folder_that_is_given_later_is_cleared(tmp_path: Path) -> None:
    learn(config(tmp_path / "other"))
    settings = config(tmp_path, log_path="")
    with_states(settings, 5)
    later = replace(settings, log_path=str(tmp_path / "other" / "logs"), resume=True)
    learn(replace(later, num_timesteps=7 * 64, state_interval=0))
    Path(settings.save_path, "resume", "00007").unlink()  # killed before any state had logs
    learn(later)
    assert [int(row["nupdates"]) for row in logs(tmp_path / "other")[0]] == [*range(6, 11)]
    kept = tmp_path / "other" / "logs" / "earlier" / "1" / "progress.csv"
    assert len(kept.read_text().splitlines()) == 1 + UPDATES


def test_a_folder_without_the_logs_is_refused_and_not_made(
    finished: Config, tmp_path: Path
) -> None:
    longer = replace(finished, num_timesteps=20 * 64, log_path=str(tmp_path / "new"), resume=True)
    with pytest.raises(UserError, match=r"--log_path: cannot read .*new/config.json"):
        learn(longer)
    assert not (tmp_path / "new").exists()


def test_two_processes_do_not_log_to_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(tmp_path)
    say = Logger.metrics

    def another(self: Logger, *arguments: Any) -> None:
        say(self, *arguments)
        monkeypatch.setattr(Logger, "metrics", say)
        with pytest.raises(UserError, match=r"--log_path: another process .*is training in"):
            learn(replace(settings, save_path="", num_timesteps=64))

    monkeypatch.setattr(Logger, "metrics", another)
    learn(settings)
    assert len(logs(tmp_path)[0]) == UPDATES


def test_one_folder_may_be_for_both(tmp_path: Path) -> None:
    settings = config(tmp_path, log_path=str(tmp_path / "models"))
    with_states(settings, 5)
    learn(replace(settings, resume=True))
    table = (tmp_path / "models" / "progress.csv").read_text().splitlines()
    assert len(table) == 1 + UPDATES


def test_a_state_written_by_another_process_in_the_meantime_is_not_passed_over(
    tmp_path: Path,
) -> None:
    settings = config(tmp_path)
    with_states(settings, 5)
    setup = prepare(replace(settings, resume=True))
    with_states(settings, 7)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with (
        pytest.raises(UserError, match=r"--save_path: another process was training in .* again"),
        open_session(setup),
    ):
        pass
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(("where", "what"), [("obs", "observations"), ("reward", "returns")])
def test_a_value_too_large_to_be_squared_stops_the_run(
    where: str, what: str, tmp_path: Path
) -> None:
    Spoiled.faults = 1
    with pytest.raises(Diverged, match=f"^update 3: the mean and variance of the {what} are not"):
        learn(spoiled(tmp_path, where, 1e200))
    for path in (tmp_path / "models" / "resume").iterdir():
        read_saved_policy(str(path), "load_path")


class Private(toys.BoxToy):
    """Keeps its state in an object of its own, which only `reset` makes."""

    def reset(self, **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
        self._age = iter(range(10**9))
        self._begun = object()
        return super().reset(**options)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if not hasattr(self, "_begun"):
            raise RuntimeError("reset was not called")
        obs, *rest = super().step(action)
        return obs + 0.001 * next(self._age), *rest  # type: ignore[return-value]


gym.register("Private-v0", entry_point=Private)


def test_a_task_whose_state_is_not_found_is_trained_and_resumed_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = config(tmp_path, env="Private-v0")
    with_states(settings, 5)
    assert "Private-v0 may differ: it keeps state that cannot be saved" in capsys.readouterr().out
    learn(replace(settings, resume=True))
    assert len(logs(tmp_path)[0]) == UPDATES


def test_a_state_from_before_there_was_a_setting_goes_on(tmp_path: Path) -> None:
    settings = config(tmp_path)
    for path in with_states(settings, 5):
        content = read(path, "--resume")
        del content.metadata["config"]["decoder_min_std"]
        save(path, content.arrays, content.metadata)
    learn(replace(settings, resume=True))
    assert len(logs(tmp_path)[0]) == UPDATES


def test_what_was_half_written_is_removed(tmp_path: Path) -> None:
    settings = config(tmp_path)
    with_states(settings, 5)
    for folder in ("models", "logs", "models/resume"):
        (tmp_path / folder / ".x.1.partial").touch()
    learn(replace(settings, resume=True))
    assert not [*tmp_path.rglob("*.partial")]


def test_events_on_a_full_disk_end_the_run_as_other_files_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Events, "_next_file", lambda _: Path("/dev/full"))
    with pytest.raises(OSError, match="No space left"):
        learn(config(tmp_path))
