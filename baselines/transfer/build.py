"""From settings to a policy: without teachers, or a student with those that were named."""

from __future__ import annotations

import numpy as np

from baselines.common.command_line import UserError
from baselines.common.networks import MlpSpec
from baselines.common.policies import MlpPolicy
from baselines.config import Config
from baselines.transfer.student import Student
from baselines.transfer.teacher import Teacher, load_teacher


def add_teachers(body: MlpPolicy, config: Config, rng: np.random.Generator) -> MlpPolicy | Student:
    """The policy to be trained: `body` alone, or with the teachers of `config.teacher_paths`.

    Raises:
        UserError: a teacher's file cannot be used, or disagrees with the command line.
    """
    if not config.teacher_paths:
        return body
    teachers = tuple(load_teacher(path) for path in config.teacher_paths)
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        _check(path, teacher, body, config)
    spec = MlpSpec(config.mapping_num_layers, config.mapping_num_hidden, config.activation)
    student = Student(body, teachers, spec, config.decoder_min_std)
    return student.with_frozen_mapping(rng) if config.mapping == "frozen" else student


def _check(path: str, teacher: Teacher, body: MlpPolicy, config: Config) -> None:
    if config.source_env and config.source_env != teacher.env["id"]:
        raise UserError(
            f"--source_env: {config.source_env}, but {path} was trained on {teacher.env['id']}"
        )
    network = teacher.policy.describe()["network"]
    if config.teacher_network and config.teacher_network != network:
        raise UserError(f"--teacher_network: {config.teacher_network}, but {path} is a {network}")
    if teacher.policy.spec.num_layers != body.spec.num_layers:
        raise UserError(
            f"--num_layers: {body.spec.num_layers}, but the teacher {path} has"
            f" {teacher.policy.spec.num_layers} hidden layers; the numbers must agree"
        )
