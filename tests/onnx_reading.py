"""A reading of ONNX files that knows nothing of how ours are written: bytes in, NumPy out.

Protocol Buffers by https://protobuf.dev/programming-guides/encoding, numbers of fields by
onnx.proto, operators by https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

Fields = dict[int, list[Any]]

DTYPES = {
    1: "<f4", 2: "<u1", 3: "<i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8",
    12: "<u4", 13: "<u8",
}  # fmt: skip


def varint(content: bytes, at: int) -> tuple[int, int]:
    """A whole number, and where it ends."""
    value = shift = 0
    while True:
        value |= (content[at] & 127) << shift
        shift += 7
        at += 1
        if content[at - 1] < 128:
            return value, at


def fields(content: bytes) -> Fields:
    """The values of a message by the number of their field."""
    found: Fields = defaultdict(list)
    at = 0
    while at < len(content):
        tag, at = varint(content, at)
        number, kind = tag >> 3, tag & 7
        value: Any
        if kind == 0:
            value, at = varint(content, at)
        elif kind == 5:
            value, at = struct.unpack("<f", content[at : at + 4])[0], at + 4
        else:
            assert kind == 2
            size, at = varint(content, at)
            value, at = content[at : at + size], at + size
            assert len(value) == size
        found[number].append(value)
    return found


def tensor(content: bytes) -> tuple[str, np.ndarray]:
    """A constant and its name."""
    parts = fields(content)
    values = np.frombuffer(parts[9][0], DTYPES[parts[2][0]])
    return parts[8][0].decode(), values.reshape(parts[1])


def value_info(content: bytes) -> tuple[str, str, list[int | str]]:
    """Name, type and shape of an input or output."""
    parts = fields(content)
    kind = fields(fields(parts[2][0])[1][0])
    axes = [fields(axis) for axis in fields(kind[2][0])[1]]
    shape = [axis[1][0] if axis[1] else axis[2][0].decode() for axis in axes]
    return parts[1][0].decode(), DTYPES[kind[1][0]], shape


OPERATORS: dict[str, Callable[..., np.ndarray]] = {
    "Cast": lambda x, to: x.astype(DTYPES[to]),
    "Sub": lambda x, y: x - y,
    "Div": lambda x, y: x / y,
    "Add": lambda x, y: x + y,
    "Mul": lambda x, y: x * y,
    "Clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "Gemm": lambda x, w, b: x @ w + b,
    "Tanh": np.tanh,
    "Relu": lambda x: np.where(x > 0, x, x.dtype.type(0)),
    "Elu": lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1),
    "Selu": lambda x: (
        1.05070102214813232421875
        * np.where(x > 0, x, 1.67326319217681884765625 * (np.exp(np.minimum(x, 0)) - 1))
    ).astype(x.dtype),
    "Softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "Softsign": lambda x: x / (1 + np.abs(x)),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "ArgMax": lambda x, axis, keepdims: x.argmax(axis, keepdims=bool(keepdims)),
}


def run(content: bytes, obs: np.ndarray) -> np.ndarray:
    """The output of a file's graph for its one input."""
    graph = fields(fields(content)[7][0])
    values = dict(tensor(constant) for constant in graph[5])
    [(name, dtype, shape)] = map(value_info, graph[11])
    assert obs.dtype == dtype
    assert list(obs.shape[1:]) == shape[1:]
    values[name] = obs
    for node in map(fields, graph[1]):
        attributes = {fields(a)[1][0].decode(): fields(a)[3][0] for a in node[5]}
        operator = OPERATORS[node[4][0].decode()]
        inputs = [values[one.decode()] for one in node[1]]
        assert len({one.dtype for one in inputs}) == 1, "ONNX converts no types by itself"
        values[node[2][0].decode()] = operator(*inputs, **attributes)
    [(name, dtype, shape)] = map(value_info, graph[12])
    result = values[name]
    assert result.dtype == dtype
    assert list(result.shape[1:]) == shape[1:]
    return result
