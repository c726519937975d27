"""The settings of a run as text: on the command line, in `--help`, in experiment files."""

from __future__ import annotations

import argparse
import typing
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from functools import partial
from typing import Any

from baselines.checks import check
from baselines.common.command_line import NAMED, Parser, reader
from baselines.common.errors import UserError, suggestion
from baselines.common.registry import PLACE, Registry
from baselines.common.trees import Tree, texts
from baselines.common.vec_env.task_modules import import_task
from baselines.config import GROUPS, Config, default_text, flag_of, is_own
from baselines.transfer.kinds import REGISTRIES
from baselines.transfer.settings_read import config_with

TEACHERS = "teacher_paths"
"""The one setting that is a list."""

ELSEWHERE = {
    "env": "env_id env_name environment gym_id task extra_import",
    "env_kwargs": "env_args env_config env_options",
    "num_timesteps": "total_timesteps timesteps total_steps num_env_steps train_steps",
    "num_env": "n_envs num_envs n_env nenvs nenv num_workers num_actors",
    "seed": "random_seed",
    "save_path": "save_dir model_dir output_dir checkpoint_dir checkpoint_path model_path",
    "save_interval": "save_freq save_every checkpoint_freq checkpoint_interval",
    "load_path": "load load_model load_dir checkpoint pretrained model",
    "log_path": "log_dir logdir tensorboard_log tb_log",
    "log_interval": "log_freq log_every",
    "eval_interval": "eval_freq eval_every",
    "eval_episodes": "n_eval_episodes num_eval_episodes",
    "resume": "resume_from continue restart restore",
    "save_video_interval": "capture_video record_video video_interval video_freq",
    "play": "render visualize enjoy",
    "num_threads": "n_threads threads n_jobs n_cpu",
    "xla": "jit compile",
    "network": "policy policy_network net_type",
    "num_layers": "n_layers hidden_layers num_hidden_layers depth",
    "num_hidden": "hidden_size hidden_sizes hidden_dim hidden_units layer_size net_arch",
    "activation": "activation_fn act_fn",
    "init_logstd": "log_std_init logstd_init init_log_std initial_log_std",
    "nsteps": "n_steps num_steps rollout_length rollout_steps unroll_length horizon",
    "nminibatches": "num_minibatches n_minibatches num_mini_batch batch_size minibatch_size",
    "noptepochs": "n_epochs num_epochs epochs update_epochs ppo_epoch ppo_epochs",
    "gamma": "discount discount_factor discounting",
    "lam": "gae_lambda lambda lambda_ gae",
    "lr": "learning_rate learn_rate step_size",
    "lr_schedule": "anneal_lr learning_rate_schedule",
    "cliprange": "clip_range clip_coef clip_ratio clip_param clip_epsilon clipping_epsilon clip",
    "vf_coef": "value_coef value_loss_coef vf_loss_coef value_cost",
    "ent_coef": "entropy_coef entropy_cost entropy_coeff entropy_loss_coef",
    "max_grad_norm": "grad_clip grad_norm max_gradient_norm gradient_clip_val",
    "teacher_paths": "teachers teacher teacher_path",
}
"""Other programs' names of our settings, by flag.

They are Stable-Baselines3, CleanRL, RLlib, Brax and OpenAI Baselines.
"""

COUNTED = {
    "nminibatches": "the number of minibatches",
    "save_interval": "in updates",
    "log_interval": "in updates",
    "eval_interval": "in updates",
}
"""What some settings count, by flag; other programs' settings may count something else."""

OF_METHODS = {"kickstart_coef": "kickstart_coef with --transfer=kickstart"}
"""Settings that a transfer method of this package has for itself, with what they need."""

ASKED_FIRST = {
    "What is learned": ("env", "env_kwargs", "env_xml", "num_timesteps", "seed"),
    "With teachers": ("teacher_paths", "transfer", "mapping"),
    "What is kept": ("save_path", "save_interval", "log_path", "resume"),
    "What is shown, how fast": ("verbose", "num_env"),
}
"""The settings that `--help` shows, by what one wants to do; `--help_all` shows all."""

EXAMPLES = """\
Examples:
  python -m baselines.run --env=CentipedeFour-v1 --save_path=models/four --log_path=logs/four
  python -m baselines.run --env=CentipedeEight-v1 --teacher_paths models/four/00488

More: --help_all, docs/tutorial.md. The other commands: python -m baselines"""


def describe(f: Field[Any]) -> str:
    """One line of help: meaning, unit, default, source."""
    notes = [f"default: {default_text(f) or 'none'}"]
    if choices := choices_of(f):
        notes.insert(0, "one of: " + ", ".join(choices))
    if f.metadata["unit"]:
        unit = f.metadata["unit"]
        notes.insert(0, unit if unit.startswith("per ") else f"in {unit}")
    if f.metadata["source"]:
        notes.append(f.metadata["source"])
    return f"{f.metadata['help']} [{'; '.join(notes)}]".replace("%", "%%")


def choices_of(f: Field[Any]) -> list[str]:
    """The values that a field may have, for help; empty if it may have any."""
    choices = f.metadata["choices"]
    return [*choices, PLACE] if isinstance(choices, Registry) else list(choices)


def describe_shortly(f: Field[Any]) -> str:
    """One line of help: meaning, and default if there is one."""
    text = "" if f.default is False else default_text(f)
    default = f" (default: {text})" if text else ""
    return f"{f.metadata['help']}{default}".replace("%", "%%")


class ShowText(argparse.Action):
    """A flag that shows the text which the function `const` makes, and ends the program."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Show it."""
        print(self.const(), flush=True)
        parser.exit()


def parser(program: str, description: str, kind: type[Config] = Config) -> Parser:
    """The argument parser that has a flag for every field of `Config` or a subclass."""
    usage = f"{program} --env=ID [flags]"
    result = Parser(prog=program, description=description, usage=usage, add_help=False)
    short = partial(_short_help, program, description, kind)
    helps = result.add_argument_group("Help")
    helps.add_argument(
        "-h", "--help", action=ShowText, nargs=0, const=short, default=argparse.SUPPRESS,
        help="what is asked for first",
    )  # fmt: skip
    helps.add_argument("--help_all", action="help", help="every flag")
    kinds = typing.get_type_hints(kind)
    groups: dict[str, Any] = {}
    for f in fields(kind):
        name = f.metadata["group"]
        if name not in groups:
            groups[name] = result.add_argument_group(GROUPS.get(name, name))
        _add(groups[name], f, kinds[f.name], describe(f))
    result.asked_first = "--env"
    result.elsewhere |= {name: f"--{flag}" for name, flag in _hints().items()}
    return result


def _short_help(program: str, description: str, kind: type[Config]) -> str:
    """The settings that `--help` shows: the most common ones, and those of a named method."""
    short = Parser(
        prog=program, description=description, epilog=EXAMPLES, add_help=False,
        usage=f"{program} --env=ID [--teacher_paths FILE ...] [flags]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    by_name, kinds = {f.name: f for f in fields(kind)}, typing.get_type_hints(kind)
    own = tuple(name for name, f in by_name.items() if is_own(f))
    for title, names in (ASKED_FIRST | {"The method's own": own}).items():
        group = short.add_argument_group(title)
        for name in names:
            _add(group, by_name[name], kinds[name], describe_shortly(by_name[name]))
    return short.format_help()


def _add(group: Any, f: Field[Any], value: Any, about: str) -> None:
    """Add the flag of a field whose values are of type `value` to a group of a parser."""
    options: dict[str, Any] = {"dest": f.name, "default": f.default, "help": about}
    if value is bool:
        options |= {"nargs": "?", "const": True, "metavar": "BOOL"}
    elif value == tuple[str, ...]:
        options |= {"nargs": "+", "metavar": f.metadata["metavar"]}
        value = str
    else:
        options["metavar"] = f.metadata["metavar"] or {int: "N", float: "X", str: "NAME"}[value]
    is_path = f.metadata["metavar"] in ("FILE", "DIR")
    if is_path:  # argparse would read an empty default as if it had been given
        options["default"] = argparse.SUPPRESS
    group.add_argument(f"--{flag_of(f)}", type=reader(value, NAMED if is_path else None), **options)


def names_elsewhere(*flags: str) -> dict[str, str]:
    """Other programs' names of these settings, or of all, with their flags here and `COUNTED`."""
    return {
        name: f"{flag}, {COUNTED[flag]}" if flag in COUNTED else flag
        for flag in flags or ELSEWHERE
        for name in ELSEWHERE[flag].split()
    }


def _hints() -> dict[str, str]:
    """What is suggested for names that are no settings of a run."""
    return names_elsewhere() | OF_METHODS


def parse(argv: list[str], program: str, description: str) -> Config:
    """Read and check a command line.

    Raises:
        UserError: anything wrong with it.
    """
    kind = _kind_named(argv)
    values = vars(parser(program, description, kind).parse_args(argv))
    config = kind(**values | {TEACHERS: tuple(values.get(TEACHERS, ()))})
    check(config)
    return config


def _kind_named(argv: list[str]) -> type[Config]:
    """The settings that there are with the transfer method that a command line names.

    Raises:
        UserError: there is no such method.
    """
    first = Parser(add_help=False)
    first.add_argument("--transfer", default=Config.transfer)
    return config_with(first.parse_known_args(argv)[0].transfer)


def add_outside(parser: Parser) -> None:
    """Add the flags by which a user allows what a file names from outside this package."""
    parser.add_argument(
        "--env", nargs="+", default=[], metavar="NAME",
        help="the file's task, if another module registers it, as module:Id",
    )  # fmt: skip
    for registry in REGISTRIES:
        parser.add_argument(
            f"--{registry.flag}", nargs="+", default=[], metavar="NAME",
            help=f"the file's {registry.flag}, if it is one of your own, as {PLACE}",
        )  # fmt: skip


def allow_outside(arguments: argparse.Namespace) -> None:
    """Import what these flags name.

    Raises:
        UserError: there is no such thing.
    """
    for env_id in arguments.env:
        import_task(env_id)
    for registry in REGISTRIES:
        for name in getattr(arguments, registry.flag):
            registry.lookup(name)


def outside_arguments(env_id: str, metadata: Tree) -> list[str]:
    """These flags, for another process that is to read a checkpoint with this metadata."""
    said = set(texts(metadata))
    named = [
        (registry.flag, [name for name in registry.from_outside() if name in said])
        for registry in REGISTRIES
    ]
    named.append(("env", [env_id]))
    return [argument for flag, names in named if names for argument in (f"--{flag}", *names)]


def settings_by_flag(kind: type[Config]) -> dict[str, Field[Any]]:
    """All settings but the one that is a list, by flag."""
    return {flag_of(f): f for f in fields(kind) if f.name != TEACHERS}


def check_names(names: Iterable[str], kind: type[Config]) -> None:
    """Check that each name is the flag of one of these settings.

    Raises:
        UserError: one is not.
    """
    by_flag = settings_by_flag(kind)
    for name in names:
        if name not in by_flag:
            near = suggestion(name, by_flag, _hints())
            raise UserError(f"{name}: unknown setting{near}")


def from_settings(settings: Mapping[str, str], teacher_paths: tuple[str, ...]) -> Config:
    """Settings from texts by flag, as an experiment file has them.

    Raises:
        UserError: a setting is unknown, or its text is none of its values.
    """
    kind = config_with(settings.get("transfer", Config.transfer))
    check_names(settings, kind)
    by_flag, kinds = settings_by_flag(kind), typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for flag, text in settings.items():
        try:
            values[by_flag[flag].name] = reader(kinds[by_flag[flag].name])(text)
        except argparse.ArgumentTypeError as error:
            raise UserError(f"{flag}: {error}") from None
    return kind(**values, teacher_paths=teacher_paths)


def to_arguments(config: Config) -> list[str]:
    """The command line of a configuration: the flags whose values are not the defaults."""
    flags = [
        f"--{flag}={getattr(config, f.name)}"
        for flag, f in settings_by_flag(type(config)).items()
        if getattr(config, f.name) != config.default_of(f)
    ]
    teachers = [f"--{TEACHERS}", *config.teacher_paths] if config.teacher_paths else []
    return flags + teachers
