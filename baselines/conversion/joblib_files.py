"""Variables as the original Baselines saves them: `joblib.dump({name: array})`.

Joblib writes an array as an object of its own, `NumpyArrayWrapper`, that tells type and shape, and
the array's bytes behind it in the middle of the pickle.
"""

from __future__ import annotations

import bz2
import io
import lzma
import math
import zlib
from typing import Any

import numpy as np

from baselines.conversion.limits import MAX_BYTES, Refused, plain
from baselines.conversion.numpy_data import (
    ADMITTED,
    array_from,
    array_of,
    canonical,
    dtype_of,
    is_shape,
)
from baselines.conversion.pickles import Instance, Parsed

WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
ADMITTED_HERE = ADMITTED | {WRAPPER, "collections.OrderedDict"}

GZIP, ZLIB, BZ2, XZ, LZMA = b"\x1f\x8b", b"\x78", b"BZ", b"\xfd7zXZ", b"\x5d\x00"
LZ4, OLD_JOBLIB = b"\x04\x22\x4d\x18", b"ZF"


def unpacked(content: bytes) -> bytes:
    """The content of a file that joblib may have compressed.

    Raises:
        Refused: it is larger than `MAX_BYTES`, or compressed in a way that is not read here.
    """
    if content.startswith((LZ4, OLD_JOBLIB)):
        raise Refused("is compressed with LZ4 or by joblib before 0.10; save it anew with zlib")
    machine: Any
    if content.startswith((GZIP, ZLIB)):
        machine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: either of the two headers
    elif content.startswith(BZ2):
        machine = bz2.BZ2Decompressor()
    elif content.startswith((XZ, LZMA)):
        machine = lzma.LZMADecompressor(memlimit=MAX_BYTES)
    else:
        return content
    result: bytes = machine.decompress(content, MAX_BYTES + 1)
    if len(result) > MAX_BYTES:
        raise Refused(f"unpacks to more than {MAX_BYTES >> 20} MiB")
    if not machine.eof:
        raise Refused("is truncated")
    return result


def read_wrapped(instance: Instance, stream: io.BytesIO) -> Any:
    """A hook for `pickles.parse`: the array whose bytes follow a `NumpyArrayWrapper`.

    Raises:
        Refused: they do not fit the wrapper's type and shape.
    """
    if canonical(instance.kind) != WRAPPER:
        return instance
    told = instance.state
    dtype, shape = dtype_of(told["dtype"]), told["shape"]
    if not is_shape(shape):
        raise Refused("holds an array whose shape is impossible")
    if told.get("numpy_array_alignment_bytes") is not None:
        stream.read(stream.read(1)[0])  # joblib from 1.2: a number of padding bytes, and those
    size = dtype.itemsize * math.prod(shape)
    raw = stream.read(min(size, MAX_BYTES))
    if len(raw) != size:
        raise Refused("is truncated, or an array's shape does not fit")
    return array_from(raw, dtype, shape, told["order"] == "F")


def variables(parsed: Parsed) -> dict[str, np.ndarray]:
    """The variables by name.

    Raises:
        Refused: the pickle names anything but arrays, or holds anything but named arrays.
    """
    for named in sorted(parsed.globals):
        if canonical(named) not in ADMITTED_HERE:
            raise Refused(f"names {plain(named)}; only NumPy arrays are admitted, nothing was run")
    root = parsed.root
    if isinstance(root, list):
        raise Refused("is a list of arrays without names, as Baselines saved them before 2018")
    pairs = None
    if isinstance(root, dict):
        pairs = list(root.items())
    elif isinstance(root, Instance) and canonical(root.made_by) == "collections.OrderedDict":
        pairs = root.pairs
    # Seen before they are hashed, which could take for ever: see `pickles`.
    if pairs is None or not all(isinstance(name, str) for name, _ in pairs):
        raise Refused("is a pickle, but not one of a dictionary of named arrays")
    return {name: array_of(value, name) for name, value in pairs}
