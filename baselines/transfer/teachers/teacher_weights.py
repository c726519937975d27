"""The weights of the teachers of a run: those of their files, or drawn afresh as a control."""

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
        rng: the generator that random ones are drawn from.
        init_logstd: log σ of a policy that was never trained.
    """
    if weights == "random":
        return tuple(untrained(teacher, rng, init_logstd) for teacher in teachers)
    if weights == "random_networks":
        return tuple(with_random_networks(teacher, rng) for teacher in teachers)
    return tuple(teachers)


def untrained(teacher: Teacher, rng: np.random.Generator, init_logstd: float = 0.0) -> Teacher:
    """The same networks before any training, drawn as at the start of a run with this log σ."""
    noise = teacher.policy.distribution_variables()
    logstd = {name: np.full_like(value, init_logstd) for name, value in noise.items()}
    params = teacher.policy.init(rng) | logstd
    return replace(teacher, params=params, random=True, statistics=None)


def with_random_networks(teacher: Teacher, rng: np.random.Generator) -> Teacher:
    """The same with networks as before any training; its σ and its statistics stay."""
    kept = {name: teacher.params[name] for name in teacher.policy.distribution_variables()}
    return replace(teacher, params=teacher.policy.init(rng) | kept, random=True)
