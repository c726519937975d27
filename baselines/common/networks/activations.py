"""The activations of hidden layers: TensorFlow's for learning, the same in NumPy for acting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from baselines.common.networks.arrays import Array, is_numpy

InPlace = Callable[[np.ndarray], object]
"""An activation for an array of one's own, which is overwritten."""

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
        from baselines.common.tensorflow_quietly import tf  # here: acting needs no TensorFlow

        return getattr(tf.nn, name)(x)

    return activation


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {name: _of_both(name) for name in NUMPY}
"""What `--activation` may name, for NumPy arrays and for TensorFlow tensors."""


def _in_place(name: str) -> InPlace:
    return lambda x: np.copyto(x, NUMPY[name](x))


IN_PLACE: dict[str, InPlace] = {name: _in_place(name) for name in NUMPY} | {
    "tanh": lambda x: np.tanh(x, x),
    "relu": lambda x: np.maximum(x, 0, out=x),
}
"""`ACTIVATIONS` for arrays of one's own, which are overwritten."""
