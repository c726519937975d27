"""List the commands: `python -m baselines`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from baselines.common.command_line import run_command
from baselines.common.errors import UserError, suggestion

PROGRAM = "python -m baselines"
HERE = Path(__file__).resolve().parent

COMMANDS = (
    "run", "evaluate", "plot", "sweep", "results", "verify", "describe", "convert", "export",
)  # fmt: skip
"""In the order in which they are met."""


def main(argv: list[str]) -> None:
    """Print the commands, each with what it is for.

    Raises:
        UserError: anything but `--help` was given.
    """
    if argv and argv[0] not in ("-h", "--help"):
        if argv[0] in COMMANDS:
            raise UserError(f"{argv[0]}: written with a dot, {PROGRAM}.{argv[0]}")
        near = suggestion(argv[0], COMMANDS) or f"; one of: {', '.join(COMMANDS)}"
        raise UserError(f"{argv[0]}: no command; they are given as {PROGRAM}.NAME{near}")
    print("Training with PPO, and transfer between robots of different shape. Commands:\n")
    for name in COMMANDS:
        print(f"  {f'{PROGRAM}.{name}':<30}{purpose(name)}")
    print("\nEach has --help. Where to begin: docs/tutorial.md")


def purpose(name: str) -> str:
    """The purpose of a command: the first line of its module, which is not imported."""
    text = (HERE / f"{name}.py").read_text(encoding="utf-8")
    return re.split(r":? `", ast.get_docstring(ast.parse(text)) or "")[0]


if __name__ == "__main__":
    run_command(main, PROGRAM)
