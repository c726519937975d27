"""A student of MIKT that goes on from an unfinished one, `--load_path`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from baselines.common.checkpoint import CheckpointError, checked_arrays
from baselines.common.logged_metric import COEF
from baselines.common.networks.policy import Policy
from baselines.common.networks.variables import shapes_of
from baselines.config import Config
from baselines.transfer.student.loss_table import ALIGNMENT
from baselines.transfer.student.student import Student
from baselines.transfer.teachers.teacher import Teacher


def go_on(
    policy: Policy, saved: Policy, arrays: Mapping[str, np.ndarray], config: Config
) -> Student:
    """The student that goes on from an unfinished one, with the same teachers in the same order.

    The teachers are read from its own file, the only one that has the weights of random ones.

    Raises:
        CheckpointError: its transfer method, its teachers or its mapping were others.
        KeyError, ValueError: its file is damaged.
    """
    assert isinstance(saved, Student)
    if not isinstance(policy, Student):
        raise _of_another_method(config) if config.teacher_paths else _without_its_teachers(config)
    _check_same_teachers(config, saved, policy)
    check_same_options(config, saved, policy)
    _check_same_places(config, saved, policy)
    mapping = checked_arrays(arrays, shapes_of(policy.frozen_mapping))
    return replace(policy, frozen_mapping=mapping, teachers=saved.teachers)


def _of_another_method(config: Config) -> CheckpointError:
    return CheckpointError(
        f"--transfer: {config.transfer}, but {config.load_path} is a student of mikt that still"
        " needs its teachers; give mikt"
    )


def _without_its_teachers(config: Config) -> CheckpointError:
    return CheckpointError(
        f"--load_path: {config.load_path} is a student that still needs its teachers;"
        " give the same files in --teacher_paths, in the same order"
    )


def _check_same_teachers(config: Config, saved: Student, given: Student) -> None:
    had, now = (_of_files(student.teachers) for student in (saved, given))
    if [teacher.sha256 for teacher in now] != [teacher.sha256 for teacher in had]:
        raise _without_its_teachers(config)
    if [teacher.random for teacher in now] != [teacher.random for teacher in had]:
        raise CheckpointError(
            f"--teacher_weights: {config.teacher_weights} is not what the student"
            f" {config.load_path} was trained with so far; give"
            f" {'random' if had[0].random else 'loaded'}"
        )


def _of_files(teachers: Sequence[Teacher]) -> list[Teacher]:
    """One teacher for each file, however many places it has."""
    return [teacher for teacher in teachers if teacher.place == 0]


def check_same_options(config: Config, saved: Student, given: Student) -> None:
    """Check that a student goes on with the mapping and the options that it had.

    A mapping that is learned may go on as a frozen one and the other way round, no other.

    Raises:
        CheckpointError: one of them is another.
    """
    settings: dict[str, tuple[Any, Any]] = {
        "laterals": (given.mixing_spec.laterals, saved.mixing_spec.laterals),
        "mix_outputs": (given.mixing_spec.outputs, saved.mixing_spec.outputs),
        "teacher_places": (_places(given), _places(saved)),
    }
    parts = [(student.mapping.embedding, student.mapping.decoder) for student in (given, saved)]
    if parts[0] != parts[1]:
        new, old = given.mapping_spec, saved.mapping_spec
        settings |= {
            "mapping_num_layers": (new.num_layers, old.num_layers),
            "mapping_num_hidden": (new.num_hidden, old.num_hidden),
            "mapping": (new.mapping, old.mapping),
        }
    aligned = ALIGNMENT in saved.optional_losses
    if aligned != (ALIGNMENT in given.optional_losses):
        before = "one above 0" if aligned else "0"
        coefficient = f"{ALIGNMENT}{COEF}"
        settings[coefficient] = (getattr(config, coefficient), before)
    for flag, (now, before) in settings.items():
        if now != before:
            raise CheckpointError(
                f"--{flag}: {now}, but the student {config.load_path} has {before}; give the same"
            )


def _places(student: Student) -> str:
    """The `teacher_places` that a student was made with, as far as it can be seen."""
    return "all" if any(teacher.place for teacher in student.teachers) else "first"


def _check_same_places(config: Config, saved: Student, given: Student) -> None:
    if len(given.teachers) != len(saved.teachers):
        raise CheckpointError(
            f"--load_path: the student {config.load_path} has teachers in"
            f" {len(saved.teachers)} places, and the body of {config.env} has"
            f" {len(given.teachers)}; give the body that it was trained on"
        )
