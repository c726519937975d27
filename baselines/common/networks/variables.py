"""Variables before they have values: shapes, and how the initial values are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

Initializer = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
"""Draws the initial value of a variable of a shape, float32."""


class Variable(NamedTuple):
    """A variable that has no value yet."""

    shape: tuple[int, ...]
    initial: Initializer


Variables = dict[str, Variable]


def drawn(variables: Mapping[str, Variable], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Initial values by name, drawn in the order of the variables."""
    return {name: variable.initial(rng, variable.shape) for name, variable in variables.items()}


def shapes(variables: Mapping[str, Variable]) -> dict[str, tuple[int, ...]]:
    """The shape of each variable."""
    return {name: variable.shape for name, variable in variables.items()}


def shapes_of(params: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """The shape of each variable that has a value."""
    return {name: np.shape(value) for name, value in params.items()}


def joined(parts: Sequence[Variables]) -> Variables:
    """The variables of several parts together.

    Raises:
        ValueError: two of them have the same name.
    """
    together: Variables = {}
    for part in parts:
        twice = together.keys() & part.keys()
        if twice:
            raise ValueError(f"two variables are called {min(twice)!r}")
        together |= part
    return together


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Zeros, float32 of `shape`."""
    return np.zeros(shape, np.float32)


def constant(value: np.ndarray) -> Variable:
    """A variable that starts with this value."""
    return Variable(np.shape(value), lambda rng, shape: value.copy())


def orthogonal(rng: np.random.Generator, shape: tuple[int, ...], gain: float) -> np.ndarray:
    """A random (semi-)orthogonal matrix times `gain` (Saxe et al. 2014), float32 of `shape`."""
    rows, columns = shape
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q = q * np.sign(np.diag(r))  # without this the distribution is not uniform
    return np.float32(gain) * (q if rows >= columns else q.T).astype(np.float32)


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform on ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010), float32 of `shape`."""
    limit = np.sqrt(6.0 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
