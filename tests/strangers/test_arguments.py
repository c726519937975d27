"""Arguments as people type them: numbers in any notation, JSON in any spacing, others' names."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines import convert, describe, evaluate, export, plot, results, sweep, verify
from baselines.analysis.runs.runs import find_runs
from baselines.checks import check, check_continues
from baselines.common.errors import UserError
from baselines.config import Config, flag_of, is_own
from baselines.describe import look_into
from baselines.flags import ELSEWHERE, OF_METHODS, from_settings, names_elsewhere, parse
from baselines.published.committed import identity
from baselines.training.saved import read_saved_policy
from baselines.training.teacher_files import load_teacher
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.settings_read import config_with


@pytest.mark.parametrize("text", ["-1e3", "-1000", "-1E+3", "-1_000", "-1000.", "-.1e4"])
def test_negative_numbers_in_any_notation(text: str) -> None:
    assert plot.parser().parse_args(["logs", "--threshold", text]).threshold == -1000.0


@pytest.mark.parametrize("text", ["-inf", "-nan", "-1e3x"])
def test_what_is_no_number_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"^--threshold: must be a number, not '-"):
        plot.parser().parse_args(["logs", "--threshold", text])


def test_a_negative_setting_is_told_for_what_it_is() -> None:
    with pytest.raises(UserError, match=r"^--lr: must be greater than 0, not -0.001"):
        parse(["--env=CartPole-v1", "--lr", "-1e-3"], "", "")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("--learning_rate", "--lr"),
        ("--learning-rate", "--lr"),
        ("--n_steps", "--nsteps"),
        ("--total_timesteps", "--num_timesteps"),
        ("--total-timesteps", "--num_timesteps"),
        ("--gae_lambda", "--lam"),
        ("--clip_range", "--cliprange"),
        ("--Batch_Size", "--nminibatches, the number of minibatches"),
        ("--env_id", "--env"),
        ("--extra_import", "--env"),
        ("--anneal-lr", "--lr_schedule"),
        ("--num_timestep", "--num_timesteps"),
    ],
)
def test_the_names_of_others_lead_to_ours(theirs: str, ours: str) -> None:
    with pytest.raises(UserError, match=rf"^{theirs}: unknown argument; did you mean {ours}\?"):
        parse(["--env=CartPole-v1", f"{theirs}=1"], "", "")


@pytest.mark.parametrize("theirs", ["--norm-adv", "--cuda", "--device", "--wandb-project"])
def test_a_flag_that_resembles_none_of_ours_leads_to_the_list(theirs: str) -> None:
    with pytest.raises(UserError, match=rf"^{theirs}: unknown argument; --help_all lists all$"):
        parse(["--env=CartPole-v1", f"{theirs}=1"], "", "")
    with pytest.raises(UserError, match=rf"^{theirs}: unknown argument; --help lists all$"):
        evaluate.parser().parse_args(["--load_path=x", theirs])


def test_the_names_of_others_lead_to_ours_in_programs_and_experiments() -> None:
    with pytest.raises(UserError, match=r"^learning_rate: unknown setting; did you mean lr\?"):
        from_settings({"env": "CartPole-v1", "learning_rate": "1e-3"}, ())


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("--batch_size=64", "--nminibatches, the number of minibatches"),
     ("--eval_freq=10000", "--eval_interval, in updates")],
)  # fmt: skip
def test_what_ours_counts_is_told(theirs: str, ours: str) -> None:
    with pytest.raises(UserError, match=rf"; did you mean {ours}\?$"):
        parse(["--env=CartPole-v1", theirs], "", "")


def test_a_setting_of_another_method_leads_to_that_method() -> None:
    ours = set(TRANSFERS) - set(TRANSFERS.from_outside())
    own = {(f.name, name) for name in ours for f in fields(config_with(name)) if is_own(f)}
    assert {name for name, _ in own} == OF_METHODS.keys()
    for flag, method in own:
        needed = rf"did you mean --{flag} with --transfer={method}\?$"
        with pytest.raises(UserError, match=rf"^--{flag}: unknown argument; {needed}"):
            parse(["--env=CartPole-v1", f"--{flag}=1", "--transfer=mlpp"], "", "")
    with pytest.raises(UserError, match=r"; did you mean kickstart_coef with --transfer=kicks"):
        from_settings({"env": "CartPole-v1", "kickstart_coef": "1"}, ())


def test_others_names_are_not_ours_and_each_has_one_meaning() -> None:
    flags = {flag_of(field) for field in fields(Config)}
    assert ELSEWHERE.keys() <= flags
    assert not flags & names_elsewhere().keys()
    assert len(names_elsewhere()) == sum(len(names.split()) for names in ELSEWHERE.values())


def test_evaluates_flags_have_other_names_too() -> None:
    with pytest.raises(UserError, match=r"did you mean --episodes\?"):
        evaluate.parser().parse_args(["--load_path=x", "--n_eval_episodes=3"])
    with pytest.raises(UserError, match=r"^--record: .*did you mean --video\?"):
        evaluate.parser().parse_args(["--load_path=x", "--record"])


@pytest.mark.parametrize("theirs", ["--loadpath", "--load-path", "--model=x", "--checkpoint"])
def test_a_wrong_name_is_told_and_not_what_is_missing_for_it(theirs: str) -> None:
    name = theirs.partition("=")[0]
    with pytest.raises(UserError, match=rf"^{name}: unknown argument; did you mean --load_path\?$"):
        evaluate.parser().parse_args([theirs, "models/first/00048"])


def test_a_value_without_its_flag_is_told_with_it() -> None:
    with pytest.raises(UserError, match=r"^m/1: needs its flag; did you mean --load_path=m/1\?$"):
        evaluate.parser().parse_args(["m/1", "--episodes=3"])
    with pytest.raises(UserError, match=r"^Ant-v5: needs its flag; did you mean --env=Ant-v5\?$"):
        parse(["Ant-v5"], "", "")
    with pytest.raises(UserError, match=r"^the following arguments are required: --load_path$"):
        evaluate.parser().parse_args([])


def test_a_value_that_follows_flags_is_told_to_need_one_too() -> None:
    with pytest.raises(
        UserError, match=r"^m/1: unknown argument; each argument needs its flag, --h"
    ):
        parse(["--env=CartPole-v1", "m/1"], "", "")
    with pytest.raises(UserError, match=r"^x: unknown argument; --help lists all$"):
        export.parser().parse_args(["m/1", "policy.onnx", "x"])


@pytest.mark.parametrize(
    ("command", "flag", "value"),
    [
        (plot, "--logs", "LOG_DIR"),
        (describe, "--load_path", "FILE"),
        (convert, "--load_path", "IN"),
    ],
)
def test_a_flag_for_what_has_none_is_told_so(command: Any, flag: str, value: str) -> None:
    with pytest.raises(
        UserError,
        match=rf"^{flag}: unknown argument; {value} is given without a flag, --help lists all$",
    ):
        command.parser().parse_args([f"{flag}=x"])


def test_behind_two_dashes_nothing_is_a_flag() -> None:
    assert plot.parser().parse_args(["--seeds", "--", "--logs"]).folders == ["--logs"]


def test_a_flag_without_a_value_is_told_so() -> None:
    with pytest.raises(UserError, match=r"^--seeds: takes no value; given '1'$"):
        plot.parser().parse_args(["logs", "--seeds=1"])


UNSET = {
    "evaluate": (evaluate.parser, ["--load_path="], "--load_path"),
    "film": (evaluate.parser, ["--load_path=x", "--video", ""], "--video"),
    "plot": (plot.parser, [""], "LOG_DIR"),
    "figures": (plot.parser, ["logs", "--out="], "--out"),
    "published logs": (plot.parser, ["logs", "--beside", ""], "--beside"),
    "runs": (sweep.parser, ["x.yaml", "--out="], "--out"),
    "some runs": (sweep.parser, ["x.yaml", "--only", ""], "--only"),
    "some logs": (verify.parser, ["results", "--only="], "--only"),
    "page": (results.parser, ["--out="], "--out"),
    "statistics": (convert.parser, ["in", "out", "--normalize="], "--normalize"),
}
"""Arguments in which a variable of the shell was not set."""


@pytest.mark.parametrize("case", UNSET)
def test_an_empty_text_is_no_path_and_names_nothing(case: str) -> None:
    parser, arguments, told = UNSET[case]
    with pytest.raises(UserError, match=rf"^{told}: must name something, not ''$"):
        parser().parse_args(arguments)


@pytest.mark.parametrize(
    "flag", ["--save_path", "--log_path", "--load_path", "--env_xml", "--teacher_paths"]
)
def test_a_run_is_told_of_an_empty_path(flag: str) -> None:
    for given in ([f"{flag}="], [flag, ""]):
        with pytest.raises(UserError, match=rf"^{flag}: must name something, not ''$"):
            parse(["--env=CartPole-v1", *given], "", "")
    assert parse(["--env=CartPole-v1"], "", "") == Config(env="CartPole-v1")


def test_all_activations_are_listed() -> None:
    with pytest.raises(UserError, match=r"unknown name 'swish' \(one of: tanh, .*, leaky_relu\)$"):
        parse(["--env=CartPole-v1", "--activation=swish"], "", "")


def test_a_file_in_the_place_of_its_folder_is_told(tmp_path: Path) -> None:
    log = tmp_path / "progress.csv"
    log.write_text("nupdates\n")
    with pytest.raises(UserError, match=r"progress\.csv; it is a file, name the folder$"):
        find_runs([str(log)])


SPACINGS = ['{"legs": 6, "b": [1, 2]}', '{"legs":6,"b":[1,2]}', ' {"b": [1,2], "legs": 6}\n']


@pytest.mark.parametrize("text", SPACINGS)
def test_a_run_goes_on_however_its_arguments_are_spaced(text: str) -> None:
    begun = Config(env="Centipede-v1", env_kwargs=SPACINGS[0]).to_json()
    for old in SPACINGS:  # as a checkpoint may have it that is older than this
        check_continues(Config(env="Centipede-v1", env_kwargs=text), begun | {"env_kwargs": old})
    with pytest.raises(UserError, match=r"^--env_kwargs: "):
        other = text.replace("6", "7")
        check_continues(Config(env="Centipede-v1", env_kwargs=other), begun)


def test_logs_are_of_the_same_run_however_its_arguments_are_spaced() -> None:
    config = Config(env="Centipede-v1").to_json()
    identities = [identity(config | {"env_kwargs": text}, Path("runs")) for text in SPACINGS]
    assert identities[0] == identities[1] == identities[2]


def test_the_order_of_a_tasks_arguments_stays_as_given() -> None:
    config = Config(env="Centipede-v1", env_kwargs='{"z":1,"a":"γ"}')
    assert config.env_kwargs == '{"z": 1, "a": "γ"}'
    assert list(config.env_arguments) == ["z", "a"]


@pytest.mark.parametrize("text", ["x", "{", "[1]", '{"a": 1'])
def test_arguments_that_are_no_json_are_still_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^--env_kwargs: must be a JSON object"):
        check(Config(env="CartPole-v1", env_kwargs=text))


@pytest.fixture
def folder(tmp_path: Path, mlp_policy: Any, write_checkpoint: Callable[..., str]) -> Path:
    """A folder with the checkpoints of updates 99999 and 100010, and with other things."""
    for update in (99_999, 100_010):
        policy = mlp_policy()
        write_checkpoint(policy, policy.init(np.random.default_rng(update)), update=update)
    (tmp_path / "README").write_text("hello")
    (tmp_path / "resume").mkdir()
    (tmp_path / "99999999").mkdir()
    return tmp_path


def test_of_a_folder_the_newest_checkpoint_is_taken(folder: Path) -> None:
    assert read_saved_policy(str(folder), "load_path").metadata["update"] == 100_010
    assert load_teacher(str(folder)).sha256 == look_into(str(folder))["sha256"]
    assert look_into(str(folder))["description"]["update"] == 100_010


def test_a_folder_without_checkpoints_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^--load_path: .* is a directory without a checkpoint"):
        read_saved_policy(str(tmp_path), "load_path")
