"""The hand-over, from which on a student goes alone: what the user is told then."""

from __future__ import annotations

from baselines.transfer.student.student_metrics import PI_SHARE, VF_SHARE

SAFE_SHARE = 0.95
"""p_0 that the policy's layers should have reached before the teachers leave (docs/studies.md)."""


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
