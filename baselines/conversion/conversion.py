"""From what a file of another program holds to a policy with all that it needs to act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.common import provenance
from baselines.common.errors import UserError, check_choice
from baselines.common.networks.arrays import ACTIVATIONS
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.described_spaces import describe_space
from baselines.common.vec_env.running_stats import CLIP, EPSILON, Normalizer, RunningMeanStd
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.task_modules import check_task_of_file
from baselines.conversion.bare_policy import (
    ACTIVATION,
    networks_in,
    spaces_of_task,
    told_activation,
)
from baselines.conversion.limits import Refused, plain
from baselines.conversion.names import Arrays, find_statistics
from baselines.conversion.reading import SB3_STATISTICS, Foreign

FIXED_COUNT = 1e12
"""Samples behind statistics that are not to move when training goes on from a converted file."""

NO_STATISTICS = (
    "--normalize: missing; {} holds no statistics of observations: give the file of its"
    " VecNormalize, or --unnormalized if it was trained without; a teacher needs none"
    " (--teacher_paths takes the file itself)"
)


@dataclass(frozen=True)
class Converted(SavedPolicy):
    """A policy made from another program's file.

    Attributes:
        notes: what the user should know of the conversion.
    """

    policy: PlainPolicy
    notes: list[str]


def convert(
    path: str,
    foreign: Foreign,
    statistics: Foreign | None,
    *,
    env: str,
    env_kwargs: dict[str, Any],
    activation: str,
    pi_scope: str,
    vf_scope: str,
    unnormalized: bool,
) -> Converted:
    """Make a policy of what the file at `path` holds.

    `statistics` is the file of its normalisation, where there is one. The keyword arguments are the
    flags of `baselines.convert`: what the user says, or nothing where a text is empty.

    Raises:
        UserError: something is missing, cannot be understood, or does not fit the task.
    """
    networks = networks_in(foreign, path, "IN", pi_scope, vf_scope)
    policy = networks.policy(_activation(path, foreign, activation))
    normalizer, notes = _normalizer(path, foreign, statistics, unnormalized, policy.obs_size)
    metadata = _task(path, policy, foreign, env, env_kwargs) | _origin(path, foreign)
    if networks.unused:
        notes.append(f"not used: {_listed(networks.unused)}")
    return Converted(policy, networks.params, normalizer, metadata, notes)


def _listed(names: list[str]) -> str:
    return ", ".join(plain(name) for name in names[:5]) + (
        f" and {len(names) - 5} more" if len(names) > 5 else ""
    )


def _activation(path: str, foreign: Foreign, given: str) -> str:
    told = told_activation(foreign, path, "IN")
    if told is not None and given and told != given:
        raise UserError(f"--activation: {given}, but {path} says {told}")
    if told is None and not given and "activation" in foreign.facts:
        raise UserError(f"--activation: missing; {path} does not tell it")
    activation = given or told or ACTIVATION
    check_choice("activation", activation, ACTIVATIONS)
    return activation


def _normalizer(
    path: str, foreign: Foreign, statistics: Foreign | None, unnormalized: bool, obs_size: int
) -> tuple[Normalizer, list[str]]:
    """The normalisation, and notes on it."""
    if statistics and unnormalized:
        raise UserError("--unnormalized: given together with --normalize")
    source, where = (statistics, "--normalize") if statistics else (foreign, "IN")
    try:
        found = find_statistics(source.arrays)
    except Refused as error:
        raise UserError(f"{where}: the file {error}") from None
    if "obs" in found and unnormalized:
        raise UserError(f"--unnormalized: but {path} holds statistics of observations")
    if unnormalized or source.facts.get("norm_obs") is False:
        obs, notes = _identity(obs_size), [f"observations beyond ±{CLIP:g} will be clipped to it"]
    elif "obs" in found:
        obs, notes = _observation_statistics(found["obs"], source)
    elif statistics:
        raise UserError("--normalize: the file holds no statistics of observations")
    else:
        raise UserError(NO_STATISTICS.format(path))
    if obs.mean.shape != (obs_size,):
        size = obs.mean.size if obs.mean.ndim == 1 else obs.mean.shape
        raise UserError(
            f"{where}: its statistics are of {size} observation dimensions, and the policy takes"
            f" {obs_size}"
        )
    return Normalizer(obs, _return_statistics(found, where)), notes


def _observation_statistics(found: Arrays, source: Foreign) -> tuple[RunningMeanStd, list[str]]:
    """The file's statistics, changed so that dividing by √(variance + 1e-8) is the same; notes."""
    stats = RunningMeanStd.from_state(found)
    if source.kind != SB3_STATISTICS:
        return stats, []
    # √(var + its epsilon) is to be √(var + ours): the difference goes into the variance.
    epsilon, clip = source.facts.get("epsilon", EPSILON), source.facts.get("clip_obs", CLIP)
    if not 0 <= epsilon < np.inf:
        raise UserError("--normalize: the file has an impossible epsilon")
    stats.var = np.maximum(stats.var + (epsilon - EPSILON), 0.0)
    if clip == CLIP:
        return stats, []
    return stats, [f"observations were clipped to ±{clip:g}, and will be to ±{CLIP:g}"]


def _return_statistics(found: dict[str, Arrays], where: str) -> RunningMeanStd:
    """The statistics of a file; fresh ones if it has none."""
    if "ret" not in found:
        return RunningMeanStd()
    if found["ret"]["mean"].size != 1:
        raise UserError(f"{where}: the statistics of the return are of more than one number")
    return RunningMeanStd.from_state({k: v.reshape(()) for k, v in found["ret"].items()})


def _identity(obs_size: int) -> RunningMeanStd:
    """Statistics that leave observations as they are, except for the clipping."""
    stats = RunningMeanStd((obs_size,))
    stats.var = np.full(obs_size, 1.0 - EPSILON)
    stats.count = FIXED_COUNT
    return stats


def _task(
    path: str, policy: PlainPolicy, foreign: Foreign, env: str, env_kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The task and its spaces, for the description; the policy must fit them."""
    env_id = env or foreign.facts.get("env")
    if not env_id:
        raise UserError(f"--env: missing; {path} does not tell its task")
    if not env:
        check_task_of_file(env_id)
    spaces = spaces_of_task(policy, path, env_id, env_kwargs, "env")
    return {
        "env": {"id": env_id, "kwargs": env_kwargs},
        "observation_space": describe_space(spaces[0]),
        "action_space": describe_space(spaces[1]),
    }


def _origin(path: str, foreign: Foreign) -> dict[str, Any]:
    """Where the policy comes from, for the description."""
    facts = foreign.facts
    source = {"kind": foreign.kind, "path": path, "sha256": foreign.sha256}
    if "version" in facts:
        source["version"] = facts["version"]
    return {
        "update": facts.get("update", 0),
        "timesteps": facts.get("timesteps", 0),
        "converted_from": source,
        "teachers": [],
        "command": provenance.command(),
        "versions": provenance.versions(),
        "commit": provenance.commit(),
    }
