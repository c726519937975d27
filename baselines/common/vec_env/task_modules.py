"""The modules that ids of tasks name, as in `module:Id`, and which of them may be imported."""

from __future__ import annotations

import sys

from baselines.common.errors import UserError, printable
from baselines.common.registry import module_of


def registered_id(env_id: str) -> str:
    """The id that Gymnasium knows a task by: `Id` of `module:Id`, or the whole."""
    return env_id.rpartition(":")[2]


def import_task(env_id: str, flag: str = "env") -> None:
    """Import the module that an id names, where it names one; `flag` is what named the id.

    Raises:
        UserError: it cannot be imported.
    """
    if env_id.rpartition(":")[0]:
        module_of(env_id, f"--{flag}")


def check_task_of_file(env_id: str, flag: str = "env") -> None:
    """Check that an id from a file, which may be a stranger's, would import nothing.

    `flag` is what the user could name it with.

    Raises:
        UserError: it names a module that has not been imported so far.
    """
    module = env_id.rpartition(":")[0]
    if module and module not in sys.modules:
        told = printable(repr(env_id), 80)
        raise UserError(
            f"--{flag}: the file's task is {told}, of another module; if you trust that module,"
            " name it yourself with this flag"
        )
