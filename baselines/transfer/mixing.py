"""The teachers mixed into a layer of the student: p_0 times its own part plus Σ_j p_j z_j U_j.

Each layer of the policy side and of the value side has shares p of its own, a softmax of logits.
"""

from __future__ import annotations

from collections.abc import Sequence

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params


def mixing(scope: str, layer: int) -> str:
    """Name of the logits of p of a layer, float32 of [1 + J], the student's own first.

    The output layer has the number after that of the last hidden layer.
    """
    return f"{scope}/mixing{layer}"


def lateral(scope: str, layer: int, teacher: int) -> str:
    """Name of U of a layer and a teacher, float32 of [its width, the student's width].

    Of the policy's output layer it is A, float32 of [k_j, k].
    """
    return f"{scope}/lateral{layer}_{teacher}"


def mixed(p: Array, own: Array, theirs: Sequence[Array]) -> Array:
    """p_0 times the student's own part plus Σ_j p_j times that of teacher j.

    Args:
        p: the shares, float32 of [1 + J].
        own: float32 of [B, width] or [B].
        theirs: of each teacher, of the same shape.
    """
    total = p[0] * own
    for j, part in enumerate(theirs):
        total = total + p[1 + j] * part
    return total


def shares(params: Params, scope: str, layers: int) -> list[Array]:
    """The shares p of each layer of one side, float32 of [1 + J]."""
    return [arrays.softmax(params[mixing(scope, i)]) for i in range(layers)]


def log_own_shares(params: Params, scope: str, layers: int) -> list[Array]:
    """The logarithm of p_0 of each layer of one side, scalars."""
    return [arrays.log_softmax(params[mixing(scope, i)])[0] for i in range(layers)]
