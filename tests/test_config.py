"""Settings: read, checked, described."""

from dataclasses import fields

import pytest

from baselines.common.command_line import UserError
from baselines.config import Config, describe, flag_of, parse


def read(*arguments: str) -> Config:
    return parse(["--env=CartPole-v1", *arguments], "program", "description")


def test_defaults_are_those_of_the_method() -> None:
    config = read()
    assert (config.nsteps, config.nminibatches, config.noptepochs) == (2048, 32, 10)
    assert (config.gamma, config.lam, config.lr, config.clip_range) == (0.99, 0.95, 3e-4, 0.2)
    assert (config.vf_coef, config.ent_coef, config.max_grad_norm) == (0.5, 0.0, 0.5)
    assert (config.num_layers, config.num_hidden, config.activation) == (2, 64, "tanh")
    assert (config.mapping_num_layers, config.mapping_num_hidden) == (2, 64)
    assert (config.num_env, config.teacher_fraction, config.mapping) == (1, 0.9, "learned")


def test_a_run_of_two_million_steps_has_976_updates() -> None:
    assert read("--num_timesteps=2e6").nupdates == 976
    assert read("--num_timesteps=2e6", "--num_env=8", "--nsteps=256").nupdates == 976


@pytest.mark.parametrize(
    ("argument", "name", "value"),
    [
        ("--num_timesteps=2e6", "num_timesteps", 2_000_000),
        ("--lr=1e-3", "lr", 1e-3),
        ("--xla=False", "xla", False),
        ("--xla=true", "xla", True),
        ("--xla", "xla", True),
        ("--cliprange=0.1", "clip_range", 0.1),
        ("--activation=relu", "activation", "relu"),
    ],
)
def test_values_are_read(argument: str, name: str, value: object) -> None:
    assert getattr(read(argument), name) == value


def test_several_teachers_follow_one_flag() -> None:
    assert read("--teacher_paths", "a", "b", "--seed=3").teacher_paths == ("a", "b")


def test_the_last_of_two_equal_flags_counts() -> None:
    assert read("--seed=1", "--seed=2").seed == 2


def test_a_setting_is_described_with_unit_default_and_source() -> None:
    by_flag = {flag_of(field): describe(field) for field in fields(Config)}
    assert by_flag["lam"] == "λ of GAE [default: 0.95; Schulman et al. 2016]"
    assert by_flag["num_timesteps"].endswith("[in environment steps; default: 1000000; Baselines]")
    assert "one of: learned, frozen" in by_flag["mapping"]


def test_settings_survive_json() -> None:
    config = read("--teacher_paths", "a", "b")
    kept = config.to_json()
    assert Config(**kept | {"teacher_paths": tuple(kept["teacher_paths"])}) == config


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nminibatches=2048"], "leaves one sample a minibatch"),
        (["--pi_scope=a", "--vf_scope=a/b"], "neither may lie inside the other"),
        (["--teacher_fraction=1"], "--teacher_fraction: must lie between 0 and 1, both excluded"),
        (["--num_timesteps=0"], "less than one batch"),
        (["--num_timesteps=1e400"], "--num_timesteps: must be a whole number"),
        (["--num_time=3"], "did you mean --num_timesteps"),
        (["--decoder_min_std=0"], "--decoder_min_std: must be greater than 0"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read(*arguments)
    assert len(str(caught.value).splitlines()) == 1
