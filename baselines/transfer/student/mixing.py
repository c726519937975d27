"""How the teachers are mixed into a student's layers: the equation and its options.

A layer of the student is p_0 times its own part plus Σ_j p_j z_j U_j. Each layer of the policy side
and of the value side has shares p of its own, a softmax of logits. By default U is learned and the
output layers are not mixed; `MixingSpec` has the other options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.config import LATERALS, MIX_OUTPUTS


def mixing_name(scope: str, layer: int) -> str:
    """Name of the logits of p of a layer, float32 of [1 + J], the student's own first.

    The output layer has the number after that of the last hidden layer.
    """
    return f"{scope}/mixing{layer}"


def lateral_name(scope: str, layer: int, teacher: int) -> str:
    """Name of U of a layer and a teacher, float32 of [width of the teacher's layer, width].

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


def shares(params: Params, scope: str, layer: int) -> Array:
    """The shares p of a layer, the softmax of its logits: float32 of [1 + J]."""
    return arrays.softmax(params[mixing_name(scope, layer)])


def log_own_share(params: Params, scope: str, layer: int) -> Array:
    """The logarithm of p_0 of a layer, a scalar."""
    return arrays.log_softmax(params[mixing_name(scope, layer)])[0]


@dataclass(frozen=True)
class MixingSpec:
    """How the teachers are mixed in.

    Attributes:
        laterals: the matrices U are `learned`, or the `identity`.
        outputs: `none`, the output layers are not mixed; or how A maps a teacher's actions to the
            student's: `learned`, or `named` by the names of the motors.
    """

    laterals: str = "learned"
    outputs: str = "none"

    def __post_init__(self) -> None:
        """Raises ValueError for an unknown option."""
        if self.laterals not in LATERALS or self.outputs not in MIX_OUTPUTS:
            raise ValueError(f"unknown way of mixing {self.laterals!r}, {self.outputs!r}")

    @property
    def with_outputs(self) -> bool:
        """Whether the output layer is mixed as the hidden layers are."""
        return self.outputs != "none"

    def layers(self, plain: PlainPolicy) -> int:
        """Number of layers of either side that are mixed."""
        return len(plain.network.widths) + self.with_outputs
