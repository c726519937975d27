"""Where on a student's body a teacher's body is found again, by the names of joints and bodies.

A long centipede has a short one's body in several places: that of four legs is found in that of six
twice, one torso apart. Each such place is a *window*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from baselines.common.vec_env.entry_names import EntryNames  # its module loads MuJoCo

Moved = Callable[[str, int], str]
"""From a part's name and a number of segments to the name of the part so many segments on."""

ABSENT = -1
"""The number of an entry of the teacher's observation that the student does not have."""


@dataclass(frozen=True)
class Window:
    """A place on the student's body that a teacher's body fits.

    Attributes:
        entries: for each entry of the teacher's observation the student's; `ABSENT`: it has none.
        motors: pairs of a motor of the student's and the teacher's that turns the joint of the same
            name; of several on one joint, the first with the first and so on.
    """

    entries: tuple[int, ...]
    motors: tuple[tuple[int, int], ...]


def windows(student: EntryNames, teacher: EntryNames, moved: Moved) -> list[Window]:
    """All windows that hold a motor, from the start of the body on.

    The first window pairs the parts that have the same name; a part without a name has no pair. The
    others are the places further along in which every joint and body of the teacher is found again.
    """
    found = [_window(student, teacher, moved, 0)]
    own = {entry.part for entry in student.observation}
    theirs = {entry.part for entry in teacher.observation}
    segments = 1
    while (there := {moved(part, segments) for part in theirs}) <= own and there != theirs:
        found.append(_window(student, teacher, moved, segments))
        segments += 1
    return [window for window in found if window.motors]


def _window(student: EntryNames, teacher: EntryNames, moved: Moved, segments: int) -> Window:
    at = {entry: i for i, entry in enumerate(student.observation) if entry.part}
    motor = {one: i for i, one in enumerate(_motors(student.joints)) if one[0]}
    names = [entry._replace(part=moved(entry.part, segments)) for entry in teacher.observation]
    motors = _motors([moved(joint, segments) for joint in teacher.joints])
    return Window(
        tuple(at.get(name, ABSENT) for name in names),
        tuple((motor[one], i) for i, one in enumerate(motors) if one in motor),
    )


def _motors(joints: Sequence[str]) -> list[tuple[str, int]]:
    """The joint of each motor, and how many motors before it turn the same one."""
    return [(joint, joints[:i].count(joint)) for i, joint in enumerate(joints)]


def motor_matrix(window: Window, student_motors: int, teacher_motors: int) -> np.ndarray:
    """A, which puts a teacher's motors where the student's are: float32 of [k_j, k]."""
    own, theirs = zip(*window.motors, strict=True)
    return selection(theirs, teacher_motors) @ selection(own, student_motors).T


def selection(entries: tuple[int, ...], size: int) -> np.ndarray:
    """The matrix that picks entries out of `size`: float32 of [size, len(entries)].

    The column of an `ABSENT` entry is 0, the mean of a normalised observation.
    """
    matrix = np.zeros((size, len(entries)), np.float32)
    for column, row in enumerate(entries):
        if row != ABSENT:
            matrix[row, column] = 1.0
    return matrix
