from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.common.command_line import UserError
from baselines.common.networks import MlpSpec
from baselines.common.policies import MlpPolicy
from baselines.config import Config
from baselines.transfer.build import add_teachers
from baselines.transfer.student import Student

RNG = np.random.default_rng


@pytest.fixture
def teacher_path(
    tmp_path: Path, mlp_policy: Callable[..., MlpPolicy], write_checkpoint: Callable[..., str]
) -> Callable[..., str]:
    def write(env_id: str = "Source-v0", update: int = 970, **sizes: Any) -> str:
        policy = mlp_policy(**({"obs_size": 4} | sizes))
        return write_checkpoint(policy, policy.init(RNG(update)), env_id, update)

    return write


@pytest.fixture
def body(mlp_policy: Callable[..., MlpPolicy]) -> MlpPolicy:
    return mlp_policy(scopes=("student0", "vf_student0"))


def test_without_teachers_the_policy_is_the_body(body: MlpPolicy) -> None:
    assert add_teachers(body, Config(env="Target-v0"), RNG(0)) is body


def test_a_student_with_its_teachers(body: MlpPolicy, teacher_path: Any) -> None:
    paths = teacher_path(update=1), teacher_path("Other-v0", update=2, obs_size=6, num_hidden=9)
    config = Config(
        env="Target-v0",
        teacher_paths=paths,
        mapping_num_layers=3,
        mapping_num_hidden=11,
        decoder_min_std=0.25,
    )
    student = add_teachers(body, config, RNG(0))
    assert isinstance(student, Student)
    assert student.body is body
    assert [teacher.env["id"] for teacher in student.teachers] == ["Source-v0", "Other-v0"]
    assert [teacher.policy.obs_size for teacher in student.teachers] == [4, 6]
    assert student.mapping_spec == MlpSpec(3, 11, "tanh")
    assert student.min_std == 0.25
    assert not student.frozen_mapping
    assert "transfer/embedding1/out/w" in student.init(RNG(0))


def test_a_frozen_mapping_is_drawn_from_the_generator(body: MlpPolicy, teacher_path: Any) -> None:
    config = Config(env="Target-v0", teacher_paths=(teacher_path(),), mapping="frozen")
    students = [add_teachers(body, config, RNG(seed)) for seed in (0, 0, 1)]
    drawn = [student.frozen_mapping["transfer/embedding0/out/w"] for student in students]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).all()
    assert "transfer/embedding0/out/w" not in students[0].init(RNG(0))
    assert "transfer/decoder0/out/w" in students[0].init(RNG(0))


def test_the_source_task_must_be_the_teachers(body: MlpPolicy, teacher_path: Any) -> None:
    good, bad = teacher_path(update=1), teacher_path("Other-v0", update=2)
    config = Config(env="Target-v0", teacher_paths=(good, bad), source_env="Source-v0")
    with pytest.raises(UserError, match=r"--source_env: Source-v0, but .* on Other-v0") as caught:
        add_teachers(body, config, RNG(0))
    assert bad in str(caught.value)
    assert good not in str(caught.value)
    fitting = Config(env="Target-v0", teacher_paths=(good,), source_env="Source-v0")
    assert isinstance(add_teachers(body, fitting, RNG(0)), Student)


@pytest.mark.parametrize("layers", [1, 3])
def test_the_numbers_of_layers_must_agree(body: MlpPolicy, teacher_path: Any, layers: int) -> None:
    path = teacher_path(num_layers=layers)
    with pytest.raises(UserError, match=rf"--num_layers: 2, but .* {layers} hidden layers") as e:
        add_teachers(body, Config(env="Target-v0", teacher_paths=(path,)), RNG(0))
    assert path in str(e.value)


def test_a_missing_teacher_is_named(body: MlpPolicy, tmp_path: Path) -> None:
    path = str(tmp_path / "00970")
    with pytest.raises(UserError, match="--teacher_paths: cannot read") as caught:
        add_teachers(body, Config(env="Target-v0", teacher_paths=(path,)), RNG(0))
    assert path in str(caught.value)
