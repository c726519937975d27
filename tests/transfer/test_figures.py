import numpy as np
import pytest

from baselines.transfer.figures import (
    MappingFigures,
    mapping_figures,
    share_figures,
    teacher_figures,
)


def test_shares_by_side_and_layer() -> None:
    assert share_figures([0.2, 0.4], [0.5]) == pytest.approx(
        {
            "student_ps": 0.3, "student_ps_0": 0.2, "student_ps_1": 0.4,
            "vf_student_ps": 0.5, "vf_student_ps_0": 0.5,
        }
    )  # fmt: skip


def test_shares_of_several_teachers() -> None:
    pi = [np.array([0.5, 0.2, 0.3]), np.array([0.7, 0.2, 0.1])]
    vf = [np.array([0.2, 0.8, 0.0])]
    assert teacher_figures(pi, vf) == pytest.approx(
        {
            "teacher_ps": 0.2, "teacher_ps_0": 0.2, "teacher_ps_1": 0.2,
            "vf_teacher_ps": 0.4, "vf_teacher_ps_0": 0.8, "vf_teacher_ps_1": 0.0,
        }
    )  # fmt: skip


def test_a_single_teachers_share_is_what_the_student_leaves() -> None:
    assert teacher_figures([np.array([0.6, 0.4])], [np.array([0.3, 0.7])]) == {}


def test_one_source_task_has_no_number() -> None:
    assert mapping_figures([MappingFigures(0.25, 0.5, 0.75)]) == {
        "mi_explained": 0.25,
        "embedding_mean": 0.5,
        "embedding_std": 0.75,
    }


def test_several_source_tasks_have_their_mean_and_each_its_own() -> None:
    found = mapping_figures([MappingFigures(0.2, 1.0, 3.0), MappingFigures(0.6, 2.0, 5.0)])
    assert found == pytest.approx(
        {
            "mi_explained": 0.4, "mi_explained_0": 0.2, "mi_explained_1": 0.6,
            "embedding_mean": 1.5, "embedding_mean_0": 1.0, "embedding_mean_1": 2.0,
            "embedding_std": 4.0, "embedding_std_0": 3.0, "embedding_std_1": 5.0,
        }
    )  # fmt: skip
