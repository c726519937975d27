"""NumPy arrays out of bytes whose type and shape a stranger declares."""

from __future__ import annotations

import io
import math
import re
from typing import Any

import numpy as np

from baselines.conversion.limits import MAX_AXES, MAX_BYTES, Refused, plain
from baselines.conversion.pickles import Global, Instance

NUMBER = re.compile(r"b1|[iu][1248]|f[248]")
"""Types of numbers, as NumPy writes them."""

ADMITTED = frozenset({
    "numpy.dtype", "numpy.ndarray", "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar", "numpy.core.numeric._frombuffer", "_codecs.encode",
    "__builtin__.bytes",
})  # fmt: skip
"""Names that a pickle of arrays may have (`numpy._core` is written `numpy.core` here)."""


def canonical(named: Any) -> str:
    """The dotted name of a `Global`; NumPy 2 calls `numpy.core` `numpy._core`."""
    if not isinstance(named, Global):
        return ""
    return re.sub(r"^numpy\._core\.", "numpy.core.", str(named))


def is_shape(shape: Any) -> bool:
    """Whether this is a tuple of lengths."""
    return (
        isinstance(shape, tuple)
        and len(shape) <= MAX_AXES
        and all(type(length) is int and length >= 0 for length in shape)
    )


def array_from(raw: Any, dtype: np.dtype, shape: Any, fortran: bool = False) -> np.ndarray:
    """The array of this type and shape whose elements are the bytes `raw`, in native byte order.

    Raises:
        Refused: they do not fit.
    """
    if not is_shape(shape):
        raise Refused("holds an array whose shape is impossible")
    raw = raw.encode("latin-1") if isinstance(raw, str) else raw  # from Python 2
    if not isinstance(raw, bytes | bytearray) or math.prod(shape) * dtype.itemsize != len(raw):
        raise Refused(f"holds an array whose bytes do not fit its shape {plain(shape)}")
    flat = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="), copy=False)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def dtype_of(value: Any) -> np.dtype:
    """The type that a pickle describes.

    Raises:
        Refused: anything but numbers.
    """
    if isinstance(value, Instance) and canonical(value.made_by) == "numpy.dtype":
        code = value.arguments[0] if value.arguments else None
        if isinstance(code, str) and NUMBER.fullmatch(code):
            swapped = isinstance(value.state, tuple) and value.state[1] == ">"
            return np.dtype(code).newbyteorder(">" if swapped else "<")
        kind = plain(code) if isinstance(code, str) else "unknown"
        raise Refused(f"holds an array of the type {kind}; only numbers are admitted")
    raise Refused("holds an array of an unknown type")


def array_of(value: Any, name: str) -> np.ndarray:
    """The array or number that a pickle describes; `name` is for the message.

    Raises:
        Refused: something else.
    """
    if isinstance(value, np.ndarray):
        return value
    if type(value) is float or (type(value) is int and value.bit_length() < 64):
        return np.array(value)
    if isinstance(value, Instance):
        maker, arguments = canonical(value.made_by), value.arguments
        if maker == "numpy.core.multiarray._reconstruct" and isinstance(value.state, tuple):
            _, shape, dtype, fortran, raw = value.state
            return array_from(_bytes_of(raw), dtype_of(dtype), shape, bool(fortran))
        if maker == "numpy.core.multiarray.scalar":
            dtype, raw = arguments
            return array_from(_bytes_of(raw), dtype_of(dtype), ())
        if maker == "numpy.core.numeric._frombuffer":
            raw, dtype, shape, order = arguments
            return array_from(_bytes_of(raw), dtype_of(dtype), shape, order == "F")
        value = value.made_by
    raise Refused(f"holds {plain(_kind(value))} as {plain(name)}; only arrays are admitted")


def _kind(value: Any) -> str:
    return str(value) if isinstance(value, Global) else f"a {type(value).__name__}"


def _bytes_of(value: Any) -> Any:
    """Bytes, which a pickle before protocol 3 writes as text and its encoding, or as a call."""
    if isinstance(value, Instance) and canonical(value.made_by) == "_codecs.encode":
        text, encoding = value.arguments
        return text.encode("latin-1") if encoding == "latin1" else None
    if isinstance(value, Instance) and canonical(value.made_by) == "__builtin__.bytes":
        return b"" if not value.arguments else None
    return value


def check_total(arrays: dict[str, np.ndarray]) -> None:
    """Check that the arrays together are no larger than a file may be.

    Raises:
        Refused: they are; such as when many of them share the same bytes.
    """
    if sum(array.nbytes for array in arrays.values()) > MAX_BYTES:
        raise Refused(f"holds arrays of more than {MAX_BYTES >> 20} MiB")


def read_npy(content: bytes, name: str) -> np.ndarray:
    """An array of numbers, or a text, in the format of `numpy.save`.

    Raises:
        Refused: anything else.
    """
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    headers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in headers:
        raise Refused(f"holds {plain(name)} in an unknown version of NumPy's format")
    shape, fortran, dtype = headers[version](stream)
    if dtype.kind == "U" and shape == ():
        return np.array(stream.read().decode("utf-32-le").rstrip("\0"))
    if dtype.subdtype is not None or not NUMBER.fullmatch(dtype.str[1:]):
        raise Refused(f"holds {plain(name)} of the type {plain(dtype)}; only numbers are admitted")
    return array_from(stream.read(), dtype, shape, fortran)
