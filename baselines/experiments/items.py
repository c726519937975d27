"""A run of an experiment: its settings, and its folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from baselines.common.checkpoint import checkpoint_name
from baselines.common.log_folder import LOGS
from baselines.config import Config

MODELS = "models"
"""The name of the folder of checkpoints in the folder of a run."""


@dataclass(frozen=True)
class Item:
    """One training run of an experiment.

    Attributes:
        name: panel, method and seed.
        folder: where its checkpoints, logs and output go.
        config: its settings.
        shown: whether a panel has it; if not, it only makes a teacher.
    """

    name: str
    folder: Path
    config: Config
    shown: bool = True

    @property
    def of_all_seeds(self) -> str:
        """Panel and method."""
        return self.name.removesuffix(seed_part(self.config.seed))

    @property
    def models(self) -> Path:
        """The folder of its checkpoints."""
        return self.folder / MODELS

    @property
    def logs(self) -> Path:
        """The folder of its logs."""
        return self.folder / LOGS

    @property
    def last_checkpoint(self) -> Path:
        """The file that is there once the run is finished."""
        return self.models / checkpoint_name(self.config.nupdates)


def seed_part(seed: int) -> str:
    """The last part of the name of a run."""
    return f", seed {seed}"
