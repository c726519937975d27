"""A policy read from the checkpoint of a run; it can act at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from baselines.common.checkpoint import (
    DAMAGE,
    Checkpoint,
    CheckpointError,
    CodeNotKnown,
    checked_arrays,
    read,
)
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.registry import ALLOW, NotKnown
from baselines.common.trees import count
from baselines.common.vec_env.described_spaces import described_space
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.stored_body import check_described_body
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.method import TransferMethod

BEST = "best"
"""Name of the checkpoint that did best when it was measured (`--eval_interval`)."""


def read_saved_policy(path: str, flag: str) -> SavedPolicy:
    """Read a checkpoint; `flag` is the command-line flag that named the file.

    Raises:
        CheckpointError: it cannot be used, and why.
    """
    where = f"--{flag}"
    return saved_policy(read(path, where), path, where)


def saved_policy(
    checkpoint: Checkpoint, path: str | Path, where: str, allow: str = ALLOW
) -> SavedPolicy:
    """The policy that a checkpoint holds.

    Args:
        checkpoint: the checkpoint.
        path: the file that it was read from.
        where: the argument that named the file; the messages begin with it.
        allow: how the user allows code from outside this package (`NotKnown.told`).

    Raises:
        CodeNotKnown: it needs code from outside this package that the user has not named.
        CheckpointError: it is damaged.
    """
    try:
        return _restore(checkpoint)
    except NotKnown as error:
        raise CodeNotKnown(f"{where}: {path}: {error.told(allow)}") from None
    except DAMAGE as error:
        raise CheckpointError(f"{where}: {path} is damaged ({error!r})") from None


def _restore(checkpoint: Checkpoint) -> SavedPolicy:
    described, arrays = checkpoint.metadata["policy"], checkpoint.arrays
    _check_description(checkpoint.metadata)
    policy: Policy = (
        method_of(checkpoint.metadata).restore(described, arrays)
        if "transfer" in described
        else PlainPolicy.from_description(described)
    )
    _check_spaces(checkpoint.metadata, policy)
    params = checked_arrays(arrays, policy.shapes(), np.float32)
    normalizer = Normalizer.from_arrays(arrays, policy.obs_size)
    return SavedPolicy(policy, params, normalizer, checkpoint.metadata)


def method_of(metadata: dict[str, Any]) -> TransferMethod:
    """The transfer method of the run that a checkpoint is of; in the oldest files always MIKT."""
    method: TransferMethod = TRANSFERS.known(metadata.get("config", {}).get("transfer", "mikt"))
    return method


def _check_description(metadata: dict[str, Any]) -> None:
    """Raises one of `DAMAGE` where what every use needs is not there."""
    if not isinstance(metadata["env"]["id"], str):
        raise ValueError("the task's id is no text")
    dict(metadata["env"]["kwargs"])
    count(metadata["update"])
    count(metadata.get("timesteps", 0))
    if not isinstance(metadata.get("config", {}), dict):
        raise TypeError("the settings are no dictionary")
    if "body" in metadata:
        check_described_body(metadata["body"])


def _check_spaces(metadata: dict[str, Any], policy: Policy) -> None:
    """Raises one of `DAMAGE` where the spaces are none, or not such as the policy is for."""
    outputs = policy.distribution.num_outputs
    observations: dict[str, Any] = {"kind": "Box", "shape": [policy.obs_size]}
    actions: dict[str, Any] = {"kind": "Box", "shape": [outputs]}
    if isinstance(policy.distribution, Categorical):
        actions = {"kind": "Discrete", "n": outputs}
    for name, needed in (("observation_space", observations), ("action_space", actions)):
        if metadata[name] | needed != metadata[name]:  # before a space of any size is made
            raise ValueError(f"{name} does not fit the policy")
        described_space(metadata[name])
