"""What a checkpoint holds of a student beside its own networks: written, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.networks.arrays import Params
from baselines.common.networks.policies import PlainPolicy, check_sizes
from baselines.common.networks.variables import shapes
from baselines.transfer.mapping import SCOPE, MappingSpec, embedding_variables
from baselines.transfer.teacher import Teacher, sources

TransferParts = tuple[tuple[Teacher, ...], MappingSpec, float, Params]
"""The teachers, the mapping, σ_q's noise and the variables of a frozen φ, as `Student` has them."""


def describe(
    teachers: Sequence[Teacher], mapping: MappingSpec, min_std: float, frozen_mapping: bool
) -> dict[str, Any]:
    """What a checkpoint says under `transfer` (`docs/checkpoints.md`); JSON."""
    return {
        "mapping_spec": asdict(mapping),
        "min_std": min_std,
        "frozen_mapping": frozen_mapping,
        "teachers": [describe_teacher(teacher) for teacher in teachers],
    }


def teacher_arrays(teachers: Sequence[Teacher]) -> dict[str, np.ndarray]:
    """The teachers' variables under the names that they have in a student's checkpoint."""
    return {
        f"{teacher_scope(j)}/{name}": value
        for j, teacher in enumerate(teachers)
        for name, value in teacher.params.items()
    }


def read(
    described: Mapping[str, Any], stored: Mapping[str, np.ndarray], obs_size: int
) -> TransferParts:
    """The inverse of `describe`.

    Args:
        described: what the checkpoint says under `transfer`.
        stored: its arrays.
        obs_size: number of the student's observation dimensions.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    teachers = tuple(
        stored_teacher(j, teacher, stored) for j, teacher in enumerate(described["teachers"])
    )
    mapping, min_std = MappingSpec(**described["mapping_spec"]), float(described["min_std"])
    sizes = [size for _, size in sources(teachers)]
    for size in sizes:
        check_sizes(mapping, obs_size, size)
    if not described["frozen_mapping"]:
        return teachers, mapping, min_std, {}
    needed = shapes(embedding_variables(obs_size, sizes, mapping.build()))
    return teachers, mapping, min_std, checked_arrays(stored, needed)


def teacher_scope(number: int) -> str:
    """First part of the names of a teacher's variables in a student's checkpoint."""
    return f"{SCOPE}/teacher{number}"


def describe_teacher(teacher: Teacher) -> dict[str, Any]:
    """What a student's checkpoint says of a teacher, beside its variables; JSON."""
    return {
        "policy": teacher.policy.describe(),
        "env": teacher.env,
        "sha256": teacher.sha256,
        "random": teacher.random,
    }


def stored_teacher(
    number: int, described: dict[str, Any], stored: Mapping[str, np.ndarray]
) -> Teacher:
    """The teacher that a student's checkpoint describes.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    prefix = f"{teacher_scope(number)}/"
    policy = PlainPolicy.from_description(described["policy"])
    needed = {f"{prefix}{name}": shape for name, shape in policy.shapes().items()}
    params = {k.removeprefix(prefix): v for k, v in checked_arrays(stored, needed).items()}
    random = bool(described.get("random", False))  # older checkpoints knew no random teachers
    return Teacher(policy, params, described["env"], described["sha256"], random)
