"""MIKT as a transfer method: a student of frozen teachers, which in the end goes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.sizes import check_sizes
from baselines.common.seeding import Streams
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.config import Config, settings_in
from baselines.transfer.method import Beginning, TransferMethod
from baselines.transfer.schedule import first_update_coupled, mikt_stages
from baselines.transfer.stages import check_stages, first_update_alone
from baselines.transfer.student.loss_table import optional_losses
from baselines.transfer.student.mapping_kinds import MappingSpec, check_mapping
from baselines.transfer.student.metric_table import METRICS
from baselines.transfer.student.mixing import MixingSpec
from baselines.transfer.student.student import Student
from baselines.transfer.student.student_options import check_mixing, named_options
from baselines.transfer.teachers.correspondence import Window
from baselines.transfer.teachers.places import (
    check_no_other_statistics,
    check_statistics,
    known_statistics,
    places,
)
from baselines.transfer.teachers.teacher import Teacher
from baselines.transfer.teachers.teacher_weights import with_weights
from baselines.transfer.unfinished import go_on

OF_TEACHERS = "--obs_statistics=teachers"
"""The option by which the statistics of the observations begin with the teachers'."""


def check(config: Config) -> None:
    """Check the settings of a run.

    Raises:
        UserError: one of its stages would have no update, the teachers would keep only σ and
            statistics, which it does not read, or the statistics of the observations would come
            both from the teachers and from `load_path`.
    """
    check_stages(config, first_update_coupled(config), first_update_alone(config))
    if config.teacher_weights == "random_networks" and config.obs_statistics == "fresh":
        raise UserError(
            "--teacher_weights: random_networks leaves the teachers' σ and statistics, which"
            f" --transfer=mikt does not read; give random, or {OF_TEACHERS}"
        )
    if config.obs_statistics == "teachers":
        check_no_other_statistics(config, OF_TEACHERS)


def start(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Beginning:
    """The student with its teachers.

    Raises:
        UserError: the mapping is too large or is no mapping, a teacher does not fit the options of
            the mixing, names or the teachers' statistics are needed and not known, or a teacher
            shares no motor where names count.
        TaskError: a task, made to learn the names, raised an error.
    """
    mixing = MixingSpec(config.laterals, config.mix_outputs)
    spec = MappingSpec(
        config.mapping_num_layers, config.mapping_num_hidden, config.activation, config.mapping
    )
    _check_teachers(plain, teachers, config, mixing, spec)
    teachers = with_weights(teachers, config.teacher_weights, random.teachers, config.init_logstd)
    windows: tuple[Window, ...] = ()
    named = named_options(spec, mixing)
    if needing := _needing_names(config, named):
        wanted = f"--{needing[0]}: {getattr(config, needing[0])}"
        teachers, windows = _in_places(teachers, places(plain, teachers, config, wanted), config)
    student = Student(
        plain, teachers, spec, config.decoder_min_std, mixing_spec=mixing,
        windows=windows if named else (),
        optional_losses=optional_losses(config),
    )  # fmt: skip
    if not student.mapping.is_learned:
        student = student.with_frozen_mapping(random.init)
    statistics = _first_statistics(plain, teachers, windows, config)
    return Beginning(student, student.init(random.init), statistics)


def _check_teachers(
    plain: PlainPolicy,
    teachers: tuple[Teacher, ...],
    config: Config,
    mixing: MixingSpec,
    spec: MappingSpec,
) -> None:
    if config.obs_statistics == "teachers":
        check_statistics(teachers, config, OF_TEACHERS)
    for teacher in teachers:
        check_mixing(mixing, plain, teacher)
        _check_mapping(spec, plain, teacher)
    for teacher, other in combinations(teachers, 2):
        _check_may_share(teacher, other)


def _needing_names(config: Config, named: Sequence[str]) -> list[str]:
    """The settings of a run that need names.

    Args:
        config: the settings.
        named: those that the student itself needs them for (`named_options`).
    """
    before = {"teacher_places": "all", "obs_statistics": "teachers"}  # to place the teachers
    return [*named, *(name for name, value in before.items() if getattr(config, name) == value)]


def _in_places(
    teachers: tuple[Teacher, ...], found: Sequence[Sequence[Window]], config: Config
) -> tuple[tuple[Teacher, ...], tuple[Window, ...]]:
    """The teachers, each as often as it is to have a place, and these places.

    Args:
        teachers: the teachers.
        found: all places of each.
        config: the settings.
    """
    number = None if config.teacher_places == "all" else 1
    placed = [
        (replace(teacher, place=place), window)
        for teacher, where in zip(teachers, found, strict=True)
        for place, window in enumerate(where[:number])
    ]
    together, windows = zip(*placed, strict=True)
    return together, windows


def _first_statistics(
    plain: PlainPolicy, teachers: Sequence[Teacher], windows: Sequence[Window], config: Config
) -> RunningMeanStd | None:
    """Initial statistics of the observations; None: they start fresh."""
    if config.obs_statistics == "fresh":
        return None
    placed = zip(teachers, windows, strict=True)
    return known_statistics(plain.obs_size, [(teacher, [window]) for teacher, window in placed])


def _check_mapping(spec: MappingSpec, plain: PlainPolicy, teacher: Teacher) -> None:
    try:
        check_sizes(spec, plain.obs_size, teacher.policy.obs_size)
    except ValueError as error:
        raise UserError(
            f"--mapping_num_hidden: {spec.num_hidden} with --mapping_num_layers={spec.num_layers}:"
            f" {error}"
        ) from None
    check_mapping(spec, plain.obs_size, teacher.policy.obs_size)


def _check_may_share(teacher: Teacher, other: Teacher) -> None:
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
            f"--teacher_paths: {teacher.path} and {other.path} are both of {teacher.env['id']} with"
            f" the same arguments, but have different {differ}; the task of one of them must have"
            " another id or other arguments, such as another name of the body's file"
        )


MIKT = TransferMethod(
    start=start,
    stages=mikt_stages,
    restore=Student.from_description,
    go_on=go_on,
    in_common=("num_layers",),
    settings=settings_in("mikt"),
    metrics=METRICS,
    check=check,
)
