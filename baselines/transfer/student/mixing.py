"""How the teachers are mixed into a student's layers: the equation, its options and variables.

A layer of the student is p_0 times its own part plus Σ_j p_j z_j U_j. Each layer of the policy side
and of the value side has shares p of its own, a softmax of logits. By default U is learned and the
output layers are not mixed; `MixingSpec` has the other options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.variables import (
    Variable,
    Variables,
    constant,
    glorot_uniform,
    joined,
)
from baselines.config import LATERALS, MIX_OUTPUTS
from baselines.transfer.teachers.correspondence import Window, motor_matrix
from baselines.transfer.teachers.teacher import Teacher

OWN_LOGIT = -0.1
"""Initial mixing logit of the student's own share."""

TEACHER_LOGIT = 0.01
"""Initial mixing logit of each teacher's share."""


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
        laterals: U is `learned`, or the `identity`: the teachers' features arrive as they are.
        outputs: the teachers' outputs are not mixed in (`none`), or they are too, their actions
            through a `learned` A or through one that picks the `named` motors.
    """

    laterals: str = "learned"
    outputs: str = "none"

    def __post_init__(self) -> None:
        """Raises ValueError for what is not known."""
        if self.laterals not in LATERALS or self.outputs not in MIX_OUTPUTS:
            raise ValueError(f"unknown way of mixing {self.laterals!r}, {self.outputs!r}")

    @property
    def with_outputs(self) -> bool:
        """Whether the output layer is mixed as the hidden layers are."""
        return self.outputs != "none"

    def layers(self, plain: PlainPolicy) -> int:
        """Number of layers of either side that are mixed."""
        return len(plain.network.widths) + self.with_outputs


def mixing_variables(
    plain: PlainPolicy, teachers: Sequence[Teacher], spec: MixingSpec
) -> Variables:
    """The logits and U of the policy side and of the value side, and A of the policy's outputs.

    U and A are Glorot uniform; `fixed_matrices` has the values of those that are not learned.
    """
    sides = [_of_side(plain, teachers, scope) for scope in (plain.pi_scope, plain.vf_scope)]
    return joined([*sides, _of_outputs(plain, teachers) if spec.with_outputs else {}])


def _of_side(plain: PlainPolicy, teachers: Sequence[Teacher], scope: str) -> Variables:
    variables: Variables = {}
    for i, width in enumerate(plain.network.widths):
        variables[mixing_name(scope, i)] = constant(_logits(teachers))
        for j, teacher in enumerate(teachers):
            shape = (teacher.policy.network.widths[i], width)
            variables[lateral_name(scope, i, j)] = Variable(shape, glorot_uniform)
    return variables


def _of_outputs(plain: PlainPolicy, teachers: Sequence[Teacher]) -> Variables:
    """A value needs no matrix: it is one number in any task."""
    last, actions = len(plain.network.widths), plain.distribution.num_outputs
    variables = {
        mixing_name(scope, last): constant(_logits(teachers))
        for scope in (plain.pi_scope, plain.vf_scope)
    }
    for j, teacher in enumerate(teachers):
        shape = (teacher.policy.distribution.num_outputs, actions)
        variables[lateral_name(plain.pi_scope, last, j)] = Variable(shape, glorot_uniform)
    return variables


def _logits(teachers: Sequence[Teacher]) -> np.ndarray:
    return np.array([OWN_LOGIT] + [TEACHER_LOGIT] * len(teachers), np.float32)


def fixed_matrices(
    plain: PlainPolicy, windows: Sequence[Window], teachers: Sequence[Teacher], spec: MixingSpec
) -> dict[str, np.ndarray]:
    """Those U and A that are not learned, by name.

    Args:
        plain: the student's own networks.
        windows: of each teacher, where on the student's body its motors are; only for `named`.
        teachers: the teachers.
        spec: how they are mixed in.
    """
    widths = plain.network.widths
    fixed: dict[str, np.ndarray] = {}
    for j, teacher in enumerate(teachers):
        if spec.laterals == "identity":
            fixed |= {
                lateral_name(scope, i, j): np.eye(width, dtype=np.float32)
                for scope in (plain.pi_scope, plain.vf_scope)
                for i, width in enumerate(widths)
            }
        if spec.outputs == "named":
            fixed[lateral_name(plain.pi_scope, len(widths), j)] = motor_matrix(
                windows[j],
                plain.distribution.num_outputs,
                teacher.policy.distribution.num_outputs,
            )
    return fixed
