"""The processes that train together, seen from one of them; nearly always it is by itself."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import numpy as np

from baselines.common.machine import usable_cores

T = TypeVar("T")


class Team:
    """The ranks; this one has no others, `mpi.Ranks` has.

    `gather`, `mean`, `unlike` and `united` are to be met by all ranks in the same order.

    Attributes:
        rank: this process's number, from 0.
        size: how many there are.
    """

    rank = 0
    size = 1

    @property
    def cores(self) -> int:
        """Cores for this rank: those it may use, divided among the ranks that share them."""
        return usable_cores()

    @property
    def is_first(self) -> bool:
        """Whether this is the rank that writes and speaks."""
        return self.rank == 0

    def gather(self, mine: T) -> list[T]:
        """The value that each rank gives, by rank."""
        return [mine]

    def mean(self, mine: np.ndarray) -> np.ndarray:
        """The mean over the ranks, of one shape and kind on all; `mine` may be overwritten."""
        return mine

    def unlike(self, mine: str) -> str:
        """Which ranks have another text than most; nothing when all have the same."""
        return ""

    def united(self) -> AbstractContextManager[None]:
        """A block in which ranks do not communicate: what one of them raises there, all raise."""
        return nullcontext()

    def ending_together(self) -> AbstractContextManager[None]:
        """An error outside of `united` is reported by its rank, and ends all of them."""
        return nullcontext()


ALONE = Team()
"""A process by itself."""
