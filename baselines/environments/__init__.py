"""The centipede tasks and the ant, and their registration with Gymnasium.

Gymnasium 1.x has no plugin loader of its own: importing this module registers the ids, so
``gymnasium.make("baselines.environments:CentipedeFour-v1")`` works from anywhere. :func:`register`
is also fit for the ``gymnasium.envs`` entry point of older releases. Neither imports MuJoCo, which
waits for ``gymnasium.make``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baselines.environments.ant import AntSEnv as AntSEnv
    from baselines.environments.centipede import CentipedeEnv as CentipedeEnv

MAX_EPISODE_STEPS = 1000

_NUMBER_WORDS = {
    3: "Three",
    4: "Four",
    5: "Five",
    6: "Six",
    7: "Seven",
    8: "Eight",
    10: "Ten",
    12: "Twelve",
    14: "Fourteen",
    20: "Twenty",
    30: "Thirty",
    40: "Forty",
    50: "Fifty",
}
_CRIPPLED_LEGS = (6, 8, 10, 12, 14)


@dataclass(frozen=True)
class CentipedeTask:
    """One registered id and the body it stands for."""

    id: str
    legs: int
    crippled: bool = False


CENTIPEDE_TASKS: tuple[CentipedeTask, ...] = (
    *(CentipedeTask(f"Centipede{word}-v1", legs) for legs, word in _NUMBER_WORDS.items()),
    *(CentipedeTask(f"CpCentipede{_NUMBER_WORDS[legs]}-v1", legs, True) for legs in _CRIPPLED_LEGS),
)
"""The centipedes of a fixed number of legs; ``Centipede-v1`` takes any as a keyword."""

ANT = "AntS-v1"
"""The ant of the published transfers."""

_CLASSES = {
    "CentipedeEnv": "baselines.environments.centipede",
    "AntSEnv": "baselines.environments.ant",
}


def __getattr__(name: str) -> Any:
    if name not in _CLASSES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_CLASSES[name]), name)  # only now, for MuJoCo comes with it


def register() -> None:
    """Register all ids with Gymnasium; ids already there are left as they are."""
    for task in (CentipedeTask("Centipede-v1", legs=4), *CENTIPEDE_TASKS):
        _register(
            task.id,
            "baselines.environments.centipede:CentipedeEnv",
            {"legs": task.legs, "crippled": task.crippled},
        )
    _register(ANT, "baselines.environments.ant:AntSEnv", {})


def _register(task_id: str, entry_point: str, kwargs: dict[str, Any]) -> None:
    from gymnasium.envs.registration import register as register_id
    from gymnasium.envs.registration import registry

    if task_id not in registry:
        register_id(
            id=task_id,
            entry_point=entry_point,
            max_episode_steps=MAX_EPISODE_STEPS,
            kwargs=kwargs,
        )


register()
