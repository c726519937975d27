"""What is logged of a student's use of its teachers, under its names.

`student_ps` and `vf_student_ps` are the means of p_0 over the layers that are mixed, `student_ps_0`
and so on p_0 of each; `teacher_ps_0` and so on the shares of several teachers. Of several source
tasks the metrics of the mapping are means too, and `mi_explained_0` and so on those of each task.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.logged_metric import LOSS, LoggedMetric
from baselines.transfer.objectives import LOSSES, Loss

PI_SHARE, VF_SHARE = "student_ps", "vf_student_ps"
"""Names of p_0 of the policy side and of the value side."""

PI_TEACHER_SHARE, VF_TEACHER_SHARE = "teacher_ps", "vf_teacher_ps"
"""Names of the shares of several teachers."""

CONSTANT = 1e-6
"""Variance, in squared units of the normalised observation, below which a dimension is constant."""

_LAYER = "hidden layer, then with `--mix_outputs` of the output layer"
_ALONE = "once the student is alone"
_ONE_TEACHER = f"with one teacher, whose share is 1 − p₀; {_ALONE}"


def _not_given(loss: Loss) -> str:
    return f"without `--{loss.coefficient}`" if loss.optional else ""


OF_LOSSES = {
    **{
        loss.coefficient: LoggedMetric(
            f"weight {loss.weight} of {loss.symbol} in this update; 0 once the student is alone",
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
"""The weights of the student's own losses, and their means over an update's minibatches."""

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
"""What the mappings do with the observations of a rollout."""

METRICS = {
    PI_SHARE: LoggedMetric("p₀, the student's own share in the policy", part=_LAYER),
    VF_SHARE: LoggedMetric("p₀ in the value function", part=_LAYER),
    PI_TEACHER_SHARE: LoggedMetric(
        "p_j, the mean of a teacher's shares in the policy's layers",
        missing=_ONE_TEACHER,
        part="teacher",
    ),
    VF_TEACHER_SHARE: LoggedMetric(
        "the same in the value function", missing=_ONE_TEACHER, part="teacher"
    ),
    **OF_LOSSES,
    **OF_MAPPING,
}
"""What is logged of a student beside what is logged of any policy."""


def own_shares(pi_layers: Sequence[float], vf_layers: Sequence[float]) -> dict[str, float]:
    """p_0 of each layer of the two sides, by name."""
    return _with_parts(PI_SHARE, pi_layers) | _with_parts(VF_SHARE, vf_layers)


def teacher_shares(
    pi_layers: Sequence[np.ndarray], vf_layers: Sequence[np.ndarray]
) -> dict[str, float]:
    """The share of each of several teachers in the two sides, by name; nothing for a single one.

    Args:
        pi_layers: p of each layer of the policy side, [1 + J], the student's own first.
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


def of_mappings(
    obs: np.ndarray, embedded: Sequence[np.ndarray], decoded: Sequence[np.ndarray]
) -> dict[str, float]:
    """The metrics of `OF_MAPPING` for each source task; those of a single one have no number.

    Args:
        obs: normalised observations s of a rollout, float32 of [N, d].
        embedded: φ(s) of each source task, float32 of [N, d_j].
        decoded: μ_q(φ(s)) of each source task, float32 of [N, d].
    """
    tasks = [
        (explained_share(obs, mean), *moments(x)) for x, mean in zip(embedded, decoded, strict=True)
    ]
    if len(tasks) == 1:
        return dict(zip(OF_MAPPING, tasks[0], strict=True))
    metrics: dict[str, float] = {}
    for name, parts in zip(OF_MAPPING, zip(*tasks, strict=True), strict=True):
        metrics |= _with_parts(name, parts)
    return metrics


def explained_share(obs: np.ndarray, mean: np.ndarray) -> float:
    """Share of the observation's dimensions that the decoder explains.

    Dimension k is explained when the mean of (s_k − μ_q,k)² over the rollout is less than half of
    the variance of s_k over it: R² above one half. A dimension that is constant in the rollout
    (variance below `CONSTANT`) has nothing to explain and counts as not explained, so that the
    share of a task with constant dimensions stays below 1.

    Args:
        obs: normalised observations s of a rollout, float32 of [N, d].
        mean: the decoder's μ_q(φ(s)), float32 of [N, d].

    Returns:
        From 0 to 1.
    """
    variance = obs.var(axis=0, dtype=float)
    residual = np.square(obs - mean, dtype=float).mean(axis=0)
    return float(np.mean((variance >= CONSTANT) & (residual < 0.5 * variance)))


def moments(embedded: np.ndarray) -> tuple[float, float]:
    """How far φ's output is from normalised observations of the source task, of mean 0 and std 1.

    Args:
        embedded: φ(s) of a rollout, float32 of [N, d_j].

    Returns:
        Over the d_j dimensions, the mean of |mean over the rollout| and that of the (population)
        standard deviation over it; both in standard deviations of the source observation.
    """
    means, stds = embedded.mean(axis=0, dtype=float), embedded.std(axis=0, dtype=float)
    return float(np.abs(means).mean()), float(stds.mean())


def _with_parts(name: str, parts: Sequence[float]) -> dict[str, float]:
    return {name: float(np.mean(parts))} | {f"{name}_{i}": x for i, x in enumerate(parts)}
