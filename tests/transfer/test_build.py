from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.seeding import streams
from baselines.config import Config
from baselines.training.teacher_files import read_teachers
from baselines.transfer.build import beginning_of
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.student import Student

RNG = np.random.default_rng


@pytest.fixture
def teacher_path(
    tmp_path: Path, mlp_policy: Callable[..., PlainPolicy], write_checkpoint: Callable[..., str]
) -> Callable[..., str]:
    def write(env_id: str = "Source-v0", update: int = 970, **sizes: Any) -> str:
        policy = mlp_policy(**({"obs_size": 4} | sizes))
        return write_checkpoint(policy, policy.init(RNG(update)), env_id, update)

    return write


def same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    """Whether two sets of variables are the same to the bit."""
    return {k: v.tobytes() for k, v in one.items()} == {k: v.tobytes() for k, v in other.items()}


@pytest.fixture
def plain(mlp_policy: Callable[..., PlainPolicy]) -> PlainPolicy:
    return mlp_policy(scopes=("student0", "vf_student0"))


def build(
    plain: PlainPolicy, seed: int = 0, **settings: Any
) -> tuple[PlainPolicy | Student, dict[str, np.ndarray]]:
    config = Config(env="Target-v0", **(asdict(plain.spec) | settings))
    return beginning_of(plain, read_teachers(config), config, streams(seed, num_env=1))[:2]


def build_student(
    plain: PlainPolicy, seed: int = 0, **settings: Any
) -> tuple[Student, dict[str, np.ndarray]]:
    policy, params = build(plain, seed, **settings)
    assert isinstance(policy, Student)
    return policy, params


def test_without_teachers_the_policy_is_the_plain_one(plain: PlainPolicy) -> None:
    policy, params = build(plain)
    assert policy is plain
    assert same(params, plain.init(streams(0, num_env=1).init))


def test_a_student_with_its_teachers(plain: PlainPolicy, teacher_path: Any) -> None:
    paths = teacher_path(update=1), teacher_path("Other-v0", update=2, obs_size=6, num_hidden=9)
    student, params = build_student(
        plain,
        teacher_paths=paths,
        mapping_num_layers=3,
        mapping_num_hidden=11,
        decoder_min_std=0.25,
    )
    assert student.plain is plain
    assert [teacher.env["id"] for teacher in student.teachers] == ["Source-v0", "Other-v0"]
    assert [teacher.policy.obs_size for teacher in student.teachers] == [4, 6]
    assert student.mapping_spec == MappingSpec(3, 11, "tanh", "learned")
    assert student.min_std == 0.25
    assert student.optional_losses == ()
    assert not student.frozen_mapping
    assert "transfer/embedding1/out/w" in params
    assert [teacher.random for teacher in student.teachers] == [False, False]


def test_the_mapping_has_the_activation_of_the_students_networks(
    mlp_policy: Any, teacher_path: Any
) -> None:
    student, _ = build_student(mlp_policy(activation="relu"), teacher_paths=(teacher_path(),))
    assert student.mapping_spec.activation == "relu"


@pytest.mark.parametrize(
    ("sizes", "bodies", "differ"),
    [
        ((4, 6), (None, None), "numbers of observations, 4 and 6"),
        ((4, 4), ("one", "other"), "bodies"),
        ((4, 4), ("one", "one"), ""),
        ((4, 4), ("one", None), ""),
    ],
)
def test_teachers_of_one_task_share_the_mapping_only_where_they_are_of_one_body(
    plain: PlainPolicy, teacher_path: Any, sizes: Any, bodies: Any, differ: str
) -> None:
    paths = tuple(teacher_path(update=i, obs_size=size) for i, size in enumerate(sizes))
    config = Config(env="Target-v0", teacher_paths=paths, **asdict(plain.spec))
    teachers = tuple(
        replace(teacher, body=sha256 and {"sha256": sha256})
        for teacher, sha256 in zip(read_teachers(config), bodies, strict=True)
    )
    told = f"--teacher_paths: {paths[0]} and {paths[1]} are both of Source-v0 .* {differ};"
    with pytest.raises(UserError, match=told) if differ else nullcontext():
        beginning_of(plain, teachers, config, streams(0, num_env=1))


def test_the_first_of_three_teachers_is_compared_with_the_last(
    plain: PlainPolicy, teacher_path: Any
) -> None:
    tasks = (("Source-v0", 4), ("Other-v0", 6), ("Source-v0", 6))
    paths = tuple(teacher_path(env, i, obs_size=size) for i, (env, size) in enumerate(tasks))
    told = f"--teacher_paths: {paths[0]} and {paths[2]} are both of Source-v0 "
    with pytest.raises(UserError, match=told):
        build(plain, teacher_paths=paths)


def test_teachers_of_one_id_with_other_arguments_have_a_mapping_each(
    plain: PlainPolicy, teacher_path: Any
) -> None:
    paths = tuple(teacher_path(update=i, obs_size=size) for i, size in enumerate((4, 6)))
    config = Config(env="Target-v0", teacher_paths=paths, **asdict(plain.spec))
    short, long = read_teachers(config)
    teachers = short, replace(long, env=long.env | {"kwargs": {"legs": 6}})
    student = beginning_of(plain, teachers, config, streams(0, num_env=1))[0]
    assert isinstance(student, Student)
    assert student.source_sizes == [4, 6]


def test_a_frozen_mapping_is_drawn_from_the_generator(
    plain: PlainPolicy, teacher_path: Any
) -> None:
    settings = {"teacher_paths": (teacher_path(),), "mapping": "frozen"}
    built = [build_student(plain, seed, **settings) for seed in (0, 0, 1)]
    drawn = [student.frozen_mapping["transfer/embedding0/out/w"] for student, _ in built]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).all()
    assert "transfer/embedding0/out/w" not in built[0][1]
    assert "transfer/decoder0/out/w" in built[0][1]


@pytest.mark.parametrize("mapping", ["learned", "frozen"])
def test_random_teachers_leave_the_students_own_start_as_it_is(
    plain: PlainPolicy, teacher_path: Any, mapping: str
) -> None:
    paths = teacher_path(update=1), teacher_path("Other-v0", update=2, obs_size=6, num_hidden=9)
    (loaded, its_params), (random, params) = (
        build_student(plain, teacher_paths=paths, mapping=mapping, teacher_weights=weights)
        for weights in ("loaded", "random")
    )
    assert same(params, its_params)
    assert same(random.frozen_mapping, loaded.frozen_mapping)
    for one, other in zip(random.teachers, loaded.teachers, strict=True):
        assert (one.policy, one.env, one.sha256) == (other.policy, other.env, other.sha256)
        assert (one.random, other.random) == (True, False)
        for name, value in one.params.items():
            alike = (value == other.params[name]).mean()
            assert alike == (0 if name.endswith("/w") else 1), name  # biases and log σ start at 0


def test_random_teachers_are_drawn_by_seed_each_by_itself(
    plain: PlainPolicy, teacher_path: Any
) -> None:
    paths = teacher_path(update=1), teacher_path(update=2)
    settings = {"teacher_paths": paths, "teacher_weights": "random"}
    (one, _), (again, _), (other, _) = (
        build_student(plain, seed, **settings) for seed in (4, 4, 5)
    )
    for j in range(2):
        assert same(one.teachers[j].params, again.teachers[j].params)
        assert not same(one.teachers[j].params, other.teachers[j].params)
    assert not same(one.teachers[0].params, one.teachers[1].params)


def test_mlpp_is_the_plain_policy_with_all_of_the_teacher_that_fits(
    plain: PlainPolicy, mlp_policy: Any, perturbed: Any, write_checkpoint: Any
) -> None:
    theirs = mlp_policy(obs_size=4, scopes=("old", "vf_old"))
    old = perturbed(theirs.init(RNG(1)), 1)
    path = write_checkpoint(theirs, old)
    policy, params = build(plain, seed=3, teacher_paths=(path,), transfer="mlpp")
    assert policy is plain
    _, scratch = build(plain, seed=3)
    assert params.keys() == scratch.keys()
    for name, value in params.items():
        is_fresh = name.endswith("/mlp_fc0/w")  # of another number of observations
        source = scratch[name] if is_fresh else old[name.replace("student0", "old")]
        assert value.tobytes() == source.tobytes(), name


@pytest.mark.parametrize(
    ("flag", "theirs", "own"),
    [("num_layers", 3, 2), ("num_hidden", 7, 5), ("activation", "relu", "tanh")],
)
def test_mlpp_needs_a_teacher_of_the_same_sizes(
    plain: PlainPolicy, teacher_path: Any, flag: str, theirs: Any, own: Any
) -> None:
    path = teacher_path(**{flag: theirs})
    with pytest.raises(UserError, match=f"--{flag}: {own}, but that of .* is {theirs}; ") as caught:
        build(plain, teacher_paths=(path,), transfer="mlpp")
    assert path in str(caught.value)
    if flag != "num_layers":
        build_student(plain, teacher_paths=(path,))


def test_the_source_task_must_be_the_teachers(plain: PlainPolicy, teacher_path: Any) -> None:
    good, bad = teacher_path(update=1), teacher_path("Other-v0", update=2)
    with pytest.raises(UserError, match=r"--source_env: Source-v0, but .* on Other-v0") as caught:
        build(plain, teacher_paths=(good, bad), source_env="Source-v0")
    assert bad in str(caught.value)
    assert good not in str(caught.value)
    build_student(plain, teacher_paths=(good,), source_env="Source-v0")


def test_the_kind_of_network_must_be_the_teachers(plain: PlainPolicy, teacher_path: Any) -> None:
    path = teacher_path()
    with pytest.raises(UserError, match=f"--teacher_network: my_mlp, but {path} is a mlp"):
        build(plain, teacher_paths=(path,), teacher_network="my_mlp")
    build_student(plain, teacher_paths=(path,), teacher_network="my_mlp,mlp")


@pytest.mark.parametrize("layers", [1, 3])
def test_the_numbers_of_layers_must_agree(
    plain: PlainPolicy, teacher_path: Any, layers: int
) -> None:
    path = teacher_path(num_layers=layers)
    with pytest.raises(UserError, match=rf"--num_layers: 2, but that of .* is {layers}; ") as e:
        build(plain, teacher_paths=(path,))
    assert path in str(e.value)


def test_a_missing_teacher_is_named(plain: PlainPolicy, tmp_path: Path) -> None:
    path = str(tmp_path / "00970")
    with pytest.raises(UserError, match="--teacher_paths: cannot read") as caught:
        build(plain, teacher_paths=(path,))
    assert path in str(caught.value)
