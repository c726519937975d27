"""Acting as one plain network is acting by the definition."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from baselines.common.networks.categorical import Categorical
from baselines.config import MAPPINGS
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.student import Student

OBS = np.random.default_rng(0).standard_normal((9, 3)).astype(np.float32)
ONE_LAYER = "outside:one_layer_map"


def check(policy: Any, params: dict[str, np.ndarray]) -> None:
    act = policy.actor(params)
    pi = policy.pi(params, OBS)
    noise = policy.distribution.noise(np.random.default_rng(1), (9,))
    expected = policy.distribution.sample(pi, noise)
    np.testing.assert_allclose(act(OBS, noise), expected, rtol=2e-5, atol=2e-5)
    one = np.concatenate([act(OBS[i : i + 1], noise[i : i + 1]) for i in range(9)])
    np.testing.assert_allclose(one, expected, rtol=2e-5, atol=2e-5)


def test_a_student_acts_by_its_definition(student: Student, perturbed: Any) -> None:
    check(student, perturbed(student.init(np.random.default_rng(0)), 1))


@pytest.mark.parametrize("num_layers", [1, 2, 3])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_depth_and_activation(
    num_layers: int, activation: str, mlp_policy: Any, make_teacher: Any, perturbed: Any
) -> None:
    sizes = {"num_layers": num_layers, "activation": activation}
    plain = mlp_policy(num_hidden=6, scopes=("student", "vf_student"), **sizes)
    check(plain, perturbed(plain.init(np.random.default_rng(0)), 1))
    teachers = (
        make_teacher(1, num_layers=num_layers, num_hidden=4),
        make_teacher(2, "Other-v0", obs_size=6, num_hidden=7, **sizes),
        make_teacher(3, num_layers=num_layers, num_hidden=5),
    )
    student = Student(plain, teachers, MappingSpec(num_layers, 8, "relu"), 0.1)
    check(student, perturbed(student.init(np.random.default_rng(0)), 1))


def test_a_frozen_mapping(make_student: Any, perturbed: Any) -> None:
    student = make_student("two tasks").with_frozen_mapping(np.random.default_rng(5))
    check(student, perturbed(student.init(np.random.default_rng(0)), 1))


@pytest.mark.parametrize("teachers", ["one teacher", "two tasks"])
def test_a_mapping_of_a_single_layer(teachers: str, make_student: Any, perturbed: Any) -> None:
    MAPPINGS.lookup(ONE_LAYER)
    student = replace(make_student(teachers), mapping_spec=MappingSpec(2, 8, "tanh", ONE_LAYER))
    check(student, perturbed(student.init(np.random.default_rng(0)), 1))


def test_discrete_actions(mlp_policy: Any, perturbed: Any) -> None:
    policy = mlp_policy(distribution=Categorical(4))
    check(policy, perturbed(policy.init(np.random.default_rng(0)), 1))


def test_observations_are_left_as_they_are(student: Student) -> None:
    before = OBS.copy()
    params = student.init(np.random.default_rng(0))
    student.actor(params)(OBS, np.zeros((9, 2), np.float32))
    np.testing.assert_array_equal(OBS, before)
