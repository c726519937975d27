"""Settings: read, checked, described."""

import os
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from baselines.checks import check_continues
from baselines.coefs import COEFS, DEFAULT_COEFS
from baselines.common.errors import UserError
from baselines.config import Config, flag_of, is_own, setting
from baselines.flags import describe, from_settings, parse, to_arguments

STUDENT = ["--teacher_paths", "a"]
[OTHER] = COEFS.keys() - {DEFAULT_COEFS}
"""The set that is not the default."""
MLPP = ["--transfer=mlpp", *STUDENT]


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


def weights(config: Config) -> tuple[float, ...]:
    return (
        config.ps_coef, config.vf_ps_coef, config.mutual_info_coef, config.kl_coef,
        config.decoder_min_std,
    )  # fmt: skip


def test_a_set_of_coefficients_gives_what_is_not_given_itself() -> None:
    assert weights(read(*STUDENT, "--coefs=paper")) == (1, 0.1, 1, 0.1, 0)
    assert weights(read(*STUDENT, "--coefs=tuned")) == (2, 2, 10, 0, 0.1)
    assert read(*STUDENT) == read(*STUDENT, f"--coefs={DEFAULT_COEFS}")
    mixed = read(*STUDENT, "--kl_coef=0", "--coefs=paper", "--ps_coef=2")
    assert weights(mixed) == (2, 0.1, 1, 0, 0)
    assert weights(from_settings({"coefs": "paper"}, ("t",))) == (1, 0.1, 1, 0.1, 0)


@pytest.mark.parametrize("coefs", COEFS)
@pytest.mark.parametrize("given", [{}, {"teacher_paths": ("t",), "transfer": "mlpp"}])
def test_without_a_student_there_is_no_kl_term_unless_it_is_given(
    given: dict[str, Any], coefs: str
) -> None:
    assert Config(coefs=coefs, **given).kl_coef == 0
    assert Config(coefs=coefs, kl_coef=0.3, **given).kl_coef == 0.3


def test_help_tells_a_weight_of_each_set() -> None:
    by_flag = {flag_of(field): describe(field) for field in fields(Config)}
    default, other = (COEFS[name].values["vf_ps_coef"] for name in (DEFAULT_COEFS, OTHER))
    assert (
        f"[per nat; default: {default}, {other} (--coefs={OTHER}); --coefs]"
        in by_flag["vf_ps_coef"]
    )
    assert "paper: the authors' code of Wan et al. 2020" in by_flag["coefs"]


PAPERS = ["--ps_coef=1", "--vf_ps_coef=.1", "--mutual_info_coef=1", "--kl_coef=.1"]


@pytest.mark.parametrize(
    ("begun", "again"),
    [
        (["--coefs=paper"], [*PAPERS, "--decoder_min_std=0"]),
        (["--coefs=paper", "--kl_coef=0"], [*PAPERS[:3], "--kl_coef=0", "--decoder_min_std=0"]),
    ],
)
def test_a_run_goes_on_with_the_same_values_under_whatever_name(
    begun: list[str], again: list[str]
) -> None:
    config = read(*STUDENT, *begun)
    check_continues(read(*STUDENT, *again), config.to_json())
    with pytest.raises(
        UserError, match=r"^--\w+coef: \S+ of --coefs=tuned, but the run .* begun w"
    ):
        check_continues(read(*STUDENT, "--coefs=tuned"), config.to_json())
    with pytest.raises(UserError, match=r"^--kl_coef: 0\.3, but the run .* begun with"):
        check_continues(read(*STUDENT, *begun, "--kl_coef=0.3"), config.to_json())


@pytest.mark.parametrize(("begun", "again"), [([], STUDENT), (STUDENT, []), (MLPP, STUDENT)])
def test_what_was_given_otherwise_is_named_and_not_what_follows_from_it(
    begun: list[str], again: list[str]
) -> None:
    """The coefficient of the KL term is 0.1 with a student and 0 without, if it is not given."""
    with pytest.raises(UserError, match=r"^--(teacher_paths|transfer): .* begun with"):
        check_continues(read(*again), read(*begun).to_json())


def test_a_run_that_reads_no_weights_goes_on_under_any_set() -> None:
    begun = Config(env="CartPole-v1", coefs="paper").to_json()  # once it could be given
    check_continues(read(), begun)
    del begun["coefs"]  # as from before there were sets
    check_continues(read(), begun)
    with pytest.raises(UserError, match="--kl_coef"):
        check_continues(read("--kl_coef=0.1"), begun)


def test_settings_survive_json() -> None:
    config = read("--teacher_paths", "a", "b")
    kept = config.to_json()
    assert Config(**kept | {"teacher_paths": tuple(kept["teacher_paths"])}) == config


def test_of_several_lists_of_teachers_the_last_counts() -> None:
    given = read("--teacher_paths", "a", "b", "--seed=1", "--teacher_paths", "c")
    assert given.teacher_paths == ("c",)


def test_mikt_reads_what_random_networks_leave_with_the_teachers_statistics() -> None:
    given = read(*STUDENT, "--teacher_weights=random_networks", "--obs_statistics=teachers")
    assert given.teacher_weights == "random_networks"


def test_mlpp_has_one_phase_and_reads_what_concerns_the_teacher() -> None:
    config = read(*MLPP, "--source_env=A", "--teacher_network=mlp", "--num_timesteps=2048")
    assert (config.transfer, config.nupdates) == ("mlpp", 1)
    with pytest.raises(UserError, match="--num_timesteps: a run with teachers needs 3 updates"):
        read("--teacher_paths", "a", "--num_timesteps=4096")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--nminibatches=2048"],
            "^--nminibatches: 2048 leaves one sample a minibatch.*; give fewer, or a greater --nst",
        ),
        (["--num_ranks=3", "--nminibatches=3"], "--nminibatches: 3 does not divide .* of 2048 "),
        (["--pi_scope=a", "--vf_scope=a/b"], "neither may lie inside the other"),
        (["--teacher_fraction=1"], "--teacher_fraction: must lie between 0 and 1, both excluded"),
        (["--num_timesteps=0"], "less than one batch"),
        (["--log_interval=0"], "^--log_interval: must be greater than 0, not 0"),
        (["--eval_episodes=0"], "^--eval_episodes: must be greater than 0, not 0"),
        (["--keep=0"], "^--keep: must be greater than 0, not 0"),
        (["--gamma=1.01"], "^--gamma: must lie between 0 and 1, not 1.01"),
        (["--lam=-0.1"], "^--lam: must lie between 0 and 1, not -0.1"),
        (
            ["--env_xml=mine.xml", '--env_kwargs={"xml_file": "ant.xml"}'],
            "^--env_xml: mine.xml, but --env_kwargs names a body too, as xml_file; leave one",
        ),
        (["--num_env=4097"], "^--num_env: must lie between 1 and 4096, not 4097"),
        (["--num_timesteps=1e400"], "--num_timesteps: must be a whole number"),
        ([f"--seed={1 << 2048}"], r"^--seed: must be less than 2\^2048; no state could hold it$"),
        (["--num_time=3"], "did you mean --num_timesteps"),
        (["--transfer=mlp"], "--transfer: .*did you mean mlpp"),
        (["--transfer=mlpp"], "--transfer: given without --teacher_paths"),
        (["--teacher_weights=random"], "--teacher_weights: given without --teacher_paths"),
        ([f"--coefs={OTHER}"], "--coefs: given without --teacher_paths"),
        (
            [*MLPP, f"--coefs={OTHER}"],
            "--coefs: given with --transfer=mlpp, which does not read it",
        ),
        ([*MLPP, "b"], "--teacher_paths: .* name one file, not 2"),
        ([*MLPP, "--load_path=x"], "--load_path: .* leave one of the two out"),
        (
            [*STUDENT, "--teacher_weights=random_networks"],
            "--teacher_weights: random_networks .* --transfer=mikt does not read; give random",
        ),
        (
            [*STUDENT, "--obs_statistics=teachers", "--load_path=x"],
            "--load_path: --obs_statistics=teachers begins with .*; leave one of the two out",
        ),
        (
            [*STUDENT, "--transfer=kickstart", "--load_path=x"],
            "--load_path: --transfer=kickstart begins with .*; leave one of the two out",
        ),
        (
            [*STUDENT, "--teacher_places=al"],
            "--teacher_places: unknown name 'al' .*did you mean all",
        ),
        ([*STUDENT, "--decoder_min_std=-1"], "--decoder_min_std: must not be negative"),
        (["--init_logstd=-11"], "--init_logstd: must lie between -10 and 2"),
        (["--init_logstd=-1", "--load_path=x"], "--init_logstd: .* leave one of the two out"),
        (["--coefs=papr"], "--coefs: unknown name 'papr' .*did you mean paper"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read(*arguments)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "argument",
    ["--teacher_weights=random", "--mapping=frozen", "--ps_coef=3", "--vf_ps_coef=3",
     "--mutual_info_coef=0", "--teacher_fraction=.5", "--mapping_num_layers=1",
     "--mapping_num_hidden=9", "--decoder_min_std=1"],
)  # fmt: skip
def test_mlpp_refuses_what_only_mikt_reads(argument: str) -> None:
    flag = argument.split("=")[0]
    with pytest.raises(UserError, match=f"^{flag}: given with --transfer=mlpp") as caught:
        read(*MLPP, argument)
    assert len(str(caught.value).splitlines()) == 1
    assert read("--teacher_paths", "a", argument).transfer == "mikt"


def test_a_command_line_comes_back_from_its_settings() -> None:
    config = Config(
        env="CentipedeEight-v1", num_timesteps=3_000_000, clip_range=0.3, xla=False, lr=1e-4,
        env_kwargs='{"legs": 9}', teacher_paths=("a b", "c"), pi_scope="student0",
    )  # fmt: skip
    assert parse(to_arguments(config), "program", "") == config
    assert to_arguments(Config()) == []
    student = replace(read(*STUDENT, f"--coefs={OTHER}", "--kl_coef=0.3"), env="")
    assert to_arguments(student) == [f"--coefs={OTHER}", "--kl_coef=0.3", *STUDENT]


def test_settings_are_read_from_texts() -> None:
    config = from_settings({"env": "CartPole-v1", "cliprange": "0.3", "nsteps": "2e3"}, ("t",))
    assert config == Config(env="CartPole-v1", clip_range=0.3, nsteps=2000, teacher_paths=("t",))
    with pytest.raises(UserError, match=r"^teacher_paths: unknown setting"):
        from_settings({"teacher_paths": "x"}, ())


def test_a_body_is_an_argument_of_the_task() -> None:
    config = Config("Ant-v5", env_xml="mine.xml", env_kwargs='{"width": 9}')
    assert config.env_arguments == {"xml_file": os.path.join(".", "mine.xml"), "width": 9}


def test_a_run_knows_how_many_ranks_it_has() -> None:
    assert Config().on_ranks(3) == Config(num_ranks=3).on_ranks(3) == Config(num_ranks=3)


@pytest.mark.parametrize(
    ("ranks", "told"), [(1, "this is one by itself"), (2, "mpiexec has started 2")]
)
def test_a_run_on_other_ranks_than_it_was_to_have_is_refused(ranks: int, told: str) -> None:
    with pytest.raises(UserError, match=f"^--num_ranks: 3 .*{told}; .* mpiexec -n 3$"):
        Config(num_ranks=3).on_ranks(ranks)


def test_a_setting_with_another_default_is_no_setting_of_the_methods_own() -> None:
    @dataclass(frozen=True)
    class Other(Config):
        lr: float = setting(1e-3, "learning rate", group="ppo2")
        rho: float = setting(0.5, "rho", group="mine")

    assert [f.name for f in fields(Other) if is_own(f)] == ["rho"]
