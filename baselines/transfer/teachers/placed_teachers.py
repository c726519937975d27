"""Teachers that read entries of a student's observation by name: their places and statistics.

These entries must be normalised as they were while the teachers were trained, so the statistics of
the student's observations begin with theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.seeding import Streams
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.config import Config
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.places import places
from baselines.transfer.teachers.teacher import Teacher
from baselines.transfer.teachers.teacher_weights import with_weights

STATISTICS_WEIGHT = 1e5
"""Steps that the teachers' statistics count for, at most: the student's own soon outweigh them."""


def placed_teachers(
    body: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> list[tuple[Teacher, list[Window]]]:
    """The teachers with the weights of the run, each with its places on the student's body.

    Args:
        body: the student's own networks.
        teachers: those of `config.teacher_paths`, as loaded.
        config: the settings.
        random: where random weights are drawn from.

    Raises:
        UserError: it is not known what a teacher's observations were normalised with, actions are
            not vectors, entries have no names, or a teacher shares no motor.
        TaskError: a task raised an error.
    """
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        if teacher.statistics is None and config.teacher_weights != "random":
            raise UserError(
                f"--teacher_paths: {path} is another program's file, of which only"
                " python -m baselines.convert takes over how observations were normalised;"
                f" --transfer={config.transfer} needs that, so convert it first"
            )
    found = places(body, teachers, config, f"--transfer: {config.transfer}")
    weighted = with_weights(teachers, config.teacher_weights, random.teachers, config.init_logstd)
    return list(zip(weighted, found, strict=True))


def known_statistics(
    obs_size: int, placed: Sequence[tuple[Teacher, Sequence[Window]]]
) -> RunningMeanStd | None:
    """What the statistics of the observations begin with; None: no teacher has any.

    Where teachers and windows overlap, the first counts; an entry that none has begins with
    mean 0 and variance 1. They weigh as much as the teacher's that has seen the least.

    Args:
        obs_size: d of the student.
        placed: the teachers with their places on the student's body.
    """
    start, counts = RunningMeanStd((obs_size,)), [STATISTICS_WEIGHT]
    told = np.zeros(obs_size, bool)
    for teacher, windows in placed:
        theirs = teacher.statistics
        if theirs is None:
            continue
        for window in windows:
            for entry, own in enumerate(window.entries):
                if own != ABSENT and not told[own]:
                    start.mean[own], start.var[own] = theirs.mean[entry], theirs.var[entry]
                    told[own] = True
        counts.append(theirs.count)
    start.count = min(counts)
    return start if told.any() else None
