#!/usr/bin/env python3
"""Write docs/logged_metrics.md, the table of every logged metric, from the code that computes them.

python scripts/metrics_table.py
"""

from pathlib import Path

from baselines.common.files import write_atomically
from baselines.common.metrics import LoggedMetric
from baselines.environments.centipede_tables import markdown_table
from baselines.ppo2 import losses
from baselines.training import progress
from baselines.transfer.kickstart import KICKSTART
from baselines.transfer.mikt import MIKT

PAGE = Path(__file__).resolve().parent.parent / "docs" / "logged_metrics.md"

GROUPS = {
    "The run": progress.METRICS,
    "The update": losses.METRICS,
    "Students": MIKT.metrics,
    "Kickstarted students": KICKSTART.metrics,
}

HEAD = """\
# Logged metrics

Every column of `progress.csv`, which the table on the terminal, `progress.json` and TensorBoard
have too ([the files](files.md)). Written by `scripts/metrics_table.py` from what stands in the code
beside each computation; [the method](method.md) explains the letters. Where a metric is missing,
its cell is empty.

All runs have the metrics of the run and of the update. Those of students are logged with
`--teacher_paths` and `--transfer=mikt`, those of kickstarted ones with `--transfer=kickstart`; a
method of your own brings [its own](extending.md#a-transfer-method). Losses, `approxkl`, `clipfrac`
and `grad_norm` are means over the update's minibatches. The shares and what the mapping does are of
the weights after the update, and over the whole rollout. A metric that has parts is their mean;
`_0`, `_1` and so on at the end of a name tell the part. A single source task has no number.
"""


def page() -> str:
    """The page, in Markdown."""
    columns = ("name", "meaning", "unit", "missing")
    parts = [HEAD]
    for title, group in GROUPS.items():
        rows = [_row(name, metric) for name, metric in group.items()]
        parts.append(f"## {title}\n\n{markdown_table(columns, rows)}\n")
    return "\n".join(parts)


def _row(name: str, metric: LoggedMetric) -> tuple[str, ...]:
    if not metric.part:
        return f"`{name}`", metric.meaning, metric.unit, metric.missing
    names = f"`{name}`, `{name}_0`, ..."
    return names, f"{metric.meaning}; of each {metric.part}", metric.unit, metric.missing


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
