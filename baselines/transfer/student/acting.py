"""The student as one plain MLP, for acting.

As long as no variable changes, a student is a feed-forward network like any other. The last layer
of φ and the first of a teacher are one matrix, and so are a teacher's next layer and the lateral
matrix that follows it; the mixing weights are numbers. Written so, a layer of student and teachers
together is a single product of matrices:

    [h^i, y_1^i, ..., y_J^i] = act([h^{i-1}, y_1^{i-1}, ..., y_J^{i-1}] M^i + c^i)

with y_j^i the activation of teacher j's layer i. With one teacher, of the weights W_1^i and b_1^i:

    M^i = | p_0 W^i            0     |      c^i = [ p_0 b^i + p_1 b_1^i U_1^i,  b_1^i ]
          | p_1 W_1^i U_1^i    W_1^i |

The first layer reads s and the last hidden layers of the φ instead; the last has no y. `Student.pi`
is the definition; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from baselines.common.networks.arrays import InPlace
from baselines.common.networks.interfaces import Layer
from baselines.common.networks.networks import dense_layers, feed_forward
from baselines.transfer.student.mapping import SELECTION, embedding_scope
from baselines.transfer.student.mixing import lateral_name, shares
from baselines.transfer.student.student_parts import StudentParts


@dataclass(frozen=True)
class PolicySide:
    """The layers and matrices of a student's policy side; each list of layers in their order.

    Attributes:
        own: the student's own layers, the output layer with them.
        mappings: of each source task, the layers of φ, the output layer with them.
        teachers: of each teacher, the layers of its policy, the output layer with them.
        sources: the number of each teacher's source task.
        selections: of each source task, S of a φ that adds s S, [d, d_j]; None: it does not.
        laterals: of each mixed layer, the matrices U_j, float32 of [width of teacher j, width].
        shares: of each mixed layer, p, float32 of [1 + J].
    """

    own: list[Layer]
    mappings: list[list[Layer]]
    teachers: list[list[Layer]]
    sources: list[int]
    selections: list[np.ndarray | None]
    laterals: list[list[np.ndarray]]
    shares: list[np.ndarray]


def policy_side(student: StudentParts, params: Mapping[str, np.ndarray]) -> PolicySide | None:
    """A student's policy side; None where one of its networks is not made of dense layers.

    Args:
        student: the student.
        params: its variables by name, also those that are not trained.
    """
    scope, teachers, mixed = student.plain.pi_scope, student.teachers, range(student.mixed_layers)
    mappings = [embedding_scope(i) for i in range(len(student.sources))]
    side = PolicySide(
        own=student.plain.policy_layers(params),
        mappings=[dense_layers(student.mapping.embedding, params, name) for name in mappings],
        teachers=[teacher.policy.policy_layers(teacher.params) for teacher in teachers],
        sources=student.source_numbers,
        selections=[params.get(f"{name}/{SELECTION}") for name in mappings],
        laterals=[[params[lateral_name(scope, i, j)] for j in range(len(teachers))] for i in mixed],
        shares=[shares(params, scope, i) for i in mixed],
    )
    return side if all([side.own, *side.mappings, *side.teachers]) else None


def as_one_network(side: PolicySide) -> Callable[[np.ndarray], np.ndarray]:
    """The outputs of the policy network [B, k] as a function of normalised observations [B, d]."""
    embed = _last_hidden([mapping[:-1] for mapping in side.mappings])
    mixed = _mixed_layers(side)
    outputs = feed_forward([*mixed, *side.own[len(mixed) :]])
    return lambda obs: outputs(np.concatenate((obs, embed(obs)), axis=1))


def _last_hidden(mappings: Sequence[Sequence[Layer]]) -> Callable[[np.ndarray], np.ndarray]:
    """The last hidden layers of all φ, beside one another; s for each if they have none."""
    if not any(mappings):
        return lambda obs: np.tile(obs, len(mappings))
    return feed_forward(_side_by_side(mappings))


def _side_by_side(networks: Sequence[Sequence[Layer]]) -> list[Layer]:
    """Networks of the same input as one, with their outputs beside one another."""
    return [
        _joined(_each_on_its_part(layers) if i else layers)
        for i, layers in enumerate(zip(*networks, strict=True))
    ]


def _mixed_layers(side: PolicySide) -> list[Layer]:
    """M^i, c^i and the activation of each mixed layer."""
    layers = []
    for i, (laterals, p) in enumerate(zip(side.laterals, side.shares, strict=True)):
        if i == 0:
            own, *theirs = _first_layers(side)
        else:
            own, *theirs = _each_on_its_part([net[i] for net in (side.own, *side.teachers)])
        mixed = _mixed(own, theirs, laterals, p)
        is_last = i + 1 == len(side.shares)
        layers.append(mixed if is_last else _joined([mixed, *theirs]))
    return layers


def _first_layers(side: PolicySide) -> list[Layer]:
    """The student's and each teacher's first layer, on s and the last hidden layers of the φ."""
    ends = [mapping[-1] for mapping in side.mappings]
    obs, *embedded = _slices([len(side.own[0].w), *(len(end.w) for end in ends)])
    inputs = embedded[-1].stop
    layers = [_widened(side.own[0], obs, inputs)]
    for (first, *_), source in zip(side.teachers, side.sources, strict=True):
        layer = _widened(_after(ends[source], first), embedded[source], inputs)
        chosen = side.selections[source]
        if chosen is not None:
            layer.w[obs] += chosen @ first.w
        layers.append(layer)
    return layers


def _each_on_its_part(layers: Sequence[Layer]) -> list[Layer]:
    """Layers that each read a part of the input, one after the other, as layers of all of it."""
    sizes = [len(layer.w) for layer in layers]
    inputs, places = sum(sizes), _slices(sizes)
    return [_widened(layer, rows, inputs) for layer, rows in zip(layers, places, strict=True)]


def _slices(sizes: Sequence[int]) -> list[slice]:
    """Where parts of these sizes are, one after the other."""
    ends = np.cumsum(sizes).tolist()
    return [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]


def _widened(layer: Layer, rows: slice, inputs: int) -> Layer:
    """A layer that reads the part `rows` of the input, as a layer of all `inputs`."""
    w = np.zeros((inputs, layer.w.shape[1]), np.float32)
    w[rows] = layer.w
    return replace(layer, w=w)


def _after(first: Layer, second: Layer) -> Layer:
    """The map that applies `first`, then `second`."""
    return replace(second, w=first.w @ second.w, b=first.b @ second.w + second.b)


def _mixed(
    own: Layer, teachers: Sequence[Layer], laterals: Sequence[np.ndarray], shares: np.ndarray
) -> Layer:
    """p_0 (W h + b) + Σ_j p_j z_j U_j, from the inputs of all."""
    w, b = shares[0] * own.w, shares[0] * own.b
    for share, z, u in zip(shares[1:], teachers, laterals, strict=True):
        w = w + share * (z.w @ u)
        b = b + share * (z.b @ u)
    return replace(own, w=w, b=b)


def _joined(layers: Sequence[Layer]) -> Layer:
    """Layers of the same inputs as one."""
    w = np.concatenate([layer.w for layer in layers], axis=1)
    return Layer(w, np.concatenate([layer.b for layer in layers]), _activation(layers))


def _activation(layers: Sequence[Layer]) -> InPlace | None:
    """One activation for all columns where they agree, else each on its own."""
    kinds = [layer.activation for layer in layers]
    if len(set(kinds)) == 1:
        return kinds[0]
    columns = _slices([len(layer.b) for layer in layers])

    def apply(x: np.ndarray) -> None:
        for part, kind in zip(columns, kinds, strict=True):
            if kind is not None:
                kind(x[..., part])

    return apply
