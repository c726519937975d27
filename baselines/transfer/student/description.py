"""What a checkpoint holds of a student beside its own networks: written, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.networks.arrays import Params
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.sizes import check_sizes
from baselines.common.networks.variables import shapes
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.mixing import MixingSpec
from baselines.transfer.student.objectives import LOSSES
from baselines.transfer.student.student_parts import StudentParts, check_mixing, named_options
from baselines.transfer.teachers.correspondence import Window
from baselines.transfer.teachers.stored_teachers import (
    describe_teacher,
    describe_window,
    stored_teacher,
    stored_window,
    teacher_arrays,
)
from baselines.transfer.teachers.teacher import Teacher, source_sizes

Kind = TypeVar("Kind", bound=StudentParts)


def describe(parts: StudentParts) -> dict[str, Any]:
    """What a checkpoint says under `transfer` (`docs/checkpoints.md`); JSON.

    Options that have their default are left out.
    """
    said: dict[str, Any] = {
        "mapping_spec": asdict(parts.mapping_spec),
        "min_std": parts.min_std,
        "frozen_mapping": bool(parts.frozen_mapping),
        "teachers": [describe_teacher(teacher) for teacher in parts.teachers],
    }
    if parts.mixing_spec != MixingSpec():
        said["mixing"] = asdict(parts.mixing_spec)
    if parts.windows:
        said["windows"] = [describe_window(window) for window in parts.windows]
    return said | dict.fromkeys(parts.optional_losses, True)


def frozen_arrays(parts: StudentParts) -> dict[str, np.ndarray]:
    """The teachers' variables, and φ's where it is not learned."""
    return dict(parts.frozen_mapping) | teacher_arrays(parts.teachers)


def read(
    kind: type[Kind],
    plain: PlainPolicy,
    described: Mapping[str, Any],
    stored: Mapping[str, np.ndarray],
) -> Kind:
    """The inverse of `describe` and `frozen_arrays`.

    Args:
        kind: what is made of the parts.
        plain: the student's own networks.
        described: what the checkpoint says under `transfer`.
        stored: its arrays.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    teachers = tuple(
        stored_teacher(j, teacher, stored) for j, teacher in enumerate(described["teachers"])
    )
    spec = MappingSpec(**described["mapping_spec"])
    sizes = source_sizes(teachers)
    for size in sizes:
        check_sizes(spec, plain.obs_size, size)
    frozen: Params = {}
    if described["frozen_mapping"]:
        needed = shapes(spec.build().embedding_variables(plain.obs_size, sizes))
        frozen = checked_arrays(stored, needed)
    mixing, windows = _stored_mixing(described, plain, teachers, spec)
    return kind(
        plain=plain,
        teachers=teachers,
        mapping_spec=spec,
        min_std=float(described["min_std"]),
        frozen_mapping=frozen,
        mixing_spec=mixing,
        windows=windows,
        optional_losses=tuple(
            loss.name for loss in LOSSES if loss.optional and described.get(loss.name)
        ),
    )


def _stored_mixing(
    described: Mapping[str, Any],
    plain: PlainPolicy,
    teachers: Sequence[Teacher],
    mapping: MappingSpec,
) -> tuple[MixingSpec, tuple[Window, ...]]:
    mixing, told = MixingSpec(**described.get("mixing", {})), described.get("windows", [])
    for teacher in teachers:
        check_mixing(mixing, plain, teacher, teacher.env["id"])
    placed = teachers if named_options(mapping, mixing) else ()
    windows = [
        stored_window(window, plain, teacher) for window, teacher in zip(told, placed, strict=True)
    ]
    return mixing, tuple(windows)
