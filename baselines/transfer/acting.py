"""The student as one plain MLP, for acting.

As long as no variable changes, a student is a feed-forward network like any other. The last layer
of φ and the first of a teacher are one matrix, and so are a teacher's next layer and the lateral
matrix that follows it; the mixing weights are numbers. Written so, a layer of student and teachers
together is a single product of matrices:

    [h^i, y_1^i, ..., y_J^i] = act([h^{i-1}, y_1^{i-1}, ..., y_J^{i-1}] M^i + c^i)

with y_j^i the activation of teacher j's layer i, and s and the last hidden layers of the φ in place
of the first one's inputs. `Student.pi` is the definition; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from baselines.common.arrays import Params
from baselines.common.networks import IN_PLACE, InPlace, Layer, feed_forward

Affine = tuple[np.ndarray, np.ndarray]
"""x @ w + b: float32 of [inputs, outputs] and [outputs]."""


@dataclass(frozen=True)
class Parts:
    """What a student's policy side is made of; each list of layers in their order.

    Attributes:
        body: the student's own hidden layers.
        mappings: of each source task, the layers of φ with its output layer.
        teachers: of each teacher, the hidden layers of its policy.
        sources: the source task of each teacher.
        laterals: of each layer, the matrices U_j.
        shares: of each layer, p, float32 of [1 + J].
        activations: that of the student, then those of the teachers.
        mapping_activation: that of the φ.
    """

    body: list[Affine]
    mappings: list[list[Affine]]
    teachers: list[list[Affine]]
    sources: list[int]
    laterals: list[list[np.ndarray]]
    shares: list[np.ndarray]
    activations: list[str]
    mapping_activation: str


def affine(params: Params, name: str) -> Affine:
    """The dense layer `name` without its activation."""
    return params[f"{name}/w"], params[f"{name}/b"]


def as_one_network(parts: Parts, head: Layer) -> Callable[[np.ndarray], np.ndarray]:
    """The outputs of the policy network as a function of normalised observations [B, d]."""
    hidden = [mapping[:-1] for mapping in parts.mappings]
    embed = feed_forward(_side_by_side(hidden, parts.mapping_activation))
    mixed = feed_forward([*_mixed_layers(parts), head])
    return lambda obs: mixed(np.concatenate((obs, embed(obs)), axis=1))


def _side_by_side(networks: Sequence[Sequence[Affine]], activation: str) -> list[Layer]:
    """Networks of the same input as one, with their outputs beside one another."""
    layers = []
    for i, parts in enumerate(zip(*networks, strict=True)):
        if i:  # each reads its own part of the layer before
            *starts, inputs = np.cumsum([0, *(len(w) for w, _ in parts)]).tolist()
            parts = tuple(
                _from_row(part, at, inputs) for part, at in zip(parts, starts, strict=True)
            )
        layers.append(_joined(parts, [activation] * len(parts)))
    return layers


def _mixed_layers(parts: Parts) -> list[Layer]:
    first = [
        _after(parts.mappings[source][-1], layers[0])
        for source, layers in zip(parts.sources, parts.teachers, strict=True)
    ]
    obs_size, embedded = len(parts.body[0][0]), [len(m[-1][0]) for m in parts.mappings]
    starts = np.cumsum([obs_size, *embedded])
    theirs, at = first, [int(starts[source]) for source in parts.sources]
    inputs = int(starts[-1])
    layers = []
    for i, own in enumerate(parts.body):
        if i:
            theirs = [teacher[i] for teacher in parts.teachers]
        placed = [_from_row(z, start, inputs) for z, start in zip(theirs, at, strict=True)]
        mixed = _mixed(_from_row(own, 0, inputs), placed, parts.laterals[i], parts.shares[i])
        outputs = [mixed, *placed] if i + 1 < len(parts.body) else [mixed]
        layers.append(_joined(outputs, parts.activations))
        *at, inputs = np.cumsum([len(b) for _, b in outputs]).tolist()
    return layers


def _after(first: Affine, second: Affine) -> Affine:
    """The map that applies `first`, then `second`."""
    return first[0] @ second[0], first[1] @ second[0] + second[1]


def _from_row(part: Affine, first: int, inputs: int) -> Affine:
    """A map of some inputs, from number `first` on, as a map of all `inputs`."""
    w, b = part
    wide = np.zeros((inputs, w.shape[1]), np.float32)
    wide[first : first + len(w)] = w
    return wide, b


def _mixed(
    own: Affine, teachers: Sequence[Affine], laterals: Sequence[np.ndarray], shares: np.ndarray
) -> Affine:
    """p_0 (W h + b) + Σ_j p_j z_j U_j, from the inputs of all."""
    w, b = shares[0] * own[0], shares[0] * own[1]
    for share, (z_w, z_b), lateral in zip(shares[1:], teachers, laterals, strict=True):
        w = w + share * (z_w @ lateral)
        b = b + share * (z_b @ lateral)
    return w, b


def _joined(maps: Sequence[Affine], activations: Sequence[str]) -> Layer:
    """Maps of the same inputs as one layer; the first activations are theirs."""
    kinds, widths = activations[: len(maps)], [len(b) for _, b in maps]
    w = np.concatenate([w for w, _ in maps], axis=1)
    return Layer(w, np.concatenate([b for _, b in maps]), _activation(kinds, widths))


def _activation(kinds: Sequence[str], widths: Sequence[int]) -> InPlace:
    """One activation for all columns where they agree, else each on its own."""
    if len(set(kinds)) == 1:
        return IN_PLACE[kinds[0]]
    ends = np.cumsum(widths)
    columns = [slice(end - width, end) for width, end in zip(widths, ends, strict=True)]

    def apply(x: np.ndarray) -> None:
        for part, kind in zip(columns, kinds, strict=True):
            IN_PLACE[kind](x[..., part])

    return apply
