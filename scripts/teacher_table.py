"""Write teacher_models/README.md: where each teacher comes from, and how good it is.

    python scripts/teacher_table.py

Every figure comes from the files themselves or from episodes that are run now, on all cores. With
`--keep` the rows that the page has stay, if it was written with these versions and episodes.
"""

import argparse
import textwrap
from pathlib import Path

import joblib

from baselines.common import provenance
from baselines.common.files import write_atomically
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.evaluation.evaluation import evaluate, summarize
from baselines.training.saved import read_saved_policy

FOLDER = Path(__file__).resolve().parent.parent / "teacher_models"
PAGE = FOLDER / "README.md"

INTRODUCTION = """# Teachers

`--teacher_paths` takes one of these files, such as `teacher_models/centipede_four/4/00970`, the
best of CentipedeFour.

`centipede_three`, `centipede_four` and `centipede_six` were trained from scratch with PPO. The
others are students, which can be teachers too; each had the highest training return of five seeds:

- `centipede_eight_mikt`: [MIKT](../docs/studies.md#mikt-at-the-papers-length) with
  `centipede_four/3`;
- `centipede_six_by_names`, `centipede_eight_by_names`: MIKT by names with `centipede_four/4` in
  [all of its places](../docs/studies.md#a-teacher-in-all-of-its-places);
- `centipede_six_kickstarted`, `centipede_eight_kickstarted`:
  [kickstarted](../docs/studies.md#one-good-teacher) by `centipede_four/4`.

"""

MEASURED = """This page is written by

    python scripts/teacher_table.py --episodes {episodes}

*training* is the mean return of the last 100 training episodes before the checkpoint. *sampled* and
*deterministic* are returns of {episodes} evaluation episodes (`--seed=0`): mean ± standard
deviation, and in parentheses Student's 95 % interval of the mean. Evaluated with {versions}.

| file | training | sampled | deterministic |
|---|---|---|---|
"""


def teacher_files() -> list[Path]:
    """The checkpoints that ship: teacher_models/<task>/<seed>/<update>."""
    return sorted(path for path in FOLDER.glob("*/*/*") if path.name.isdigit())


def figures(saved: SavedPolicy, episodes: int, deterministic: bool) -> str:
    """One cell of the table."""
    summary = summarize(evaluate(saved, episodes, seed=0, deterministic=deterministic))
    told = "no interval" if summary["ci95"] is None else "{:.0f} to {:.0f}".format(*summary["ci95"])
    return f"{summary['mean']:.0f} ± {summary['std']:.0f} ({told})"


def origin(path: Path) -> str:
    """Where a checkpoint comes from."""
    described = read_saved_policy(str(path), "teacher_models").metadata
    return (
        f"**{name_of(path)}**: update {described['update']},"
        f" {described['timesteps']:,} timesteps, commit `{described['commit'][:12]}`,"
        f" {versions(described['versions'])}\n\n{as_code(described['command'])}\n"
    )


def as_code(command: str) -> str:
    """A command as a block of Markdown, in lines that are not too wide for a page."""
    lines = textwrap.wrap(command, 96, break_long_words=False, break_on_hyphens=False)
    return "    " + " \\\n      ".join(lines)


def versions(numbers: dict[str, str]) -> str:
    """Versions as a phrase."""
    return ", ".join(f"{package} {number}" for package, number in numbers.items())


def name_of(path: Path) -> str:
    """What a file is called on the page."""
    return path.relative_to(FOLDER).as_posix()


def row(path: Path, episodes: int) -> str:
    """A line of the table."""
    saved = read_saved_policy(str(path), "teacher_models")
    cells = [figures(saved, episodes, deterministic) for deterministic in (False, True)]
    training = saved.metadata["training_return"]
    return f"| {name_of(path)} | {training:.0f} | {' | '.join(cells)} |\n"


def rows_of_page(measured: str) -> dict[str, str]:
    """The lines of the table as it is, by the file's name."""
    _, same, rest = PAGE.read_text(encoding="utf-8").partition(measured)
    if not same:
        raise SystemExit("--keep: the page has other versions or episodes; leave --keep out")
    lines = rest.partition("\n\n")[0].splitlines()
    return {line.split(" ")[1]: f"{line}\n" for line in lines}


def main() -> None:
    """Evaluate teachers and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    episodes, files = arguments.episodes, teacher_files()
    measured = MEASURED.format(episodes=episodes, versions=versions(provenance.versions()))
    rows = rows_of_page(measured) if arguments.keep else {}
    anew = [path for path in files if name_of(path) not in rows]
    made = joblib.Parallel(n_jobs=-1)(joblib.delayed(row)(path, episodes) for path in anew)
    rows |= {name_of(path): line for path, line in zip(anew, made, strict=True)}
    table = "".join(rows[name_of(path)] for path in files)
    page = INTRODUCTION + measured + table + "\n## Origins\n\n" + "\n".join(map(origin, files))
    write_atomically(PAGE, page.encode())


if __name__ == "__main__":
    main()
