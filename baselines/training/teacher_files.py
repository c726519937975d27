"""Teachers' files: checkpoints of this package, or files of other programs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from baselines.common.checkpoint import Checkpoint, CheckpointError, encoded
from baselines.common.errors import UserError
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.task_modules import check_task_of_file
from baselines.config import Config
from baselines.conversion.bare_policy import bare_policy, spaces_of_task
from baselines.conversion.reading import Foreign, read_any
from baselines.training.saved import saved_policy
from baselines.transfer.build import check_teachers
from baselines.transfer.teachers.teacher import Teacher

WHERE = "--teacher_paths"

OFFERED: dict[str, tuple[SavedPolicy, str]] = {}
"""Teachers that a program has at hand and their hashes, by what stands for their path."""


def offer_teacher(saved: SavedPolicy) -> str:
    """Let a policy that lies in no file be a teacher.

    Returns:
        What stands for its path: the same for the same content.
    """
    sha256 = hashlib.sha256(encoded(*saved.contents())).hexdigest()
    name = f"policy-{sha256[:12]}"
    OFFERED[name] = saved, sha256
    return name


def read_teachers(config: Config) -> tuple[Teacher, ...]:
    """The teachers of `config.teacher_paths`, checked against the command line.

    Raises:
        UserError: a teacher's file cannot be used, or disagrees with the command line.
    """
    teachers = tuple(load_teacher(path, config.source_env) for path in config.teacher_paths)
    check_teachers(teachers, config)
    return teachers


def load_teacher(path: str, source_env: str = "") -> Teacher:
    """Read a teacher's file, or take the one that was offered; no code in a file is run.

    Args:
        path: the file.
        source_env: the teacher's task, where the file does not tell it.

    Raises:
        CodeNotKnown: of a network from outside this package that the user has not named.
        UserError: the file holds no teacher, or not one of its task.
    """
    if path in OFFERED:
        saved, sha256 = OFFERED[path]
        _check_alone(saved.description(), path)
        return _teacher(saved, sha256, path)
    found = read_any(path, WHERE)
    if isinstance(found, Checkpoint):
        return teacher_from_checkpoint(found, path)
    return _taken_over(found, path, source_env)


def teacher_from_checkpoint(checkpoint: Checkpoint, path: str) -> Teacher:
    """The teacher that a checkpoint holds; `path` is its file, for the messages.

    Raises:
        CodeNotKnown: of a network from outside this package that the user has not named.
        CheckpointError: damaged, or a student that still has teachers itself.
    """
    _check_alone(checkpoint.metadata, path)  # first: what its method is does not matter then
    saved = saved_policy(checkpoint, path, WHERE, "--teacher_network={name}")
    return _teacher(saved, checkpoint.sha256, path)


def _check_alone(metadata: Mapping[str, Any], path: str) -> None:
    """Raises CheckpointError for a student that still has teachers itself."""
    described = metadata.get("policy")
    if isinstance(described, dict) and "transfer" in described:
        raise CheckpointError(
            f"{WHERE}: {path} is a student at update {metadata.get('update')} that still needs its"
            " own teachers; give a checkpoint from after its hand-over"
        )


def _teacher(saved: SavedPolicy, sha256: str, path: str) -> Teacher:
    env, timesteps = saved.metadata["env"], saved.metadata.get("timesteps", 0)
    return Teacher(
        saved.policy.plain,
        saved.params,
        {"id": env["id"], "kwargs": dict(env["kwargs"])},
        sha256,
        timesteps=timesteps,
        statistics=RunningMeanStd.from_state(saved.normalizer.obs_rms.state()),  # not its own
        body=saved.metadata.get("body"),
        path=path,
    )


def _taken_over(foreign: Foreign, path: str, source_env: str) -> Teacher:
    """The teacher in another program's file.

    It needs no statistics of observations: what it is given instead of these, φ, is learned.
    """
    policy, params = bare_policy(foreign, path, WHERE)
    env_id = foreign.facts.get("env") or source_env
    if not env_id:
        raise UserError(f"--source_env: missing; {path} does not tell its task")
    if env_id != source_env:
        check_task_of_file(env_id, "source_env")
    spaces_of_task(policy, path, env_id, {}, "source_env")
    return Teacher(
        policy,
        params,
        {"id": env_id, "kwargs": {}},
        foreign.sha256,
        timesteps=foreign.facts.get("timesteps", 0),
        path=path,
    )
