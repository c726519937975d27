"""Print what a checkpoint contains: `python -m baselines.describe FILE`."""

from __future__ import annotations

import json
import math
from typing import Any

from baselines.common.checkpoint import Checkpoint
from baselines.common.command_line import Parser, as_path_text, run_command
from baselines.common.errors import UserError, printable
from baselines.conversion.reading import read_any

PROGRAM = "python -m baselines.describe"
OURS = "checkpoint of this package"
WHERE = "FILE"

FACTS = (
    "env", "observation_space", "action_space", "policy", "update", "timesteps",
    "eval_return", "training_return", "training_episodes", "coefs", "teachers",
    "converted_from", "command", "commit", "versions",
)  # fmt: skip
"""The parts of a description that are printed, in this order; `--json` prints all of it."""


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Print what is in a checkpoint, or in a file that baselines.convert reads.",
    )
    result.add_argument(
        "file",
        type=as_path_text,
        metavar=WHERE,
        help="the file, or a folder, whose newest checkpoint is taken",
    )
    result.add_argument("--json", action="store_true", help="print everything, as one JSON object")
    return result


def main(argv: list[str]) -> None:
    """Look and print.

    Raises:
        UserError: bad input.
    """
    arguments = parser().parse_args(argv)
    content = look_into(arguments.file)
    try:
        # A NaN, such as the return of a run without a finished episode, is no JSON.
        plain = json.loads(json.dumps(content), parse_constant=lambda _: None)
        print(json.dumps(plain) if arguments.json else "\n".join(lines(plain)))
    except RecursionError:
        raise UserError(f"{WHERE}: the description inside {arguments.file} is damaged") from None


def look_into(path: str) -> dict[str, Any]:
    """The contents of a file.

    Returns:
        `kind`; `description`, what it tells in words; `variables`, by name `dtype` and `shape`;
        `sha256` of the file.

    Raises:
        UserError: it cannot be read, or is of no known kind.
    """
    found = read_any(path, WHERE)
    if isinstance(found, Checkpoint):
        kind, told = OURS, found.metadata
    else:
        kind, told = found.kind, found.facts
    variables = {
        name: {"dtype": str(array.dtype), "shape": list(array.shape)}
        for name, array in sorted(found.arrays.items())
    }
    return {"kind": kind, "sha256": found.sha256, "description": told, "variables": variables}


def lines(content: dict[str, Any]) -> list[str]:
    """The content for the eye; nothing in it acts on a terminal."""
    told, variables = content["description"], content["variables"]
    known = [name for name in FACTS if name in told] if content["kind"] == OURS else list(told)
    result = [f"{'kind':<18}{content['kind']}", f"{'sha256':<18}{content['sha256']}"]
    for name in known:
        for label, value in _parts(name, told[name]):
            result.append(f"{printable(label, 40):<18}{_text(value)}")
    total = sum(math.prod(v["shape"]) for v in variables.values())
    result.append(f"{len(variables)} variables, {total:,} numbers")
    names = {name: printable(name, 80) for name in variables}
    width = max((len(name) for name in names.values()), default=0)
    for name, shown in names.items():
        shape = " x ".join(str(n) for n in variables[name]["shape"]) or "single"
        result.append(f"  {shown:<{width}}  {variables[name]['dtype']}  {shape}")
    return result


def _parts(name: str, value: Any) -> list[tuple[str, Any]]:
    """One fact as one or several lines: label and value."""
    if name == "env" and isinstance(value, dict):
        kwargs = f" {json.dumps(value.get('kwargs'))}" if value.get("kwargs") else ""
        return [("task", f"{value.get('id')}{kwargs}")]
    if name.endswith("_space") and isinstance(value, dict):
        return [(name, f"{value.get('kind')} {value.get('shape', value.get('n', ''))}")]
    if name == "teachers" and isinstance(value, list):
        return [(f"teacher {i}", teacher) for i, teacher in enumerate(value)]
    if name == "policy" and isinstance(value, dict) and "transfer" in value:
        return [(name, {k: v for k, v in value.items() if k != "transfer"} | {"transfer": "yes"})]
    return [(name, value)]


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text, 400)


if __name__ == "__main__":
    run_command(main, PROGRAM)
