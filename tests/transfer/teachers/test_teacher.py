from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.common.checkpoint import CheckpointError, read, save
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.training.teacher_files import teacher_from_checkpoint
from baselines.transfer.student.student import Student
from baselines.transfer.teachers import teacher_weights
from baselines.transfer.teachers.teacher import Teacher


def load_teacher(path: str) -> Teacher:
    return teacher_from_checkpoint(read(path, "--teacher_paths"), path)


def refused(path: str) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_teacher(path)
    message = str(caught.value)
    assert message.startswith("--teacher_paths: ")
    assert path in message
    assert "\n" not in message
    return message


@pytest.fixture
def written(
    mlp_policy: Callable[..., PlainPolicy], perturbed: Any, write_checkpoint: Callable[..., str]
) -> tuple[str, PlainPolicy, dict[str, np.ndarray]]:
    policy = mlp_policy(obs_size=4, distribution=Categorical(3), scopes=("a", "b"))
    params = perturbed(policy.init(np.random.default_rng(0)), 1)
    return write_checkpoint(policy, params, "Source-v0"), policy, params


def test_a_teacher_is_read_whole(written: Any) -> None:
    path, policy, params = written
    teacher = load_teacher(path)
    assert teacher.policy == policy
    assert teacher.env == {"id": "Source-v0", "kwargs": {}}
    assert teacher.sha256 == read(path, "--x").sha256
    assert teacher.params.keys() == params.keys()
    for name, value in params.items():
        assert teacher.params[name].tobytes() == value.tobytes()


def test_an_untrained_teacher_is_the_same_network_at_its_start(
    make_teacher: Callable[..., Any],
) -> None:
    teacher = make_teacher(1)
    untrained = teacher_weights.untrained(teacher, np.random.default_rng(5))
    assert untrained.random
    assert not teacher.random
    for part in ("policy", "env", "sha256"):
        assert getattr(untrained, part) == getattr(teacher, part)
    fresh = teacher.policy.init(np.random.default_rng(5))
    assert untrained.params.keys() == teacher.params.keys()
    for name, value in untrained.params.items():
        assert value.tobytes() == fresh[name].tobytes()
        assert value.tobytes() != teacher.params[name].tobytes()


@pytest.mark.parametrize("its_own", [0.0, -1.0])
def test_an_untrained_teachers_noise_is_the_one_asked_for(
    make_teacher: Callable[..., Any], its_own: float
) -> None:
    """Whatever its own training began with, which a policy from a program still knows."""
    teacher = make_teacher(1)
    outputs = teacher.policy.distribution.num_outputs
    began = replace(teacher.policy, distribution=DiagGaussian(outputs, its_own))
    teacher = replace(teacher, policy=began)
    params = teacher_weights.untrained(teacher, np.random.default_rng(5), -1.5).params
    noise = f"{teacher.policy.pi_scope}/pi/logstd"
    assert params[noise].tolist() == [-1.5] * outputs
    assert params[noise].dtype == np.float32
    plain = teacher_weights.untrained(teacher, np.random.default_rng(5)).params
    assert {n for n in params if params[n].tobytes() != plain[n].tobytes()} == {noise}


def test_random_networks_leave_the_noise_and_the_statistics(
    make_teacher: Callable[..., Any],
) -> None:
    teacher = replace(make_teacher(1), statistics=RunningMeanStd((6,)))
    noise = f"{teacher.policy.pi_scope}/pi/logstd"
    teacher.params[noise][:] = -3.5
    (found,) = teacher_weights.with_weights(
        [teacher], "random_networks", np.random.default_rng(5), -1.0
    )
    untrained = teacher_weights.untrained(teacher, np.random.default_rng(5)).params
    assert found.random
    assert found.statistics is teacher.statistics
    assert {n for n in untrained if found.params[n].tobytes() != untrained[n].tobytes()} == {noise}
    assert found.params[noise].tolist() == [-3.5] * teacher.policy.distribution.num_outputs


@pytest.mark.parametrize("weights", ["random", "random_networks"])
def test_two_untrained_teachers_are_not_the_same(
    make_teacher: Callable[..., Any], weights: str
) -> None:
    """Although they are of one file, or of files of one shape."""
    teacher, rng = make_teacher(1), np.random.default_rng(5)
    one, other = teacher_weights.with_weights([teacher, teacher], weights, rng, 0.0)
    drawn = [name for name in teacher.params if name.endswith("/w")]
    assert drawn
    assert not [name for name in drawn if np.isin(one.params[name], other.params[name]).any()]


@pytest.mark.parametrize("timesteps", [None, 1_986_560])
def test_a_teacher_knows_how_long_it_was_trained(written: Any, timesteps: int | None) -> None:
    known = {} if timesteps is None else {"timesteps": timesteps}
    path = rewritten(written[0], lambda _, metadata: metadata.update(known))
    assert load_teacher(path).timesteps == (timesteps or 0)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_features_are_the_values_before_the_activation(
    make_teacher: Callable[..., Any], to_backend: Callable[[Any], Any], activation: str
) -> None:
    teacher = make_teacher(1, activation=activation)
    x = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    function = {"tanh": np.tanh, "relu": lambda a: np.where(a > 0, a, 0)}[activation]
    for scope, features in (("pi", teacher.policy_features), ("vf", teacher.value_features)):
        h = x.astype(float)
        found = features(to_backend(x))
        assert len(found) == 2
        for i, z in enumerate(found):
            expected = h @ teacher.params[f"{scope}/mlp_fc{i}/w"]
            expected = expected + teacher.params[f"{scope}/mlp_fc{i}/b"]
            np.testing.assert_allclose(z, expected, rtol=1e-4, atol=1e-5)
            h = function(expected)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_student_that_still_has_teachers_is_refused(
    make_student: Callable[..., Student], write_checkpoint: Callable[..., str], frozen: bool
) -> None:
    student = make_student()
    if frozen:
        student = student.with_frozen_mapping(np.random.default_rng(0))
    path = write_checkpoint(student, student.init(np.random.default_rng(0)), update=440)
    message = refused(path)
    assert "student at update 440" in message
    assert "hand-over" in message


def test_a_student_after_its_hand_over_is_a_teacher(
    make_student: Callable[..., Student], write_checkpoint: Callable[..., str]
) -> None:
    plain = make_student().plain
    params = plain.init(np.random.default_rng(0))
    teacher = load_teacher(write_checkpoint(plain, params, "Target-v0"))
    assert teacher.policy == plain
    assert teacher.params["student/mlp_fc0/w"].tobytes() == params["student/mlp_fc0/w"].tobytes()


def rewritten(path: str, change: Callable[[dict[str, np.ndarray], dict[str, Any]], object]) -> str:
    checkpoint = read(path, "--x")
    change(checkpoint.arrays, checkpoint.metadata)
    save(Path(path), checkpoint.arrays, checkpoint.metadata)
    return path


def test_every_variable_is_needed_in_its_shape_and_type(written: Any) -> None:
    path, _, params = written
    content = Path(path).read_bytes()
    for name, value in params.items():
        for damage in (
            lambda arrays, _, name=name: arrays.pop(name),
            lambda arrays, _, name=name, value=value: arrays.update({name: np.stack([value] * 2)}),
            lambda arrays, _, name=name, value=value: arrays.update({name: value.astype(float)}),
        ):
            Path(path).write_bytes(content)
            message = refused(rewritten(path, damage))
            assert "damaged" in message
            assert name in message


DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no policy": lambda metadata: metadata.pop("policy"),
    "null policy": lambda metadata: metadata.update(policy=None),
    "a list as policy": lambda metadata: metadata.update(policy=[]),
    "no task": lambda metadata: metadata.pop("env"),
    "null task": lambda metadata: metadata.update(env=None),
    "a task without id": lambda metadata: metadata.update(env={}),
    "another size": lambda metadata: metadata["policy"].update(obs_size=5),
    "no size": lambda metadata: metadata["policy"].pop("obs_size"),
    "an unknown distribution": lambda metadata: metadata["policy"].update(distribution=["X", 1]),
    "an unknown network": lambda metadata: metadata["policy"].update(network="lstm"),
    "negative timesteps": lambda metadata: metadata.update(timesteps=-1),
    "timesteps in words": lambda metadata: metadata.update(timesteps="many"),
    "an unknown activation": lambda metadata: metadata["policy"]["spec"].update(activation="sin"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_description_is_refused(written: Any, damage: str) -> None:
    refused(rewritten(written[0], lambda _, metadata: DAMAGE[damage](metadata)))


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    refused(str(tmp_path / "missing"))
    refused(str(tmp_path))
    (tmp_path / "garbage").write_bytes(b"\x80\x04\x95pickle")
    refused(str(tmp_path / "garbage"))
