"""The hand-over, from which on a student goes alone: what is told of it, before and after."""

from __future__ import annotations

from typing import Any

from baselines.common.trees import Tree, count, number
from baselines.transfer.student.metric_table import PI_SHARE, VF_SHARE

SAFE_SHARE = 0.95
"""p_0 that the policy's layers should have reached before the teachers leave (docs/studies.md)."""

SPAN = 20
"""Updates before and after the hand-over whose returns a run compares in its last line.

The results compare those after it with the last logged ones before it (`hand_over_table`).
"""

Sums = list[tuple[int, float]]
"""Number and sum of the returns of the episodes that ended in each of some updates."""


def hand_over_lines(shares: dict[str, float]) -> list[str]:
    """Lines for the user at the hand-over, with a warning if it comes too early.

    Args:
        shares: `metric_values.own_shares_of` the student at the hand-over.
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
        self._before: Sums | None = None
        self._latest: Sums = []

    def state(self) -> Tree:
        """All that it knows; JSON."""
        before = None if self._before is None else list(map(list, self._before))
        return {"before": before, "latest": list(map(list, self._latest))}

    def restore(self, state: Tree) -> None:
        """The inverse of `state`.

        Raises:
            DAMAGE: the state is damaged.
        """
        self._before = None if state["before"] is None else _sums(state["before"])
        self._latest = _sums(state["latest"])

    def record(self, returns: list[float]) -> None:
        """One update more is done, in which episodes of these returns ended."""
        update = (len(returns), sum(returns))
        if self._before is None:
            self._latest = [*self._latest, update][-SPAN:]
        elif len(self._latest) < SPAN:
            self._latest.append(update)

    def hand_over(self) -> None:
        """The student goes alone from the next update on; the first time counts."""
        if self._before is None:
            self._before, self._latest = self._latest, []

    @property
    def summary(self) -> str:
        """The mean returns before and after in words; empty without a hand-over."""
        if self._before is None:
            return ""
        n = len(self._before)
        return (
            f"over {n} update{'s' * (n != 1)} before the hand-over {_mean(self._before)}, over"
            f" {len(self._latest)} after it {_mean(self._latest)}"
        )


def _sums(state: Any) -> Sums:
    return [(count(episodes), number(total)) for episodes, total in state]


def _mean(sums: Sums) -> str:
    episodes = sum(n for n, _ in sums)
    return f"{sum(total for _, total in sums) / episodes:.1f}" if episodes else "unknown"
