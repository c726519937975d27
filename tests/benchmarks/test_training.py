"""The timed loop is the training loop."""

import csv
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from toys import register

from baselines.config import Config
from baselines.ppo2.ppo2 import learn
from baselines.training.setup import prepare
from benchmarks.training import ITERATION, PARTS, Training

TIMES = {"time_elapsed", "fps"}


def untimed_rows(log_path: Path) -> list[dict[str, str]]:
    with open(log_path / "progress.csv", encoding="utf-8", newline="") as file:
        return [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file)]


@pytest.mark.usefixtures("compiled_once")
def test_its_iterations_are_the_first_of_a_run(
    small_config: Callable[..., Config],
    write_checkpoint: Callable[..., str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    register()
    config = small_config(env="BoxToy-v0", num_env=2, num_hidden=4, num_timesteps=8 * 48)
    teacher = prepare(config)
    teacher.envs.close()
    path = write_checkpoint(teacher.policy, teacher.params, "BoxToy-v0")
    config = replace(config, teacher_paths=(path,))
    learn(replace(config, log_path=str(tmp_path / "learned")))
    capsys.readouterr()
    with closing(Training(replace(config, log_path=str(tmp_path / "timed")))) as training:
        times = [training.iteration() for _ in range(3)]
    assert untimed_rows(tmp_path / "timed") == untimed_rows(tmp_path / "learned")[:3]
    assert capsys.readouterr() == ("", "")
    for parts in times:
        assert parts[ITERATION] == pytest.approx(sum(parts[part] for part in PARTS))
        assert min(parts.values()) > 0
