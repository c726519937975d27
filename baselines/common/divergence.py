"""Values that are not finite, found before they are saved."""

from __future__ import annotations

import numpy as np


class Diverged(ArithmeticError):
    """Training came to a value that is not finite; the message is one line that says which."""


class Drifted(ArithmeticError):
    """Processes that train together have come to values that differ; the message says which."""


def check_finite(what: str, values: np.ndarray | float) -> None:
    """Raises Diverged, naming `what`, when there is a NaN or an infinity among the values."""
    if not np.isfinite(values).all():
        raise Diverged(f"{what} not finite")
