"""The hand-over, from which on a student goes alone: what is told of it, before and after."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from baselines.common.trees import Tree, number
from baselines.transfer.student_metrics import PI_SHARE, VF_SHARE

SAFE_SHARE = 0.95
"""p_0 that the policy's layers should have reached before the teachers leave (`docs/method.md`)."""

SPAN = 20
"""Updates before and after the hand-over whose returns are compared."""


def hand_over_lines(shares: dict[str, float]) -> list[str]:
    """What the user is told when the student goes alone; a warning when it is too early.

    Args:
        shares: `Student.own_shares` at the hand-over.
    """
    by_layer = {k: v for k, v in shares.items() if k not in (PI_SHARE, VF_SHARE)}
    told = ", ".join(f"{name} {share:.3f}" for name, share in by_layer.items())
    lines = [f"the student goes alone; its own share p_0 of each layer was {told}"]
    # The value function may lose more: it acts on nothing, and little is learned from then on.
    if min(share for name, share in by_layer.items() if name.startswith(PI_SHARE)) < SAFE_SHARE:
        lines.append(
            f"WARNING: a share of the policy below {SAFE_SHARE} means that the student still leaned"
            " on its teachers and may lose what it gained; raise --ps_coef"
        )
    return lines


class Tally:
    """The returns of the training episodes around a run's hand-over, if it has one."""

    def __init__(self) -> None:
        self._recent: deque[list[float]] = deque(maxlen=SPAN)
        self._before: list[float] | None = None
        self._after: list[list[float]] = []

    def state(self) -> Tree:
        """All that it knows; JSON."""
        return {"recent": list(self._recent), "before": self._before, "after": self._after}

    def restore(self, state: Tree) -> None:
        """The inverse of `state`.

        Raises:
            DAMAGE: the state is damaged.
        """
        self._recent.extend(_numbers(returns) for returns in state["recent"])
        self._before = None if state["before"] is None else _numbers(state["before"])
        self._after = [_numbers(returns) for returns in state["after"]]

    def record(self, returns: list[float]) -> None:
        """One update more is done, in which episodes of these returns ended."""
        self._recent.append(returns)
        if self._before is not None and len(self._after) < SPAN:
            self._after.append(returns)

    def hand_over(self) -> None:
        """The student goes alone from the next update on."""
        self._before = [r for update in self._recent for r in update]

    @property
    def summary(self) -> str:
        """The mean returns before and after, in words; nothing where there was no hand-over."""
        if self._before is None:
            return ""
        before, after = self._before, [r for update in self._after for r in update]
        means = [float(np.mean(part)) if part else float("nan") for part in (before, after)]
        return (
            f"over the {SPAN} updates before the hand-over {means[0]:.1f}, after it {means[1]:.1f}"
        )


def _numbers(values: Any) -> list[float]:
    return [number(value) for value in values]
