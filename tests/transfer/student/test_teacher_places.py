"""A teacher in all of its places on a student's body, and its statistics, against the names."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.common.checkpoint import CheckpointError, read
from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NetworkSpec
from baselines.common.seeding import streams
from baselines.common.vec_env.entry_names import EntryNames, entry_names
from baselines.config import Config
from baselines.training.teacher_files import teacher_from_checkpoint
from baselines.transfer.method import Beginning
from baselines.transfer.mikt import MIKT, start
from baselines.transfer.student.student import Student
from baselines.transfer.teachers.stored_teachers import (
    describe_teacher,
    stored_teacher,
    teacher_arrays,
)
from baselines.transfer.teachers.teacher import Teacher
from baselines.transfer.unfinished import go_on

ROOT = Path(__file__).resolve().parents[3]
FOUR = str(ROOT / "teacher_models" / "centipede_four" / "0" / "00970")
SIX = str(ROOT / "teacher_models" / "centipede_six" / "0" / "00970")
EIGHT = "CentipedeEight-v1"
BY_NAME: dict[str, Any] = {"mapping": "named", "mix_outputs": "named"}
SPEC = NetworkSpec(2, 64, "tanh")


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return teacher_from_checkpoint(read(FOUR, "--teacher_paths"), FOUR)


@pytest.fixture(scope="module")
def ours() -> EntryNames:
    return entry_names(EIGHT, {})


@pytest.fixture(scope="module")
def theirs() -> EntryNames:
    return entry_names("CentipedeFour-v1", {})


def begun(teacher: Teacher, ours: EntryNames, **settings: Any) -> tuple[Student, Beginning]:
    plain = PlainPolicy(len(ours.observation), DiagGaussian(len(ours.joints)), SPEC)
    config = Config(env=EIGHT, teacher_paths=(FOUR,), **settings)
    beginning = start(plain, (teacher,), config, streams(0, num_env=1))
    assert isinstance(beginning.policy, Student)
    return beginning.policy, beginning


def further_along(part: str, torsos: int) -> str:
    """A torso has one of each part of the trunk, and two of each part of the legs."""

    def counted(found: re.Match[str]) -> str:
        each = 1 if found[1] in ("torso", "body", "bodyupdown") else 2
        return f"{found[1]}_{int(found[2]) + each * torsos}"

    return re.sub(r"^(\w+)_(\d+)$", counted, part)


@pytest.mark.parametrize("place", range(3))
def test_where_a_place_has_all_shares_its_motors_do_what_the_teacher_does(
    teacher: Teacher, ours: EntryNames, theirs: EntryNames, place: int
) -> None:
    student, beginning = begun(teacher, ours, teacher_places="all", **BY_NAME)
    logits = np.full(4, -50, np.float32)
    logits[1 + place] = 50
    params = beginning.params | {f"{student.plain.pi_scope}/mixing2": logits}
    rng = np.random.default_rng(place)
    seen = {(e.quantity, e.part, e.number): rng.standard_normal() for e in ours.observation}
    obs = np.array([list(seen.values())], np.float32)
    x = [
        seen.get((e.quantity, further_along(e.part, place), e.number), 0)
        for e in theirs.observation
    ]
    wanted = teacher.policy.pi(teacher.params, np.array([x], np.float32))[0][0]
    found = student.pi(params, obs)[0][0]
    at = {further_along(joint, place): i for i, joint in enumerate(theirs.joints)}
    assert at.keys() <= set(ours.joints)
    for motor, joint in enumerate(ours.joints):
        aim = wanted[at[joint]] if joint in at else 0.0
        assert found[motor] == pytest.approx(aim, abs=1e-5), joint
    assert np.abs(wanted).max() > 0.1


@pytest.mark.parametrize(
    ("settings", "number"),
    [({}, 1), ({"teacher_places": "first"}, 1), ({"teacher_places": "all"}, 3)],
)
def test_each_place_has_a_mapping_and_laterals_of_its_own(
    teacher: Teacher, ours: EntryNames, settings: dict[str, Any], number: int
) -> None:
    student, beginning = begun(teacher, ours, **settings)
    assert [one.place for one in student.teachers] == list(range(number))
    parts = {name.split("/")[1] for name in beginning.params if name.startswith("transfer/")}
    assert parts == {f"{part}{i}" for part in ("embedding", "decoder") for i in range(number)}
    shares = beginning.params[f"{student.plain.pi_scope}/mixing0"]
    np.testing.assert_allclose(shares, [-0.1] + [0.01] * number, rtol=1e-6)
    mapped = "mapping: 181 dimensions to the 97 of CentipedeFour-v1"
    places = ["", " in place 2", " in place 3"]
    assert student.outline() == [mapped + place for place in places[:number]]


def test_two_teachers_of_a_task_share_the_mapping_of_a_place(
    teacher: Teacher, ours: EntryNames
) -> None:
    plain = PlainPolicy(len(ours.observation), DiagGaussian(len(ours.joints)), SPEC)
    config = Config(env=EIGHT, teacher_paths=(FOUR, FOUR), teacher_places="all", **BY_NAME)
    beginning = start(plain, (teacher, teacher), config, streams(0, num_env=1))
    scopes = {name.split("/")[1] for name in beginning.params if "/embedding" in name}
    assert scopes == {"embedding0", "embedding1", "embedding2"}
    assert len(beginning.params[f"{plain.pi_scope}/mixing0"]) == 1 + 2 * 3
    student = beginning.policy
    assert isinstance(student, Student)
    assert [one.place for one in student.teachers] == [0, 1, 2] * 2
    assert student.source_numbers == [0, 1, 2] * 2
    assert student.windows[:3] == student.windows[3:]
    assert len(set(student.windows)) == 3


def test_teachers_of_two_tasks_have_a_mapping_in_each_of_their_places(
    teacher: Teacher, ours: EntryNames
) -> None:
    """A body of eight legs has two places for one of six legs, and three for one of four."""
    longer = teacher_from_checkpoint(read(SIX, "--teacher_paths"), SIX)
    plain = PlainPolicy(len(ours.observation), DiagGaussian(len(ours.joints)), SPEC)
    config = Config(env=EIGHT, teacher_paths=(SIX, FOUR), teacher_places="all", **BY_NAME)
    beginning = start(plain, (longer, teacher), config, streams(0, num_env=1))
    student = beginning.policy
    assert isinstance(student, Student)
    assert [one.place for one in student.teachers] == [0, 1, 0, 1, 2]
    assert student.source_numbers == list(range(5))
    sizes = [beginning.params[f"transfer/embedding{i}/out/b"].size for i in range(5)]
    assert sizes == [longer.policy.obs_size] * 2 + [teacher.policy.obs_size] * 3
    again = MIKT.restore(json.loads(json.dumps(student.describe())), student.frozen())
    assert again.describe() == student.describe()
    assert again.outline() == student.outline()


def test_an_untrained_teacher_is_the_same_in_all_places(teacher: Teacher, ours: EntryNames) -> None:
    student, _ = begun(teacher, ours, teacher_places="all", teacher_weights="random")
    first, *others = student.teachers
    assert len(others) == 2
    for name, value in first.params.items():
        assert (value != teacher.params[name]).any() or not value.any(), name
        for other in others:
            np.testing.assert_array_equal(other.params[name], value, err_msg=name)


@pytest.mark.parametrize("places", ["first", "all"])
@pytest.mark.parametrize("weights", ["loaded", "random_networks"])
def test_statistics_begin_with_the_teachers(
    teacher: Teacher, ours: EntryNames, theirs: EntryNames, places: str, weights: str
) -> None:
    settings = {"obs_statistics": "teachers", "teacher_places": places, "teacher_weights": weights}
    _, beginning = begun(teacher, ours, **settings)
    found, known = beginning.statistics, teacher.statistics
    assert found is not None and known is not None
    told: dict[Any, tuple[float, float]] = {}
    for torsos in reversed(range(3 if places == "all" else 1)):  # the first place counts
        for i, entry in enumerate(theirs.observation):
            name = entry._replace(part=further_along(entry.part, torsos))
            told[name] = known.mean[i], known.var[i]
    expected = [told.get(entry, (0.0, 1.0)) for entry in ours.observation]
    np.testing.assert_array_equal(np.column_stack([found.mean, found.var]), expected)
    assert (found.var != 1).sum() > (150 if places == "all" else 90)
    assert found.count == 1e5


def test_by_default_and_with_untrained_teachers_statistics_begin_fresh(
    teacher: Teacher, ours: EntryNames
) -> None:
    untrained = {"obs_statistics": "teachers", "teacher_weights": "random"}
    for settings in ({}, untrained):
        assert begun(teacher, ours, **BY_NAME, **settings)[1].statistics is None


def test_a_checkpoint_brings_the_places_back(teacher: Teacher, ours: EntryNames) -> None:
    student, beginning = begun(teacher, ours, teacher_places="all", **BY_NAME)
    again = MIKT.restore(json.loads(json.dumps(student.describe())), student.frozen())
    assert again.describe() == student.describe()
    obs = np.random.default_rng(0).standard_normal((3, 181)).astype(np.float32)
    np.testing.assert_array_equal(
        again.pi(beginning.params, obs)[0], student.pi(beginning.params, obs)[0]
    )
    first, _ = begun(teacher, ours, **BY_NAME)
    assert "place" not in json.dumps(first.describe())


@pytest.mark.parametrize("place", [-1, 0.5, "1", True, None])
def test_a_damaged_place_is_refused(teacher: Teacher, place: Any) -> None:
    described = describe_teacher(teacher) | {"place": place}
    with pytest.raises(ValueError, match="is no count"):
        stored_teacher(0, described, teacher_arrays([teacher]))


def test_what_corresponds_is_told_of_each_place(
    teacher: Teacher, ours: EntryNames, theirs: EntryNames
) -> None:
    student, _ = begun(teacher, ours, teacher_places="all", **BY_NAME)
    found, named = set(ours.observation), [entry for entry in theirs.observation if entry.part]
    numbers = [
        sum(entry._replace(part=further_along(entry.part, place)) in found for entry in named)
        for place in range(3)
    ]
    assert student.outline()[3:] == [
        f"same names: {number} dimensions and 10 motors of CentipedeFour-v1{place}"
        for number, place in zip(numbers, ["", " in place 2", " in place 3"], strict=True)
    ]


def test_a_student_goes_on_with_the_same_places_only(teacher: Teacher, ours: EntryNames) -> None:
    everywhere, beginning = begun(teacher, ours, teacher_places="all", **BY_NAME)
    first, _ = begun(teacher, ours, **BY_NAME)
    config = Config(env=EIGHT, load_path="old")
    assert go_on(everywhere, everywhere, beginning.params, config).teachers is everywhere.teachers
    told = "--teacher_places: first, but the student old has all; give the same"
    with pytest.raises(CheckpointError, match=told):
        go_on(first, everywhere, beginning.params, config)
    fewer = replace(everywhere, teachers=everywhere.teachers[:2])
    told = f"the student old has teachers in 3 places, and the body of {EIGHT} has 2; give the body"
    with pytest.raises(CheckpointError, match=told):
        go_on(fewer, everywhere, beginning.params, config)
    other = replace(everywhere, teachers=(replace(teacher, sha256="another"),) * 3)
    with pytest.raises(CheckpointError, match="give the same files in --teacher_paths"):
        go_on(everywhere, other, beginning.params, config)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"teacher_places": "all"}, "--teacher_places: all"),
        ({"obs_statistics": "teachers"}, "--obs_statistics: teachers"),
    ],
)
def test_without_names_there_are_no_places(
    teacher: Teacher, option: dict[str, Any], told: str
) -> None:
    plain = PlainPolicy(4, DiagGaussian(2), SPEC)
    config = Config(env="CartPole-v1", teacher_paths=(FOUR,), **option)
    with pytest.raises(UserError, match=f"^--env: CartPole-v1 is no MuJoCo .*, and {told} needs"):
        start(plain, (teacher,), config, streams(0, num_env=1))


def test_statistics_must_be_known(teacher: Teacher, ours: EntryNames) -> None:
    unknown = replace(teacher, statistics=None)
    with pytest.raises(UserError, match=r"another program's file, .*; --obs_statistics=teachers"):
        begun(unknown, ours, obs_statistics="teachers")
