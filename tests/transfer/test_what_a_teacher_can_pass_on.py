"""A student's policy can be written with another teacher (docs/method.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.common.checkpoint import read
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.training.teacher_files import teacher_from_checkpoint
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.student import Student
from baselines.transfer.teachers.teacher import Teacher

SHIPPED = Path(__file__).resolve().parents[2] / "teacher_models" / "centipede_four" / "0" / "00970"
OUT = "transfer/embedding0/out"

Values = dict[str, np.ndarray]


def in_double_precision(params: Mapping[str, np.ndarray]) -> Values:
    return {name: value.astype(np.float64) for name, value in params.items()}


def policy_layer(teacher: Teacher, i: int) -> tuple[np.ndarray, np.ndarray]:
    """W_T^i and b_T^i of the teacher's policy, counted from 1."""
    name = f"{teacher.policy.pi_scope}/mlp_fc{i - 1}"
    return teacher.params[f"{name}/w"], teacher.params[f"{name}/b"]


def written_with(other: Teacher, teacher: Teacher, params: Values) -> Values:
    """The variables by which a student of `other` has the policy of a student of `teacher`."""
    (w1, b1), (w2, b2) = (policy_layer(teacher, i) for i in (1, 2))
    (v1, c1), (v2, c2) = (policy_layer(other, i) for i in (1, 2))
    shares = np.exp(params["pi/mixing1"]) / np.exp(params["pi/mixing1"]).sum()
    lateral = params["pi/lateral1_0"]
    new_lateral = np.linalg.pinv(v2) @ w2 @ lateral
    return params | {
        f"{OUT}/w": params[f"{OUT}/w"] @ w1 @ np.linalg.pinv(v1),
        f"{OUT}/b": (params[f"{OUT}/b"] @ w1 + b1 - c1) @ np.linalg.pinv(v1),
        "pi/lateral1_0": new_lateral,
        "pi/mlp_fc1/b": params["pi/mlp_fc1/b"]
        + shares[1] / shares[0] * (b2 @ lateral - c2 @ new_lateral),
    }


@pytest.mark.parametrize("obs_size", [97, 139])
def test_a_students_policy_can_be_written_with_a_random_teacher(
    obs_size: int, mlp_policy: Callable[..., PlainPolicy], perturbed: Any
) -> None:
    """The random teacher is of the same task as the shipped one, or of one of another size."""
    loaded = teacher_from_checkpoint(read(SHIPPED, "--teacher_paths"), str(SHIPPED))
    teacher = replace(loaded, params=in_double_precision(loaded.params))
    policy = replace(teacher.policy, obs_size=obs_size)
    drawn = perturbed(policy.init(np.random.default_rng(1)), 2)
    other = replace(teacher, policy=policy, params=in_double_precision(drawn))

    plain = mlp_policy(181, 64, DiagGaussian(22))
    student, of_other = (Student(plain, (t,), MappingSpec(), 0.0) for t in (teacher, other))
    params = in_double_precision(perturbed(student.init(np.random.default_rng(3)), 4))
    obs = np.random.default_rng(5).standard_normal((256, 181))
    [means, _], [again, _] = (
        student.pi(params, obs),
        of_other.pi(written_with(other, teacher, params), obs),
    )
    assert means.dtype == np.float64
    assert abs(means - again).max() < 1e-10
    if obs_size == teacher.policy.obs_size:  # as they are, the variables mean something else to it
        assert abs(means - of_other.pi(params, obs)[0]).max() > 0.1
