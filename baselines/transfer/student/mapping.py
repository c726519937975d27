"""The mapping φ from the student's observations to a source task's, and its decoder q(s | φ(s)).

Both have variables of their own for each source task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from baselines.common.networks import networks
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Layer
from baselines.common.networks.networks import Mlp, dense_variables
from baselines.common.networks.variables import Variable, Variables, joined, zeros
from baselines.config import TRANSFER_SCOPE


class Map(Protocol):
    """A differentiable function from [B, n] to [B, m], on NumPy arrays and TensorFlow tensors.

    It may be `interfaces.Dense` besides.
    """

    def variables(self, scope: str, inputs: int, outputs: int) -> Variables:
        """Its variables, named `scope/...`."""

    def apply(self, params: Params, scope: str, x: Array) -> Array:
        """The function: [B, inputs] to [B, outputs]."""


SELECTION = "selection"
"""Name, in the scope of a φ, of the matrix S of chosen entries that it starts from."""


def embedding_scope(source: int) -> str:
    """Scope of φ for the source task number `source`."""
    return f"{TRANSFER_SCOPE}/embedding{source}"


def decoder_scope(source: int) -> str:
    """Scope of the decoder for the source task number `source`."""
    return f"{TRANSFER_SCOPE}/decoder{source}"


@dataclass(frozen=True)
class StateMapping:
    """φ and its decoder; each source task has variables of its own for both, in its own sizes.

    Attributes:
        embedding: φ, from [B, d] to [B, d_j].
        decoder: the mean of q(s | φ(s)), from [B, d_j] to [B, d].
        is_learned: whether φ is trained; if not, it stays as it was drawn.
        is_named: whether φ has a variable `SELECTION` that is not trained: the choice of the
            entries that both tasks have by name, float32 of [d, d_j].
    """

    embedding: Map
    decoder: Map
    is_learned: bool = True
    is_named: bool = False

    def embed(self, params: Params, source: int, obs: Array) -> Array:
        """φ(s): normalised observations [B, d] to the source task's [B, d_j]."""
        return self.embedding.apply(params, embedding_scope(source), obs)

    def decode(self, params: Params, source: int, embedded: Array) -> tuple[Array, Array]:
        """The decoder's Gaussian over s: mean [B, d] and log σ_q [d], from φ(s) of [B, d_j]."""
        scope = decoder_scope(source)
        return self.decoder.apply(params, scope, embedded), params[f"{scope}/logstd"]

    def embedding_variables(self, obs_size: int, source_sizes: Sequence[int]) -> Variables:
        """Variables of φ, [B, obs_size] to [B, source_size], for each source task."""
        return joined([
            self.embedding.variables(embedding_scope(i), obs_size, size)
            for i, size in enumerate(source_sizes)
        ])  # fmt: skip

    def decoder_variables(self, obs_size: int, source_sizes: Sequence[int]) -> Variables:
        """Variables of the decoders q(s | φ(s)); log σ_q is a free vector, 0 at the start."""
        parts = []
        for i, size in enumerate(source_sizes):
            scope = decoder_scope(i)
            parts.append(self.decoder.variables(scope, size, obs_size))
            parts.append({f"{scope}/logstd": Variable((obs_size,), zeros)})
        return joined(parts)


@dataclass(frozen=True)
class MlpMap:
    """An MLP with a linear output layer; orthogonal with gain √2, biases 0."""

    hidden: Mlp

    def variables(self, scope: str, inputs: int, outputs: int) -> Variables:
        """Weights and biases of the hidden layers and of the output layer."""
        last = dense_variables(f"{scope}/out", self.hidden.num_hidden, outputs)
        return joined([*self.hidden.variables(scope, inputs), last])

    def apply(self, params: Params, scope: str, x: Array) -> Array:
        """[B, inputs] to [B, outputs]."""
        return networks.linear(
            params, f"{scope}/out", networks.hidden(params, scope, x, self.hidden)
        )

    def dense_layers(self, params: Params, scope: str) -> list[Layer]:
        """The hidden layers and the output layer, for acting."""
        hidden = self.hidden.dense_layers(params, scope)
        return [*hidden, networks.dense(params, f"{scope}/out")]
