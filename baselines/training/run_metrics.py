"""The metrics of the run itself, beside those of its updates: their names, and what each is."""

from __future__ import annotations

import re
from collections.abc import Collection

from baselines.common.logged_metric import LoggedMetric

WINDOW = 100
"""Episodes over which `eprewmean` and `eplenmean` are taken."""

_WITHOUT_EPISODES = "until an episode has ended, at the start and after the hand-over"

EVAL_RETURN = "eval_return"
"""The mean return of an evaluation; the best checkpoint says its own under this name too."""

METRICS = {
    "nupdates": LoggedMetric("updates so far", "updates", group="time"),
    "total_timesteps": LoggedMetric(
        "steps so far, of all environments", "environment steps", group="time"
    ),
    "serial_timesteps": LoggedMetric(
        "steps so far of each environment", "environment steps", group="time"
    ),
    "time_elapsed": LoggedMetric(
        "time since the start, without that between stops and resumes", "s", group="time"
    ),
    "fps": LoggedMetric(
        "steps of all environments per second since the row before", "1/s", group="time"
    ),
    "eprewmean": LoggedMetric(
        f"mean return of the last {WINDOW} training episodes (since the hand-over, after it), of"
        " rewards that are not normalised",
        "reward",
        missing=_WITHOUT_EPISODES,
        group="rollout",
    ),
    "eplenmean": LoggedMetric(
        "mean length of the same episodes",
        "environment steps",
        missing=_WITHOUT_EPISODES,
        group="rollout",
    ),
    EVAL_RETURN: LoggedMetric(
        "mean return of the last evaluation since the row before: `--eval_episodes` episodes with"
        " the most likely actions, in a separate environment",
        "reward",
        missing="in rows without a new evaluation; without `--eval_interval` there is no such"
        " column",
        group="eval",
    ),
}
"""The metrics of the run itself, by name."""


def tag(name: str, own: Collection[str]) -> str:
    """The name of a metric in TensorBoard, `group/name`.

    Args:
        name: the metric's.
        own: the names of the transfer method's metrics.
    """
    if name in own or re.sub(r"_\d+$", "", name) in own:
        return f"transfer/{name}"
    return f"{METRICS[name].group if name in METRICS else 'train'}/{name}"
