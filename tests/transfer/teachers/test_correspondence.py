"""Windows of one centipede on another, against the names themselves."""

import numpy as np
import pytest

from baselines.common.vec_env.entry_names import Entry, EntryNames, entry_names
from baselines.environments.centipede_names import moved
from baselines.transfer.teachers.correspondence import ABSENT, Window, selection, windows


@pytest.mark.parametrize(
    ("part", "torsos", "expected"),
    [
        ("torso_1", 2, "torso_3"),
        ("bodyupdown_1", 1, "bodyupdown_2"),
        ("lefthip_0", 1, "lefthip_2"),
        ("righthip_3", 2, "righthip_7"),
        ("frontFoot_2", 1, "frontFoot_4"),
        ("ankle_5", 0, "ankle_5"),
        ("root", 1, "root"),
        ("world", 3, "world"),
        ("hip_1", 1, "hip_1"),
    ],
)
def test_a_part_further_along(part: str, torsos: int, expected: str) -> None:
    assert moved(part, torsos) == expected


@pytest.mark.parametrize(
    ("source", "target", "places", "taught"),
    [
        ("CentipedeFour-v1", "CentipedeSix-v1", 2, 16),
        ("CentipedeFour-v1", "CentipedeEight-v1", 3, 22),
        ("CentipedeThree-v1", "CentipedeFive-v1", 2, 10),
        ("CentipedeSix-v1", "CentipedeEight-v1", 2, 22),
        ("CentipedeSix-v1", "CpCentipedeEight-v1", 2, 18),
        ("CentipedeEight-v1", "CentipedeFour-v1", 1, 10),
        ("CentipedeFour-v1", "AntS-v1", 1, 3),
    ],
)
def test_windows_hold_what_has_the_same_name(
    source: str, target: str, places: int, taught: int
) -> None:
    student, teacher = entry_names(target, {}), entry_names(source, {})
    found = windows(student, teacher, moved)
    assert len(found) == places
    assert len({own for window in found for own, _ in window.motors}) == taught
    for torsos, window in enumerate(found):
        for theirs, own in enumerate(window.entries):
            quantity, part, number = teacher.observation[theirs]
            name = Entry(quantity, moved(part, torsos), number)
            if own == ABSENT:
                assert name not in student.observation
            else:
                assert student.observation[own] == name
        for own, theirs in window.motors:
            assert student.joints[own] == moved(teacher.joints[theirs], torsos)


def test_bodies_that_share_only_names_have_one_window() -> None:
    student = EntryNames((Entry("position", "knee", 0), Entry("position", "tail", 0)), ("knee",))
    teacher = EntryNames(
        (Entry("position", "hip", 0), Entry("position", "knee", 0)), ("hip", "knee")
    )
    assert windows(student, teacher, moved) == [Window((ABSENT, 0), ((0, 1),))]


def test_motors_that_turn_one_joint_correspond_in_their_order() -> None:
    student = EntryNames((Entry("position", "knee", 0),), ("knee", "tail", "knee"))
    teacher = EntryNames((Entry("position", "knee", 0),), ("knee", "knee", "knee"))
    assert windows(student, teacher, moved) == [Window((0,), ((0, 0), (2, 1)))]


def test_what_has_no_name_corresponds_to_nothing() -> None:
    ant = entry_names("AntS-v1", {})
    [window] = windows(ant, ant, moved)
    named = [i if entry.part else ABSENT for i, entry in enumerate(ant.observation)]
    assert named.count(ABSENT) == 4 * 6  # its feet
    assert list(window.entries) == named
    nameless = ant._replace(joints=("",) * 8)
    assert windows(nameless, nameless, moved) == []


def test_selection() -> None:
    x = np.array([[1.0, 2.0, 3.0]], np.float32)
    assert (x @ selection((2, ABSENT, 0, 2), 3)).tolist() == [[3, 0, 1, 3]]
