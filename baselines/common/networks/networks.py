"""Networks as pure functions of named variables: the MLP, and what is computed with any network.

Every function takes its variables from a mapping `name -> array` and works on NumPy arrays and
on TensorFlow tensors alike (see `arrays`). A network from another module is added by name
(`specs.py`, `docs/extending.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from baselines.common.networks.arrays import ACTIVATIONS, IN_PLACE, Array, Params
from baselines.common.networks.interfaces import Dense, Layer, Network
from baselines.common.networks.sizes import Sizes
from baselines.common.networks.variables import Variable, Variables, orthogonal, zeros


def dense_layers(part: object, params: Params, scope: str) -> list[Layer]:
    """The layers of a network or map with `dense_layers`; empty without."""
    return part.dense_layers(params, scope) if isinstance(part, Dense) else []


def dense_variables(
    name: str, inputs: int, outputs: int, gain: float = float(np.sqrt(2))
) -> Variables:
    """A dense layer's variables: `name/w` of [inputs, outputs], orthogonal; `name/b`, zeros."""
    return {
        f"{name}/w": Variable((inputs, outputs), partial(orthogonal, gain=gain)),
        f"{name}/b": Variable((outputs,), zeros),
    }


def linear(params: Params, name: str, x: Array) -> Array:
    """The dense layer `name`: [B, inputs] to [B, outputs]."""
    return x @ params[f"{name}/w"] + params[f"{name}/b"]


@dataclass(frozen=True)
class Mlp(Sizes):
    """The hidden layers of a multi-layer perceptron; orthogonal with gain √2, biases 0."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return (self.num_hidden,) * self.num_layers

    @cache  # noqa: B019 (a handful of networks and scopes; making the names costs as a product does)
    def layer_names(self, scope: str) -> tuple[str, ...]:
        """Names of the hidden layers, `scope/mlp_fc0` and so on (Baselines' names)."""
        return tuple(f"{scope}/mlp_fc{i}" for i in range(self.num_layers))

    def variables(self, scope: str, inputs: int) -> list[Variables]:
        """Weights and biases of each layer."""
        sizes = [inputs, *self.widths]
        names = self.layer_names(scope)
        return [dense_variables(name, *sizes[i : i + 2]) for i, name in enumerate(names)]

    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        """The next layer, from the one before."""
        return linear(params, self.layer_names(scope)[len(before) - 1], before[-1])

    def activate(self, z: Array) -> Array:
        """The activation."""
        return ACTIVATIONS[self.activation](z)

    def dense_layers(self, params: Params, scope: str) -> list[Layer]:
        """The layers, for acting."""
        return [dense(params, name, self.activation) for name in self.layer_names(scope)]


def pre_activations(params: Params, scope: str, x: Array, network: Network) -> list[Array]:
    """Each hidden layer's values BEFORE the activation, [B, width], from [B, inputs]."""
    layers, before = [], [x]
    for _ in network.widths:
        layers.append(network.layer(params, scope, before))
        before.append(network.activate(layers[-1]))
    return layers


def hidden(params: Params, scope: str, x: Array, network: Network) -> Array:
    """The last hidden layer, [B, inputs] to [B, width]."""
    return network.activate(pre_activations(params, scope, x, network)[-1])


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
