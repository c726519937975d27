"""Forks of a process that has loaded TensorFlow lack its threads, which a run needs."""

from __future__ import annotations

import os

from baselines.common.errors import UserError

_loaded_by: set[int] = set()
"""The process that has loaded TensorFlow, which its forks remember too."""


def tensorflow_is_loaded() -> None:
    """Called where TensorFlow is imported; to ask for it here would import it."""
    _loaded_by.add(os.getpid())


def refuse_fork() -> None:
    """Check that a run has the threads that it needs.

    Raises:
        UserError: this process was forked after TensorFlow was loaded, and would wait for ever.
    """
    if _loaded_by and os.getpid() not in _loaded_by:
        raise UserError(
            "multiprocessing: this process was forked after TensorFlow was loaded, and a run would"
            " wait for ever; start it by multiprocessing.get_context('spawn')"
        )
