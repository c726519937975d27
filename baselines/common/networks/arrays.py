"""Mathematics that reads the same for NumPy arrays and for TensorFlow tensors.

A network is written once and serves twice: acting calls it with NumPy arrays, where a forward
pass for one observation costs a third of a compiled TensorFlow call, and learning calls it with
tensors, where it is differentiated and compiled. `@`, `+`, `*` and slicing are shared by both;
the few functions that are not stand here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

Array = Any
"""A `numpy.ndarray` while acting, a `tensorflow.Tensor` while learning."""

Params = Mapping[str, Array]
"""Variables by name, `scope/layer/w` as in TensorFlow 1."""


def digest(values: Iterable[np.ndarray]) -> str:
    """A hash of the bytes of NumPy arrays, in their order."""
    found = hashlib.sha256()
    for value in values:
        found.update(value.tobytes())
    return found.hexdigest()


def is_numpy(x: Array) -> bool:
    """Whether `x` is an array or scalar of NumPy."""
    return isinstance(x, np.ndarray | np.generic | float)


def _tf() -> Any:
    from baselines.common.tensorflow_quietly import tf  # here: acting needs no TensorFlow

    return tf


def tanh(x: Array) -> Array:
    """Hyperbolic tangent."""
    return np.tanh(x) if is_numpy(x) else _tf().tanh(x)


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return np.maximum(x, 0) if is_numpy(x) else _tf().nn.relu(x)


def exp(x: Array) -> Array:
    """Exponential."""
    return np.exp(x) if is_numpy(x) else _tf().exp(x)


def log(x: Array) -> Array:
    """Natural logarithm."""
    return np.log(x) if is_numpy(x) else _tf().math.log(x)


def sum_last(x: Array) -> Array:
    """Sum over the last axis."""
    return x.sum(axis=-1) if is_numpy(x) else _tf().reduce_sum(x, axis=-1)


def log_softmax(x: Array) -> Array:
    """Logarithm of the softmax over the last axis."""
    if not is_numpy(x):
        return _tf().nn.log_softmax(x)
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(x: Array) -> Array:
    """Softmax over the last axis."""
    return exp(log_softmax(x))


def one_hot(x: Array, size: int) -> Array:
    """Integers [B] as float32 of [B, size]."""
    return np.eye(size, dtype=np.float32)[x] if is_numpy(x) else _tf().one_hot(x, size)


def mean(x: Array) -> Array:
    """Mean over all axes."""
    return x.mean() if is_numpy(x) else _tf().reduce_mean(x)


def std(x: Array) -> Array:
    """Population standard deviation over all axes."""
    return x.std() if is_numpy(x) else _tf().math.reduce_std(x)


def maximum(x: Array, y: Array) -> Array:
    """Elementwise maximum."""
    return np.maximum(x, y) if is_numpy(x) else _tf().maximum(x, y)


def clip(x: Array, low: Array, high: Array) -> Array:
    """`x` held between `low` and `high`."""
    return np.clip(x, low, high) if is_numpy(x) else _tf().clip_by_value(x, low, high)


def indicator(x: Array) -> Array:
    """Booleans as float32 zeros and ones."""
    return x.astype(np.float32) if is_numpy(x) else _tf().cast(x, _tf().float32)


def reshape(x: Array, shape: tuple[int, ...]) -> Array:
    """`x` in another shape."""
    return x.reshape(shape) if is_numpy(x) else _tf().reshape(x, shape)
