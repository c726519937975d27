from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from baselines.common.networks import arrays
from baselines.common.tensorflow_quietly import tf

X = (3 * np.random.default_rng(0).standard_normal((5, 4))).astype(np.float32)
Y = (3 * np.random.default_rng(1).standard_normal((5, 4))).astype(np.float32)
STEEP = np.array([[1000.0, 0.0, -1000.0], [88.0, 89.0, 90.0]], np.float32)

CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Any]] = {
    "tanh": (arrays.tanh, (X,), np.tanh(X.astype(float))),
    "relu": (arrays.relu, (X,), np.where(X > 0, X, 0)),
    "exp": (arrays.exp, (X,), np.exp(X.astype(float))),
    "sum_last": (arrays.sum_last, (X,), np.einsum("ij->i", X)),
    "log_softmax": (arrays.log_softmax, (X,), special.log_softmax(X.astype(float), axis=-1)),
    "log_softmax, steep": (
        arrays.log_softmax, (STEEP,), special.log_softmax(STEEP.astype(float), axis=-1),
    ),
    "log_softmax of a vector": (arrays.log_softmax, (X[0],), special.log_softmax(X[0])),
    "softmax": (arrays.softmax, (X,), special.softmax(X.astype(float), axis=-1)),
    "one_hot": (arrays.one_hot, (np.array([2, 0]), 3), np.array([[0, 0, 1], [1, 0, 0]])),
    "mean": (arrays.mean, (X,), sum(X.ravel().tolist()) / 20),
    "std": (arrays.std, (X,), np.sqrt(np.mean(X**2.0) - np.mean(X) ** 2.0)),
    "maximum": (arrays.maximum, (X, Y), np.where(X > Y, X, Y)),
    "clip": (arrays.clip, (X, -1.0, 2.0), np.where(X < -1, -1, np.where(X > 2, 2, X))),
    "clip by arrays": (
        arrays.clip, (X, -abs(Y), abs(Y)), np.sign(X) * np.where(abs(X) < abs(Y), abs(X), abs(Y)),
    ),
    "indicator": (arrays.indicator, (X > 0.5,), np.where(X > 0.5, 1.0, 0.0)),
    "reshape": (arrays.reshape, (X, (2, 10)), np.array(X.ravel().tolist()).reshape(2, 10)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_numpy_and_tensorflow_agree_with_the_definition(case: str) -> None:
    function, arguments, expected = CASES[case]
    by_numpy = function(*arguments)
    by_tensorflow = function(
        *(tf.constant(x) if isinstance(x, np.ndarray) else x for x in arguments)
    )
    assert isinstance(by_numpy, np.ndarray | np.generic)
    assert tf.is_tensor(by_tensorflow)
    for found in (by_numpy, by_tensorflow.numpy()):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("x", "expected"),
    [(X, True), (X[0, 0], True), (tf.constant(X), False), (tf.Variable(X), False)],
    ids=["array", "scalar", "tensor", "variable"],
)
def test_numpy_is_told_from_tensorflow(x: Any, expected: bool) -> None:
    assert arrays.is_numpy(x) is expected
