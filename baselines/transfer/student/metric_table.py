"""The metrics of a student's use of its teachers: their names, and what each is.

`student_ps` and `vf_student_ps` are the means of p_0 over the layers that are mixed, `student_ps_0`
and so on p_0 of each; `teacher_ps_0` and so on the shares of several teachers. Of several source
tasks the metrics of the mapping are means too; `mi_explained_0` and so on belong to each task.
"""

from __future__ import annotations

from baselines.common.logged_metric import LOSS, LoggedMetric
from baselines.transfer.student.loss_table import LOSSES, Loss

PI_SHARE, VF_SHARE = "student_ps", "vf_student_ps"
"""Names of p_0 of the policy side and of the value side."""

PI_TEACHER_SHARE, VF_TEACHER_SHARE = "teacher_ps", "vf_teacher_ps"
"""Names of the shares of several teachers."""

_LAYER = "hidden layer, then with `--mix_outputs` of the output layer"
_ALONE = "once the student is alone"
_ONE_TEACHER = f"with one teacher, whose share is 1 − p₀; {_ALONE}"


def _not_given(loss: Loss) -> str:
    return f"without `--{loss.coefficient}`" if loss.optional else ""


OF_LOSSES = {
    **{
        loss.coefficient: LoggedMetric(
            f"coefficient {loss.coefficient_symbol} of {loss.symbol} in this update; 0 once the"
            " student is alone",
            f"per {loss.unit.split()[0].removesuffix('s')}",
            _not_given(loss),
        )
        for loss in LOSSES
    },
    **{
        f"{loss.name}{LOSS}": LoggedMetric(
            f"{loss.symbol}, {loss.meaning}",
            loss.unit,
            "; ".join(filter(None, [_not_given(loss), _ALONE])),
        )
        for loss in LOSSES
    },
}
"""The coefficients of the student's own losses, and their means over an update's minibatches."""

OF_MAPPING = {
    "mi_explained": LoggedMetric(
        "share of the d dimensions of the observation that the decoder explains: the mean of"
        " (s_k − μ_q,k)² is less than half of the variance of s_k",
        missing=_ALONE,
        part="source task",
    ),
    "embedding_mean": LoggedMetric(
        "mean over the d_j dimensions of the absolute value of the mean of φ(s)",
        "standard deviations of the source observation",
        missing=_ALONE,
        part="source task",
    ),
    "embedding_std": LoggedMetric(
        "mean over the d_j dimensions of the standard deviation of φ(s)",
        "standard deviations of the source observation",
        missing=_ALONE,
        part="source task",
    ),
}
"""Metrics of the mappings, on the observations of a rollout."""

METRICS = {
    PI_SHARE: LoggedMetric("p₀, the student's own share in the policy", part=_LAYER),
    VF_SHARE: LoggedMetric("p₀ in the value function", part=_LAYER),
    PI_TEACHER_SHARE: LoggedMetric(
        "p_j, a teacher's share in the policy, the mean over the layers",
        missing=_ONE_TEACHER,
        part="teacher",
    ),
    VF_TEACHER_SHARE: LoggedMetric(
        "the same in the value function", missing=_ONE_TEACHER, part="teacher"
    ),
    **OF_LOSSES,
    **OF_MAPPING,
}
"""The metrics of a student, beside those of any policy."""
