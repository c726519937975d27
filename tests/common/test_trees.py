"""State trees: what goes in comes out, through JSON and named arrays."""

import json
from collections import OrderedDict, defaultdict
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.common.trees import (
    MANY,
    MAX_BITS,
    MAX_DEPTH,
    Unchanged,
    can_pack,
    count,
    mapped,
    number,
    pack,
    texts,
    unpack,
)

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(),
    st.floats(allow_nan=False).map(np.float64), st.integers(0, 9).map(np.int32),
    st.lists(st.floats(allow_nan=False), max_size=3).map(np.array),
)  # fmt: skip
KEYS = st.one_of(
    st.integers(),
    st.sampled_from(["<array>", "<pairs>", "<order>", None, True, 0.5, np.int64(3), (1, "x")]),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, max_size=3),
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
    ),
    max_leaves=12,
)


class Goal(NamedTuple):
    x: float
    y: float


class Kind(StrEnum):
    ONE = "one"


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return same(list(one), list(other)) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def as_read(packed: Any) -> Any:
    """The JSON part, from a file."""
    return json.loads(json.dumps(packed, sort_keys=True))


@given(TREES)
def test_a_tree_comes_back_as_it_was(tree: Any) -> None:
    arrays, packed = pack(tree, "state")
    assert same(unpack(as_read(packed), arrays), tree)


def test_an_array_that_lies_in_a_file_comes_back_as_an_array(tmp_path: Path) -> None:
    table = np.memmap(tmp_path / "table", float, "w+", shape=(2,))
    arrays, packed = pack([table], "state")
    assert same(unpack(as_read(packed), arrays), [np.zeros(2)])


def test_arrays_are_named_by_their_place() -> None:
    tree = {"a": np.zeros(2), "b": [1, (np.ones(3), "x")]}
    arrays, packed = pack(tree, "state")
    assert {name: array.shape for name, array in arrays.items()} == {
        "state/a": (2,),
        "state/b/1/0": (3,),
    }
    assert packed["b"][0] == 1


def test_what_comes_back_is_ones_own() -> None:
    original = np.zeros(3)
    arrays, packed = pack([original], "s")
    original.flags.writeable = False
    [back] = unpack(packed, arrays)
    back += 1
    assert original.tolist() == [0, 0, 0]


ALIKE: dict[str, list[Any]] = {
    "floats": [i / 3 for i in range(MANY)],
    "odd floats": [-0.0, 5e-324, 1e300, float("inf")] * MANY,
    "whole numbers": [(-2) ** i for i in range(63)] * 2,
    "whole numbers one too large": [2**63] * MANY,
    "whole numbers one too small": [-(2**63) - 1] * MANY,
    "whole numbers of any size": [2**i for i in range(2 * MANY)],
    "booleans": [True, False] * MANY,
    "NumPy's scalars": [np.float32(i / 3) for i in range(MANY)],
    "NumPy's booleans": [np.bool_(i % 2) for i in range(MANY)],
    "different scalars": [np.float32(1), np.float64(1)] * MANY,
    "arrays": [np.full((2, 3), i) for i in range(MANY)],
    "arrays of other shapes": [np.zeros(i) for i in range(MANY)],
    "arrays of other types": [np.zeros(2, np.float32), np.zeros(2)] * MANY,
    "arrays of no axes": [np.array(i / 3) for i in range(MANY)],
    "pairs": [(i / 3, i) for i in range(MANY)],
    "steps": [(np.full(3, i), np.float64(i), [i, None]) for i in range(MANY)],
    "lists": [[i / 3, "x"] for i in range(MANY)],
    "lists of other lengths": [[0.5] * (i % 3) for i in range(MANY)],
    "lists and tuples": [[0.5], (0.5,)] * MANY,
    "lists of one or two": [[0.5] * (1 + i % 2) for i in range(MANY)],
    "nothings": [()] * MANY,
    "texts": ["x"] * MANY,
    "mixed": [1, 1.0, True] * MANY,
}


@pytest.mark.parametrize("sequence", [list, tuple])
@pytest.mark.parametrize("kind", ALIKE)
def test_long_lists_come_back_as_they_were(kind: str, sequence: type) -> None:
    tree = {"list": sequence(ALIKE[kind])}
    arrays, packed = pack(tree, "state")
    assert same(unpack(as_read(packed), arrays), tree)


@pytest.mark.parametrize(
    ("kind", "expected"), [("NumPy's scalars", 1), ("arrays", 1), ("steps", 3), ("floats", 1)]
)
def test_a_list_of_alike_elements_is_one_array_however_long(kind: str, expected: int) -> None:
    for times in (1, 100):
        arrays, _ = pack(ALIKE[kind] * times, "state")
        assert len(arrays) == expected


def test_names_that_would_be_the_same_are_told_apart() -> None:
    tree = {
        "a": {"b": np.ones(2)}, "a/b'": np.eye(2), "a/b": np.zeros(2), "\ud800": np.full(2, 7.0),
    }  # fmt: skip
    arrays, packed = pack(tree, "state")
    assert same(unpack(as_read(packed), arrays), tree)
    assert all(name.encode() for name in arrays)


@pytest.mark.parametrize("kind", ["bool", "uint8", "uint64", "int16", "float16", "float64"])
def test_arrays_of_numbers_and_of_booleans_come_back(kind: str) -> None:
    tree = np.array([0, 1, 1], kind)
    arrays, packed = pack(tree, "state")
    assert same(unpack(as_read(packed), arrays), tree)


def test_what_stands_for_an_array_comes_back() -> None:
    arrays, packed = pack({"table": Unchanged("ab")}, "state")
    assert arrays == {}
    assert unpack(as_read(packed), arrays) == {"table": Unchanged("ab")}


def nested(depth: int) -> Any:
    tree: Any = 0
    for _ in range(depth):
        tree = [tree]
    return tree


def ring() -> Any:
    tree: list[Any] = []
    tree.append(tree)
    return tree


def ring_of_dictionaries() -> Any:
    tree: dict[str, Any] = {}
    tree["own"] = tree
    return tree


@pytest.mark.parametrize(
    "other",
    [ring(), [ring()] * MANY, ring_of_dictionaries(), nested(MAX_DEPTH + 1), 1 << MAX_BITS,
     np.zeros(1, np.longdouble)],
    ids=["ring", "rings", "ring of dictionaries", "deep", "long", "long double"],
)  # fmt: skip
def test_what_no_file_can_hold_is_refused(other: Any) -> None:
    if isinstance(other, np.ndarray) and other.dtype.itemsize == 8:
        pytest.skip("long doubles are doubles here")
    assert not can_pack(other)
    assert can_pack(nested(MAX_DEPTH))
    assert can_pack((1 << MAX_BITS) - 1)


@pytest.mark.parametrize(
    "other",
    [
        object(),
        Goal(1.0, 2.0),
        defaultdict(int),
        OrderedDict(a=1),
        {Kind.ONE: 2},
        {frozenset(): 2},
        b"x",
        {1},
        np.ma.masked_equal([0.0, 1.0], 0.0),
        np.eye(2).view(np.matrix),
    ],
)
def test_what_cannot_be_saved_is_refused(other: Any) -> None:
    assert not can_pack(other)
    with pytest.raises(TypeError, match=r"^here/key"):
        pack({"key": other}, "here")


@pytest.mark.parametrize("array", [np.array([object()]), np.array(["text"]), np.array([1j])])
def test_arrays_that_are_no_numbers_cannot_be_packed(array: np.ndarray) -> None:
    assert not can_pack(array)


def test_an_array_that_is_missing_is_told() -> None:
    _, packed = pack({"a": np.zeros(2)}, "state")
    with pytest.raises(KeyError, match="state/a"):
        unpack(packed, {})


def test_texts_are_found_wherever_they_stand() -> None:
    tree = {"a": ("x", ["y", {"b": "z"}], 1), "c": None, "d": np.zeros(2)}
    assert list(texts(tree)) == ["x", "y", "z"]


def test_each_array_is_replaced_at_the_place_that_names_it() -> None:
    tree = {"a": (np.zeros(2), [np.ones(3), 7]), "b": {"a": np.eye(2)}, "c": "text", "d": None}
    arrays, _ = pack(tree, "state")
    found = mapped(tree, lambda place, array: f"{array.sum():.0f} at {place}", "state")
    assert found == {
        "a": ("0 at state/a/0", ["3 at state/a/1/0", 7]), "b": {"a": "2 at state/b/a"},
        "c": "text", "d": None,
    }  # fmt: skip
    assert list(arrays) == ["state/a/0", "state/a/1/0", "state/b/a"]


def test_counts_are_whole_numbers_that_floats_can_tell_apart() -> None:
    assert [count(0), count(1 << 53)] == [0, 2**53]
    for wrong in (-1, (1 << 53) + 1, True, 1.0, "1", None):
        with pytest.raises(ValueError, match=r"is no count$"):
            count(wrong)


def test_numbers_are_finite_and_neither_texts_nor_booleans() -> None:
    assert [number(-3), number(0.5)] == [-3.0, 0.5]
    for wrong in (float("nan"), float("inf"), -float("inf"), 10**400, True, "1", None):
        with pytest.raises(ValueError, match=r"is no finite number$"):
            number(wrong)
