"""What a transfer method consists of: one of this package (`kinds.py`), or a user's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from baselines.common.logged_metric import LoggedMetric
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.seeding import Streams
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.config import Config
from baselines.transfer.stages import Stage, one_stage
from baselines.transfer.teachers.teacher import Teacher


class Beginning(NamedTuple):
    """What a run begins with.

    Attributes:
        policy: what is trained first.
        params: its initial variables by name.
        statistics: of the observations; None: none has been seen.
    """

    policy: Policy
    params: dict[str, np.ndarray]
    statistics: RunningMeanStd | None = None


Start = Callable[
    [PlainPolicy, tuple[Teacher, ...], Any, Streams],
    Beginning | tuple[Policy, dict[str, np.ndarray]],
]
"""From the student's own networks, the teachers and the settings to what a run begins with; what is
drawn for it comes from `Streams.init`. The settings, here and below, are those of the method's
`config`."""


def _restore_nothing(described: dict[str, Any], stored: Mapping[str, np.ndarray]) -> Policy:
    raise ValueError("this transfer method has no policy of its own")


@dataclass(frozen=True)
class TransferMethod:
    """A transfer method.

    Attributes:
        start: see `Start`.
        stages: the stages of a run in their order, from what is trained first, or where the run is
            resumed from what was trained last, and the settings. A policy has no variable that the
            one of the stage before lacks.
        restore: where `start` makes a policy other than the student's own networks: that policy
            from what it describes of itself and the arrays of its checkpoint. Raises KeyError,
            TypeError or ValueError where they are damaged.
        go_on: what is trained from an unfinished policy on (`--load_path`), from what `start`
            made, the unfinished one and its arrays; None where it cannot go on so.
        in_common: settings that each teacher must share, of those of `NetworkSpec`.
        settings: which settings of the group `mikt` it reads.
        config: its own settings beside those of `Config`: a subclass with more fields.
        metrics: what is logged of its runs beside what is logged of any, by name.
        check: raises UserError for settings that do not fit it.
    """

    start: Start
    stages: Callable[[Policy, Any], list[Stage]] = one_stage
    restore: Callable[[dict[str, Any], Mapping[str, np.ndarray]], Policy] = _restore_nothing
    go_on: Callable[[Policy, Policy, Mapping[str, np.ndarray], Any], Policy] | None = None
    in_common: tuple[str, ...] = ()
    settings: Collection[str] = ()
    config: type[Config] = Config
    metrics: Mapping[str, LoggedMetric] = field(default_factory=dict)
    check: Callable[[Any], None] = lambda config: None
