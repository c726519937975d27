"""What a checkpoint holds of a student beside its own networks: written, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.networks.arrays import Params
from baselines.common.networks.policies import PlainPolicy
from baselines.common.networks.sizes import check_sizes
from baselines.common.networks.variables import shapes
from baselines.transfer.correspondence import ABSENT, Window
from baselines.transfer.mapping import SCOPE, MappingSpec, embedding_variables
from baselines.transfer.mixing import MixingSpec, unfitting
from baselines.transfer.teacher import Teacher, sources

TransferParts = tuple[
    tuple[Teacher, ...], MappingSpec, float, Params, MixingSpec, tuple[Window, ...], bool
]
"""The teachers, the mapping, σ_q's noise, the variables of a frozen φ, how the teachers are mixed
in, where their parts are, and whether their values are drawn to the returns, as `Student` has
them."""


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


def describe_options(
    spec: MixingSpec, windows: Sequence[Window], value_alignment: bool
) -> dict[str, Any]:
    """What it says there besides of the options that are not as by default; JSON."""
    said: dict[str, Any] = {"mixing": asdict(spec)} if spec != MixingSpec() else {}
    if windows:
        said["windows"] = [describe_window(window) for window in windows]
    return said | ({"value_alignment": True} if value_alignment else {})


def teacher_arrays(teachers: Sequence[Teacher]) -> dict[str, np.ndarray]:
    """The teachers' variables under the names that they have in a student's checkpoint."""
    return {
        f"{teacher_scope(j)}/{name}": value
        for j, teacher in enumerate(teachers)
        for name, value in teacher.params.items()
    }


def read(
    described: Mapping[str, Any], stored: Mapping[str, np.ndarray], body: PlainPolicy
) -> TransferParts:
    """The inverse of `describe` and `describe_options`.

    Args:
        described: what the checkpoint says under `transfer`.
        stored: its arrays.
        body: the student's own networks.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    teachers = tuple(
        stored_teacher(j, teacher, stored) for j, teacher in enumerate(described["teachers"])
    )
    mapping, min_std = MappingSpec(**described["mapping_spec"]), float(described["min_std"])
    sizes = [size for _, size in sources(teachers)]
    for size in sizes:
        check_sizes(mapping, body.obs_size, size)
    frozen: Params = {}
    if described["frozen_mapping"]:
        needed = shapes(embedding_variables(body.obs_size, sizes, mapping.build()))
        frozen = checked_arrays(stored, needed)
    mixing, windows = _stored_mixing(described, body, teachers, mapping)
    value_alignment = bool(described.get("value_alignment", False))
    return teachers, mapping, min_std, frozen, mixing, windows, value_alignment


def _stored_mixing(
    described: Mapping[str, Any],
    body: PlainPolicy,
    teachers: Sequence[Teacher],
    mapping: MappingSpec,
) -> tuple[MixingSpec, tuple[Window, ...]]:
    mixing, told = MixingSpec(**described.get("mixing", {})), described.get("windows", [])
    for teacher in teachers:
        if complaint := unfitting(mixing, body, teacher):
            raise ValueError(complaint)
    by_name = mapping.build().is_named or mixing.outputs == "named"
    windows = [
        stored_window(window, body, teacher)
        for window, teacher in zip(told, teachers if by_name else (), strict=True)
    ]
    return mixing, tuple(windows)


def teacher_scope(number: int) -> str:
    """First part of the names of a teacher's variables in a student's checkpoint."""
    return f"{SCOPE}/teacher{number}"


def describe_window(window: Window) -> list[Any]:
    """What a checkpoint says of a place on the student's body; JSON."""
    return [list(window.entries), [list(pair) for pair in window.motors]]


def stored_window(described: Sequence[Any], body: PlainPolicy, teacher: Teacher) -> Window:
    """The inverse of `describe_window`.

    Raises:
        TypeError, ValueError: it does not fit the student or the teacher.
    """
    entries, motors = described
    window = Window(tuple(entries), tuple((own, theirs) for own, theirs in motors))
    bounds = (body.distribution.num_outputs, teacher.policy.distribution.num_outputs)
    numbers = [(entry, body.obs_size) for entry in window.entries if entry != ABSENT]
    numbers += [pair for motor in window.motors for pair in zip(motor, bounds, strict=True)]
    if len(window.entries) != teacher.policy.obs_size or not window.motors:
        raise ValueError("a window does not fit its teacher")
    if not all(type(number) is int and 0 <= number < bound for number, bound in numbers):
        raise ValueError("a window names what is not there")
    return window


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
