"""Spaces of tasks as JSON, for checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces


def describe_space(space: spaces.Space) -> dict[str, Any]:
    """A vector space as JSON, for a checkpoint; a `Box` without bounds by its shape alone."""
    if isinstance(space, spaces.Discrete):
        return {"kind": "Discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.Box):
        described = {"kind": "Box", "shape": list(space.shape), "dtype": str(space.dtype)}
        if not (space.bounded_below.any() or space.bounded_above.any()):
            return described
        bounds = {"low": space.low.astype(str).tolist(), "high": space.high.astype(str).tolist()}
        return described | bounds
    raise ValueError(f"neither Box nor Discrete: {space}")


def described_space(described: Mapping[str, Any]) -> spaces.Space:
    """The inverse of `describe_space`.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    if described["kind"] == "Discrete":
        return spaces.Discrete(described["n"], start=described["start"])
    shape, dtype = tuple(described["shape"]), np.dtype(described["dtype"])
    low, high = (
        _as(dtype, np.asarray(described[side])).reshape(shape) if side in described else bound
        for side, bound in (("low", -np.inf), ("high", np.inf))
    )
    return spaces.Box(low, high, shape, dtype.type)


def first_action(described: Mapping[str, Any]) -> int:
    """The number of the first action of a described space; 0 where actions are not numbered."""
    return int(described["start"]) if described["kind"] == "Discrete" else 0


def _as(dtype: np.dtype, bounds: np.ndarray) -> np.ndarray:
    """Bounds that may be texts; `astype` would take each text for true."""
    return (
        bounds == "True" if (dtype.kind, bounds.dtype.kind) == ("b", "U") else bounds.astype(dtype)
    )
