"""Read a policy of another program: `python -m baselines.convert IN OUT --env ID`."""

from __future__ import annotations

import argparse
from pathlib import Path

from baselines.checks import task_arguments
from baselines.common.command_line import Parser, as_path_text, run_command
from baselines.common.errors import UserError, printable
from baselines.common.files import check_new_file
from baselines.conversion.conversion import Converted, convert
from baselines.conversion.reading import read_foreign

PROGRAM = "python -m baselines.convert"


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Write a policy of OpenAI Baselines or of code based on it (joblib), of"
        " Stable-Baselines3 (zip), or in plain arrays (npz) as a checkpoint of this package. No"
        " code in the file is run.",
    )
    result.add_argument("input", type=as_path_text, metavar="IN", help="file of the other program")
    result.add_argument("output", type=as_path_text, metavar="OUT", help="checkpoint to write")
    result.add_argument("--env", default="", metavar="ID", help="its task, if IN does not name it")
    result.add_argument(
        "--env_kwargs", default="{}", metavar="JSON", help="keyword arguments of the task"
    )
    result.add_argument(
        "--normalize", type=as_path_text, metavar="FILE",
        help="statistics of its observations: a VecNormalize of Stable-Baselines3, or an npz",
    )  # fmt: skip
    result.add_argument(
        "--unnormalized", action="store_true", help="its observations were not normalised"
    )
    result.add_argument(
        "--activation", default="", metavar="NAME",
        help="of its hidden layers, if IN does not name it (default: tanh)",
    )  # fmt: skip
    for side, name in (("pi", "policy"), ("vf", "value function")):
        result.add_argument(
            f"--{side}_scope", default="", metavar="NAME",
            help=f"scope of the {name}'s hidden layers, if IN has several networks",
        )  # fmt: skip
    result.add_argument("--force", action="store_true", help="overwrite OUT")
    return result


def main(argv: list[str]) -> None:
    """Convert, and say what was found.

    Raises:
        UserError: bad input; nothing has been written.
    """
    arguments = parser().parse_args(argv)
    target = Path(arguments.output)
    for source in filter(None, (arguments.input, arguments.normalize)):
        check_new_file(target, "OUT", source, arguments.force)
    there = target.absolute()  # the task may leave the folder
    converted = _read(arguments)
    try:
        converted.write_as(there)
    except OSError as error:
        raise UserError(f"OUT: cannot write {target}: {error.strerror}") from None
    policy, metadata = converted.policy, converted.metadata
    print(
        f"{printable(str(target), 400)}: {metadata['env']['id']}, {policy.obs_size} observations,"
        f" {policy.distribution.num_outputs} actions, {policy.spec.num_layers} x"
        f" {policy.spec.num_hidden} {policy.spec.activation},"
        f" from {metadata['converted_from']['kind']}"
    )
    for note in converted.notes:
        print(f"note: {note}")


def _read(arguments: argparse.Namespace) -> Converted:
    env_kwargs = task_arguments(arguments.env_kwargs)
    foreign = read_foreign(arguments.input, "IN")
    statistics = None
    if arguments.normalize:
        statistics = read_foreign(arguments.normalize, "--normalize")
    return convert(
        arguments.input,
        foreign,
        statistics,
        env=arguments.env,
        env_kwargs=env_kwargs,
        activation=arguments.activation,
        pi_scope=arguments.pi_scope,
        vf_scope=arguments.vf_scope,
        unnormalized=arguments.unnormalized,
    )


if __name__ == "__main__":
    run_command(main, PROGRAM)
