"""The places of teachers' bodies on a student's body, and the statistics of the entries there.

A teacher's entries must be normalised as they were while it was trained. So where teachers read
entries of the student's observation by name, the statistics of these begin with the teachers'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.seeding import Streams
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.common.vec_env.stored_body import arguments_with_body
from baselines.common.vec_env.task_modules import check_task_of_file
from baselines.config import Config
from baselines.environments.centipede_names import moved
from baselines.transfer.teachers.correspondence import ABSENT, Window, windows
from baselines.transfer.teachers.teacher import Teacher
from baselines.transfer.teachers.teacher_weights import with_weights

if TYPE_CHECKING:
    from baselines.common.vec_env.entry_names import EntryNames

STATISTICS_WEIGHT = 1e5
"""Steps that the teachers' statistics count for, at most: the student's own soon outweigh them."""


def places(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, wanted: str
) -> list[list[Window]]:
    """The windows of each teacher, one at least; the tasks are made to learn the names.

    Args:
        plain: the student's own networks.
        teachers: the teachers of `config.teacher_paths`.
        config: the settings.
        wanted: the flag that needs them and its value, for the messages: "--flag: value".

    Raises:
        UserError: actions are not vectors, entries have no names, or a teacher shares no motor.
        TaskError: a task raised an error.
    """
    names = _names(plain, config.env, config.env_arguments, "env", wanted)
    found = []
    for teacher in teachers:
        source = teacher.env["id"]
        if source != config.source_env:
            check_task_of_file(source, "source_env")
        with arguments_with_body(teacher.env["kwargs"], teacher.body) as kwargs:
            theirs = _names(teacher.policy, source, kwargs, "source_env", wanted)
        found.append(windows(names, theirs, moved))
        if not found[-1]:
            raise UserError(
                f"--teacher_paths: {teacher.path} was trained on {source}, none of whose motors"
                f" has the name of one of {config.env}"
            )
    return found


def _names(
    policy: PlainPolicy, env_id: str, kwargs: dict[str, Any], flag: str, wanted: str
) -> EntryNames:
    """The names of the entries that a policy sees, and of the motors that it moves."""
    from baselines.common.vec_env.entry_names import entry_names  # only now: it loads MuJoCo

    names = entry_names(env_id, kwargs, flag, f", and {wanted} needs them")
    if not isinstance(policy.distribution, DiagGaussian):
        raise UserError(f"{wanted} needs motors, but the actions of {env_id} are not a Box")
    has = len(names.observation), len(names.joints)
    needed = policy.obs_size, policy.distribution.num_outputs
    if has != needed:
        raise UserError(
            f"--{flag}: {env_id} has {has[0]} observation dimensions and {has[1]} motors, and the"
            f" policy {needed[0]} and {needed[1]} action dimensions"
        )
    return names


def placed_teachers(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> list[tuple[Teacher, list[Window]]]:
    """The teachers with the weights of the run, each with its places on the student's body.

    Args:
        plain: the student's own networks.
        teachers: the teachers of `config.teacher_paths`, as loaded.
        config: the settings.
        random: where random weights are drawn from.

    Raises:
        UserError: a teacher's statistics are not known, actions are not vectors, entries have no
            names, or a teacher shares no motor.
        TaskError: a task raised an error.
    """
    check_statistics(teachers, config, f"--transfer={config.transfer}")
    found = places(plain, teachers, config, f"--transfer: {config.transfer}")
    weighted = with_weights(teachers, config.teacher_weights, random.teachers, config.init_logstd)
    return list(zip(weighted, found, strict=True))


def check_statistics(teachers: tuple[Teacher, ...], config: Config, wanted: str) -> None:
    """Check that the statistics of each teacher's observations are known.

    Args:
        teachers: the teachers of `config.teacher_paths`, as loaded.
        config: the settings.
        wanted: the flag that needs them and its value, for the messages: "--flag=value".

    Raises:
        UserError: a teacher's are not, and its weights are not drawn afresh.
    """
    for teacher in teachers:
        if teacher.statistics is None and config.teacher_weights != "random":
            raise UserError(
                f"--teacher_paths: {teacher.path} is another program's file, of which only"
                " python -m baselines.convert takes over how observations were normalised;"
                f" {wanted} needs that, so convert it first"
            )


def check_no_other_statistics(config: Config, wanted: str) -> None:
    """Check that no statistics come from `load_path`, where they begin with the teachers'.

    `wanted` is the setting that asks for the teachers', as "--flag=value".

    Raises:
        UserError: `load_path` is given.
    """
    if config.load_path:
        raise UserError(
            f"--load_path: {wanted} begins with statistics of its teachers; leave one of the two"
            " out"
        )


def known_statistics(
    obs_size: int, placed: Sequence[tuple[Teacher, Sequence[Window]]]
) -> RunningMeanStd | None:
    """Initial statistics of the observations, from the teachers'; None: none are known.

    Where teachers and windows overlap, the first counts; an entry that none has begins with
    mean 0 and variance 1. They weigh as much as the teacher's that has seen the least.

    Args:
        obs_size: d of the student.
        placed: the teachers with their places on the student's body.
    """
    start, counts = RunningMeanStd((obs_size,)), [STATISTICS_WEIGHT]
    known = np.zeros(obs_size, bool)
    for teacher, where in placed:
        theirs = teacher.statistics
        if theirs is None:
            continue
        for window in where:
            for entry, own in enumerate(window.entries):
                if own != ABSENT and not known[own]:
                    start.mean[own], start.var[own] = theirs.mean[entry], theirs.var[entry]
                    known[own] = True
        counts.append(theirs.count)
    start.count = min(counts)
    return start if known.any() else None
