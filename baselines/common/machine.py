"""Cores that this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Cores that this process may use; on macOS, which does not tell, all of the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
