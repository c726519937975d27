"""Mathematics and activations that read the same for NumPy arrays and for TensorFlow tensors.

A network is written once and serves twice: acting calls it with NumPy arrays, where a forward
pass for one observation costs a third of a compiled TensorFlow call, and learning calls it with
tensors, where it is differentiated and compiled. `@`, `+`, `*` and slicing are shared by both;
the few functions that are not stand here, and the activations of hidden layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = Any
"""A `numpy.ndarray` while acting, a `tensorflow.Tensor` while learning."""

Params = Mapping[str, Array]
"""Variables by name, `scope/layer/w` as in TensorFlow 1."""

InPlace = Callable[[np.ndarray], object]
"""An activation for an array of one's own, which is overwritten."""


def is_numpy(x: Array) -> bool:
    """Whether `x` is an array or scalar of NumPy."""
    return isinstance(x, np.ndarray | np.generic | float)


def _tf() -> Any:
    from baselines.common.tensorflow_quietly import tf  # here: acting needs no TensorFlow

    return tf


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


def stop_gradient(x: Array) -> Array:
    """`x` as a constant: no gradient goes through it."""
    return x if is_numpy(x) else _tf().stop_gradient(x)


def reshape(x: Array, shape: tuple[int, ...]) -> Array:
    """`x` in another shape."""
    return x.reshape(shape) if is_numpy(x) else _tf().reshape(x, shape)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""Of Klambauer et al. 2017, "Self-normalizing neural networks"."""

LEAK = 0.2
"""Slope of `leaky_relu` below 0, TensorFlow's default."""


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _selu(x: np.ndarray) -> np.ndarray:
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    from scipy.special import expit  # here and below: few networks need it

    return np.asarray(expit(x))


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return 0.5 * x * (1 + np.asarray(erf(x * np.sqrt(0.5).astype(x.dtype))))


NUMPY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": lambda x: x * _sigmoid(x),
    "softplus": lambda x: np.logaddexp(x, x.dtype.type(0)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sigmoid": _sigmoid,
    "leaky_relu": lambda x: np.maximum(x, LEAK * x),
}
"""Each has the name of a function of `tf.nn`, and is the same with its default arguments."""


def _of_both(name: str) -> Callable[[Array], Array]:
    def activation(x: Array) -> Array:
        if is_numpy(x):
            return NUMPY[name](np.asarray(x))
        return getattr(_tf().nn, name)(x)

    return activation


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {name: _of_both(name) for name in NUMPY}
"""What `--activation` may name, for NumPy arrays and for TensorFlow tensors."""

tanh, relu = ACTIVATIONS["tanh"], ACTIVATIONS["relu"]
"""Two of them by their own names."""


def _in_place(name: str) -> InPlace:
    return lambda x: np.copyto(x, NUMPY[name](x))


IN_PLACE: dict[str, InPlace] = {name: _in_place(name) for name in NUMPY} | {
    "tanh": lambda x: np.tanh(x, x),
    "relu": lambda x: np.maximum(x, 0, out=x),
}
"""`ACTIVATIONS` for arrays of one's own, which are overwritten."""
