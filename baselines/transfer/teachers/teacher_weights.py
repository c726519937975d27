"""What is left of the teachers' training: all of it, a part, or nothing (`--teacher_weights`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from baselines.transfer.teachers.teacher import Teacher


def with_weights(
    teachers: Sequence[Teacher], weights: str, rng: np.random.Generator, init_logstd: float
) -> tuple[Teacher, ...]:
    """The teachers with the weights that a run's `teacher_weights` names.

    Args:
        teachers: as loaded.
        weights: loaded, random or random_networks.
        rng: what random ones are drawn from.
        init_logstd: log σ of a policy that was never trained.
    """
    if weights == "random":
        return tuple(teacher.untrained(rng, init_logstd) for teacher in teachers)
    if weights == "random_networks":
        return tuple(with_random_networks(teacher, rng) for teacher in teachers)
    return tuple(teachers)


def with_random_networks(teacher: Teacher, rng: np.random.Generator) -> Teacher:
    """The same with networks as before any training; its σ and its statistics stay."""
    noise = teacher.policy.distribution_variables()
    kept = {name: teacher.params[name] for name in noise}
    return replace(teacher, params=teacher.policy.init(rng) | kept, random=True)
