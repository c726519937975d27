"""The weights that mix the teachers' features into a student's layers: p and U of each side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.policies import PlainPolicy
from baselines.common.networks.variables import (
    Variable,
    Variables,
    constant,
    glorot_uniform,
    joined,
)
from baselines.transfer.teacher import Teacher

OWN_LOGIT = -0.1
"""Initial mixing logit of the student's own share."""

TEACHER_LOGIT = 0.01
"""Initial mixing logit of each teacher's share."""


def mixing(scope: str, layer: int) -> str:
    """Name of the logits of p of a layer, float32 of [1 + J], the student's own first."""
    return f"{scope}/mixing{layer}"


def lateral(scope: str, layer: int, teacher: int) -> str:
    """Name of U of a layer and a teacher, float32 of [its width, the student's width]."""
    return f"{scope}/lateral{layer}_{teacher}"


def mixing_variables(body: PlainPolicy, teachers: Sequence[Teacher]) -> Variables:
    """The logits and U, Glorot uniform, of the policy side and of the value side."""
    return joined([_of_side(body, teachers, scope) for scope in (body.pi_scope, body.vf_scope)])


def _of_side(body: PlainPolicy, teachers: Sequence[Teacher], scope: str) -> Variables:
    variables: Variables = {}
    logits = np.array([OWN_LOGIT] + [TEACHER_LOGIT] * len(teachers), np.float32)
    for i, width in enumerate(body.network.widths):
        variables[mixing(scope, i)] = constant(logits)
        for j, teacher in enumerate(teachers):
            shape = (teacher.policy.network.widths[i], width)
            variables[lateral(scope, i, j)] = Variable(shape, glorot_uniform)
    return variables


def shares(params: Params, scope: str, layers: int) -> list[Array]:
    """P of each hidden layer of one side, float32 of [1 + J]."""
    return [arrays.softmax(params[mixing(scope, i)]) for i in range(layers)]


def log_own_shares(params: Params, scope: str, layers: int) -> list[Array]:
    """Log p_0 of each hidden layer of one side, scalars."""
    return [arrays.log_softmax(params[mixing(scope, i)])[0] for i in range(layers)]
