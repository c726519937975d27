"""A policy with everything that it needs to act, and the checkpoint that it is written to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.common.checkpoint import checkpoint_name, save
from baselines.common.networks.policy import Policy
from baselines.common.vec_env.running_stats import Normalizer


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
    def is_alone(self) -> bool:
        """Whether it needs no teachers any more."""
        return self.policy is self.policy.plain

    def act(self, obs: np.ndarray, noise: np.ndarray | None) -> np.ndarray:
        """Actions for raw observations [B, d]: sampled from `noise`, the mode without it."""
        pi = self.policy.pi(self.params, self.normalizer.normalize_obs(obs))
        distribution = self.policy.distribution
        return distribution.mode(pi) if noise is None else distribution.sample(pi, noise)

    def contents(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
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
