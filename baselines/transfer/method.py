"""The parts of a transfer method: of this package (`kinds.py`), or a user's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, get_type_hints

import numpy as np

from baselines.common.errors import suggestion
from baselines.common.logged_metric import LoggedMetric
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.networks.specs import NetworkSpec
from baselines.common.seeding import Streams
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.config import Config, is_own
from baselines.transfer.stages import Stage, one_stage
from baselines.transfer.teachers.teacher import Teacher

NETWORK_SETTINGS = tuple(f.name for f in fields(NetworkSpec))
"""What a method may have its teachers share with the student: all that makes the networks."""


class Beginning(NamedTuple):
    """The first policy of a run, with the values of its variables and statistics.

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


def no_restore(described: dict[str, Any], stored: Mapping[str, np.ndarray]) -> Policy:
    """The `restore` of a method without a policy of its own; raises ValueError."""
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
        in_common: settings that each teacher must share, of `NETWORK_SETTINGS`.
        settings: which settings of the group `mikt` it reads.
        config: its own settings beside those of `Config`: a subclass with more fields.
        metrics: what is logged of its runs beside what is logged of any, by name.
        check: raises UserError for settings that do not fit it.
    """

    start: Start
    stages: Callable[[Policy, Any], list[Stage]] = one_stage
    restore: Callable[[dict[str, Any], Mapping[str, np.ndarray]], Policy] = no_restore
    go_on: Callable[[Policy, Policy, Mapping[str, np.ndarray], Any], Policy] | None = None
    in_common: tuple[str, ...] = ()
    settings: Collection[str] = ()
    config: type[Config] = Config
    metrics: Mapping[str, LoggedMetric] = field(default_factory=dict)
    check: Callable[[Any], None] = lambda config: None


def complaint_of_method(entry: Any) -> str:
    """Error text for an entry of `TRANSFERS` that is no valid TransferMethod; empty if it is."""
    if not isinstance(entry, TransferMethod) or not isinstance(entry.config, type):
        return "is no TransferMethod"
    return _complaint_of_config(entry.config) or _complaint_of_names(entry)


def _complaint_of_config(kind: type[Any]) -> str:
    """Error text for a bad class of settings; empty if it is valid."""
    if not issubclass(kind, Config):
        return f"has settings, {kind.__name__}, that are no subclass of Config"
    try:
        kinds = get_type_hints(kind)
    except Exception as error:  # such as a name that is imported for type checkers alone
        return f"has settings whose types cannot be read: {error}"
    for f in fields(kind):
        if "group" not in f.metadata:
            return f"has a setting, {f.name}, that is not made by `setting`"
        if is_own(f) and kinds[f.name] not in (int, float, bool, str):
            return f"has a setting, {f.name}, that is no int, float, bool or str"
    return ""


def _complaint_of_names(method: TransferMethod) -> str:
    """Error text for an `in_common` or `settings` with a name that is no setting; empty if none."""
    for given in (method.in_common, method.settings):
        if isinstance(given, str) or not isinstance(given, Collection):
            return f"has {given!r} for its in_common or its settings, not a list of names"
    known = [f.name for f in fields(method.config)]
    for name in method.in_common:
        if name not in NETWORK_SETTINGS:
            return f"has in its in_common {name!r}, which is none of {', '.join(NETWORK_SETTINGS)}"
    for name in method.settings:
        if name not in known:
            return f"has in its settings {name!r}, which is no setting{suggestion(name, known)}"
    return ""
