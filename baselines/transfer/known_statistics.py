"""First statistics of a student's observations: the teachers', for the entries of the same names.

A teacher that reads entries of the student's observation knows them as they were normalised while
it was trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.errors import UserError
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.config import Config
from baselines.transfer.correspondence import ABSENT, Window
from baselines.transfer.teacher import Teacher

STATISTICS_WEIGHT = 1e5
"""Steps that the teachers' statistics count for, at most: the student's own soon outweigh them."""


def check_statistics_known(teachers: Sequence[Teacher], config: Config) -> None:
    """See that the teachers can be shown observations as they were normalised for them.

    Raises:
        UserError: it is not known what one's observations were normalised with.
    """
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        if teacher.statistics is None and config.teacher_weights != "random":
            raise UserError(
                f"--teacher_paths: {path} is another program's file, of which only"
                " python -m baselines.convert takes over how observations were normalised;"
                f" --transfer={config.transfer} needs that, so convert it first"
            )


def known_statistics(
    obs_size: int, placed: Sequence[tuple[Teacher, Sequence[Window]]]
) -> RunningMeanStd | None:
    """What the statistics of the observations begin with, where a teacher tells it.

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
