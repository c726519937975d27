"""The places on a student's body where its teachers' bodies are found again, as a run begins."""

from __future__ import annotations

from baselines.common.errors import UserError
from baselines.common.networks.distributions import DiagGaussian
from baselines.common.networks.policies import PlainPolicy
from baselines.common.vec_env.entry_names import entry_names
from baselines.common.vec_env.task_modules import check_task_of_file
from baselines.config import Config
from baselines.environments.centipede_names import moved
from baselines.transfer.correspondence import Window, windows
from baselines.transfer.teacher import Teacher


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
    """
    names = entry_names(config.env, config.env_arguments)
    found = []
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        check_task_of_file(teacher.env["id"])
        for policy, task in ((body, config.env), (teacher.policy, teacher.env["id"])):
            if not isinstance(policy.distribution, DiagGaussian):
                raise UserError(f"{wanted} needs motors, but the actions of {task} are not a Box")
        theirs = entry_names(teacher.env["id"], teacher.env["kwargs"])
        found.append(windows(names, theirs, moved))
        if not found[-1]:
            raise UserError(
                f"--teacher_paths: {path} was trained on {teacher.env['id']}, none of whose motors"
                f" has the name of one of {config.env}"
            )
    return found
