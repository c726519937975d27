"""Nested state as named arrays and JSON, the two things that a checkpoint holds.

What an object must remember is a tree: dictionaries, lists and tuples, and at their ends arrays,
numbers, texts, booleans and None. `pack` takes the arrays out and leaves JSON; `unpack` puts them
back. Floats survive JSON to the bit, and so do integers of any size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from baselines.common.errors import printable

Tree = Any
"""Nested dictionaries keyed by text, lists and tuples of arrays, NumPy scalars and JSON values."""

ARRAY, TUPLE = "<array>", "<tuple>"
"""Keys that stand for an array and for a tuple in the JSON part; no dictionary may have them."""


def pack(tree: Tree, name: str) -> tuple[dict[str, np.ndarray], Any]:
    """The arrays of a tree by name, `name/key/key`, and the rest as JSON.

    Raises:
        TypeError: something in it is neither.
    """
    arrays: dict[str, np.ndarray] = {}

    def pack_part(part: Tree, name: str) -> Any:
        if isinstance(part, np.ndarray | np.generic):
            arrays[name] = np.asarray(part)
            return {ARRAY: name, "scalar": isinstance(part, np.generic)}
        if isinstance(part, dict):
            if not all(isinstance(key, str) and key not in (ARRAY, TUPLE) for key in part):
                raise TypeError(f"{name}: the keys of a state must be texts")
            return {key: pack_part(value, f"{name}/{key}") for key, value in part.items()}
        if isinstance(part, list | tuple):
            packed = [pack_part(value, f"{name}/{i}") for i, value in enumerate(part)]
            return {TUPLE: packed} if isinstance(part, tuple) else packed
        if part is None or type(part) in (bool, int, float, str):
            return part
        raise TypeError(f"{name}: a {type(part).__name__} cannot be saved")

    return arrays, pack_part(tree, name)


def unpack(packed: Any, arrays: Mapping[str, np.ndarray]) -> Tree:
    """The inverse of `pack`.

    Raises:
        KeyError: an array is missing.
    """
    if isinstance(packed, list):
        return [unpack(part, arrays) for part in packed]
    if not isinstance(packed, dict):
        return packed
    if ARRAY in packed:
        array = np.array(arrays[packed[ARRAY]])  # one's own, and writable
        return array[()] if packed["scalar"] else array
    if TUPLE in packed:
        return tuple(unpack(part, arrays) for part in packed[TUPLE])
    return {key: unpack(part, arrays) for key, part in packed.items()}


def count(value: Any) -> int:
    """A number of things, as read from a file.

    Raises:
        ValueError: it is no whole number, negative, or beyond 2^53, from where floats have gaps.
    """
    if type(value) is not int or not 0 <= value <= 1 << 53:
        raise ValueError(f"{printable(repr(value), 40)} is no count")
    return value


def number(value: Any) -> float:
    """A finite number, as read from a file.

    Raises:
        ValueError: it is none.
    """
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{printable(repr(value), 40)} is no finite number")
    return float(value)


def can_pack(tree: Tree) -> bool:
    """Whether `pack` would take it."""
    try:
        arrays, _ = pack(tree, "")
    except TypeError:
        return False
    return all(array.dtype.kind in "biuf" for array in arrays.values())
