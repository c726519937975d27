"""Multi-layer perceptrons as pure functions of named variables.

Every function takes its variables from a mapping `name -> array` and works on NumPy arrays and
on TensorFlow tensors alike (see `baselines.common.arrays`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from baselines.common import arrays
from baselines.common.arrays import Array, Params

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"tanh": arrays.tanh, "relu": arrays.relu}

InPlace = Callable[[np.ndarray], object]

IN_PLACE: dict[str, InPlace] = {
    "tanh": lambda x: np.tanh(x, x),
    "relu": lambda x: np.maximum(x, 0, out=x),
}
"""`ACTIVATIONS` for arrays of one's own, which are overwritten."""


@dataclass(frozen=True)
class MlpSpec:
    """Shape of the hidden part of an MLP.

    Attributes:
        num_layers: number of hidden layers.
        num_hidden: units in each of them.
        activation: a key of `ACTIVATIONS`.
    """

    num_layers: int = 2
    num_hidden: int = 64
    activation: str = "tanh"

    def __post_init__(self) -> None:
        """Raises ValueError for an activation that is not known."""
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {self.activation!r}")

    @cache  # noqa: B019 (a handful of specs and scopes; building the names costs as a product does)
    def layer_names(self, scope: str) -> tuple[str, ...]:
        """Names of the hidden layers, `scope/mlp_fc0` and so on (Baselines' names)."""
        return tuple(f"{scope}/mlp_fc{i}" for i in range(self.num_layers))


def orthogonal(rng: np.random.Generator, shape: tuple[int, int], gain: float) -> np.ndarray:
    """A random (semi-)orthogonal matrix times `gain` (Saxe et al. 2014), float32 of `shape`."""
    rows, columns = shape
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q = q * np.sign(np.diag(r))  # without this the distribution is not uniform
    return np.float32(gain) * (q if rows >= columns else q.T).astype(np.float32)


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Uniform on ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010), float32 of `shape`."""
    limit = np.sqrt(6.0 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def init_linear(
    rng: np.random.Generator, name: str, inputs: int, outputs: int, gain: float
) -> dict[str, np.ndarray]:
    """Variables of a dense layer: `name/w` float32 of [inputs, outputs], `name/b` zeros."""
    return {
        f"{name}/w": orthogonal(rng, (inputs, outputs), gain),
        f"{name}/b": np.zeros(outputs, np.float32),
    }


def linear(params: Params, name: str, x: Array) -> Array:
    """The dense layer `name`: [B, inputs] to [B, outputs]."""
    return x @ params[f"{name}/w"] + params[f"{name}/b"]


def init_hidden(
    rng: np.random.Generator, scope: str, inputs: int, spec: MlpSpec
) -> dict[str, np.ndarray]:
    """Variables of the hidden layers: orthogonal with gain √2, biases 0."""
    params: dict[str, np.ndarray] = {}
    for name in spec.layer_names(scope):
        params |= init_linear(rng, name, inputs, spec.num_hidden, np.sqrt(2))
        inputs = spec.num_hidden
    return params


def pre_activations(params: Params, scope: str, x: Array, spec: MlpSpec) -> list[Array]:
    """Each hidden layer's values BEFORE the activation: `num_layers` times [B, num_hidden]."""
    activation = ACTIVATIONS[spec.activation]
    layers = []
    for name in spec.layer_names(scope):
        layers.append(linear(params, name, x))
        x = activation(layers[-1])
    return layers


def hidden(params: Params, scope: str, x: Array, spec: MlpSpec) -> Array:
    """The last hidden layer, [B, inputs] to [B, num_hidden]."""
    return ACTIVATIONS[spec.activation](pre_activations(params, scope, x, spec)[-1])


def init_mlp(
    rng: np.random.Generator, scope: str, inputs: int, outputs: int, spec: MlpSpec
) -> dict[str, np.ndarray]:
    """Variables of an MLP with a linear output layer, all orthogonal with gain √2."""
    params = init_hidden(rng, scope, inputs, spec)
    return params | init_linear(rng, f"{scope}/out", spec.num_hidden, outputs, np.sqrt(2))


def mlp(params: Params, scope: str, x: Array, spec: MlpSpec) -> Array:
    """An MLP with a linear output layer, [B, inputs] to [B, outputs]."""
    return linear(params, f"{scope}/out", hidden(params, scope, x, spec))


@dataclass(frozen=True)
class Layer:
    """A dense layer with its values: x @ w + b, float32 of [inputs, outputs] and [outputs]."""

    w: np.ndarray
    b: np.ndarray
    activation: InPlace | None = None


def dense(params: Params, name: str, activation: str = "") -> Layer:
    """The dense layer `name` with its present values."""
    return Layer(params[f"{name}/w"], params[f"{name}/b"], IN_PLACE.get(activation))


def feed_forward(layers: Sequence[Layer]) -> Callable[[np.ndarray], np.ndarray]:
    """Layers as one function of NumPy arrays, for many calls with the same values.

    For a single observation, looking up names and dispatching on the kind of array takes as long
    as the arithmetic, `@` twice as long as `dot`, and a matrix of one row longer than a vector.
    """
    steps = [(layer.w, layer.b, layer.activation) for layer in layers]

    def forward(x: np.ndarray) -> np.ndarray:
        for w, b, activation in steps:
            x = x.dot(w)
            x += b
            if activation is not None:
                activation(x)
        return x

    return lambda x: forward(x[0])[None] if len(x) == 1 else forward(x)
