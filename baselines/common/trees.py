"""Nested state as named arrays and JSON, the two things that a checkpoint holds.

What an object must remember is a tree: dictionaries, lists and tuples, no subclasses of these, and
at their ends arrays, numbers, texts, booleans and None. `pack` takes the arrays out and leaves
JSON; `unpack` puts them back. Floats survive JSON to the bit, and so do integers of up to
`MAX_BITS`. The order of a dictionary survives too, though files have their keys sorted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.common.errors import printable

Tree = Any
"""Nested dictionaries, lists and tuples of arrays, NumPy scalars and JSON values."""

ARRAY, TUPLE, COLUMNS, UNCHANGED = "<array>", "<tuple>", "<columns>", "<unchanged>"
PAIRS, ORDER = "<pairs>", "<order>"
TAKEN = (ARRAY, TUPLE, COLUMNS, UNCHANGED, PAIRS, ORDER)
"""Keys of what stands in the JSON part for an array, a tuple, a long list of alike sequences,
`Unchanged`, a dictionary that has one of these keys or others than texts, and the order of a
dictionary's keys."""

MANY = 64
"""From this length on, the elements of a list that are alike are packed as one array: an array for
each would make the description of a file larger than a reader takes."""

MAX_DEPTH = 100
"""Bound on dictionaries in lists in dictionaries, far from where Python's recursion ends."""

MAX_WHOLE = 1 << 53
"""Largest count of things in a file: beyond it, floats have gaps."""

MAX_BITS = 2048
"""Bound on the size of an integer; Python reads no texts of much longer ones."""


@dataclass(frozen=True)
class Unchanged:
    """Stands for an array that whoever unpacks the tree has already.

    Attributes:
        sha256: hash of the array, hexadecimal.
    """

    sha256: str


def pack(tree: Tree, name: str) -> tuple[dict[str, np.ndarray], Any]:
    """The arrays of a tree by name, `name/key/key`, and the rest as JSON.

    Raises:
        TypeError: something in it is neither, or no file can hold it.
    """
    packer = _Packer()
    packed = packer.pack(tree, name, 0)
    return packer.arrays, packed


class _Packer:
    """One call of `pack`: the arrays that were taken out so far."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}

    def pack(self, part: Tree, name: str, depth: int) -> Any:
        """The JSON that stands for a part."""
        if depth > MAX_DEPTH:
            raise TypeError(f"{name[:80]}...: nested deeper than {MAX_DEPTH}")
        if type(part) in (np.ndarray, np.memmap) or isinstance(part, np.generic):
            return {ARRAY: self._keep(np.asarray(part), name), "scalar": np.isscalar(part)}
        if type(part) is dict:
            return self._dictionary(part, name, depth)
        if type(part) is list:
            return self._sequence(part, name, depth)
        if type(part) is tuple:
            return {TUPLE: self._sequence(part, name, depth)}
        if isinstance(part, Unchanged):
            return {UNCHANGED: part.sha256}
        if type(part) is int and part.bit_length() > MAX_BITS:
            raise TypeError(f"{name}: an integer of more than {MAX_BITS} bits cannot be saved")
        if part is None or type(part) in (bool, int, float, str):
            return part
        raise TypeError(f"{name}: a {type(part).__name__} cannot be saved")

    def _keep(self, array: np.ndarray, name: str) -> str:
        """Take an array out; the name that it got, which no other has."""
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise TypeError(f"{name}: an array of {array.dtype} cannot be saved")
        name = name.encode(errors="backslashreplace").decode()  # half a surrogate is no UTF-8
        while name in self.arrays:  # keys may have slashes themselves
            name += "'"
        self.arrays[name] = array
        return name

    def _dictionary(self, part: dict[Any, Tree], name: str, depth: int) -> Any:
        if not all(type(key) is str and key not in TAKEN for key in part):
            pairs = {"keys": list(part), "values": list(part.values())}
            return {PAIRS: self._dictionary(pairs, name, depth)}
        order = {} if list(part) == sorted(part) else {ORDER: list(part)}
        packed = {key: self.pack(value, f"{name}/{key}", depth + 1) for key, value in part.items()}
        return order | packed

    def _sequence(self, part: Sequence[Tree], name: str, depth: int) -> Any:
        if len(part) >= MANY:
            together = _together(part)
            if together is not None:
                array, each = together
                return {ARRAY: self._keep(array, name), "each": each}
            columns = _columns(part)
            if columns is not None:
                packed = [
                    self.pack(column, f"{name}/{i}", depth + 1) for i, column in enumerate(columns)
                ]
                return {COLUMNS: packed, "tuples": isinstance(part[0], tuple)}
        return [self.pack(value, f"{name}/{i}", depth + 1) for i, value in enumerate(part)]


def _together(part: Sequence[Tree]) -> tuple[np.ndarray, str] | None:
    """Elements that are numbers or arrays of one kind as one array, with what they were."""
    kinds = {type(element) for element in part}
    kind = kinds.pop()
    if kinds:
        return None
    if kind in (bool, float):
        return np.array(part), "python"
    if kind is int and all(-(1 << 63) <= number < 1 << 63 for number in part):
        return np.array(part, np.int64), "python"
    if issubclass(kind, np.generic) and len({element.dtype for element in part}) == 1:
        return np.array(part), "scalar"
    if kind is np.ndarray and len({(array.shape, array.dtype) for array in part}) == 1:
        return np.stack(part), "array"
    return None


def _columns(part: Sequence[Tree]) -> list[list[Tree]] | None:
    """Of lists or tuples that are equally long: all first elements, all second ones and so on."""
    if {type(element) for element in part} not in ({list}, {tuple}):
        return None
    lengths = {len(element) for element in part}
    if len(lengths) > 1 or 0 in lengths:
        return None
    return [list(column) for column in zip(*part, strict=True)]


_ELEMENTS: dict[str, Callable[[np.ndarray], list[Tree]]] = {
    "python": lambda array: list(array.tolist()),
    "scalar": list,
    "array": lambda array: [np.array(element) for element in array],
}
"""The inverse of `_together`, by what the elements were."""


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
        if "each" in packed:
            return _ELEMENTS[packed["each"]](array)
        return array[()] if packed["scalar"] else array
    if TUPLE in packed:
        return tuple(unpack(packed[TUPLE], arrays))
    if COLUMNS in packed:
        rows = zip(*unpack(packed[COLUMNS], arrays), strict=True)
        return list(rows) if packed["tuples"] else [list(row) for row in rows]
    if UNCHANGED in packed:
        return Unchanged(str(packed[UNCHANGED]))
    if PAIRS in packed:
        return dict(zip(*unpack(packed[PAIRS], arrays).values(), strict=True))
    return {key: unpack(packed[key], arrays) for key in packed.get(ORDER, packed)}


def count(value: Any) -> int:
    """A number of things, as read from a file.

    Raises:
        ValueError: it is no whole number, negative or beyond `MAX_WHOLE`.
    """
    if type(value) is not int or not 0 <= value <= MAX_WHOLE:
        raise ValueError(f"{printable(repr(value), 40)} is no count")
    return value


def number(value: Any) -> float:
    """A finite number, as read from a file.

    Raises:
        ValueError: it is none.
    """
    try:
        result = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:  # a whole number of hundreds of digits
        result = math.inf
    if not math.isfinite(result):
        raise ValueError(f"{printable(repr(value), 40)} is no finite number")
    return result


def can_pack(tree: Tree) -> bool:
    """Whether `pack` would take it."""
    try:
        pack(tree, "")
    except TypeError:
        return False
    return True


def texts(tree: Tree) -> Iterator[str]:
    """The texts at the ends of a tree."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for part in tree.values():
            yield from texts(part)
    elif isinstance(tree, (list, tuple)):
        for part in tree:
            yield from texts(part)


def mapped(tree: Tree, change: Callable[[str, np.ndarray], Tree], place: str = "") -> Tree:
    """The tree with each array replaced by what `change` makes of its place and of itself.

    Places are told as `pack` names arrays.
    """
    if isinstance(tree, np.ndarray):
        return change(place, tree)
    if isinstance(tree, dict):
        return {key: mapped(part, change, f"{place}/{key}") for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [mapped(part, change, f"{place}/{i}") for i, part in enumerate(tree)]
        return tuple(parts) if isinstance(tree, tuple) else parts
    return tree
