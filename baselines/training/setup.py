"""Everything a run needs before its first step; whatever can be wrong is found here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from baselines.checks import check
from baselines.common import provenance
from baselines.common.checkpoint import MAX_BYTES, CheckpointError, newest_checkpoint
from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.networks.sizes import check_sizes
from baselines.common.networks.spaces import distribution_for, observation_size, policy_for
from baselines.common.networks.specs import NetworkSpec
from baselines.common.networks.trials import check_network
from baselines.common.seeding import Streams, streams
from baselines.common.team import ALONE, Team
from baselines.common.vec_env.described_spaces import describe_space
from baselines.common.vec_env.displays import require_renderer
from baselines.common.vec_env.own_body import check_body
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.stored_body import check_not_edited, described_body
from baselines.common.vec_env.tasks import make_task
from baselines.common.vec_env.vec_env import VecEnv
from baselines.config import Config
from baselines.training.saved import read_saved_policy
from baselines.training.starting_point import starting_point
from baselines.training.states import SavedState, state_to_resume
from baselines.training.teacher_files import WHERE, read_teachers
from baselines.transfer.build import beginning_of, stages_of
from baselines.transfer.outside_code import check_coefs, check_first_values
from baselines.transfer.settings_read import coefs_in_force
from baselines.transfer.stages import Stage
from baselines.transfer.teachers.teacher import Teacher


@dataclass(frozen=True)
class Setup:
    """Everything that a run starts from; only the environments change.

    Attributes:
        config: its settings, with absolute folders.
        envs: its environments, made and not begun.
        policy: what is trained first.
        stages: the stages of the run, in their order.
        params: the variables of `policy`, by name.
        normalizer: the statistics of observations and returns.
        provenance: where the run comes from, for its logs and checkpoints; JSON.
        resumed: the state of the run that it goes on with, if it does.
        team: the ranks that train together.
    """

    config: Config
    envs: VecEnv
    policy: Policy
    stages: list[Stage]
    params: dict[str, np.ndarray]
    normalizer: Normalizer
    provenance: dict[str, Any]
    resumed: SavedState | None = None
    team: Team = ALONE

    def digest(self) -> str:
        """A hash of what all ranks must start from alike."""
        settings = self.provenance["config"] | {"num_threads": 0}
        state = {} if self.resumed is None else self.resumed.state
        counted = [settings, self.updates_done, state.get("lr_scale"), state.get("rollbacks")]
        digest = hashlib.sha256(json.dumps(counted).encode())
        for name, value in sorted((self.params | self.policy.frozen()).items()):
            digest.update(name.encode() + value.tobytes())
        return digest.hexdigest() + self.normalizer.digest()

    def streams(self) -> Streams:
        """Its random streams, at their start."""
        return _streams(self.config, self.team)

    @property
    def updates_done(self) -> int:
        """Updates before this start: 0 for a new run."""
        return 0 if self.resumed is None else int(self.resumed.policy.metadata["update"])


def prepare(config: Config, team: Team = ALONE) -> Setup:
    """Make the environments and the policy, and read the files that the settings name.

    Raises:
        UserError: a setting or a file is wrong; nothing has been written.
    """
    config = config.on_ranks(team.size)
    check(config)
    if config.save_video_interval:
        require_renderer("save_video_interval")
    # Two of them: a task may call os.chdir, so the run writes to absolute folders; `provenance` has
    # the folders as they were typed.
    anchored = config.in_absolute_folders()
    resumed = state_to_resume(anchored)
    if resumed is not None:
        return _resumed(config, anchored, resumed, team)
    files = tuple(str(newest_checkpoint(path, WHERE)) for path in config.teacher_paths)
    teachers = read_teachers(replace(config, teacher_paths=files))
    saved = read_saved_policy(config.load_path, "load_path") if config.load_path else None
    with _environments(config, team) as envs:
        plain = _plain_policy(config, envs)
        beginning = beginning_of(plain, teachers, config, _streams(config, team))
        policy, params, normalizer = starting_point(config, beginning, saved)
        check_first_values(policy, params, normalizer.obs_rms, teachers, config)
        stages = stages_of(policy, config)
        check_coefs(stages, policy, params, config)
        _check_can_be_saved(config, params | policy.frozen())
        history = _provenance(envs, teachers, config)
        return Setup(
            config=anchored, envs=envs, policy=policy, stages=stages, params=params,
            normalizer=normalizer, provenance=history, team=team,
        )  # fmt: skip


def _check_can_be_saved(config: Config, arrays: Mapping[str, np.ndarray]) -> None:
    size = sum(array.nbytes for array in arrays.values())
    if config.save_path and size > MAX_BYTES:
        raise UserError(
            f"--save_path: the policy with its teachers takes {size >> 20:,} MiB, and a checkpoint"
            f" may have {MAX_BYTES >> 20:,}; take fewer or smaller ones"
        )


def _streams(config: Config, team: Team) -> Streams:
    return streams(config.seed, config.num_env, team.rank)


@contextmanager
def _environments(config: Config, team: Team) -> Iterator[VecEnv]:
    """The environments, closed where an error ends the block."""
    if config.env_xml:
        check_body(config.env_xml, config.env, config.env_arguments)
    seeds = _streams(config, team).env_seeds
    threads = config.num_threads or team.cores
    envs = VecEnv(lambda: make_task(config.env, config.env_arguments), seeds, threads)
    with ExitStack() as on_error:
        on_error.callback(envs.close)
        yield envs
        on_error.pop_all()


def _resumed(config: Config, anchored: Config, found: SavedState, team: Team) -> Setup:
    """`prepare` for a resumed run, whose teachers and variables are in its state.

    Args:
        config: the settings.
        anchored: the same with absolute folders.
        found: the state.
        team: the ranks that train together.
    """
    saved = found.policy
    if "body" in saved.metadata:
        begun_here = f"the run in {config.save_path} was begun"
        check_not_edited(config.env_xml, saved.metadata["body"], begun_here)
    sizes = (saved.policy.obs_size, saved.policy.distribution)
    with _environments(config, team) as envs:
        needed = observation_size(envs.observation_space), distribution_for(envs.action_space)
        if sizes != needed:
            raise CheckpointError(
                f"--resume: {found.path} is of a task of other sizes, no {config.env}"
            )
        stages = stages_of(saved.policy, config)
        check_coefs(stages, saved.policy, saved.params, config, saved.metadata["update"])
    begun = found.state["provenance"]
    start = {"update": saved.metadata["update"], **_started_here(config)}
    history = begun | {
        "config": config.to_json(),
        "coefs": coefs_in_force(config),
        "resumed": [*begun.get("resumed", []), start],
    }
    return Setup(
        config=anchored, envs=envs, policy=saved.policy, stages=stages, params=saved.params,
        normalizer=saved.normalizer, provenance=history, resumed=found, team=team,
    )  # fmt: skip


def _plain_policy(config: Config, envs: VecEnv) -> PlainPolicy:
    spec = NetworkSpec(config.num_layers, config.num_hidden, config.activation, config.network)
    policy = policy_for(
        envs.observation_space, envs.action_space, spec, config.pi_scope, config.vf_scope,
        config.init_logstd,
    )  # fmt: skip
    if config.init_logstd and not isinstance(policy.distribution, DiagGaussian):
        raise UserError(
            f"--init_logstd: the actions of {config.env} are Discrete and have no σ; leave it out"
        )
    try:
        check_sizes(spec, policy.obs_size, policy.distribution.num_outputs)
    except ValueError as error:
        raise UserError(
            f"--num_hidden: {config.num_hidden} with --num_layers={config.num_layers}: {error}"
        ) from None
    check_network(spec, policy.obs_size)
    return policy


def _started_here(config: Config) -> dict[str, Any]:
    return {
        "num_timesteps": config.num_timesteps,
        "command": provenance.command(),
        "versions": provenance.versions_and_processor(),
        "commit": provenance.commit(),
    }


def _provenance(envs: VecEnv, teachers: Iterable[Teacher], config: Config) -> dict[str, Any]:
    """Where a new run comes from."""
    body = {"body": described_body(config.env_xml)} if config.env_xml else {}
    return body | {
        "env": {"id": config.env, "kwargs": config.env_arguments},
        "observation_space": describe_space(envs.observation_space),
        "action_space": describe_space(envs.action_space),
        "config": config.to_json(),
        "coefs": coefs_in_force(config),
        **_started_here(config),
        "started": datetime.now(timezone.utc).isoformat(),
        "teachers": [
            {
                "path": teacher.path,
                "env": teacher.env,
                "sha256": teacher.sha256,
                "timesteps": teacher.timesteps,
            }
            for teacher in teachers
        ],
    }
