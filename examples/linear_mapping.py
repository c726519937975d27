"""A mapping: φ(s) = s W + b, with the decoder of the paper.

Named on the command line as `--mapping=examples.linear_mapping:linear_mapping`.
"""

from __future__ import annotations

from dataclasses import dataclass

from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.networks import Mlp, dense_variables, linear
from baselines.common.networks.variables import Variables
from baselines.transfer.student.mapping import MlpMap, StateMapping


@dataclass(frozen=True)
class LinearMap:
    """An affine map."""

    def variables(self, scope: str, inputs: int, outputs: int) -> Variables:
        """W, orthogonal, and b."""
        return dense_variables(scope, inputs, outputs, gain=1.0)

    def apply(self, params: Params, scope: str, x: Array) -> Array:
        """[B, inputs] to [B, outputs]."""
        return linear(params, scope, x)


def linear_mapping(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    """The mapping; the sizes are `--mapping_num_layers` and so on, and the decoder's alone."""
    return StateMapping(LinearMap(), MlpMap(Mlp(num_layers, num_hidden, activation)))
