"""Proximal policy optimisation with clipping (Schulman et al. 2017).

`ppo2.learn` and `ppo2.load` are the package's interface for Python (`baselines.ppo2.api`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from baselines.common.checkpoint import CheckpointError
    from baselines.common.errors import Diverged, Drifted, TaskError, UserError
    from baselines.ppo2.api import history, learn, load
    from baselines.ppo2.callbacks import Callback, SoFar
    from baselines.ppo2.trained import TrainedPolicy

__all__ = [
    "Callback",
    "CheckpointError",
    "Diverged",
    "Drifted",
    "SoFar",
    "TaskError",
    "TrainedPolicy",
    "UserError",
    "history",
    "learn",
    "load",
]

ELSEWHERE = {
    "Callback": "baselines.ppo2.callbacks",
    "CheckpointError": "baselines.common.checkpoint",
    "Diverged": "baselines.common.errors",
    "Drifted": "baselines.common.errors",
    "SoFar": "baselines.ppo2.callbacks",
    "TaskError": "baselines.common.errors",
    "UserError": "baselines.common.errors",
}
"""The modules of the names that are not from `baselines.ppo2.api`."""


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # completion finds them before they are imported


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # only now, so that a part imports no more than it

    return getattr(import_module(ELSEWHERE.get(name, "baselines.ppo2.api")), name)
