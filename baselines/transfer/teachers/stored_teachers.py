"""Teachers in files: each in the checkpoint of its own run, and all of them in a student's.

A student's checkpoint also has the teachers' places on its body, if the student uses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from baselines.common.checkpoint import (
    DAMAGE,
    Checkpoint,
    CheckpointError,
    CodeNotKnown,
    checked_arrays,
)
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.registry import NotKnown
from baselines.common.trees import count
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.stored_body import check_described_body
from baselines.config import TRANSFER_SCOPE
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.teacher import Teacher


def teacher_from_checkpoint(checkpoint: Checkpoint, path: str) -> Teacher:
    """The teacher that a checkpoint holds; `path` is for the messages.

    Raises:
        CodeNotKnown: of a network from outside this package that the user has not named.
        CheckpointError: damaged, or a student that still has teachers itself.
    """
    metadata = checkpoint.metadata
    try:
        if "transfer" in dict(metadata["policy"]):
            raise CheckpointError(
                f"--teacher_paths: {path} is a student at update {metadata['update']} that still"
                " needs its own teachers; give a checkpoint from after its hand-over"
            )
        policy = PlainPolicy.from_description(metadata["policy"])
        params = checked_arrays(checkpoint.arrays, policy.shapes(), np.float32)
        env = {"id": str(metadata["env"]["id"]), "kwargs": dict(metadata["env"]["kwargs"])}
        timesteps = count(metadata.get("timesteps", 0))
        statistics = Normalizer.from_arrays(checkpoint.arrays, policy.obs_size).obs_rms
        body = metadata.get("body")
        if body is not None:
            check_described_body(body)
    except CheckpointError:
        raise
    except NotKnown as error:
        told = error.told("--teacher_network={name}")
        raise CodeNotKnown(f"--teacher_paths: {path}: {told}") from None
    except DAMAGE as error:
        raise CheckpointError(f"--teacher_paths: {path} is damaged ({error!r})") from None
    return Teacher(
        policy,
        params,
        env,
        checkpoint.sha256,
        timesteps=timesteps,
        statistics=statistics,
        body=body,
    )


def teacher_scope(number: int) -> str:
    """First part of the names of a teacher's variables in a student's checkpoint."""
    return f"{TRANSFER_SCOPE}/teacher{number}"


def teacher_arrays(teachers: Sequence[Teacher]) -> dict[str, np.ndarray]:
    """The teachers' variables under the names that they have in a student's checkpoint."""
    return {
        f"{teacher_scope(j)}/{name}": value
        for j, teacher in enumerate(teachers)
        for name, value in teacher.params.items()
    }


def describe_teacher(teacher: Teacher) -> dict[str, Any]:
    """Description of a teacher in a student's checkpoint, without its variables; JSON."""
    told = {
        "policy": teacher.policy.describe(),
        "env": teacher.env,
        "sha256": teacher.sha256,
        "random": teacher.random,
    }
    return told | ({"place": teacher.place} if teacher.place else {})


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
    checked = checked_arrays(stored, needed, np.float32)
    params = {name.removeprefix(prefix): value for name, value in checked.items()}
    random = bool(described.get("random", False))  # older checkpoints knew no random teachers
    place = count(described.get("place", 0))
    return Teacher(policy, params, described["env"], described["sha256"], random, place=place)


def describe_window(window: Window) -> list[Any]:
    """Description of a place on the student's body in a checkpoint; JSON."""
    return [list(window.entries), [list(pair) for pair in window.motors]]


def stored_window(described: Sequence[Any], plain: PlainPolicy, teacher: Teacher) -> Window:
    """The inverse of `describe_window`.

    Raises:
        TypeError, ValueError: it does not fit the student or the teacher.
    """
    entries, motors = described
    window = Window(tuple(entries), tuple((own, theirs) for own, theirs in motors))
    bounds = (plain.distribution.num_outputs, teacher.policy.distribution.num_outputs)
    numbers = [(entry, plain.obs_size) for entry in window.entries if entry != ABSENT]
    numbers += [pair for motor in window.motors for pair in zip(motor, bounds, strict=True)]
    if len(window.entries) != teacher.policy.obs_size or not window.motors:
        raise ValueError("a window does not fit its teacher")
    if not all(type(number) is int and 0 <= number < bound for number, bound in numbers):
        raise ValueError("a window names what is not there")
    return window
