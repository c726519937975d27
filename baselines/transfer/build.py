"""From settings to a policy: from scratch, with teachers (MIKT), from a teacher's weights (MLPP).

The methods that MIKT is compared with differ from it by what is done here (`docs/method.md`).
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from baselines.common.command_line import UserError
from baselines.common.networks import MlpSpec
from baselines.common.policies import MlpPolicy, check_sizes
from baselines.common.seeding import Streams
from baselines.config import Config
from baselines.transfer.pretrained import copied_layers
from baselines.transfer.student import Student
from baselines.transfer.teacher import Teacher, load_teacher

IN_COMMON = {
    "mikt": ("num_layers",),
    "mlpp": tuple(f.name for f in fields(MlpSpec)),
}
"""What of `MlpSpec` a teacher and the student must agree in, by kind of transfer; all are flags."""


def read_teachers(config: Config) -> tuple[Teacher, ...]:
    """The teachers of `config.teacher_paths`, checked against the command line.

    Raises:
        UserError: a teacher's file cannot be used, or disagrees with the command line.
    """
    teachers = tuple(load_teacher(path) for path in config.teacher_paths)
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        _check(path, teacher, config)
    return teachers


def _check(path: str, teacher: Teacher, config: Config) -> None:
    if config.source_env and config.source_env != teacher.env["id"]:
        raise UserError(
            f"--source_env: {config.source_env}, but {path} was trained on {teacher.env['id']}"
        )
    network = teacher.policy.describe()["network"]
    if config.teacher_network and config.teacher_network != network:
        raise UserError(f"--teacher_network: {config.teacher_network}, but {path} is a {network}")
    for name in IN_COMMON[config.transfer]:
        own, theirs = getattr(config, name), getattr(teacher.policy.spec, name)
        if own != theirs:
            raise UserError(
                f"--{name}: {own}, but that of the teacher {path} is {theirs}; with"
                f" --transfer={config.transfer} they must agree"
            )


def add_teachers(
    body: MlpPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> tuple[MlpPolicy | Student, dict[str, np.ndarray]]:
    """The policy to be trained and its initial variables.

    It is `body` alone, `body` starting from the hidden layers of the teacher, or a student of the
    teachers; the variables that they have in common start alike.
    """
    if not teachers:
        return body, body.init(random.init)
    if config.transfer == "mlpp":
        (teacher,) = teachers
        return body, body.init(random.init) | copied_layers(teacher, body)
    student = _student(body, teachers, config, random)
    return student, student.init(random.init)


def _student(
    body: MlpPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Student:
    if config.teacher_weights == "random":
        teachers = tuple(teacher.untrained(random.teachers) for teacher in teachers)
    spec = MlpSpec(config.mapping_num_layers, config.mapping_num_hidden, config.activation)
    for teacher in teachers:
        _check_mapping(spec, body, teacher)
    student = Student(body, teachers, spec, config.decoder_min_std)
    return student.with_frozen_mapping(random.init) if config.mapping == "frozen" else student


def _check_mapping(spec: MlpSpec, body: MlpPolicy, teacher: Teacher) -> None:
    try:
        check_sizes(spec, body.obs_size, teacher.policy.obs_size)
    except ValueError as error:
        raise UserError(
            f"--mapping_num_hidden: {spec.num_hidden} with --mapping_num_layers={spec.num_layers}:"
            f" {error}"
        ) from None
