"""Write a policy for another program: `python -m baselines.export CHECKPOINT OUT`."""

from __future__ import annotations

from pathlib import Path

from baselines.common import checkpoint
from baselines.common.checkpoint import CodeNotKnown
from baselines.common.command_line import Parser, as_path_text, run_command
from baselines.common.errors import UserError, printable
from baselines.common.files import check_new_file, write_together
from baselines.conversion.exporting import FORMATS, format_of, targets
from baselines.conversion.outgoing import UNKNOWN_NETWORK, Outgoing, outgoing
from baselines.training.saved import saved_policy

PROGRAM = "python -m baselines.export"
IN, OUT = "CHECKPOINT", "OUT"


def parser() -> Parser:
    """The command line."""
    known = ", ".join(f"{ending} for {one.reader}" for ending, one in FORMATS.items())
    result = Parser(
        prog=PROGRAM,
        description="Write the policy in a checkpoint, with the normalisation of its observations,"
        " for another program.",
    )
    result.add_argument(
        "checkpoint", type=as_path_text, metavar=IN, help="checkpoint of a policy without teachers"
    )
    result.add_argument("output", type=as_path_text, metavar=OUT, help=f"file to write: {known}")
    result.add_argument("--force", action="store_true", help=f"overwrite {OUT}")
    return result


def main(argv: list[str]) -> None:
    """Export, and say what was written.

    Raises:
        UserError: bad input; nothing has been written.
    """
    arguments = parser().parse_args(argv)
    path = Path(arguments.output)
    files = targets(path)
    for target in files:
        check_new_file(target, OUT, arguments.checkpoint, arguments.force)
    policy = _read(arguments.checkpoint)
    contents = {target: make(policy) for target, make in files.items()}
    try:
        write_together(contents)
    except OSError as error:
        raise UserError(f"{OUT}: cannot write {path}: {error.strerror}") from None
    for target, content in contents.items():
        print(f"{printable(str(target), 400)}: {len(content):,} bytes")
    print(f"for {format_of(path).reader}; docs/checkpoints.md says how it acts there")


def _read(path: str) -> Outgoing:
    try:
        return outgoing(saved_policy(checkpoint.read(path, IN), path, IN))
    except CodeNotKnown:
        raise UserError(f"{IN}: {path} {UNKNOWN_NETWORK}") from None


if __name__ == "__main__":
    run_command(main, PROGRAM)
