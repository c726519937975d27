"""From settings to a policy and its stages: from scratch, or with teachers by a transfer method."""

from __future__ import annotations

from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.seeding import Streams
from baselines.config import Config
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.method import Beginning, TransferMethod
from baselines.transfer.outside_code import checked_beginning, checked_stages
from baselines.transfer.stages import Stage, one_stage
from baselines.transfer.teachers.teacher import Teacher


def check_teachers(teachers: tuple[Teacher, ...], config: Config) -> None:
    """Check the teachers of `config.teacher_paths` against the command line.

    Raises:
        UserError: one of them disagrees with it.
    """
    for teacher in teachers:
        _check(teacher, config)


def _check(teacher: Teacher, config: Config) -> None:
    if config.source_env and config.source_env != teacher.env["id"]:
        raise UserError(
            f"--source_env: {config.source_env}, but {teacher.path} was trained on"
            f" {teacher.env['id']}"
        )
    network = teacher.policy.spec.network
    if config.teacher_network and network not in config.teacher_network.split(","):
        raise UserError(
            f"--teacher_network: {config.teacher_network}, but {teacher.path} is a {network}"
        )
    for name in _method(config).in_common:
        own, theirs = getattr(config, name), getattr(teacher.policy.spec, name)
        if own != theirs:
            raise UserError(
                f"--{name}: {own}, but that of the teacher {teacher.path} is {theirs}; with"
                f" --transfer={config.transfer} they must agree"
            )


def beginning_of(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Beginning:
    """The first policy and its values: `plain` alone, or the transfer method's.

    With the same seed, the variables of `plain` start alike in both.

    Raises:
        UserError: the method cannot start so, or a user's gives something else.
    """
    if not teachers:
        return Beginning(plain, plain.init(random.init))
    return checked_beginning(_method(config).start(plain, teachers, config, random), config)


def stages_of(policy: Policy, config: Config) -> list[Stage]:
    """The stages of a run in their order: one without teachers, else those of its method.

    Raises:
        UserError: a user's method gives something else, or what a run cannot follow.
    """
    if not config.teacher_paths:
        return one_stage(policy, config)
    return checked_stages(_method(config).stages(policy, config), config)


def _method(config: Config) -> TransferMethod:
    method: TransferMethod = TRANSFERS.known(config.transfer)
    return method
