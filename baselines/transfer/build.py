"""From settings to a policy and its course: from scratch, or with teachers by a transfer method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from numbers import Real

import numpy as np

from baselines.common.errors import UserError, shown
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.networks.trials import losses_of
from baselines.common.seeding import Streams
from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.config import Config
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.method import Beginning, TransferMethod
from baselines.transfer.stages import Stage, one_stage, stage_at
from baselines.transfer.teachers.teacher import Teacher


def check_teachers(teachers: tuple[Teacher, ...], config: Config) -> None:
    """Check the teachers of `config.teacher_paths` against the command line.

    Raises:
        UserError: one of them disagrees with it.
    """
    for path, teacher in zip(config.teacher_paths, teachers, strict=True):
        _check(path, teacher, config)


def _check(path: str, teacher: Teacher, config: Config) -> None:
    if config.source_env and config.source_env != teacher.env["id"]:
        raise UserError(
            f"--source_env: {config.source_env}, but {path} was trained on {teacher.env['id']}"
        )
    network = teacher.policy.spec.network
    if config.teacher_network and network not in config.teacher_network.split(","):
        raise UserError(f"--teacher_network: {config.teacher_network}, but {path} is a {network}")
    for name in _method(config).in_common:
        own, theirs = getattr(config, name), getattr(teacher.policy.spec, name)
        if own != theirs:
            raise UserError(
                f"--{name}: {own}, but that of the teacher {path} is {theirs}; with"
                f" --transfer={config.transfer} they must agree"
            )


def add_teachers(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Beginning:
    """What a run begins with: `plain` alone, or what the transfer method makes of it.

    With the same seed, the variables of `plain` start alike in both.

    Raises:
        UserError: the method cannot start so, or a user's gives something else.
    """
    if not teachers:
        return Beginning(plain, plain.init(random.init))
    given = _method(config).start(plain, teachers, config, random)
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        raise UserError(
            f"--transfer: {config.transfer}: start returned a {type(given).__name__}, not a"
            " Beginning, or a policy and its initial variables"
        )
    beginning = Beginning(*given)
    if complaint := _complaint(beginning):
        raise UserError(f"--transfer: {config.transfer}: start returned a {complaint}")
    return beginning


def _complaint(beginning: Beginning) -> str:
    """What is wrong with what a method gives to begin with, but for the values; or nothing."""
    policy, params, statistics = beginning
    kinds = [type(given).__name__ for given in beginning]
    if lacking := _lacking(policy):
        return f"{kinds[0]} as its policy, which is no Policy: it has no {lacking}"
    if not isinstance(params, dict):
        return f"{kinds[1]} as its variables, not a dict of arrays by name"
    if not isinstance(statistics, RunningMeanStd | None):
        return f"{kinds[2]} as its statistics, not a RunningMeanStd"
    return ""


def _lacking(policy: object) -> str:
    """A member of `Policy` that it does not have; or nothing."""
    members = (name for name in vars(Policy) if not name.startswith("_"))
    return next((name for name in members if not hasattr(policy, name)), "")


def stages(policy: Policy, config: Config) -> list[Stage]:
    """The stages of a run in their order: one without teachers, else those of its method.

    Raises:
        UserError: a user's method gives something else, or what a run cannot follow.
    """
    if not config.teacher_paths:
        return one_stage(policy, config)
    course = _method(config).stages(policy, config)
    is_course = isinstance(course, list | tuple) and all(isinstance(s, Stage) for s in course)
    if not is_course or not course:
        raise UserError(
            f"--transfer: {config.transfer}: stages returned {shown(course)}, not a list of one"
            " Stage or more"
        )
    if complaint := _complaint_of_order(course):
        raise UserError(f"--transfer: {config.transfer}: stages returned a Stage {complaint}")
    return course


def _complaint_of_order(course: Sequence[Stage]) -> str:
    """Why a run cannot go from each stage to the next; or nothing."""
    for stage in course:
        if lacking := _lacking(stage.policy):
            kind = type(stage.policy).__name__
            return f"with a {kind} as its policy, which is no Policy: it has no {lacking}"
    for before, after in pairwise(course):
        if after.first < before.first:
            return f"from update {after.first} on, after one from update {before.first} on"
        there = before.policy.shapes()
        for name, shape in after.policy.shapes().items():
            if there.get(name) != shape:
                return (
                    f"from update {after.first} on, whose variable {name} of {list(shape)} the"
                    " policy before it does not have"
                )
    return ""


def check_weights(
    course: Sequence[Stage],
    policy: Policy,
    params: Mapping[str, np.ndarray],
    config: Config,
    done: int = 0,
) -> None:
    """See that each stage of a user's method weighs each loss of its policy, and no other.

    Those that a resumed run has behind it are not asked.

    Args:
        course: the stages of the run.
        policy: what is trained first, or where the run is resumed what was trained last.
        params: its variables by name.
        config: the settings.
        done: updates that have been done.

    Raises:
        UserError: one does not.
    """
    if config.transfer not in TRANSFERS.from_outside():
        return
    now = stage_at(course, done)
    later = [stage for stage in course if stage.first > done and stage is not now]
    for stage in (replace(now, policy=policy), *later):
        losses, weighed = losses_of(stage.policy, params), set(_weights(stage, config))
        if losses != weighed:
            raise UserError(
                f"--transfer: {config.transfer}: a policy with the losses {_listed(losses)} needs a"
                f" weight for each of them and no other, but the Stage from update {stage.first} on"
                f" has weights for {_listed(weighed)}"
            )


def _weights(stage: Stage, config: Config) -> Mapping[str, float]:
    """Those of a stage of a user's method, at its beginning."""
    given = stage.coefs(stage.first)
    if isinstance(given, Mapping) and all(isinstance(x, Real) for x in given.values()):
        return given
    raise UserError(
        f"--transfer: {config.transfer}: coefs of the Stage from update {stage.first} on returned"
        f" {shown(given)}, not a dict of a number for each loss"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, names))) or "(none)"


def _method(config: Config) -> TransferMethod:
    method: TransferMethod = TRANSFERS.known(config.transfer)
    return method
