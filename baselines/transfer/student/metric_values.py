"""A student's use of its teachers, measured: the values of the metrics of `metric_table`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.networks.arrays import Params
from baselines.transfer.student.metric_table import (
    OF_MAPPING,
    PI_SHARE,
    PI_TEACHER_SHARE,
    VF_SHARE,
    VF_TEACHER_SHARE,
)
from baselines.transfer.student.mixing import shares
from baselines.transfer.student.student import Student

CONSTANT = 1e-6
"""Variance, in squared units of the normalised observation, below which a dimension is constant."""


def metrics_of(student: Student, params: Params, obs: np.ndarray) -> dict[str, float]:
    """The metrics of a student at an update, by name.

    Args:
        student: the student.
        params: its variables, NumPy arrays.
        obs: normalised observations of a rollout, float32 of [N, d].
    """
    params = student.with_fixed(params)
    embedded = student.embed(params, obs)
    decoded = [mean for mean, _ in student.decode(params, embedded)]
    return (
        own_shares_of(student, params)
        | teacher_shares(*_shares(student, params))
        | of_mappings(obs, embedded, decoded)
    )


def own_shares_of(student: Student, params: Params) -> dict[str, float]:
    """p_0 of each layer of both sides of a student, and the mean of each side, by name."""
    pi, vf = ([float(p[0]) for p in side] for side in _shares(student, params))
    return own_shares(pi, vf)


def _shares(student: Student, params: Params) -> list[list[np.ndarray]]:
    """All shares p of each layer, [1 + J], of the policy side and of the value side."""
    return [
        [shares(params, scope, i) for i in range(student.mixed_layers)]
        for scope in (student.plain.pi_scope, student.plain.vf_scope)
    ]


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
    """The metrics of `OF_MAPPING` for each source task; with a single one, without its number.

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
