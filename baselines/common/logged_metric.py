"""The description of a logged metric, in the room whose code computes it.

`docs/logged_metrics.md` is made from these by `scripts/metrics_table.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

LOSS, COEF = "_loss", "_coef"
"""Suffixes of the logged names of a policy's own loss and of its coefficient."""

OF_PPO = ("policy", "value", "kl")
"""What no loss of a policy's own is called: PPO's losses and coefficients are logged as these."""


@dataclass(frozen=True)
class LoggedMetric:
    """One column of `progress.csv`.

    Attributes:
        meaning: what it is; of a metric with parts, what each part is.
        unit: empty for a number without one.
        missing: when it is left out; empty: never.
        part: what it is the mean over. Each of these has a column of its own then, as
            `student_ps_0` of the first hidden layer. Empty: it is no such mean.
        group: the first part of its name in TensorBoard, such as `rollout/eprewmean`.
    """

    meaning: str
    unit: str = ""
    missing: str = ""
    part: str = ""
    group: str = "train"
