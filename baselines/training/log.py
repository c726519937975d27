"""The log of a run: a `logger.Logger`, or, on every rank but the first, none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from baselines.common.log_folder import Row


class Log(Protocol):
    """The log of a run.

    Attributes:
        rows: the rows so far; of a resumed run with log files, also those from before.
        broken: why lines cannot be printed any more, as when nobody reads them; the run goes on to
            the end of its update, saves all, and ends with this.
    """

    rows: list[Row]
    broken: OSError | None

    def say(self, line: str) -> None:
        """Print a line."""

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """One update more is done; its episodes' returns and lengths, `seconds` since the start."""

    def metrics(self, metrics: Mapping[str, float | int], brief: str) -> None:
        """Log a row; `brief` is what it says in one line."""

    def sizes(self) -> dict[str, int]:
        """Sizes of the log files by name, once all is on the disk."""


class Silence:
    """The log of every rank but the first: none."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.broken: OSError | None = None

    def say(self, line: str) -> None:
        """Log nothing."""

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """Log nothing."""

    def metrics(self, metrics: Mapping[str, float | int], brief: str) -> None:
        """Log nothing."""

    def sizes(self) -> dict[str, int]:
        """No files."""
        return {}
