"""The places on a student's body where its teachers' bodies are found again, as a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.stored_body import arguments_with_body
from baselines.common.vec_env.task_modules import check_task_of_file
from baselines.config import Config
from baselines.environments.centipede_names import moved
from baselines.transfer.teachers.correspondence import Window, windows
from baselines.transfer.teachers.teacher import Teacher

if TYPE_CHECKING:
    from baselines.common.vec_env.entry_names import EntryNames


def places(
    body: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, wanted: str
) -> list[list[Window]]:
    """The windows of each teacher, one at least; the tasks are made to learn the names.

    Args:
        body: the student's own networks.
        teachers: those of `config.teacher_paths`.
        config: the settings.
        wanted: the flag that needs them and its value, for the messages: "--flag: value".

    Raises:
        UserError: actions are not vectors, entries have no names, or a teacher shares no motor.
        TaskError: a task raised an error.
    """
    names = _names(body, config.env, config.env_arguments, "env", wanted)
    found = []
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        source = teacher.env["id"]
        if source != config.source_env:
            check_task_of_file(source, "source_env")
        with arguments_with_body(teacher.env["kwargs"], teacher.body) as kwargs:
            theirs = _names(teacher.policy, source, kwargs, "source_env", wanted)
        found.append(windows(names, theirs, moved))
        if not found[-1]:
            raise UserError(
                f"--teacher_paths: {path} was trained on {source}, none of whose motors"
                f" has the name of one of {config.env}"
            )
    return found


def _names(
    policy: PlainPolicy, env_id: str, kwargs: dict[str, Any], flag: str, wanted: str
) -> EntryNames:
    """The names of the entries that a policy sees, and of the motors that it moves."""
    from baselines.common.vec_env.entry_names import entry_names  # only now: it loads MuJoCo

    names = entry_names(env_id, kwargs, flag)
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
