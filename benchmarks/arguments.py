"""The flags that the benchmarks have in common."""

from __future__ import annotations

from baselines.common.command_line import POSITIVE, Parser, reader
from baselines.common.errors import UserError

BATCH = 2048
"""Steps of an iteration over all environments of a rank."""


def add_task(parser: Parser) -> None:
    """Add the flags for the task and the teachers."""
    parser.add_argument(
        "--env", default="CentipedeEight-v1", metavar="NAME",
        help="task, simulated by MuJoCo (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--teacher_paths", nargs="+", default=[], metavar="FILE",
        help="checkpoints of the teachers; without them PPO from scratch",
    )  # fmt: skip


def add_num_env(parser: Parser) -> None:
    """Add the flag for the number of environments."""
    parser.add_argument(
        "--num_env", type=reader(int, POSITIVE), default=1, metavar="N",
        help="environments stepped at once (default: %(default)s)",
    )  # fmt: skip


def shared_batch(num_env: int) -> int:
    """Steps of each environment in a batch of `BATCH`.

    Raises:
        UserError: it cannot be shared evenly.
    """
    if BATCH % num_env:
        raise UserError(
            f"--num_env: {num_env} does not divide the {BATCH} steps of an iteration; give a power"
            f" of 2 up to {BATCH}"
        )
    return BATCH // num_env


def add_repeats(parser: Parser) -> None:
    """Add the flag for the number of timings."""
    parser.add_argument(
        "--repeats", type=reader(int, POSITIVE), default=5, metavar="N",
        help="timings of each, of which the median counts (default: %(default)s)",
    )  # fmt: skip


def add_json(parser: Parser) -> None:
    """Add the flag for JSON instead of text."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
