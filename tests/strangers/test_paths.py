"""Paths as people type them, and bodies whose file is elsewhere, or edited, by the time."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
import strange_tasks as strange

from baselines import convert, describe, evaluate, export, plot, ppo2, results, sweep, verify
from baselines.common.errors import UserError
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.stored_body import (
    arguments_with_body,
    check_not_edited,
    described_body,
)
from baselines.config import Config
from baselines.evaluation.evaluation import make_own_task
from baselines.experiments.plan import read_experiment
from baselines.flags import from_settings, parse
from baselines.training.saved import read_saved_policy
from baselines.training.setup import prepare
from baselines.training.states import state_to_resume, write_state
from baselines.training.teacher_files import load_teacher

FLAGS = ("save_path", "log_path", "load_path", "env_xml")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_the_users_folder_in_all_settings(home: Path) -> None:
    typed = [f"--{flag}=~/x" for flag in FLAGS]
    config = parse(["--env=CartPole-v1", "--teacher_paths", "~/a", "./~/b", *typed], "", "")
    assert [getattr(config, flag) for flag in FLAGS] == [f"{home}/x"] * 4
    assert config.teacher_paths == (f"{home}/a", "./~/b")
    assert from_settings({"env": "CartPole-v1", "save_path": "~"}, ()).save_path == str(home)


COMMANDS: dict[str, tuple[Any, list[str], list[str]]] = {
    "evaluate": (
        evaluate, ["--load_path=~/x", "--video=~/x", "--beside", "~/x"],
        ["load_path", "video", "beside"],
    ),
    "plot": (plot, ["~/x", "--out=~/x"], ["folders", "out"]),
    "sweep": (sweep, ["~/x", "--out=~/x", "--results=~/x"], ["experiments", "out", "results"]),
    "results": (results, ["~/x", "--runs=~/x", "--out=~/x"], ["experiment", "runs", "out"]),
    "verify": (verify, ["~/x"], ["folder"]),
    "convert": (convert, ["~/x", "~/x", "--normalize=~/x"], ["input", "output", "normalize"]),
    "export": (export, ["~/x", "~/x"], ["checkpoint", "output"]),
    "describe": (describe, ["~/x"], ["file"]),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_the_users_folder_in_all_commands(name: str, home: Path) -> None:
    command, typed, arguments = COMMANDS[name]
    parsed = vars(command.parser().parse_args(typed))
    for argument in arguments:
        value = parsed[argument]
        for path in value if isinstance(value, list) else [value]:
            assert str(path) == f"{home}/x", argument


def test_the_users_folder_in_experiments(home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "title: X\nsettings: {num_timesteps: 1e5}\nseeds: [0]\nmethods: [MIKT]\n"
        "panels:\n  - {env: CartPole-v1, teachers: '~/{seed}'}\n"
    )
    [item] = read_experiment(tmp_path / "x.yaml", tmp_path, {}).items
    assert item.config.teacher_paths == (f"{home}/0",)


def test_the_users_folder_in_programs(
    home: Path, mlp_policy: Any, write_checkpoint: Callable[..., str]
) -> None:
    policy = mlp_policy()
    path = Path(write_checkpoint(policy, policy.init(np.random.default_rng(0)), update=7))
    path.rename(home / "00007")
    for given in ("~/00007", Path("~")):  # a folder for its newest
        assert ppo2.load(given).saved.metadata["update"] == 7


def test_a_run_writes_where_it_began_wherever_its_task_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, elsewhere = tmp_path / "begun", tmp_path / "elsewhere"
    begun.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(begun)
    spoilt = []

    class Wanders(strange.Polite):
        """Leaves the folder when it is made and at each step; fails once, in the second update."""

        def __init__(self) -> None:
            os.chdir(elsewhere)
            self._all_steps = 0

        def after(self, reward: Any) -> Any:
            os.chdir(elsewhere)
            self._all_steps += 1
            if self._all_steps == 90 and not spoilt:
                spoilt.append(True)
                reward = np.nan
            return super().after(reward)

    ppo2.learn(
        Wanders, num_timesteps=192, nsteps=64, nminibatches=2, noptepochs=1, num_hidden=8,
        xla=False, save_path="models", log_path="logs", state_interval=1,
        on_divergence="rollback",
    )  # fmt: skip
    assert spoilt
    assert list(elsewhere.iterdir()) == []
    assert sorted(path.name for path in begun.iterdir()) == ["logs", "models"]
    told = read_saved_policy(str(begun / "models" / "00003"), "load_path").metadata["config"]
    assert (told["save_path"], told["log_path"]) == ("models", "logs")
    os.chdir(begun)
    further = ppo2.learn(
        Wanders, num_timesteps=64, nsteps=64, nminibatches=2, noptepochs=1, num_hidden=8,
        xla=False, load_path="models/00003",
    )  # fmt: skip
    assert further.saved.metadata["update"] == 1


def test_an_unknown_user_is_told() -> None:
    with pytest.raises(
        UserError, match=r"^--save_path: no user 'nobody-here'; .*: \./~nobody-here"
    ):
        Config(env="CartPole-v1", save_path="~nobody-here/x")
    with pytest.raises(UserError, match=r"^--out: no user 'nobody-here'"):
        plot.parser().parse_args(["x", "--out=~nobody-here/x"])


BODY = (Path(__file__).resolve().parents[2] / "examples" / "lizard.xml").read_text()


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Config, SavedPolicy]:
    """A run with a body of one's own that has saved its first state, and its policy."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "body.xml").write_text(BODY)
    monkeypatch.chdir(tmp_path / "there")
    config = Config(env_xml="body.xml", save_path="models", num_timesteps=4096, resume=True)
    setup = prepare(config)
    setup.envs.close()
    progress = {"update": 3, "timesteps": 0}
    policy = SavedPolicy(setup.policy, setup.params, setup.normalizer, setup.provenance | progress)
    state = {
        "progress": {"updates": 3}, "ranks": [{}], "rollbacks": 0, "lr_scale": 1.0, "log": {},
        "provenance": setup.provenance,
    }  # fmt: skip
    Path("models").mkdir()
    policy.write(Path("models"))
    write_state(Path("models"), policy, state, 1)
    return config, policy


def test_a_body_is_evaluated_from_any_folder(
    begun: tuple[Config, SavedPolicy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = read_saved_policy("there/models/00003", "load_path")
    task = make_own_task(saved)
    assert task.reset(seed=0).shape == (saved.policy.obs_size,)
    task.close()


def test_a_teacher_knows_its_body(begun: tuple[Config, SavedPolicy]) -> None:
    body = load_teacher("models/00003").body
    assert body is not None
    assert body["sha256"] == hashlib.sha256(BODY.encode()).hexdigest()


def test_an_edited_body_is_said_and_the_old_one_used(
    begun: tuple[Config, SavedPolicy], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("body.xml").write_text("<mujoco/>")
    make_own_task(read_saved_policy("models", "load_path")).close()
    assert capsys.readouterr().err.startswith("WARNING: body.xml has been edited since")


def test_a_run_does_not_go_on_in_an_edited_body(begun: tuple[Config, SavedPolicy]) -> None:
    config, _ = begun
    assert state_to_resume(config) is not None
    prepare(config).envs.close()
    Path("body.xml").write_text(BODY + "<!-- edited -->\n")
    with pytest.raises(UserError, match=r"^--env_xml: body.xml has been edited since the run in"):
        prepare(config)
    prepare(replace(config, save_path="others")).envs.close()


PARTS = {
    "model/body.xml": """<mujoco>
      <compiler meshdir="../meshes" texturedir="pictures"/>
      <include file="parts/legs.xml"/>
    </mujoco>""",
    "model/parts/legs.xml": """<mujoco>
      <include file="motors.xml"/>
      <asset>
        <mesh name="m" file="foot.obj"/>
        <texture name="t" type="cube" fileright="right.png"/>
        <hfield name="h" file="ground.png" size="1 1 1 1"/>
      </asset>
    </mujoco>""",
    "model/parts/motors.xml": "<mujoco/>",
    "meshes/foot.obj": "v 0 0 0",
    "model/pictures/right.png": "red",
    "model/ground.png": "hills",
    "model/notes.txt": "not read",
}
READ = {name for name in PARTS if name not in ("model/body.xml", "model/notes.txt")}


@pytest.fixture
def in_parts(tmp_path: Path) -> Path:
    """A body that reads other files, in several folders."""
    for name, text in PARTS.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "model" / "body.xml"


def test_all_files_that_a_body_reads_are_known(in_parts: Path, tmp_path: Path) -> None:
    files = described_body(str(in_parts))["files"]
    places = {name: (in_parts.parent / name).resolve() for name in files}
    assert {str(path.relative_to(tmp_path)) for path in places.values()} == READ
    for name, path in places.items():
        assert files[name] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", sorted(READ))
def test_an_edited_file_that_a_body_reads_is_said(
    name: str, in_parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = described_body(str(in_parts))
    check_not_edited(str(in_parts), body, "then")
    with arguments_with_body({}, body):
        assert capsys.readouterr().err == ""
    (tmp_path / name).write_text("<mujoco></mujoco>")
    with pytest.raises(UserError, match=f"^--env_xml: .*{Path(name).name}, read by .* since then"):
        check_not_edited(str(in_parts), body, "then")
    with arguments_with_body({}, body):
        assert f"{Path(name).name}, edited since" in capsys.readouterr().err
    in_parts.unlink()
    with (
        pytest.raises(UserError, match=f"^--env_xml: .* not there as it was.*{Path(name).name}"),
        arguments_with_body({}, body),
    ):
        pass


MESH = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"


FOOT = '<asset><mesh name="foot" file="foot.obj"/></asset>'
STANDS = '<worldbody><body name="leg"><geom type="mesh" mesh="foot"/></body></worldbody>'


@pytest.mark.parametrize(
    "files",
    [
        {
            "body.xml": '<mujoco><compiler meshdir="meshes"/><include file="in/foot.xml"/>'
            f"{STANDS}</mujoco>",
            "in/foot.xml": f"<mujoco>{FOOT}</mujoco>",
            "meshes/foot.obj": MESH,
        },
        {
            "body.xml": '<mujoco><asset><model name="leg" file="in/leg.xml"/></asset><worldbody>'
            '<body><attach model="leg" body="leg" prefix="left_"/></body></worldbody></mujoco>',
            "in/leg.xml": '<mujoco model="leg"><compiler meshdir="meshes"/>'
            f"{FOOT}{STANDS}</mujoco>",
            "in/meshes/foot.obj": MESH,
        },
        {
            "body.xml": '<mujoco><compiler meshdir="meshes" strippath="true"/>'
            f"{FOOT.replace('foot.obj', 'elsewhere/foot.obj')}{STANDS}</mujoco>",
            "meshes/foot.obj": MESH,
        },
    ],
    ids=["included", "attached", "stripped"],
)
def test_mujoco_reads_the_files_from_there(files: dict[str, str], tmp_path: Path) -> None:
    """Those that `described_body` hashes, for a model that MuJoCo compiles."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    path = tmp_path / "body.xml"
    assert mujoco.MjModel.from_xml_path(str(path)).nmesh == 1
    assert set(described_body(str(path))["files"]) == files.keys() - {"body.xml"}


def test_a_body_that_is_still_there_is_used_itself(tmp_path: Path) -> None:
    path = tmp_path / "body.xml"
    path.write_bytes(b"<mujoco/>\xff")
    body = described_body(str(path))
    with arguments_with_body({"xml_file": "./there"}, body) as kwargs:
        assert kwargs == {"xml_file": "./there"}
    path.unlink()
    with arguments_with_body({"xml_file": "./there", "a": 1}, body) as kwargs:
        assert Path(kwargs["xml_file"]).read_bytes() == b"<mujoco/>\xff"
        assert kwargs["a"] == 1
    assert not Path(kwargs["xml_file"]).exists()
