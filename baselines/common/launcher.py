"""What the launcher of this process tells about the other processes that it started."""

from __future__ import annotations

import os

LAUNCHERS = (
    ("PMI_RANK", "PMI_SIZE"),  # MPICH, Intel MPI, srun --mpi=pmi2
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),  # MVAPICH
    ("PMIX_RANK", "SLURM_STEP_NUM_TASKS"),  # srun --mpi=pmix
)
"""The environment variables in which launchers tell a process its rank and how many there are."""


def num_launched() -> int:
    """How many processes were started together; 1 for a process by itself."""
    told = (os.environ.get(size, "") for rank, size in LAUNCHERS if rank in os.environ)
    return max([int(number) for number in told if number.isdecimal()], default=1)


PARENT = "BASELINES_PARENT"
"""The environment variable that tells a training which process it is to end with."""


def environment_by_itself() -> dict[str, str]:
    """The environment of a training that this process starts, by itself, and that ends with it."""
    variables = {name for names in LAUNCHERS for name in names}
    others = {name: value for name, value in os.environ.items() if name not in variables}
    return others | {PARENT: str(os.getpid())}


def take_parent() -> int | None:
    """The number of the process that this one is to end with, told once; None: of none.

    Processes that this one starts are not told, for they have another parent.
    """
    told = os.environ.pop(PARENT, "")
    return int(told) if told.isdecimal() else None
