"""The activations, against TensorFlow's own and by hand."""

import math

import numpy as np
import pytest

from baselines.common.networks.arrays import ACTIVATIONS, IN_PLACE
from baselines.common.tensorflow_quietly import tf

X = np.concatenate(
    [np.linspace(-6, 6, 241), [-100.0, -30.0, -1e-3, -0.0, 0.0, 1e-3, 30.0, 100.0]]
).astype(np.float32)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_acting_computes_what_learning_does(name: str) -> None:
    expected = getattr(tf.nn, name)(tf.constant(X)).numpy()
    found = ACTIVATIONS[name](X)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=3e-7)
    np.testing.assert_array_equal(ACTIVATIONS[name](tf.constant(X)).numpy(), expected)
    in_place = X.copy()
    IN_PLACE[name](in_place)
    np.testing.assert_array_equal(in_place, found)


@pytest.mark.parametrize(
    ("name", "below", "above"),
    [
        ("tanh", math.tanh(-2), math.tanh(1)),
        ("relu", 0.0, 1.0),
        ("elu", math.exp(-2) - 1, 1.0),
        ("selu", 1.0507009873554805 * 1.6732632423543772 * (math.exp(-2) - 1), 1.0507009873554805),
        ("gelu", -1 * (1 + math.erf(-math.sqrt(2))), 0.5 * (1 + math.erf(math.sqrt(0.5)))),
        ("silu", -2 / (1 + math.exp(2)), 1 / (1 + math.exp(-1))),
        ("softplus", math.log(1 + math.exp(-2)), math.log(1 + math.e)),
        ("softsign", -2 / 3, 0.5),
        ("sigmoid", 1 / (1 + math.exp(2)), 1 / (1 + math.exp(-1))),
        ("leaky_relu", -0.4, 1.0),
    ],
)
def test_values_at_minus_two_and_at_one(name: str, below: float, above: float) -> None:
    found = ACTIVATIONS[name](np.array([-2.0, 1.0]))
    np.testing.assert_allclose(found, [below, above], rtol=1e-6)
