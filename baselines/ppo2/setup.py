"""Everything a run needs before its first step; whatever can be wrong is found here."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from baselines.common import provenance
from baselines.common.checkpoint import CheckpointError, checked_arrays
from baselines.common.command_line import UserError
from baselines.common.files import check_can_make, make_folder, set_aside
from baselines.common.networks import MlpSpec
from baselines.common.policies import MlpPolicy, Policy, policy_for, shapes_of
from baselines.common.seeding import Streams, streams
from baselines.common.tasks import describe_space, make_task
from baselines.common.vec_env import Normalizer, VecEnv
from baselines.config import Config
from baselines.logger import LOG_FILES, Logger
from baselines.ppo2.saved import SavedPolicy, is_checkpoint, read_saved_policy
from baselines.transfer.build import add_teachers
from baselines.transfer.embedding import SCOPE
from baselines.transfer.student import Student


@dataclass(frozen=True)
class Setup:
    """What a run starts from.

    Attributes:
        config: its settings.
        random: its random streams.
        envs: its environments.
        policy: what is trained first.
        params: the variables of that, by name.
        normalizer: the statistics of observations and returns.
        provenance: where the run comes from, for its logs and checkpoints; JSON.
    """

    config: Config
    random: Streams
    envs: VecEnv
    policy: Policy
    params: dict[str, np.ndarray]
    normalizer: Normalizer
    provenance: dict[str, Any]


def prepare(config: Config) -> Setup:
    """Make the environments and the policy, and read the files that the settings name.

    Raises:
        UserError: a setting or a file is wrong; nothing has been written.
    """
    config.check()
    random = streams(config.seed, config.num_env)
    envs = VecEnv(
        lambda: make_task(config.env, config.env_arguments), random.env_seeds, _threads(config)
    )
    body = _body(config, envs)
    policy = add_teachers(body, config, random.init)
    policy, params, normalizer = _starting_point(config, policy, random.init)
    return Setup(
        config, random, envs, policy, params, normalizer, _provenance(envs, policy, config)
    )


def _threads(config: Config) -> int:
    if config.num_threads:
        return config.num_threads
    if hasattr(os, "sched_getaffinity"):  # the cores this process may use; not told on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _body(config: Config, envs: VecEnv) -> MlpPolicy:
    spec = MlpSpec(config.num_layers, config.num_hidden, config.activation)
    try:
        return policy_for(
            envs.observation_space, envs.action_space, spec, config.pi_scope, config.vf_scope
        )
    except ValueError as error:
        raise UserError(f"--env: {config.env} cannot be learned: {error}") from None


def _starting_point(
    config: Config, policy: MlpPolicy | Student, rng: np.random.Generator
) -> tuple[MlpPolicy | Student, dict[str, np.ndarray], Normalizer]:
    """Policy, initial variables and statistics: fresh, or those of `config.load_path`."""
    params = policy.init(rng)
    if not config.load_path:
        return policy, params, Normalizer.fresh(policy.obs_size)
    saved = read_saved_policy(config.load_path, "load_path")
    _check_same_teachers(config, saved.policy, policy)
    _check_same_kind(config, saved.policy, policy)
    loaded = _renamed(saved, policy)
    goes_on_with_teachers = isinstance(saved.policy, Student)
    try:
        if isinstance(policy, Student) and goes_on_with_teachers:
            mapping = checked_arrays(loaded, shapes_of(policy.frozen_mapping))
            policy = replace(policy, frozen_mapping=mapping)
        needed = policy.shapes() if goes_on_with_teachers else _body_of(policy).shapes()
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


def _provenance(envs: VecEnv, policy: Policy, config: Config) -> dict[str, Any]:
    teachers = policy.teachers if isinstance(policy, Student) else ()
    return {
        "env": {"id": config.env, "kwargs": config.env_arguments},
        "observation_space": describe_space(envs.observation_space),
        "action_space": describe_space(envs.action_space),
        "config": config.to_json(),
        "command": provenance.command(),
        "versions": provenance.versions(),
        "commit": provenance.commit(),
        "teachers": [
            {
                "path": path,
                "env": teacher.env,
                "sha256": teacher.sha256,
                "timesteps": teacher.timesteps,
            }
            for path, teacher in zip(config.teacher_paths, teachers, strict=True)
        ],
    }


def open_outputs(setup: Setup) -> Logger:
    """Make the folders, set aside what an earlier run left in them, and open the log.

    Raises:
        UserError: a folder cannot be written.
    """
    config = setup.config
    folders = {"save_path": config.save_path, "log_path": config.log_path}
    paths = {flag: Path(folder) for flag, folder in folders.items() if folder}
    for make in (check_can_make, make_folder):  # nothing is made unless all can be
        for flag, path in paths.items():
            make(path, flag)
    left = {
        "save_path": lambda path: [p.name for p in path.iterdir() if is_checkpoint(p)],
        "log_path": lambda _: list(LOG_FILES),
    }
    moved = [set_aside(path, left[flag](path)) for flag, path in paths.items()]
    log = Logger(config.nupdates, paths.get("log_path"), setup.provenance)
    for target in filter(None, moved):
        log.say(f"what an earlier run left is now in {target}")
    return log
