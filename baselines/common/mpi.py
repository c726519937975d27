"""Several processes that train together: what they exchange, how one ends all.

`mpiexec -n 4 python -m baselines.run ...` starts four *ranks*. mpi4py is imported only in a process
that a launcher has started together with others; everywhere else the team is `ALONE`.
"""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np

from baselines.common.command_line import (
    EXIT_FAILURE,
    OUTCOMES,
    TOLD_ELSEWHERE,
    error_of_task,
    outcome,
    print_at_once,
)
from baselines.common.errors import UserError
from baselines.common.launcher import num_launched
from baselines.common.machine import usable_cores
from baselines.common.team import ALONE, Team

T = TypeVar("T")

EXPECTED = tuple(kind for kind, _, _ in OUTCOMES)
"""Errors that a block shared by all ranks may raise; any other is a fault."""


@cache
def team() -> Team:
    """The ranks that were started together; always the same object.

    Raises:
        UserError: mpi4py or its MPI library is missing, or does not belong to the launcher.
    """
    size = num_launched()
    if size == 1:
        return ALONE
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # RuntimeError: no library that mpi4py can load
        raise UserError(
            f"mpiexec: started {size} processes, but mpi4py cannot be used"
            f" ({error}); pip install 'mpi4py>=4.1' 'mpich>=4.3'"
        ) from None
    if MPI.COMM_WORLD.size != size:
        raise UserError(
            f"mpiexec: started {size} processes, but mpi4py's MPI library sees"
            f" {MPI.COMM_WORLD.size}; use the mpiexec of that library, which is"
            f" {MPI.Get_library_version().splitlines()[0]}"
        )
    return Ranks(MPI.COMM_WORLD.Dup())  # what a user's own program sends stays apart


class Ranks(Team):
    """The ranks of an MPI communicator."""

    def __init__(self, communicator: Any) -> None:
        self._all = communicator
        self.rank = int(communicator.rank)
        self.size = int(communicator.size)
        self._agreed: BaseException | None = None
        self._sharing = self._with_the_same_cores()

    def _with_the_same_cores(self) -> int:
        """Ranks that may use the same cores as this one, itself among them."""
        affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
        mine = (platform.node(), affinity and sorted(affinity(0)))
        return self.gather(mine).count(mine)

    @property
    def cores(self) -> int:
        """Cores for this rank: those it may use, divided among the ranks that share them."""
        return max(1, usable_cores() // self._sharing)

    def gather(self, mine: T) -> list[T]:
        """The value that each rank gives, by rank."""
        gathered: list[T] = self._all.allgather(mine)
        return gathered

    def mean(self, mine: np.ndarray) -> np.ndarray:
        """The mean over the ranks, of one shape and kind on all; `mine` may be overwritten."""
        from mpi4py import MPI

        self._all.Allreduce(MPI.IN_PLACE, mine)
        mine /= self.size
        return mine

    def unlike(self, mine: str) -> str:
        """Which ranks have another text than most; nothing when all have the same.

        Returns:
            Such as `rank 2, unlike rank 0`; of two ranks, none can tell which is right.
        """
        texts = self.gather(mine)
        [(usual, _)] = Counter(texts).most_common(1)
        others = [str(rank) for rank, text in enumerate(texts) if text != usual]
        return f"rank {', '.join(others)}, unlike rank {texts.index(usual)}" if others else ""

    @contextmanager
    def united(self) -> Iterator[None]:
        """A block in which ranks do not communicate: what one of them raises there, all raise.

        Raises:
            UserError, TaskError, Diverged, Drifted, KeyboardInterrupt, OSError, MemoryError: that
                of the first rank that raised one, which the others name. Rank 0 is to tell the
                user.
        """
        caught: BaseException | None = None
        try:
            yield
        except EXPECTED as error:
            caught = error
        told = self.gather(None if caught is None else (_kind(caught), str(caught)))
        failed = [(rank, one) for rank, one in enumerate(told) if one is not None]
        if not failed:
            return
        rank, (kind, text) = failed[0]
        self._agreed = caught if rank == self.rank else kind(f"rank {rank}: {text}")
        assert self._agreed is not None
        setattr(self._agreed, TOLD_ELSEWHERE, not self.is_first)
        raise self._agreed

    @contextmanager
    def ending_together(self) -> Iterator[None]:
        """An error outside of `united` is reported by its rank, and ends all of them."""
        try:
            yield
        except BaseException as error:
            if error is not self._agreed:
                self._abort(error)
            raise

    def _abort(self, error: BaseException) -> None:
        told = outcome(error)
        message, status = told or (repr(error), EXIT_FAILURE)
        traced = error_of_task(error) if told else error
        print_at_once(f"rank {self.rank}: {message}", traced)
        self._all.Abort(status)


def _kind(error: BaseException) -> type[BaseException]:
    return next(kind for kind in EXPECTED if isinstance(error, kind))
