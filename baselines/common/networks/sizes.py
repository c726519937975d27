"""Sizes of networks, and the bound on those that a file or a command line names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from baselines.common.networks.arrays import ACTIVATIONS

MAX_VARIABLES = 1 << 26
"""Bound on what a described policy may hold: 67 million scalars, a file of 256 MiB."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a network or mapping.

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


def check_sizes(spec: Sizes, obs_size: Any, outputs: Any) -> None:
    """Check sizes from a file or a command line, before anything of these sizes is made.

    Raises:
        ValueError: they are no sizes, or make a policy of more than `MAX_VARIABLES`.
    """
    sizes = (spec.num_layers, spec.num_hidden, obs_size, outputs)
    if not all(type(size) is int and 0 < size <= MAX_VARIABLES for size in sizes):
        raise ValueError("the sizes of the policy are impossible")
    width = spec.num_hidden
    if 2 * width * (obs_size + spec.num_layers * (width + 1)) + width * outputs > MAX_VARIABLES:
        raise ValueError(f"the policy has more than {MAX_VARIABLES} variables")
