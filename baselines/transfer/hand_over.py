"""The hand-over, from which on a student goes alone: what is told of it, before and after."""

from __future__ import annotations

from typing import Any

import numpy as np

from baselines.common.trees import Tree, number
from baselines.transfer.student.student_metrics import PI_SHARE, VF_SHARE

SAFE_SHARE = 0.95
"""p_0 that the policy's layers should have reached before the teachers leave (docs/studies.md)."""

SPAN = 20
"""Updates before and after the hand-over whose returns are compared."""

Returns = list[list[float]]
"""Those of the episodes that ended in each of some updates."""


def hand_over_lines(shares: dict[str, float]) -> list[str]:
    """Lines for the user at the hand-over, with a warning if it comes too early.

    Args:
        shares: `measures.own_shares_of` the student at the hand-over.
    """
    by_layer = {k: v for k, v in shares.items() if k not in (PI_SHARE, VF_SHARE)}
    told = ", ".join(f"{name} {share:.3f}" for name, share in by_layer.items())
    lines = [f"the student goes alone; its own share p_0 of each layer was {told}"]
    # The value function may lose more: it acts on nothing, and little is learned from then on.
    if min(share for name, share in by_layer.items() if name.startswith(PI_SHARE)) < SAFE_SHARE:
        lines.append(
            f"WARNING: a share of the policy below {SAFE_SHARE} means that the student still leaned"
            " on its teachers and may lose what it gained; raise --distillation_coef or --ps_coef,"
            " or train longer"
        )
    return lines


class Tally:
    """The returns of the `SPAN` updates before and after a run's hand-over, if it has one."""

    def __init__(self) -> None:
        self._before: Returns | None = None
        self._latest: Returns = []

    def state(self) -> Tree:
        """All that it knows; JSON."""
        return {"before": self._before, "latest": self._latest}

    def restore(self, state: Tree) -> None:
        """The inverse of `state`.

        Raises:
            DAMAGE: the state is damaged.
        """
        self._before = None if state["before"] is None else _returns(state["before"])
        self._latest = _returns(state["latest"])

    def record(self, returns: list[float]) -> None:
        """One update more is done, in which episodes of these returns ended."""
        if self._before is None:
            self._latest = [*self._latest, returns][-SPAN:]
        elif len(self._latest) < SPAN:
            self._latest.append(returns)

    def hand_over(self) -> None:
        """The student goes alone from the next update on."""
        self._before, self._latest = self._latest, []

    @property
    def summary(self) -> str:
        """The mean returns before and after in words; empty without a hand-over."""
        if self._before is None:
            return ""
        return (
            f"over {len(self._before)} updates before the hand-over {_mean(self._before)},"
            f" over {len(self._latest)} after it {_mean(self._latest)}"
        )


def _returns(state: Any) -> Returns:
    return [[number(value) for value in update] for update in state]


def _mean(returns: Returns) -> str:
    ended = [value for update in returns for value in update]
    return f"{np.mean(ended):.1f}" if ended else "unknown"
