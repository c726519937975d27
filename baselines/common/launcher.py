"""What the program that started this process says of the others that it started with it."""

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


def environment_by_itself() -> dict[str, str]:
    """The environment of a process that is started by this one and belongs to no others."""
    variables = {name for names in LAUNCHERS for name in names}
    return {name: value for name, value in os.environ.items() if name not in variables}
