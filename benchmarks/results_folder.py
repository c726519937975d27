"""Where measurements are kept, and how they are read."""

from __future__ import annotations

import json
from pathlib import Path

from baselines.common.errors import UserError
from baselines.common.files import write_atomically
from benchmarks.statistics import Json

HOME = Path(__file__).resolve().parent
RESULTS = "results"
CURVES = "curves"
BREAKDOWN = "breakdown"

KEYS = {
    "benchmarks.throughput": "fraction_of_physics",
    "benchmarks.breakdown": "seconds_by_layer",
}
"""What tells a measurement of each command from anything else."""


def write_result(path: Path, result: Json) -> None:
    """Write a measurement; its folder is made.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(result, indent=1).encode() + b"\n")


def read_results(folder: Path, pattern: str, command: str = "benchmarks.throughput") -> list[Json]:
    """The measurements of a command whose files' names fit a pattern, in their order.

    Raises:
        UserError: a file holds something else.
    """
    return [_read(path, command) for path in sorted(folder.glob(pattern))]


def _read(path: Path, command: str) -> Json:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        result = None
    if not isinstance(result, dict) or KEYS[command] not in result:
        raise UserError(f"{path}: is not what `python -m {command} --json` prints")
    return result
