import numpy as np
import pytest

from baselines.transfer.student.metric_values import (
    explained_share,
    moments,
    of_mappings,
    own_shares,
    teacher_shares,
)


def test_shares_by_side_and_layer() -> None:
    assert own_shares([0.2, 0.4], [0.5]) == pytest.approx(
        {
            "student_ps": 0.3, "student_ps_0": 0.2, "student_ps_1": 0.4,
            "vf_student_ps": 0.5, "vf_student_ps_0": 0.5,
        }
    )  # fmt: skip


def test_shares_of_several_teachers() -> None:
    pi = [np.array([0.5, 0.2, 0.3]), np.array([0.7, 0.2, 0.1])]
    vf = [np.array([0.2, 0.8, 0.0])]
    assert teacher_shares(pi, vf) == pytest.approx(
        {
            "teacher_ps": 0.2, "teacher_ps_0": 0.2, "teacher_ps_1": 0.2,
            "vf_teacher_ps": 0.4, "vf_teacher_ps_0": 0.8, "vf_teacher_ps_1": 0.0,
        }
    )  # fmt: skip


def test_a_single_teachers_share_is_what_the_student_leaves() -> None:
    assert teacher_shares([np.array([0.6, 0.4])], [np.array([0.3, 0.7])]) == {}


OBS = np.array([[0.0, 1.0], [2.0, 3.0]])


def test_one_source_task_has_no_number() -> None:
    found = of_mappings(OBS, [np.array([[1.0], [2.0]])], [OBS])
    assert found == {"mi_explained": 1.0, "embedding_mean": 1.5, "embedding_std": 0.5}


def test_several_source_tasks_have_their_mean_and_each_its_own() -> None:
    half = np.array([[0.0, 3.0], [2.0, 1.0]])  # the second dimension is decoded the wrong way round
    found = of_mappings(OBS, [np.array([[1.0], [2.0]]), np.array([[4.0], [6.0]])], [OBS, half])
    assert found == {
        "mi_explained": 0.75, "mi_explained_0": 1.0, "mi_explained_1": 0.5,
        "embedding_mean": 3.25, "embedding_mean_0": 1.5, "embedding_mean_1": 5.0,
        "embedding_std": 0.75, "embedding_std_0": 0.5, "embedding_std_1": 1.0,
    }  # fmt: skip


def test_moments_by_hand() -> None:
    embedded = np.array([[1.0, -4.0, 5.0], [3.0, -4.0, -5.0]], np.float32)
    mean, std = moments(embedded)
    assert mean == pytest.approx((2 + 4 + 0) / 3)
    assert std == pytest.approx((1 + 0 + 5) / 3)


def test_moments_of_the_source_tasks_own_observations() -> None:
    obs = np.random.default_rng(0).standard_normal((4000, 97)).astype(np.float32)
    mean, std = moments(obs)
    assert mean == pytest.approx(np.sqrt(2 / np.pi / 4000), rel=0.2)  # of |mean of 4000 normals|
    assert std == pytest.approx(1, abs=0.01)


def test_explained_dimensions_by_hand() -> None:
    varied = [-1.0, 1.0, -1.0, 1.0]  # variance 1
    columns = {  # s, μ_q, and whether it is explained
        "exactly": (varied, varied, True),
        "residual 0.49": (varied, [-0.3, 0.3, -0.3, 0.3], True),
        "residual 0.5, no less than half": (varied, [-1.0, 1.0, 0.0, 0.0], False),
        "its mean, residual 1": (varied, [0.0] * 4, False),
        "its sign wrong": (varied, [1.0, -1.0, 1.0, -1.0], False),
        "far from 0": ([9.0, 7.0, 9.0, 7.0], [9.1, 7.1, 8.9, 6.9], True),
        "constant, exactly": ([2.0] * 4, [2.0] * 4, False),
        "variance 4e-6": ([0.002, -0.002] * 2, [0.002, -0.002] * 2, True),
        "variance 2.5e-7": ([0.0005, -0.0005] * 2, [0.0005, -0.0005] * 2, False),
    }
    for name, (s, mu, explained) in columns.items():
        obs, mean = (np.array(x, np.float32)[:, None] for x in (s, mu))
        assert explained_share(obs, mean) == explained, name
    obs, mean = (np.array([column[i] for column in columns.values()], np.float32).T for i in (0, 1))
    assert explained_share(obs, mean) == pytest.approx(4 / 9)


def test_a_constant_dimension_stays_constant_in_a_long_rollout() -> None:
    obs = np.full((2048, 1), 9.87654, np.float32)  # sums of it are rounded in single precision
    assert explained_share(obs, obs) == 0
