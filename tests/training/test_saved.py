from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toys import spaces_for

from baselines.common.checkpoint import CheckpointError, checkpoint_name, read, save
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.vec_env.running_stats import Normalizer, RunningMeanStd
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.training.saved import read_saved_policy
from baselines.training.teacher_files import load_teacher
from baselines.transfer.student.student import Student
from baselines.transfer.teachers import teacher_weights

Arrays = dict[str, np.ndarray]
OBS = (3 * np.random.default_rng(5).standard_normal((7, 3))).astype(np.float64)


def with_random_teachers(student: Student) -> Student:
    rng = np.random.default_rng(9)
    return replace(
        student, teachers=tuple(teacher_weights.untrained(t, rng) for t in student.teachers)
    )


POLICIES: dict[str, Callable[[Any, Any], Policy]] = {
    "gaussian": lambda mlp_policy, _: mlp_policy(activation="relu", num_layers=3),
    "categorical": lambda mlp_policy, _: mlp_policy(distribution=Categorical(4)),
    "student": lambda _, make_student: make_student("one teacher"),
    "student of one task": lambda _, make_student: make_student("two of one task"),
    "student of two tasks": lambda _, make_student: make_student("two tasks"),
    "random teachers": lambda _, make_student: with_random_teachers(make_student("two tasks")),
    "frozen mapping": lambda _, make_student: make_student("two tasks").with_frozen_mapping(
        np.random.default_rng(9)
    ),
}


def normalizer() -> Normalizer:
    stats = RunningMeanStd((3,)), RunningMeanStd()
    stats[0].update(np.random.default_rng(0).normal(2.0, 3.0, (50, 3)))
    stats[1].update(np.random.default_rng(1).normal(0.0, 9.0, 50))
    return Normalizer(*stats)


@pytest.fixture(params=list(POLICIES))
def original(
    request: pytest.FixtureRequest, mlp_policy: Any, make_student: Any, perturbed: Any
) -> SavedPolicy:
    policy = POLICIES[request.param](mlp_policy, make_student)
    params = perturbed(policy.init(np.random.default_rng(0)), 1)
    task = {"env": {"id": "Target-v0", "kwargs": {"legs": 8}}, **spaces_for(policy.plain)}
    metadata = {"update": 970, **task}
    return SavedPolicy(policy, params, normalizer(), metadata)


def test_a_policy_comes_back_whole(original: SavedPolicy, tmp_path: Path) -> None:
    path = original.write(tmp_path)
    assert path == tmp_path / "00970"
    restored = read_saved_policy(str(path), "load_path")
    assert type(restored.policy) is type(original.policy)
    assert restored.params.keys() == original.params.keys()
    for name, value in original.params.items():
        assert restored.params[name].tobytes() == value.tobytes()
    assert restored.policy.frozen().keys() == original.policy.frozen().keys()
    for name, value in original.policy.frozen().items():
        assert restored.policy.frozen()[name].tobytes() == value.tobytes()
    for name, value in original.normalizer.arrays().items():
        found = restored.normalizer.arrays()[name]
        assert (found.shape, found.tobytes()) == (value.shape, value.tobytes()), name
    assert original.metadata.items() <= restored.metadata.items()
    assert restored.policy.describe() == original.policy.describe()


def test_it_acts_as_before_to_the_bit(original: SavedPolicy, tmp_path: Path) -> None:
    restored = read_saved_policy(str(original.write(tmp_path)), "load_path")
    distribution = original.policy.distribution
    noise = distribution.noise(np.random.default_rng(2), (7,))
    for given in (None, noise):
        expected = original.act(OBS, given)
        assert restored.act(OBS, given).tobytes() == expected.tobytes()
    assert (original.act(OBS, None) != original.act(OBS, noise)).any()


def test_writing_it_again_gives_the_same_file(original: SavedPolicy, tmp_path: Path) -> None:
    path = original.write(tmp_path)
    (tmp_path / "again").mkdir()
    again = read_saved_policy(str(path), "load_path").write(tmp_path / "again")
    assert again.read_bytes() == path.read_bytes()


def test_observations_are_normalised_before_acting(mlp_policy: Any, perturbed: Any) -> None:
    policy = mlp_policy()
    params = perturbed(policy.init(np.random.default_rng(0)), 1)
    saved = SavedPolicy(policy, params, normalizer(), {})
    stats = saved.normalizer.obs_rms
    h = np.clip((OBS - stats.mean) / np.sqrt(stats.var + 1e-8), -10, 10)
    for i in range(2):
        h = np.tanh(h @ params[f"pi/mlp_fc{i}/w"] + params[f"pi/mlp_fc{i}/b"])
    mean = h @ params["pi/pi/w"] + params["pi/pi/b"]
    np.testing.assert_allclose(saved.act(OBS, None), mean, rtol=1e-4, atol=1e-5)
    noise = np.ones((7, 2), np.float32)
    expected = mean + np.exp(params["pi/pi/logstd"])
    np.testing.assert_allclose(saved.act(OBS, noise), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("update", "name"), [(1, "00001"), (970, "00970"), (99999, "99999"), (123456, "123456")]
)
def test_the_name_of_a_checkpoint_is_its_update(update: int, name: str) -> None:
    assert checkpoint_name(update) == name


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_saved_policy(str(path), "load_path")
    message = str(caught.value)
    assert message.startswith("--load_path: ")
    assert str(path) in message
    assert "\n" not in message
    return message


def rewritten(path: Path, change: Callable[[Arrays, dict[str, Any]], object]) -> Path:
    checkpoint = read(path, "--load_path")
    change(checkpoint.arrays, checkpoint.metadata)
    save(path, checkpoint.arrays, checkpoint.metadata)
    return path


def test_every_array_is_needed_in_its_shape(original: SavedPolicy, tmp_path: Path) -> None:
    path = original.write(tmp_path)
    content = path.read_bytes()
    for name in read(path, "--load_path").arrays:
        path.write_bytes(content)
        rewritten(path, lambda arrays, _, name=name: arrays.pop(name))  # type: ignore[misc]
        assert name in refused(path)


@pytest.mark.parametrize("kind", ["trained", "of the teachers", "of the mapping", "statistics"])
def test_an_array_of_another_shape_is_refused(
    make_student: Callable[..., Student], perturbed: Any, tmp_path: Path, kind: str
) -> None:
    student = make_student("two tasks").with_frozen_mapping(np.random.default_rng(9))
    params = perturbed(student.init(np.random.default_rng(0)), 1)
    path = SavedPolicy(student, params, normalizer(), {"update": 1}).write(tmp_path)
    content = path.read_bytes()
    names = {
        "trained": list(params),
        "of the teachers": [name for name in student.frozen() if "teacher" in name],
        "of the mapping": list(student.frozen_mapping),
        "statistics": list(normalizer().arrays()),
    }[kind]
    assert names
    accepted = []
    for name in names:
        path.write_bytes(content)
        rewritten(path, lambda a, _, name=name: a.update({name: np.stack([a[name]] * 2)}))  # type: ignore[misc]
        try:
            read_saved_policy(str(path), "load_path")
        except CheckpointError:
            refused(path)
        else:
            accepted.append(name)
    assert accepted == []


NO_FLOATS = ["complex64", "int8", "bool"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *product(["student/pi/b", "transfer/teacher0/pi/mlp_fc0/w"], ["float64", *NO_FLOATS]),
        *product(["normalize/obs/mean"], NO_FLOATS),
    ],
)
def test_an_array_of_another_type_is_refused(
    make_student: Callable[..., Student], write_checkpoint: Any, name: str, kind: str
) -> None:
    student = make_student()
    path = Path(write_checkpoint(student, student.init(np.random.default_rng(0))))
    rewritten(path, lambda arrays, _: arrays.update({name: arrays[name].astype(kind)}))
    assert f"{name} is of {kind}" in refused(path)


DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no policy": lambda metadata: metadata.pop("policy"),
    "a number for a task": lambda metadata: metadata["env"].update(id=3),
    "null arguments for a task": lambda metadata: metadata["env"].update(kwargs=None),
    "an update in words": lambda metadata: metadata.update(update="many"),
    "a body of another hash": lambda metadata: metadata.update(
        body={"path": "body.xml", "sha256": "0", "xml": "<mujoco/>"}
    ),
    "timesteps in words": lambda metadata: metadata.update(timesteps="many"),
    "another space": lambda metadata: metadata["action_space"].update(kind="MultiBinary"),
    "discrete actions": lambda metadata: metadata.update(
        action_space={"kind": "Discrete", "n": 2, "start": 0}
    ),
    "observations of another size": lambda metadata: metadata["observation_space"].update(
        shape=[1 << 60]
    ),
    "observations without a type": lambda metadata: metadata["observation_space"].pop("dtype"),
    "actions of odd types": lambda metadata: metadata["action_space"].update(dtype=["f"]),
    "null policy": lambda metadata: metadata.update(policy=None),
    "no distribution": lambda metadata: metadata["policy"].pop("distribution"),
    "no spec": lambda metadata: metadata["policy"].update(spec={"colour": 3}),
    "no teachers": lambda metadata: metadata["policy"]["transfer"].pop("teachers"),
    "null teachers": lambda metadata: metadata["policy"]["transfer"].update(teachers=None),
    "null transfer": lambda metadata: metadata["policy"].update(transfer=None),
    "an unknown network": lambda metadata: metadata["policy"].update(network="lstm"),
    "an unknown activation": lambda metadata: metadata["policy"]["spec"].update(activation="sin"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_description_is_refused(
    make_student: Callable[..., Student], write_checkpoint: Any, damage: str
) -> None:
    student = make_student()
    path = Path(write_checkpoint(student, student.init(np.random.default_rng(0))))
    rewritten(path, lambda _, metadata: DAMAGE[damage](metadata))
    refused(path)


@pytest.mark.parametrize(
    "change",
    [
        {"config": None},
        {"config": []},
        {"action_space": {"kind": "Discrete", "n": 2, "start": "x"}},
    ],
    ids=["null settings", "a list of settings", "a first action in words"],
)
def test_a_damaged_description_of_a_plain_policy_is_refused(
    mlp_policy: Any, write_checkpoint: Any, change: dict[str, Any]
) -> None:
    policy: PlainPolicy = mlp_policy(distribution=Categorical(2))
    path = Path(write_checkpoint(policy, policy.init(np.random.default_rng(0))))
    rewritten(path, lambda _, metadata: metadata.update(change))
    refused(path)
    with pytest.raises(CheckpointError, match=r"--teacher_paths: .* is damaged"):
        load_teacher(str(path))


def test_a_policy_of_another_size_is_refused(mlp_policy: Any, write_checkpoint: Any) -> None:
    policy: PlainPolicy = mlp_policy(distribution=DiagGaussian(2))
    path = Path(write_checkpoint(policy, policy.init(np.random.default_rng(0))))
    rewritten(path, lambda _, metadata: metadata["policy"].update(obs_size=4))
    assert "observation_space does not fit" in refused(path)
    rewritten(path, lambda _, metadata: metadata["observation_space"].update(shape=[4]))
    assert "pi/mlp_fc0/w" in refused(path)


def test_teachers_of_older_checkpoints_are_loaded_ones(
    make_student: Callable[..., Student], write_checkpoint: Any
) -> None:
    student = make_student()
    path = Path(write_checkpoint(student, student.init(np.random.default_rng(0))))
    rewritten(path, lambda _, metadata: metadata["policy"]["transfer"]["teachers"][0].pop("random"))
    restored = read_saved_policy(str(path), "load_path").policy
    assert isinstance(restored, Student)
    assert not restored.teachers[0].random
