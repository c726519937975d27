#!/usr/bin/env python3
"""Write docs/logged_figures.md, the table of every logged figure, from the code that computes them.

python scripts/figures_table.py
"""

from pathlib import Path

from baselines.common.figures import LoggedFigure
from baselines.common.files import write_atomically
from baselines.environments.centipede_tables import markdown_table
from baselines.ppo2 import losses
from baselines.training import progress
from baselines.transfer import figures

PAGE = Path(__file__).resolve().parent.parent / "docs" / "logged_figures.md"

GROUPS = {
    "The run": progress.FIGURES,
    "The update": losses.FIGURES,
    "Students": figures.FIGURES,
}

HEAD = """\
# Logged figures

Every column of `progress.csv`, which the table on the terminal, `progress.json` and TensorBoard
have too ([the files](files.md)). Written by `scripts/figures_table.py` from what stands in the code
beside each figure's computation; [the method](method.md) explains the letters. Where a figure is
missing, its cell is empty.

All runs have the figures of the run and of the update, which are means over the update's
minibatches. Those of students are logged with `--teacher_paths` and `--transfer=mikt`: the losses
are such means, the shares and what the mapping does are of the weights after the update, and over
the whole rollout. A figure that has parts is their mean; `_0`, `_1` and so on at the end of a name
tell the part. A single source task has no number.
"""


def page() -> str:
    """The page, in Markdown."""
    columns = ("name", "meaning", "unit", "missing")
    parts = [HEAD]
    for title, group in GROUPS.items():
        rows = [_row(name, figure) for name, figure in group.items()]
        parts.append(f"## {title}\n\n{markdown_table(columns, rows)}\n")
    return "\n".join(parts)


def _row(name: str, figure: LoggedFigure) -> tuple[str, ...]:
    if not figure.part:
        return f"`{name}`", figure.meaning, figure.unit, figure.missing
    names = f"`{name}`, `{name}_0`, ..."
    return names, f"{figure.meaning}; of each {figure.part}", figure.unit, figure.missing


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
