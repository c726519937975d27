"""What a checkpoint of a run holds, written and read: a policy that can act at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.common.checkpoint import (
    DAMAGE,
    Checkpoint,
    CheckpointError,
    CodeNotKnown,
    checked_arrays,
    load,
    save,
)
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.registry import ALLOW, NotKnown
from baselines.common.trees import count
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.stored_body import check_described_body
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.method import TransferMethod

BEST = "best"
"""Name of the checkpoint that did best when it was measured (`--eval_interval`)."""

Contents = tuple[dict[str, np.ndarray], dict[str, Any]]


@dataclass(frozen=True)
class SavedPolicy:
    """A policy with everything that it needs to act.

    Attributes:
        policy: its networks.
        params: its trainable variables by name.
        normalizer: the statistics of its observations and returns.
        metadata: the checkpoint's description (`docs/checkpoints.md`).
    """

    policy: Policy
    params: dict[str, np.ndarray]
    normalizer: Normalizer
    metadata: dict[str, Any]

    @property
    def method(self) -> TransferMethod:
        """The transfer method of its run."""
        return _method(self.metadata)

    def act(self, obs: np.ndarray, noise: np.ndarray | None) -> np.ndarray:
        """Actions for raw observations [B, d]: sampled from `noise`, the mode without it."""
        pi = self.policy.pi(self.params, self.normalizer.normalize_obs(obs))
        distribution = self.policy.distribution
        return distribution.mode(pi) if noise is None else distribution.sample(pi, noise)

    def contents(self) -> Contents:
        """The arrays and the description of its checkpoint."""
        arrays = self.params | self.policy.frozen() | self.normalizer.arrays()
        return arrays, self.description()

    def description(self) -> dict[str, Any]:
        """The description of its checkpoint."""
        return self.metadata | {"policy": self.policy.describe()}

    def write(self, folder: Path) -> Path:
        """Write the checkpoint `folder/<update>`, atomically; returns its path.

        Raises:
            OSError: the folder cannot be written.
        """
        path = folder / checkpoint_name(self.metadata["update"])
        self.write_as(path)
        return path

    def write_as(self, path: Path) -> None:
        """Write the checkpoint to a file, atomically.

        Raises:
            OSError: it cannot be written.
        """
        save(path, *self.contents())


def checkpoint_name(update: int) -> str:
    """Name of the checkpoint written after an update, such as `00970`."""
    return f"{update:05d}"


def read_saved_policy(path: str, flag: str) -> SavedPolicy:
    """Read a checkpoint; `flag` is the command-line flag that named the file.

    Raises:
        CheckpointError: it cannot be used, and why.
    """
    return saved_policy(load(path, flag), path, f"--{flag}")


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
        _method(checkpoint.metadata).restore(described, arrays)
        if "transfer" in described
        else PlainPolicy.from_description(described)
    )
    params = checked_arrays(arrays, policy.shapes())
    normalizer = Normalizer.from_arrays(arrays, policy.obs_size)
    return SavedPolicy(policy, params, normalizer, checkpoint.metadata)


def _method(metadata: dict[str, Any]) -> TransferMethod:
    """The transfer method of the run that a checkpoint is of; in the oldest files always MIKT."""
    method: TransferMethod = TRANSFERS.known(metadata.get("config", {}).get("transfer", "mikt"))
    return method


def _check_description(metadata: dict[str, Any]) -> None:
    """Raises one of `DAMAGE` where what every use needs is not there."""
    str(metadata["env"]["id"]), dict(metadata["env"]["kwargs"])
    count(metadata["update"])
    for space in ("observation_space", "action_space"):
        if metadata[space]["kind"] not in ("Box", "Discrete"):
            raise ValueError(f"{space} is neither Box nor Discrete")
    if "body" in metadata:
        check_described_body(metadata["body"])
