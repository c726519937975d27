"""MIKT as a transfer method: a student of frozen teachers, which in the end goes alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import combinations
from typing import Any

import numpy as np

from baselines.common.checkpoint import CheckpointError, checked_arrays
from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.networks.sizes import check_sizes
from baselines.common.networks.variables import shapes_of
from baselines.common.seeding import Streams
from baselines.config import Config
from baselines.transfer.method import Beginning, TransferMethod
from baselines.transfer.schedule import mikt_stages
from baselines.transfer.stages import check_phases, first_update_alone, first_update_coupled
from baselines.transfer.student import description
from baselines.transfer.student.mapping_kinds import MappingSpec, check_mapping
from baselines.transfer.student.mixing_spec import MixingSpec, check_mixing
from baselines.transfer.student.objectives import ALIGNMENT, optional_losses
from baselines.transfer.student.student import Student
from baselines.transfer.student.student_metrics import METRICS
from baselines.transfer.teachers.correspondence import Window
from baselines.transfer.teachers.places import places
from baselines.transfer.teachers.teacher import Teacher, with_weights


def check(config: Config) -> None:
    """Check the settings of a run.

    Raises:
        UserError: one of its phases would have no update, or of the teachers' training only what
            it does not read would be left.
    """
    check_phases(config, first_update_coupled(config), first_update_alone(config))
    if config.teacher_weights == "random_networks":
        raise UserError(
            "--teacher_weights: random_networks leaves the teachers' σ and statistics, which"
            " --transfer=mikt does not read; give random"
        )


def start(
    body: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Beginning:
    """The student with its teachers.

    Raises:
        UserError: the mapping is too large, or not what it must be, the teachers cannot be mixed in
            as they are to be, or names are needed and cannot be had.
    """
    mixing = MixingSpec(config.laterals, config.mix_outputs)
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        check_mixing(mixing, body, teacher, path)
    teachers = with_weights(teachers, config.teacher_weights, random.teachers, config.init_logstd)
    spec = MappingSpec(
        config.mapping_num_layers, config.mapping_num_hidden, config.activation, config.mapping
    )
    for teacher in teachers:
        _check_mapping(spec, body, teacher)
    named = zip(config.teacher_paths, teachers, strict=True)
    for (path, teacher), (other_path, other) in combinations(named, 2):
        _check_may_share(path, teacher, other_path, other)
    windows = _windows(body, teachers, config, spec)
    student = Student(
        body, teachers, spec, config.decoder_min_std, mixing_spec=mixing, windows=windows,
        optional_losses=optional_losses(config),
    )  # fmt: skip
    if not student.mapping.is_learned:
        student = student.with_frozen_mapping(random.init)
    return Beginning(student, student.init(random.init))


def _windows(
    body: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, spec: MappingSpec
) -> tuple[Window, ...]:
    """Where on the student's body each teacher's parts of the same names are, if need be."""
    if spec.build().is_named:
        wanted = f"--mapping: {config.mapping}"
    elif config.mix_outputs == "named":
        wanted = "--mix_outputs: named"
    else:
        return ()
    return tuple(first for first, *_ in places(body, teachers, config, wanted))


def _check_mapping(spec: MappingSpec, body: PlainPolicy, teacher: Teacher) -> None:
    try:
        check_sizes(spec, body.obs_size, teacher.policy.obs_size)
    except ValueError as error:
        raise UserError(
            f"--mapping_num_hidden: {spec.num_hidden} with --mapping_num_layers={spec.num_layers}:"
            f" {error}"
        ) from None
    check_mapping(spec, body.obs_size, teacher.policy.obs_size)


def _check_may_share(path: str, teacher: Teacher, other_path: str, other: Teacher) -> None:
    """Refuse two teachers of one task, which share φ, if their observations or bodies differ."""
    if teacher.env != other.env:
        return
    sizes = teacher.policy.obs_size, other.policy.obs_size
    hashes = {one.body["sha256"] for one in (teacher, other) if one.body}
    if sizes[0] != sizes[1] or len(hashes) > 1:
        differ = "bodies"
        if sizes[0] != sizes[1]:
            differ = f"numbers of observations, {sizes[0]} and {sizes[1]}"
        raise UserError(
            f"--teacher_paths: {path} and {other_path} are both of {teacher.env['id']} with the"
            f" same arguments, but have different {differ}; the task of one of them must have"
            " another id or other arguments, such as another name of the body's file"
        )


def restore(described: dict[str, Any], stored: Mapping[str, np.ndarray]) -> Student:
    """The student that a checkpoint describes; `stored` are the checkpoint's arrays.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    body = PlainPolicy.from_description(described)
    return description.read(Student, body, described["transfer"], stored)


def go_on(
    policy: Policy, saved: Policy, arrays: Mapping[str, np.ndarray], config: Config
) -> Student:
    """The student that goes on from an unfinished one, with the same teachers in the same order.

    The teachers are read from its own file, the only one that has the weights of random ones.

    Raises:
        CheckpointError: it had other teachers, or another mapping.
        KeyError, ValueError: its file is damaged.
    """
    assert isinstance(saved, Student)
    theirs = [teacher.sha256 for teacher in saved.teachers]
    if not isinstance(policy, Student) or [t.sha256 for t in policy.teachers] != theirs:
        raise CheckpointError(
            f"--load_path: {config.load_path} is a student that still needs its teachers;"
            " give the same files in --teacher_paths, in the same order"
        )
    if [t.random for t in policy.teachers] != [t.random for t in saved.teachers]:
        raise CheckpointError(
            f"--teacher_weights: {config.teacher_weights} is not what the student"
            f" {config.load_path} was trained with so far; give the other one"
        )
    check_goes_on(config, saved, policy)
    mapping = checked_arrays(arrays, shapes_of(policy.frozen_mapping))
    return replace(policy, frozen_mapping=mapping, teachers=saved.teachers)


def check_goes_on(config: Config, saved: Student, given: Student) -> None:
    """Check that a student goes on with the mapping and the options that it had.

    A mapping that is learned may go on as a frozen one and the other way round, no other.

    Raises:
        CheckpointError: one of them is another.
    """
    settings: dict[str, tuple[Any, Any]] = {
        "laterals": (given.mixing_spec.laterals, saved.mixing_spec.laterals),
        "mix_outputs": (given.mixing_spec.outputs, saved.mixing_spec.outputs),
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
        settings["value_alignment_coef"] = (config.value_alignment_coef, before)
    for flag, (now, before) in settings.items():
        if now != before:
            raise CheckpointError(
                f"--{flag}: {now}, but the student {config.load_path} has {before}; give the same"
            )


MIKT = TransferMethod(
    start=start,
    stages=mikt_stages,
    restore=restore,
    go_on=go_on,
    in_common=("num_layers",),
    settings=[f.name for f in fields(Config) if f.metadata["group"] == "mikt"],
    metrics=METRICS,
    check=check,
)
