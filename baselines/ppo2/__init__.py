"""Proximal policy optimisation with clipping (Schulman et al. 2017).

`ppo2.learn` and `ppo2.load` are the package's interface for Python (`baselines.ppo2.api`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from baselines.ppo2.api import Callback, SoFar, learn, load
    from baselines.ppo2.trained import TrainedPolicy

__all__ = ["Callback", "SoFar", "TrainedPolicy", "learn", "load"]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # completion finds them before they are imported


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from baselines.ppo2 import api  # only now, so that importing a part imports no more than it

    return getattr(api, name)
