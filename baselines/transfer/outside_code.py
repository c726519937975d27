"""Checks of what a user's code gives to a run: a transfer method, a mapping or a network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.errors import UserError, shown, suggestion, told
from baselines.common.logged_metric import OF_PPO
from baselines.common.networks.policy import Policy
from baselines.common.networks.specs import NETWORKS
from baselines.common.networks.trials import check_acting, losses_of
from baselines.common.vec_env.running_stats import Normalizer, RunningMeanStd
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.transfer.kinds import MAPPINGS, TRANSFERS
from baselines.transfer.method import Beginning, no_restore
from baselines.transfer.stages import Stage, stage_at
from baselines.transfer.teachers.teacher import Teacher


def checked_beginning(given: Any, config: Config) -> Beginning:
    """What `TransferMethod.start` returned, as a Beginning.

    Its arrays are checked later, by `check_first_values`: a checkpoint may replace them.

    Raises:
        UserError: it is none.
    """
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        raise UserError(
            f"--transfer: {config.transfer}: start returned a {type(given).__name__}, not a"
            " Beginning, or a policy and its initial variables"
        )
    beginning = Beginning(*given)
    if complaint := _complaint_of_beginning(beginning):
        raise UserError(f"--transfer: {config.transfer}: start returned a {complaint}")
    return beginning


def _complaint_of_beginning(beginning: Beginning) -> str:
    """Error text for a Beginning with a part of a wrong kind; empty if all are right."""
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
    """The first member of `Policy` that an object lacks; empty if it lacks none."""
    members = (name for name in vars(Policy) if not name.startswith("_"))
    return next((name for name in members if not hasattr(policy, name)), "")


def check_first_values(
    policy: Policy,
    params: Mapping[str, np.ndarray],
    statistics: RunningMeanStd,
    teachers: tuple[Teacher, ...],
    config: Config,
) -> None:
    """Check the variables and statistics that a run begins with, and the policy's acting with them.

    Args:
        policy: what is trained first.
        params: its variables by name.
        statistics: of the observations.
        teachers: the teachers.
        config: the settings.

    Raises:
        UserError: a variable or a statistic is missing or of another shape; or a policy made by
            a user's code acts otherwise than it learns, or cannot be read from a checkpoint.
    """
    outside = _from_outside(config, teachers)
    _check_variables(outside or f"--transfer: {config.transfer}", policy, params)
    if statistics.mean.shape != (policy.obs_size,):
        raise UserError(
            f"--transfer: {config.transfer}: the statistics that it begins with are of shape"
            f" {statistics.mean.shape}, not ({policy.obs_size},), that of an observation"
        )
    if outside:
        for one in (policy,) if policy is policy.plain else (policy, policy.plain):
            check_acting(outside, one, params)
    if policy is not policy.plain and config.transfer in TRANSFERS.from_outside():
        normalizer = Normalizer(statistics, RunningMeanStd())
        trained = {name: params[name] for name in policy.shapes()}
        stored, _ = SavedPolicy(policy, trained, normalizer, {}).contents()
        _check_restoring(policy, stored, config)


def _check_restoring(policy: Policy, stored: Mapping[str, np.ndarray], config: Config) -> None:
    """Check that a user's method can make its policy again from what a checkpoint has of it."""
    where, method = f"--transfer: {config.transfer}", TRANSFERS.known(config.transfer)
    if method.restore is no_restore:
        raise UserError(f"{where}: has no restore, which a policy of its own needs")
    try:
        described = json.loads(json.dumps(policy.describe()))
    except (TypeError, ValueError) as error:
        raise UserError(f"{where}: describe returned what is no JSON: {told(error)}") from None
    if "transfer" not in described:
        raise UserError(
            f"{where}: describe has no 'transfer', by which a checkpoint tells the policy from a"
            " plain one"
        )
    try:
        again = method.restore(described, stored)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{where}: restore could not make its policy again: {told(error)}"
        ) from None
    if lacking := _lacking(again):
        kind = type(again).__name__
        raise UserError(
            f"{where}: restore returned a {kind}, which is no Policy: it has no {lacking}"
        )
    for part in ("describe", "shapes", "frozen"):
        if _comparable(getattr(again, part)()) != _comparable(getattr(policy, part)()):
            raise UserError(
                f"{where}: restore makes a policy whose {part}() is not that of start's"
            )


def _comparable(parts: Mapping[str, Any]) -> str:
    """What a policy is made of, as text; of arrays their shapes."""
    return json.dumps(parts, sort_keys=True, default=lambda array: list(array.shape))


def _from_outside(config: Config, teachers: tuple[Teacher, ...]) -> str:
    """The flags and names of all users' code that the policy is made of; empty if there is none."""
    named = {(NETWORKS, "network", config.network), (MAPPINGS, "mapping", config.mapping)}
    named |= {(NETWORKS, "teacher_network", teacher.policy.spec.network) for teacher in teachers}
    named.add((TRANSFERS, "transfer", config.transfer))
    outside = (f"--{flag}: {name}" for kinds, flag, name in named if name in kinds.from_outside())
    return ", ".join(sorted(outside))


def _check_variables(where: str, policy: Policy, params: Mapping[str, np.ndarray]) -> None:
    """Check that each variable starts as it is declared, and that no other has a first value.

    `where` names what code is to blame.
    """
    shapes = policy.plain.shapes() | policy.shapes()
    for name in params:
        if name not in shapes:
            near = suggestion(str(name), shapes)
            raise UserError(f"{where}: it has no variable {name}, but a first value of it{near}")
    for name in shapes:
        if not isinstance(params.get(name), np.ndarray | np.generic):
            raise UserError(f"{where}: the first value of {name} is missing, or no NumPy array")
    try:
        checked_arrays(params, shapes)
    except ValueError as error:
        raise UserError(f"{where}: the first value of {error}") from None


def checked_stages(stages: Any, config: Config) -> list[Stage]:
    """What `TransferMethod.stages` returned, if a run can follow it.

    Raises:
        UserError: it is no list of stages, or a run cannot follow it.
    """
    are_stages = isinstance(stages, list | tuple) and all(isinstance(s, Stage) for s in stages)
    if not are_stages or not stages:
        raise UserError(
            f"--transfer: {config.transfer}: stages returned {shown(stages)}, not a list of one"
            " Stage or more"
        )
    if complaint := _complaint_of_order(stages):
        raise UserError(f"--transfer: {config.transfer}: stages returned a Stage {complaint}")
    return stages


def _complaint_of_order(stages: Sequence[Stage]) -> str:
    """Error text for stages of which one cannot follow another; empty if all can."""
    for stage in stages:
        if lacking := _lacking(stage.policy):
            kind = type(stage.policy).__name__
            return f"with a {kind} as its policy, which is no Policy: it has no {lacking}"
    for before, after in pairwise(stages):
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


def check_coefs(
    stages: Sequence[Stage],
    policy: Policy,
    params: Mapping[str, np.ndarray],
    config: Config,
    done: int = 0,
) -> None:
    """Check that each stage of a user's method has a coefficient for each loss, and no other.

    None of them may be called as one of PPO's.

    Stages that a resumed run has behind it are not checked.

    Args:
        stages: the stages of the run.
        policy: what is trained first, or where the run is resumed what was trained last.
        params: its variables by name.
        config: the settings.
        done: updates that have been done.

    Raises:
        UserError: one does not.
    """
    if config.transfer not in TRANSFERS.from_outside():
        return
    now = stage_at(stages, done)
    later = [stage for stage in stages if stage.first > done and stage is not now]
    for stage in (replace(now, policy=policy), *later):
        losses, given = losses_of(stage.policy, params), set(_coefs_at_first(stage, config))
        if taken := sorted(losses & set(OF_PPO)):
            raise UserError(
                f"--transfer: {config.transfer}: a loss of its policy is called {taken[0]}, and"
                " would be logged as one of PPO; give it another name"
            )
        if losses != given:
            raise UserError(
                f"--transfer: {config.transfer}: a policy with the losses {_listed(losses)} needs a"
                " coefficient for each of them and no other, but the Stage from update"
                f" {stage.first} on has coefficients for {_listed(given)}"
            )


def _coefs_at_first(stage: Stage, config: Config) -> Mapping[str, float]:
    """The coefficients of a stage of a user's method, at its first update."""
    given = stage.coefs(stage.first)
    if isinstance(given, Mapping) and all(isinstance(x, Real) for x in given.values()):
        return given
    raise UserError(
        f"--transfer: {config.transfer}: coefs of the Stage from update {stage.first} on returned"
        f" {shown(given)}, not a dict of a number for each loss"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, names))) or "(none)"
