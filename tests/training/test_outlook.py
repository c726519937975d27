"""What is said before a run."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import toys

from baselines.config import Config
from baselines.training import outlook
from baselines.training.outlook import report
from baselines.training.setup import prepare

TEACHERS = Path(__file__).resolve().parents[2] / "teacher_models"


def test_a_transfer_is_told_before_it_begins() -> None:
    four, six = (str(TEACHERS / f"centipede_{n}" / "0" / "00970") for n in ("four", "six"))
    setup = prepare(
        Config("CentipedeEight-v1", teacher_paths=(four, six), coefs="paper", kl_coef=0.25)
    )
    setup.envs.close()
    lines = list(report(setup))
    assert lines[:8] == [
        "task: CentipedeEight-v1, 181 observation dimensions, 22 action dimensions; 488 updates of"
        " 2048 steps",
        f"teacher: {four}, trained on CentipedeFour-v1",
        f"teacher: {six}, trained on CentipedeSix-v1",
        "mapping: 181 dimensions to the 97 of CentipedeFour-v1",
        "mapping: 181 dimensions to the 139 of CentipedeSix-v1",
        "coefficients of the losses: kl_coef 0.25 (--kl_coef)",
        "coefficients of the losses: ps_coef 1, vf_ps_coef 0.1, mutual_info_coef 1"
        " (--coefs=paper: the authors' code of Wan et al. 2020)",
        "noise of the decoder: decoder_min_std 0"
        " (--coefs=paper: the authors' code of Wan et al. 2020)",
    ]
    assert setup.provenance["coefs"]["vf_ps_coef"]["value"] == 0.1

    def mlp(*sizes: int) -> int:
        return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))

    policy, value = mlp(181, 64, 64, 22) + 22, mlp(181, 64, 64, 1)
    mixing = 2 * 2 * (2 * 64 * 64 + 3)
    mapping = mlp(181, 64, 64, 97) + mlp(181, 64, 64, 139)
    decoder = mlp(97, 64, 64, 181) + mlp(139, 64, 64, 181) + 2 * 181
    whole = sum(value.size for value in setup.params.values())
    assert whole == policy + value + mixing + mapping + decoder
    assert lines[8] == (
        f"trainable variables: policy {policy:,}, value function {value:,}, lateral matrices and"
        f" mixing weights {mixing:,}, mapping {mapping:,}, decoder {decoder:,}; {whole:,} in all"
    )
    assert lines[9] == "files: no --save_path; no --log_path"
    assert re.fullmatch(r"time: at least [\d hmins]+ on one core, \d+ µs for .* alone", lines[10])


def test_it_is_told_where_files_go(tmp_path: Path) -> None:
    models, logs = str(tmp_path / "models"), str(tmp_path / "logs")
    setup = prepare(Config(env="CartPole-v1", num_timesteps=4096, save_path=models, log_path=logs))
    assert f"files: checkpoints in {models}; logs in {logs}" in list(report(setup))
    setup.envs.close()


def test_discrete_actions_are_counted() -> None:
    setup = prepare(Config(env="CartPole-v1", num_timesteps=4096))
    task, *others = report(setup)
    assert task == "task: CartPole-v1, 4 observation dimensions, 2 actions; 2 updates of 2048 steps"
    assert not [line for line in others if "coefficients of" in line]


def test_one_action_dimension_is_one() -> None:
    task, *_ = report(prepare(Config(env="Pendulum-v1", num_timesteps=4096)))
    assert task.startswith("task: Pendulum-v1, 3 observation dimensions, 1 action dimension; ")


def test_a_wrapper_that_normalises_is_told_of() -> None:
    def wrapped() -> gym.Env:
        return gym.wrappers.NormalizeReward(gym.wrappers.NormalizeObservation(toys.BoxToy()))

    gym.register("Normalising-v0", entry_point=wrapped)
    setup = prepare(Config(env="Normalising-v0", num_timesteps=4096))
    warnings = [line for line in report(setup) if line.startswith("WARNING: Normalising-v0 has")]
    setup.envs.close()
    assert ["NormalizeReward" in warnings[0], "NormalizeObservation" in warnings[1]] == [True] * 2
    assert len(warnings) == 2


@pytest.mark.parametrize(
    ("num_ranks", "told"), [(1, "1 h 48 min on one core"), (2, "54 min on one core for each rank")]
)
def test_the_time_that_a_run_takes_at_least_is_that_of_the_steps_of_a_rank(
    num_ranks: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """18 updates of 4 environments with 100 steps each, or half as many on each of two ranks."""
    monkeypatch.setattr(outlook, "_seconds_per_step", lambda _: 0.9)
    setup = prepare(
        Config(env="Pendulum-v1", nsteps=100, num_env=4, nminibatches=4, num_timesteps=7200)
    )
    setup.envs.close()
    setup = replace(setup, config=replace(setup.config, num_ranks=num_ranks))
    expected = f"time: at least {told}, 900000 µs for each step of the task alone"
    assert expected in list(report(setup))


def test_the_states_of_the_environments_of_all_ranks_are_to_fit_into_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlook, "obstacle_to_restoring", lambda _, number: f"{number} at once")
    setup = prepare(Config(env="Pendulum-v1", num_env=4, save_path=str(tmp_path)))
    setup.envs.close()
    setup = replace(setup, config=replace(setup.config, num_ranks=3))
    assert "WARNING: resumed, a run of Pendulum-v1 may differ: 12 at once" in list(report(setup))


def test_the_steps_that_are_timed_go_over_the_end_of_an_episode_and_close_the_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ending(toys.BoxToy):
        def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
            assert self._steps < toys.EPISODE_STEPS
            return super().step(action)

        def close(self) -> None:
            closed.append(self)

    closed: list[Ending] = []
    gym.register("Ending-v0", entry_point=Ending)
    setup = prepare(Config(env="Ending-v0", num_timesteps=4096))
    setup.envs.close()
    assert len(closed) == 1
    assert [line for line in report(setup) if line.startswith("time: at least ")]
    assert len(closed) == 2
