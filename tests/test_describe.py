"""What a user is told of a file."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import hostile
import joblib
import numpy as np
import pytest
from called import ROOT, heavy_imports

from baselines import describe
from baselines.common import checkpoint
from baselines.common.errors import UserError

SHIPPED_TEACHER = ROOT / "teacher_models/centipede_four/0/00970"


def seen(capsys: pytest.CaptureFixture, *arguments: object) -> str:
    describe.main([str(argument) for argument in arguments])
    return capsys.readouterr().out


def test_a_checkpoint(capsys: pytest.CaptureFixture) -> None:
    text = seen(capsys, SHIPPED_TEACHER)
    facts = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert facts["task"] == "CentipedeFour-v1"
    assert facts["observation_space"] == "Box [97]"
    assert facts["action_space"] == "Box [10]"
    assert facts["update"] == "970"
    assert facts["command"].startswith("python -m baselines.run")
    assert facts["pi/mlp_fc0/w"].split() == ["float32", "97", "x", "64"]
    assert {"training_return", "commit", "versions"} <= facts.keys()


def test_a_checkpoint_as_json(capsys: pytest.CaptureFixture) -> None:
    content = json.loads(seen(capsys, SHIPPED_TEACHER, "--json"))
    found = checkpoint.read(SHIPPED_TEACHER, "--load_path")
    assert content["kind"] == describe.OURS
    assert content["sha256"] == found.sha256
    assert content["description"] == found.metadata
    assert content["variables"] == {
        name: {"dtype": str(value.dtype), "shape": list(value.shape)}
        for name, value in found.arrays.items()
    }


FOREIGN = {
    "cartpole.zip": ("policy of Stable-Baselines3", "action_net.weight", [2, 8]),
    "pendulum_vecnormalize.pkl": ("VecNormalize statistics", "normalize/obs/mean", [3]),
    "pendulum_expected.npz": ("arrays (npz)", "obs", [20, 3]),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_another_programs_file(capsys: pytest.CaptureFixture, name: str) -> None:
    kind, variable, shape = FOREIGN[name]
    content = json.loads(seen(capsys, hostile.FIXTURES / name, "--json"))
    assert content["kind"].startswith(kind)
    assert content["variables"][variable]["shape"] == shape
    text = seen(capsys, hostile.FIXTURES / name)
    assert kind in text
    assert variable in text


def test_variables_of_baselines(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    joblib.dump({"ppo2_model/pi/w:0": np.zeros((64, 3), np.float32)}, tmp_path / "x")
    assert "ppo2_model/pi/w:0  float32  64 x 3" in seen(capsys, tmp_path / "x")


def test_a_return_that_is_no_number_is_null_in_json(
    capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    checkpoint.save(tmp_path / "x", {}, {"training_return": float("nan")})
    content = json.loads(seen(capsys, tmp_path / "x", "--json"), parse_constant=pytest.fail)
    assert content["description"]["training_return"] is None


STRANGE: list[Any] = [None, 3, "text", [], {}, [[3]], {"id": 3}, {"transfer": 3, "shape": {}}]


@pytest.mark.parametrize("value", STRANGE, ids=str)
def test_whatever_a_description_holds_is_printed(
    capsys: pytest.CaptureFixture, tmp_path: Path, value: Any
) -> None:
    checkpoint.save(tmp_path / "x", {"w": np.zeros(3)}, dict.fromkeys(describe.FACTS, value))
    assert "1 variables, 3 numbers" in seen(capsys, tmp_path / "x")


def test_nothing_acts_on_the_terminal(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    bell = "\x1b]0;owned\x07\r\n\u202e\ud800"
    joblib.dump({bell: np.zeros(3)}, tmp_path / "x")
    checkpoint.save(
        tmp_path / "y", {"w\x1b[2J": np.zeros(3)}, {"command": bell, "env": {"id": bell}}
    )
    for name in "xy":
        text = seen(capsys, tmp_path / name)
        assert all(line.isprintable() for line in text.splitlines())
        assert len(text.splitlines()) < 8


@pytest.mark.parametrize("name", hostile.FEW)
def test_a_hostile_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x").write_bytes(hostile.HOSTILE[name]())
    with pytest.raises(UserError, match=r"^FILE: x "):
        describe.main(["x"])
    assert os.listdir(tmp_path) == ["x"]


def test_a_description_nested_too_deep(tmp_path: Path) -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    checkpoint.save(tmp_path / "x", {}, {"env": deep})
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(300)
        with pytest.raises(UserError, match="damaged"):
            describe.main([str(tmp_path / "x")])
    finally:
        sys.setrecursionlimit(limit)


def test_it_starts_without_the_heavy_packages() -> None:
    program = "import sys; from baselines import describe; describe.main(sys.argv[1:])"
    assert not heavy_imports(program, SHIPPED_TEACHER)
