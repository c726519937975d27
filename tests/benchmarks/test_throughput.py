"""The command as a user sees it."""

import json
import os
import sys
from typing import Any

import called
import pytest
from called import Done

from baselines.common.errors import UserError
from benchmarks import ranks, throughput
from benchmarks.table import text

TINY = ["--env=CentipedeFour-v1", "--num_env=2", "--nsteps=32", "--repeats=2"]

pytestmark = pytest.mark.xdist_group("throughput")


@pytest.fixture(scope="module")
def printed() -> Done:
    return called.call("benchmarks.throughput", *TINY, "--json")


@pytest.fixture(scope="module")
def result(printed: Done) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(printed.stdout)
    return parsed


def test_it_says_what_was_measured_and_on_what(result: dict[str, Any]) -> None:
    assert result["settings"] == {
        "env": "CentipedeFour-v1", "env_kwargs": {}, "num_env": 2, "nsteps": 32, "teachers": 0,
        "repeats": 2, "seed": 0,
    }  # fmt: skip
    assert set(result["machine"]) == {"cpu", "cores", "load_average"}
    assert result["machine"]["cpu"]
    assert result["machine"]["cores"] >= 1
    assert set(result["versions"]) >= {"python", "tensorflow", "gymnasium", "mujoco", "numpy"}
    assert result["command"] == f"python -m benchmarks.throughput {' '.join(TINY)} --json"
    assert "commit" in result
    assert "baseline" not in result


def test_its_figures_fit_together(result: dict[str, Any]) -> None:
    speeds = result["steps_per_second"]
    assert {"physics_1", "collect", "update", "rest", "iteration"} <= set(speeds)
    limit = speeds[f"physics_{result['limit_threads']}"]
    for figure in (*speeds.values(), result["fraction_of_physics"]):
        assert len(figure["samples"]) == 2
        assert 0 < figure["min"] <= figure["median"] <= figure["max"]
    assert sum(result["shares"].values()) == pytest.approx(1.0)
    for i, whole in enumerate(speeds["iteration"]["samples"]):
        parts = (speeds[part]["samples"][i] for part in ("collect", "update", "rest"))
        assert 1 / whole == pytest.approx(sum(1 / part for part in parts))
        fraction = result["fraction_of_physics"]["samples"][i]
        assert fraction == pytest.approx(whole / limit["samples"][i])
    assert result["compilation_seconds"] > 0


def test_its_table_has_a_row_for_each(result: dict[str, Any]) -> None:
    lines = text(result).splitlines()
    assert lines[0] == "CentipedeFour-v1, 2 environments, 64 steps an iteration, 2 repeats"
    for label in ("physics alone, 1 core ", "collecting ", "update ", "whole iteration "):
        assert sum(line.startswith(label) for line in lines) == 1


def test_nothing_else_is_printed(printed: Done) -> None:
    assert printed.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--env=CentipedeEigth-v1"], "--env: unknown environment 'CentipedeEigth-v1'; did you"
         " mean CentipedeEight-v1?"),
        (["--env=CartPole-v1"], "--env: CartPole-v1 has no MuJoCo simulation"),
        (["--num_env=3"], "--num_env: 3 does not divide the 2048 steps"),
        (["--nsteps=33"], "--nminibatches: 32 does not divide"),
        (["--repeats=0"], "--repeats: must be greater than 0"),
        (["--repeat=3"], "--repeat: unknown argument; did you mean --repeats?"),
        (["--env_kwargs=[]"], "--env_kwargs: must be a JSON object"),
        (["--teacher_paths", "nowhere"], "--teacher_paths: cannot read nowhere"),
        (["--baseline=stable-baselines"], "did you mean stable-baselines3?"),
        (["--baseline=stable-baselines3", "--teacher_paths", "x"], "has no teachers"),
    ],
)  # fmt: skip
def test_bad_input_is_named(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError) as error:
        throughput.main(arguments)
    assert message in str(error.value)


def test_ranks_share_a_batch_as_evenly() -> None:
    with pytest.raises(UserError, match=r"^--num_env: 3 does not divide the 2048 steps"):
        ranks.main(["--num_env=3"])


def test_a_missing_baseline_is_one_line_and_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    done = called.call("benchmarks.throughput", "--baseline=stable-baselines3", status=2)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "python -m benchmarks.throughput: error: --baseline: stable-baselines3 is not installed;"
        " install it with python -m pip install -e '.[benchmark]'"
    ]


def test_help_and_a_wrong_task_need_no_tensorflow() -> None:
    calls = {"help": ["--help"], "wrong": ["--env=CartPole-v1"]}
    done = called.call_without_tensorflow("benchmarks.throughput", calls, os.environ)
    assert done["help"].returncode == 0
    assert "--teacher_paths" in done["help"].stdout
    assert done["wrong"].returncode == 2
    told = "python -m benchmarks.throughput: error: --env: CartPole-v1"
    assert done["wrong"].stderr.startswith(told)


def test_stable_baselines3_is_timed_alongside() -> None:
    pytest.importorskip("stable_baselines3")
    done = called.python(
        "-m", "benchmarks.throughput", *TINY, "--json", "--baseline=stable-baselines3"
    )
    baseline = json.loads(done.stdout)["baseline"]
    for figures in baseline["steps_per_second"].values():
        for i, whole in enumerate(figures["iteration"]["samples"]):
            parts = figures["collect"]["samples"][i], figures["update"]["samples"][i]
            assert 1 / whole == pytest.approx(sum(1 / part for part in parts))
    assert baseline["best"] in baseline["steps_per_second"]
    assert baseline["speedup"]["min"] > 0
