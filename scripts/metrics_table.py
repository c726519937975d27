#!/usr/bin/env python3
"""Write docs/logged_metrics.md, the table of every logged metric, from the code that computes them.

python scripts/metrics_table.py
"""

from pathlib import Path

from baselines.analysis.formatting import Table
from baselines.common.files import write_atomically
from baselines.common.logged_metric import LoggedMetric
from baselines.ppo2 import update_metrics
from baselines.training import run_metrics
from baselines.transfer.kickstart import KICKSTART
from baselines.transfer.mikt import MIKT

PAGE = Path(__file__).resolve().parent.parent / "docs" / "logged_metrics.md"

GROUPS = {
    "The run": run_metrics.METRICS,
    "The update": update_metrics.METRICS,
    "Students": MIKT.metrics,
    "Kickstarted students": KICKSTART.metrics,
}

HEAD = """\
# Logged metrics

Every column of `progress.csv`. The table on the terminal, `progress.json` and TensorBoard have the
same metrics ([files](files.md#logs)). [The method](method.md) explains the symbols. If a metric is
missing in a row, its cell is empty; the last column says when that happens.

- All runs log the metrics of "The run" and "The update". Students log theirs with `--teacher_paths`
  and `--transfer=mikt`, kickstarted students with `--transfer=kickstart`. A transfer method of your
  own can [add metrics](extending.md#a-transfer-method).
- Losses, `policy_entropy`, `approxkl`, `clipfrac`, `kl` and `grad_norm` are means over the update's
  minibatches. The shares p₀ and p_j are those after the update; `mi_explained` and the moments of
  the embedding are computed after it, over the whole rollout.
- A metric with several parts, such as layers or teachers, has a column for each part, with `_0`,
  `_1` and so on at the end of its name. The column without a number is their mean. If there is only
  one source task, its metrics have no number. With `--teacher_places=all` a teacher counts as
  several, one in each of its places, and so does its source task.

`scripts/metrics_table.py` writes this page from the code.
"""


def page() -> str:
    """The page, in Markdown."""
    columns = ("name", "meaning", "unit", "missing")
    parts = [HEAD]
    for title, group in GROUPS.items():
        rows = [_row(name, metric) for name, metric in group.items()]
        parts.append(f"## {title}\n\n{Table(columns, rows).markdown()}\n")
    return "\n".join(parts)


def _row(name: str, metric: LoggedMetric) -> tuple[str, ...]:
    if not metric.part:
        return f"`{name}`", metric.meaning, metric.unit, metric.missing
    names = f"`{name}`, `{name}_0`, ..."
    return names, f"{metric.meaning}; of each {metric.part}", metric.unit, metric.missing


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
