"""MLPP starts from every variable of the teacher's that has the same shape, and from no other."""

from collections.abc import Callable

import pytest

from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.transfer.pretrained import copied_variables
from baselines.transfer.teachers.teacher import Teacher

LATER = {"S/mlp_fc1/w", "S/mlp_fc1/b", "V/mlp_fc1/w", "V/mlp_fc1/b"}
ALWAYS = {"S/mlp_fc0/b", "V/mlp_fc0/b", "V/vf/w", "V/vf/b"}
OF_EQUAL_OBSERVATIONS = {"S/mlp_fc0/w", "V/mlp_fc0/w"}
OF_EQUAL_ACTIONS = {"S/pi/w", "S/pi/b", "S/pi/logstd"}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"obs_size": 9}, ALWAYS | LATER),
        ({"obs_size": 9, "num_layers": 1}, ALWAYS),
        ({"obs_size": 4}, ALWAYS | LATER | OF_EQUAL_OBSERVATIONS),
        ({"obs_size": 9, "distribution": DiagGaussian(3)}, ALWAYS | LATER | OF_EQUAL_ACTIONS),
        (
            {"obs_size": 4, "distribution": DiagGaussian(3)},
            ALWAYS | LATER | OF_EQUAL_OBSERVATIONS | OF_EQUAL_ACTIONS,
        ),
    ],
    ids=lambda value: str(sorted(value)),  # alike in every process
)
def test_what_is_copied_under_the_plain_policys_names(
    mlp_policy: Callable[..., PlainPolicy],
    make_teacher: Callable[..., Teacher],
    sizes: dict,
    expected: set[str],
) -> None:
    """The teacher has 4 observation and 3 action dimensions, the student 2 of the latter or 3."""
    teacher = make_teacher(1, num_layers=sizes.get("num_layers", 2), scopes=("old", "vf_old"))
    found = copied_variables(teacher, mlp_policy(**sizes, scopes=("S", "V")))
    assert found.keys() == expected
    for name, value in found.items():
        theirs = teacher.params[name.replace("S/", "old/").replace("V/", "vf_old/")]
        assert value.tobytes() == theirs.tobytes(), name
        assert value.any()
