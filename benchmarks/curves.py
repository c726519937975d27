"""How speed grows with environments and with legs: `python -m benchmarks.curves`.

Each point is a run of `benchmarks.throughput` in a process of its own, and is kept in
`benchmarks/results/curves`; `python -m benchmarks.report` draws them.
"""

from __future__ import annotations

import json
import subprocess
import sys

from baselines.common.command_line import POSITIVE, Parser, as_path, reader, run_command
from baselines.common.errors import UserError
from benchmarks.results_folder import CURVES, HOME, RESULTS, write_result
from benchmarks.statistics import Json
from benchmarks.table import spread, title

PROGRAM = "python -m benchmarks.curves"
NUM_ENVS = (1, 2, 4, 8, 16, 32)
LEGS = (4, 6, 8, 10, 14, 20, 30, 40)


def points() -> dict[str, list[str]]:
    """The flags of each measurement, by the name of its file."""
    by_num_env = {
        f"num_env_{n:02}": ["--env=CentipedeEight-v1", f"--num_env={n}"] for n in NUM_ENVS
    }
    by_legs = {
        f"legs_{n:02}": ["--env=Centipede-v1", f"--env_kwargs={json.dumps({'legs': n})}"]
        for n in LEGS
    }
    return by_num_env | by_legs


def measured(flags: list[str]) -> Json:
    """What `benchmarks.throughput` prints, given these flags.

    Raises:
        UserError: it failed; it has said why.
    """
    command = [sys.executable, "-m", "benchmarks.throughput", "--json", *flags]
    done = subprocess.run(command, cwd=HOME.parent, stdout=subprocess.PIPE)
    if done.returncode:
        raise UserError(f"benchmarks.throughput failed with {' '.join(flags)}")
    result: Json = json.loads(done.stdout)
    return result


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Measure the speed of training for more and more environments and legs.",
    )
    result.add_argument(
        "--repeats", type=reader(int, POSITIVE), default=5, metavar="N",
        help="timings of each, of which the median counts (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--folder", type=as_path, default=HOME, metavar="DIR",
        help="results are kept in its results/curves (default: benchmarks)",
    )  # fmt: skip
    return result


def main(argv: list[str]) -> None:
    """Measure all points; each is kept as soon as it is there.

    Raises:
        UserError: bad input.
    """
    arguments = parser().parse_args(argv)
    for name, flags in points().items():
        result = measured([*flags, f"--repeats={arguments.repeats}"])
        write_result(arguments.folder / RESULTS / CURVES / f"{name}.json", result)
        speed = spread(result["steps_per_second"]["iteration"], 0)
        print(f"{title(result)}: {speed} steps/s", flush=True)


if __name__ == "__main__":
    run_command(main, PROGRAM)
