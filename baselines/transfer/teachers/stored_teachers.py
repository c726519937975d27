"""The teachers in a student's checkpoint, and their places on its body, if it uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.trees import count
from baselines.config import TRANSFER_SCOPE
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.teacher import Teacher


def teacher_scope(number: int) -> str:
    """First part of the names of a teacher's variables in a student's checkpoint."""
    return f"{TRANSFER_SCOPE}/teacher{number}"


def teacher_arrays(teachers: Sequence[Teacher]) -> dict[str, np.ndarray]:
    """The teachers' variables under the names that they have in a student's checkpoint."""
    return {
        f"{teacher_scope(j)}/{name}": value
        for j, teacher in enumerate(teachers)
        for name, value in teacher.params.items()
    }


def describe_teacher(teacher: Teacher) -> dict[str, Any]:
    """Description of a teacher in a student's checkpoint, without its variables; JSON."""
    told = {
        "policy": teacher.policy.describe(),
        "env": teacher.env,
        "sha256": teacher.sha256,
        "random": teacher.random,
    }
    return told | ({"place": teacher.place} if teacher.place else {})


def stored_teacher(
    number: int, described: dict[str, Any], stored: Mapping[str, np.ndarray]
) -> Teacher:
    """The teacher that a student's checkpoint describes.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    prefix = f"{teacher_scope(number)}/"
    policy = PlainPolicy.from_description(described["policy"])
    needed = {f"{prefix}{name}": shape for name, shape in policy.shapes().items()}
    checked = checked_arrays(stored, needed, np.float32)
    params = {name.removeprefix(prefix): value for name, value in checked.items()}
    random = bool(described.get("random", False))  # older checkpoints knew no random teachers
    place = count(described.get("place", 0))
    return Teacher(policy, params, described["env"], described["sha256"], random, place=place)


def describe_window(window: Window) -> list[Any]:
    """Description of a place on the student's body in a checkpoint; JSON."""
    return [list(window.entries), [list(pair) for pair in window.motors]]


def stored_window(described: Sequence[Any], plain: PlainPolicy, teacher: Teacher) -> Window:
    """The inverse of `describe_window`.

    Raises:
        TypeError, ValueError: it does not fit the student or the teacher.
    """
    entries, motors = described
    window = Window(tuple(entries), tuple((own, theirs) for own, theirs in motors))
    bounds = (plain.distribution.num_outputs, teacher.policy.distribution.num_outputs)
    numbers = [(entry, plain.obs_size) for entry in window.entries if entry != ABSENT]
    numbers += [pair for motor in window.motors for pair in zip(motor, bounds, strict=True)]
    if len(window.entries) != teacher.policy.obs_size or not window.motors:
        raise ValueError("a window does not fit its teacher")
    if not all(type(number) is int and 0 <= number < bound for number, bound in numbers):
        raise ValueError("a window names what is not there")
    return window
