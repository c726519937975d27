"""Paths as people type them, and bodies whose file is elsewhere, or edited, by the time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines import convert, describe, evaluate, export, plot, ppo2, results, sweep, verify
from baselines.common.errors import UserError
from baselines.common.vec_env.stored_body import arguments_with_body, described_body
from baselines.config import Config
from baselines.evaluation.evaluation import make_own_task
from baselines.experiments.plan import read_experiment
from baselines.flags import from_settings, parse
from baselines.training.saved import SavedPolicy, read_saved_policy
from baselines.training.setup import prepare
from baselines.training.states import state_to_resume, write_state

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
