"""A policy as an ONNX file (https://onnx.ai): raw observations in, actions out.

An ONNX file is one message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding),
built from smaller ones. Those that a policy needs are few, so they are written here and no package
is needed for it. The numbers are those of the fields in ONNX's `onnx.proto`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from baselines.common.errors import UserError
from baselines.common.networks.categorical import Categorical
from baselines.common.vec_env.running_stats import CLIP, EPSILON
from baselines.conversion.outgoing import Outgoing

IR_VERSION = 8
OPSET = 17
"""Of January 2022: any runtime since then reads it."""

TYPES = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
    "float16": 10, "float64": 11, "uint32": 12, "uint64": 13,
}  # fmt: skip

ACTIVATIONS = {
    "tanh": "Tanh", "relu": "Relu", "elu": "Elu", "selu": "Selu", "softplus": "Softplus",
    "softsign": "Softsign", "sigmoid": "Sigmoid",
}  # fmt: skip
"""Our activations by the operators of ONNX that are the same without attributes."""

OBSERVATIONS, ACTIONS, BATCH = "obs", "action", "batch"

Value = int | float | str | bytes


def message(*fields: tuple[int, Value]) -> bytes:
    """A message: the number of each field with its value, in order.

    Whole numbers are written as varints, floats in four bytes, all else with its length before it.
    """
    return b"".join(_field(number, value) for number, value in fields)


def _field(number: int, value: Value) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    rest, value = value & 0x7F, value >> 7
    return bytes([rest | 0x80]) + _varint(value) if value else bytes([rest])


@dataclass
class Graph:
    """A chain of operators on one value.

    Attributes:
        last: name of the value so far.
        nodes: the operators, encoded.
        constants: what else they take, encoded.
    """

    last: str
    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)

    def constant(self, name: str, array: np.ndarray) -> str:
        """Add a constant; returns its name."""
        dims = [(1, size) for size in array.shape]
        kind = TYPES[array.dtype.name]
        little = array.astype(array.dtype.newbyteorder("<"))
        self.constants.append(message(*dims, (2, kind), (8, name), (9, little.tobytes())))
        return name

    def add(self, operator: str, result: str, *others: str, **attributes: int) -> None:
        """Apply an operator to the value so far and to these, with whole numbers as attributes."""
        encoded = [
            (5, message((1, name), (3, value), (20, 2))) for name, value in attributes.items()
        ]
        inputs = [(1, name) for name in (self.last, *others)]
        self.nodes.append(message(*inputs, (2, result), (3, result), (4, operator), *encoded))
        self.last = result


def onnx_file(outgoing: Outgoing) -> bytes:
    """The file.

    Its input `obs` has the type of the task's observations and the shape [batch, d]; its output
    `action` is what `predict(obs, deterministic=True)` returns: float32 of [batch, k] for `Box`,
    int64 of [batch] for `Discrete`.

    Raises:
        UserError: the observations are of a type, or the layers of an activation, that is not
            known here.
    """
    graph = Graph(OBSERVATIONS)
    _normalize(graph, outgoing)
    _network(graph, outgoing)
    discrete = isinstance(outgoing.policy.distribution, Categorical)
    if discrete:
        graph.add("ArgMax", "index", axis=1, keepdims=0)
    start = np.array(outgoing.first_action) if discrete else np.zeros((), np.float32)
    graph.add("Add", ACTIONS, graph.constant("first_action", start))
    size = [] if discrete else [outgoing.policy.distribution.num_outputs]
    return message(
        (1, IR_VERSION),
        (2, "mikt-baselines"),
        (7, message(
            *((1, node) for node in graph.nodes),
            (2, "policy"),
            *((5, constant) for constant in graph.constants),
            (11, _described(OBSERVATIONS, _kind(outgoing), [outgoing.policy.obs_size])),
            (12, _described(ACTIONS, "int64" if discrete else "float32", size)),
        )),
        (8, message((1, ""), (2, OPSET))),
        *((14, message((1, key), (2, str(value)))) for key, value in outgoing.origin.items()),
    )  # fmt: skip


def _kind(outgoing: Outgoing) -> str:
    kind: str = outgoing.metadata["observation_space"]["dtype"]
    if kind not in TYPES:
        raise UserError(f"OUT: observations of the type {kind} are not known to ONNX")
    return kind


def _described(name: str, kind: str, sizes: Sequence[int]) -> bytes:
    """Type of an input or output, and its shape after the batch."""
    axes = [(1, message((2, BATCH))), *((1, message((1, size))) for size in sizes)]
    tensor = message((1, TYPES[kind]), (2, message(*axes)))
    return message((1, name), (2, message((1, tensor))))


def _normalize(graph: Graph, outgoing: Outgoing) -> None:
    """(obs − mean) / √(variance + 1e-8), clipped to ±10, in float64 as in training."""
    stats = outgoing.normalizer.obs_rms
    graph.add("Cast", "raw", to=TYPES["float64"])
    graph.add("Sub", "centred", graph.constant("mean", stats.mean))
    graph.add("Div", "scaled", graph.constant("deviation", np.sqrt(stats.var + EPSILON)))
    bounds = [
        graph.constant(name, np.array(sign * CLIP)) for name, sign in (("low", -1), ("high", 1))
    ]
    graph.add("Clip", "clipped", *bounds)
    graph.add("Cast", "normalized", to=TYPES["float32"])


def _network(graph: Graph, outgoing: Outgoing) -> None:
    """The policy's hidden layers and its output layer."""
    activation = outgoing.policy.spec.activation
    if activation not in ACTIVATIONS:
        raise UserError(f"OUT: the activation {activation} cannot be written as ONNX")
    for layer in (*outgoing.hidden_layers("pi"), "pi/pi"):
        weights = [
            graph.constant(f"{layer}/{part}", outgoing.params[f"{layer}/{part}"]) for part in "wb"
        ]
        graph.add("Gemm", layer, *weights)
        if layer != "pi/pi":
            graph.add(ACTIVATIONS[activation], f"{layer}/{activation}")
