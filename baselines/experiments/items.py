"""A run of an experiment: its settings, and where its files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from baselines.common.checkpoint import checkpoint_name
from baselines.common.log_folder import LOGS
from baselines.config import Config

MODELS = "models"
"""What the folder of checkpoints is called in the folder of a run."""


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
        """Where its checkpoints go."""
        return self.folder / MODELS

    @property
    def logs(self) -> Path:
        """Where its logs go."""
        return self.folder / LOGS

    @property
    def last_checkpoint(self) -> Path:
        """The file that is there once the run is finished."""
        return self.models / checkpoint_name(self.config.nupdates)


def seed_part(seed: int) -> str:
    """How the name of a run ends."""
    return f", seed {seed}"
