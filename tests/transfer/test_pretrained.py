from collections.abc import Callable
from typing import Any

import pytest

from baselines.common.networks.policies import PlainPolicy
from baselines.transfer.pretrained import copied_layers
from baselines.transfer.teacher import Teacher


@pytest.mark.parametrize("num_layers", [2, 3])
def test_the_hidden_layers_after_the_first_are_copied_under_the_bodys_names(
    mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher], num_layers: int
) -> None:
    teacher = make_teacher(1, num_layers=num_layers, scopes=("old", "vf_old"))
    body = mlp_policy(obs_size=9, num_layers=num_layers, scopes=("student", "vf_student"))
    found = copied_layers(teacher, body)
    assert found.keys() == {
        f"{scope}/mlp_fc{i}/{part}"
        for scope in ("student", "vf_student")
        for i in range(1, num_layers)
        for part in "wb"
    }
    for name, value in found.items():
        theirs = teacher.params[name.replace("student", "old")]
        assert value.tobytes() == theirs.tobytes(), name
        assert value.any()


def test_all_that_is_copied_fits(mlp_policy: Any, make_teacher: Callable[..., Teacher]) -> None:
    body = mlp_policy(obs_size=9)
    shapes = body.shapes()
    for name, value in copied_layers(make_teacher(1), body).items():
        assert value.shape == shapes[name]
