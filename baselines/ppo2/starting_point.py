"""What a new run starts from: fresh variables, or those of a checkpoint (`--load_path`)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from baselines.common.checkpoint import CheckpointError, checked_arrays
from baselines.common.policies import MlpPolicy, Policy, shapes_of
from baselines.common.vec_env import Normalizer
from baselines.config import Config
from baselines.ppo2.saved import SavedPolicy, read_saved_policy
from baselines.transfer.embedding import SCOPE
from baselines.transfer.student import Student


def starting_point(
    config: Config, policy: MlpPolicy | Student, params: dict[str, np.ndarray]
) -> tuple[MlpPolicy | Student, dict[str, np.ndarray], Normalizer]:
    """Policy, initial variables and statistics: the given ones, or those of `config.load_path`."""
    if not config.load_path:
        return policy, params, Normalizer.fresh(policy.obs_size)
    saved = read_saved_policy(config.load_path, "load_path")
    _check_same_teachers(config, saved.policy, policy)
    _check_same_kind(config, saved.policy, policy)
    loaded = _renamed(saved, policy)
    try:
        if isinstance(policy, Student) and isinstance(saved.policy, Student):
            mapping = checked_arrays(loaded, shapes_of(policy.frozen_mapping))
            # Random teachers are in no file but this one.
            policy = replace(policy, frozen_mapping=mapping, teachers=saved.policy.teachers)
            needed = policy.shapes()
        else:
            needed = _body_of(policy).shapes()
        return policy, params | checked_arrays(loaded, needed), saved.normalizer
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"--load_path: {config.load_path} does not fit {config.env} and this network: {error}"
        ) from None


def _check_same_teachers(config: Config, saved: Policy, policy: Policy) -> None:
    """A student that still has teachers goes on with the same ones, in the same order."""
    if not isinstance(saved, Student):
        return
    given = policy.teachers if isinstance(policy, Student) else ()
    if [t.sha256 for t in given] != [t.sha256 for t in saved.teachers]:
        raise CheckpointError(
            f"--load_path: {config.load_path} is a student that still needs its teachers;"
            " give the same files in --teacher_paths, in the same order"
        )
    if [t.random for t in given] != [t.random for t in saved.teachers]:
        raise CheckpointError(
            f"--teacher_weights: {config.teacher_weights} is not what the student"
            f" {config.load_path} was trained with so far; give the other one"
        )


def _check_same_kind(config: Config, saved: Policy, policy: Policy) -> None:
    """Equal shapes are not enough: the variables of a relu network mean nothing to a tanh one."""
    old, new = _body_of(saved).describe(), _body_of(policy).describe()
    for part in ("obs_size", "distribution", "network", "spec"):
        if old[part] != new[part]:
            raise CheckpointError(
                f"--load_path: {config.load_path} does not fit {config.env} and this network:"
                f" its {part} is {old[part]}, not {new[part]}"
            )


def _body_of(policy: Policy) -> MlpPolicy:
    body = policy.body if isinstance(policy, Student) else policy
    assert isinstance(body, MlpPolicy)
    return body


def _renamed(saved: SavedPolicy, policy: Policy) -> dict[str, np.ndarray]:
    """The saved variables under the scopes of `policy`."""
    old, new = _body_of(saved.policy), _body_of(policy)
    scopes = {old.pi_scope: new.pi_scope, old.vf_scope: new.vf_scope, SCOPE: SCOPE}
    return {
        scopes[scope] + name.removeprefix(scope): value
        for name, value in (saved.params | saved.policy.frozen()).items()
        for scope in scopes
        if name.startswith(f"{scope}/")
    }
