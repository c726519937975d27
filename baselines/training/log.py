"""Where a run tells how it goes: a `logger.Logger`, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from baselines.common.log_folder import Row


class Log(Protocol):
    """Where a run tells how it goes.

    Attributes:
        rows: those logged so far, also before the run was resumed where its log files tell them.
    """

    rows: list[Row]

    def say(self, line: str) -> None:
        """Tell a line."""

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """One update more is done; its episodes' returns and lengths, `seconds` since the start."""

    def metrics(self, metrics: Mapping[str, float | int], brief: str) -> None:
        """Log a row; `brief` is what it says in one line."""

    def sizes(self) -> dict[str, int]:
        """Sizes of the log files by name, once all is on the disk."""


class Silence:
    """The log of a rank that leaves it to another one."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def say(self, line: str) -> None:
        """Nothing."""

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """Nothing."""

    def metrics(self, metrics: Mapping[str, float | int], brief: str) -> None:
        """Nothing."""

    def sizes(self) -> dict[str, int]:
        """No files."""
        return {}
