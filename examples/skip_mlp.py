"""A network: an MLP whose every hidden layer reads the observation too.

    z^i = W^i h^{i-1} + V^i s + b^i

(D2RL, Sinha et al. 2020). Named on the command line as `--network=examples.skip_mlp:SkipMlp`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from baselines.common.networks.arrays import ACTIVATIONS, Array, Params
from baselines.common.networks.networks import dense_variables, linear
from baselines.common.networks.variables import Variable, Variables, orthogonal


@dataclass(frozen=True)
class SkipMlp:
    """The hidden layers, of the sizes that the command line gives."""

    num_layers: int
    num_hidden: int
    activation: str

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return (self.num_hidden,) * self.num_layers

    def variables(self, scope: str, inputs: int) -> list[Variables]:
        """W^i, b^i and, but for the first layer, V^i."""
        width, skip = self.num_hidden, partial(orthogonal, gain=1.0)
        later = [
            dense_variables(f"{scope}/fc{i}", width, width)
            | {f"{scope}/fc{i}/skip": Variable((inputs, width), skip)}
            for i in range(1, self.num_layers)
        ]
        return [dense_variables(f"{scope}/fc0", inputs, width), *later]

    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        """The next z^i; `before` is s, h^1, h^2, and so on."""
        name = f"{scope}/fc{len(before) - 1}"
        z = linear(params, name, before[-1])
        return z if len(before) == 1 else z + before[0] @ params[f"{name}/skip"]

    def activate(self, z: Array) -> Array:
        """h^i."""
        return ACTIVATIONS[self.activation](z)
