"""Value alignment: a V_T(φ(s)) + b, a teacher's value of φ(s), is to be near the student's own R.

The rewards of two tasks differ in scale and offset. a and b, learned for each teacher, absorb this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.variables import Variables, constant
from baselines.transfer.teachers.teacher import SCOPE


def alignment_name(teacher: int) -> str:
    """Name of (a, b) of a teacher, float32 of [2]."""
    return f"{SCOPE}/alignment{teacher}"


def alignment_variables(teachers: int) -> Variables:
    """The pairs of so many teachers; a starts at 1, b at 0."""
    return {alignment_name(j): constant(np.array([1, 0], np.float32)) for j in range(teachers)}


def aligned(params: Params, values: Sequence[Array]) -> list[Array]:
    """For each teacher a V_T(φ(s)) + b, float32 of [B], from its values V_T(φ(s))."""
    pairs = [params[alignment_name(j)] for j in range(len(values))]
    return [pair[0] * value + pair[1] for pair, value in zip(pairs, values, strict=True)]
