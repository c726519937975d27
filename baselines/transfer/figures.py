"""What is logged of a student's use of its teachers, under its names.

`student_ps` and `vf_student_ps` are the means of p_0 over the hidden layers, `student_ps_0` and so
on p_0 of each; `teacher_ps_0` and so on the shares of several teachers. The figures of the mapping
are those of `MappingFigures`; with several source tasks they are means too, and `mi_explained_0`
and so on those of each task.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from baselines.common.figures import LoggedFigure

PI_SHARE, VF_SHARE = "student_ps", "vf_student_ps"
"""Names of p_0 of the policy side and of the value side."""

PI_TEACHER_SHARE, VF_TEACHER_SHARE = "teacher_ps", "vf_teacher_ps"
"""Names of the shares of several teachers."""

_ALONE = "once the student is alone"
_ONE_TEACHER = f"with one teacher, whose share is 1 − p₀; {_ALONE}"

FIGURES = {
    PI_SHARE: LoggedFigure("p₀, the student's own share in the policy", part="hidden layer"),
    VF_SHARE: LoggedFigure("p₀ in the value function", part="hidden layer"),
    PI_TEACHER_SHARE: LoggedFigure(
        "p_j, the mean of a teacher's shares in the policy's hidden layers",
        missing=_ONE_TEACHER,
        part="teacher",
    ),
    VF_TEACHER_SHARE: LoggedFigure(
        "the same in the value function", missing=_ONE_TEACHER, part="teacher"
    ),
    "ps_coef": LoggedFigure("weight β_π of C_π, as it is by now", "per nat"),
    "vf_ps_coef": LoggedFigure("weight β_V of C_V, as it is by now", "per nat"),
    "mutual_info_coef": LoggedFigure("weight β_MI of L_MI; 0 once the student is alone", "per nat"),
    "ps_loss": LoggedFigure("C_π, the policy's coupling loss", "nats", missing=_ALONE),
    "vf_ps_loss": LoggedFigure("C_V, the value function's coupling loss", "nats", missing=_ALONE),
    "mutual_info_loss": LoggedFigure("L_MI", "nats per dimension", missing=_ALONE),
    "mi_explained": LoggedFigure(
        "share of the d dimensions of the observation that the decoder explains: the mean of"
        " (s_k − μ_q,k)² is less than half of the variance of s_k",
        missing=_ALONE,
        part="source task",
    ),
    "embedding_mean": LoggedFigure(
        "mean over the d_j dimensions of the absolute value of the mean of φ(s)",
        "standard deviations of the source observation",
        missing=_ALONE,
        part="source task",
    ),
    "embedding_std": LoggedFigure(
        "mean over the d_j dimensions of the standard deviation of φ(s)",
        "standard deviations of the source observation",
        missing=_ALONE,
        part="source task",
    ),
}
"""What is logged of a student besides; of the losses, means over an update's minibatches."""


class MappingFigures(NamedTuple):
    """What the mapping to one source task does with the observations of a rollout.

    `FIGURES` says what each is; computed by `objectives.explained_share` and `embedding.moments`.
    """

    mi_explained: float
    embedding_mean: float
    embedding_std: float


def share_figures(pi_layers: Sequence[float], vf_layers: Sequence[float]) -> dict[str, float]:
    """p_0 of each hidden layer of the two sides, by name."""
    return _with_parts(PI_SHARE, pi_layers) | _with_parts(VF_SHARE, vf_layers)


def teacher_figures(
    pi_layers: Sequence[np.ndarray], vf_layers: Sequence[np.ndarray]
) -> dict[str, float]:
    """The share of each of several teachers in the two sides, by name; nothing for a single one.

    Args:
        pi_layers: p of each hidden layer of the policy side, [1 + J], the student's own first.
        vf_layers: the same of the value side.
    """
    if len(pi_layers[0]) == 2:
        return {}
    sides = {PI_TEACHER_SHARE: pi_layers, VF_TEACHER_SHARE: vf_layers}
    return {
        name: share
        for side, layers in sides.items()
        for name, share in _with_parts(side, np.mean(layers, axis=0)[1:].tolist()).items()
    }


def mapping_figures(sources: Sequence[MappingFigures]) -> dict[str, float]:
    """The figures of each source task, by name; those of a single one have no number."""
    if len(sources) == 1:
        return sources[0]._asdict()
    figures: dict[str, float] = {}
    for name, parts in zip(MappingFigures._fields, zip(*sources, strict=True), strict=True):
        figures |= _with_parts(name, parts)
    return figures


def _with_parts(name: str, parts: Sequence[float]) -> dict[str, float]:
    return {name: float(np.mean(parts))} | {f"{name}_{i}": x for i, x in enumerate(parts)}
