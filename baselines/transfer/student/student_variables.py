"""The variables of a student beside those of its networks: initial values, and fixed matrices.

The logits, the lateral matrices and the pairs of the value alignment are trained. The matrices of
`fixed_matrices` and `chosen_entries` are not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.variables import (
    Variable,
    Variables,
    constant,
    glorot_uniform,
    joined,
)
from baselines.transfer.student.mapping import SELECTION, embedding_scope
from baselines.transfer.student.mixing import MixingSpec, lateral_name, mixing_name
from baselines.transfer.student.student_losses import alignment_name
from baselines.transfer.teachers.correspondence import Window, motor_matrix, selection
from baselines.transfer.teachers.teacher import Teacher

OWN_LOGIT = -0.1
"""Initial mixing logit of the student's own share."""

TEACHER_LOGIT = 0.01
"""Initial mixing logit of each teacher's share."""


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
    """The matrices U and A that are not learned, by name.

    Args:
        plain: the student's own networks.
        windows: each teacher's place on the student's body; only for `named`.
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


def alignment_variables(teachers: int) -> Variables:
    """The pairs (a, b) of so many teachers; a starts at 1, b at 0."""
    return {alignment_name(j): constant(np.array([1, 0], np.float32)) for j in range(teachers)}


def chosen_entries(
    obs_size: int, sources: Sequence[int], windows: Sequence[Window]
) -> dict[str, np.ndarray]:
    """S of each source task and place, by name, for a φ that starts from it.

    Args:
        obs_size: d of the student.
        sources: of each teacher, the number of its source task and place.
        windows: each teacher's place on the student's body; the same for all of one source.
    """
    return {
        f"{embedding_scope(source)}/{SELECTION}": selection(window.entries, obs_size)
        for source, window in zip(sources, windows, strict=True)
    }
