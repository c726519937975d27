"""What a header tells of its run; every damage to it is named with the part that is wrong."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade_logs import write_run

from baselines.analysis.runs.headers import task_name
from baselines.analysis.runs.runs import find_runs
from baselines.common.errors import UserError


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


def test_a_tasks_arguments_belong_to_its_name() -> None:
    assert task_name({"id": "Task-v1", "kwargs": {}}) == "Task-v1"
    assert task_name({"id": "Task-v1", "kwargs": {"legs": 9, "a": "x"}}) == "Task-v1 (a=x, legs=9)"
    assert task_name({"id": "\x1b[2J", "kwargs": {}}).isprintable()
    long = [{f"argument_{i:02}": 0.5 for i in range(10)} | {"last": value} for value in (1, 2)]
    names = [task_name({"id": "Task-v1", "kwargs": kwargs}) for kwargs in long]
    assert names[0] != names[1]
    assert max(map(len, names)) <= 80
