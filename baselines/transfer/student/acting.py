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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from baselines.common.networks.arrays import InPlace
from baselines.common.networks.interfaces import Layer
from baselines.common.networks.networks import dense_layers, feed_forward
from baselines.transfer.student.mapping import SELECTION, embedding_scope
from baselines.transfer.student.mixing_spec import lateral, shares
from baselines.transfer.student.student_parts import StudentParts
from baselines.transfer.teachers.teacher import Teacher, source_numbers, sources


@dataclass(frozen=True)
class Parts:
    """What a student's policy side is made of; each list of layers in their order.

    Attributes:
        body: the student's own hidden layers.
        mappings: of each source task, the layers of φ with its output layer.
        teachers: of each teacher, the hidden layers of its policy.
        sources: the source task of each teacher.
        selections: of each source task, S of a φ that adds s S, [d, d_j]; None: it does not.
        laterals: of each layer, the matrices U_j.
        shares: of each layer, p, float32 of [1 + J].
        head: the output layer, where it is not one of the mixed layers.
    """

    body: list[Layer]
    mappings: list[list[Layer]]
    teachers: list[list[Layer]]
    sources: list[int]
    selections: list[np.ndarray | None]
    laterals: list[list[np.ndarray]]
    shares: list[np.ndarray]
    head: list[Layer]


def parts(student: StudentParts, params: Mapping[str, np.ndarray]) -> Parts | None:
    """A student's policy side; None where one of its networks is not made of dense layers.

    Args:
        student: the student.
        params: its variables by name, also those that are not trained.
    """
    body, teachers = student.body, student.teachers
    layers = range(student.mixed_layers)
    scopes = [embedding_scope(i) for i in range(len(sources(teachers)))]
    found = Parts(
        body=dense_layers(body.network, params, body.pi_scope),
        mappings=[dense_layers(student.mapping.embedding, params, scope) for scope in scopes],
        teachers=[dense_layers(t.policy.network, t.params, t.policy.pi_scope) for t in teachers],
        sources=source_numbers(teachers),
        selections=[params.get(f"{scope}/{SELECTION}") for scope in scopes],
        laterals=[
            [params[lateral(body.pi_scope, i, j)] for j in range(len(teachers))] for i in layers
        ],
        shares=[shares(params, body.pi_scope, i) for i in layers],
        head=[body.head(params)],
    )
    if not all([found.body, *found.mappings, *found.teachers]):
        return None
    return _with_mixed_outputs(found, teachers) if student.mixing_spec.with_outputs else found


def _with_mixed_outputs(parts: Parts, teachers: Sequence[Teacher]) -> Parts:
    """The same with the output layers as the last of the mixed layers."""
    outputs = [teacher.policy.head(teacher.params) for teacher in teachers]
    return replace(
        parts,
        body=[*parts.body, *parts.head],
        teachers=[[*t, last] for t, last in zip(parts.teachers, outputs, strict=True)],
        head=[],
    )


def as_one_network(parts: Parts) -> Callable[[np.ndarray], np.ndarray]:
    """The outputs of the policy network as a function of normalised observations [B, d]."""
    embed = feed_forward(_side_by_side([mapping[:-1] for mapping in parts.mappings]))
    mixed = feed_forward([*_mixed_layers(parts), *parts.head])
    return lambda obs: mixed(np.concatenate((obs, embed(obs)), axis=1))


def _side_by_side(networks: Sequence[Sequence[Layer]]) -> list[Layer]:
    """Networks of the same input as one, with their outputs beside one another."""
    layers = []
    for i, parts in enumerate(zip(*networks, strict=True)):
        if i:  # each reads its own part of the layer before
            *starts, inputs = np.cumsum([0, *(len(part.w) for part in parts)]).tolist()
            parts = tuple(
                _from_row(part, at, inputs) for part, at in zip(parts, starts, strict=True)
            )
        layers.append(_joined(parts))
    return layers


def _mixed_layers(parts: Parts) -> list[Layer]:
    obs_size, embedded = len(parts.body[0].w), [len(m[-1].w) for m in parts.mappings]
    starts = np.cumsum([obs_size, *embedded]).tolist()
    placed = [_first_layer(parts, j, starts) for j in range(len(parts.teachers))]
    inputs, at = starts[-1], list[int]()
    layers: list[Layer] = []
    for i, own in enumerate(parts.body):
        if i:
            placed = [
                _from_row(teacher[i], start, inputs)
                for teacher, start in zip(parts.teachers, at, strict=True)
            ]
        mixed = _mixed(_from_row(own, 0, inputs), placed, parts.laterals[i], parts.shares[i])
        outputs = [mixed, *placed] if i + 1 < len(parts.body) else [mixed]
        layers.append(_joined(outputs))
        *at, inputs = np.cumsum([len(output.b) for output in outputs]).tolist()
    return layers


def _first_layer(parts: Parts, teacher: int, starts: Sequence[int]) -> Layer:
    """A teacher's first layer, from the observation and the last hidden layers of the φ."""
    source, first = parts.sources[teacher], parts.teachers[teacher][0]
    layer = _from_row(_after(parts.mappings[source][-1], first), starts[source], starts[-1])
    chosen = parts.selections[source]
    if chosen is not None:
        layer.w[: len(chosen)] += chosen @ first.w
    return layer


def _after(first: Layer, second: Layer) -> Layer:
    """The map that applies `first`, then `second`."""
    return replace(second, w=first.w @ second.w, b=first.b @ second.w + second.b)


def _from_row(part: Layer, first: int, inputs: int) -> Layer:
    """A layer of some inputs, from number `first` on, as a layer of all `inputs`."""
    wide = np.zeros((inputs, part.w.shape[1]), np.float32)
    wide[first : first + len(part.w)] = part.w
    return replace(part, w=wide)


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
    ends = np.cumsum([len(layer.b) for layer in layers])
    columns = [slice(end - len(layer.b), end) for end, layer in zip(ends, layers, strict=True)]

    def apply(x: np.ndarray) -> None:
        for part, kind in zip(columns, kinds, strict=True):
            if kind is not None:
                kind(x[..., part])

    return apply
