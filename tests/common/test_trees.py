"""State trees: what goes in comes out, through JSON and named arrays."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.common.trees import can_pack, pack, unpack

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(),
    st.floats(allow_nan=False).map(np.float64), st.integers(0, 9).map(np.int32),
    st.lists(st.floats(allow_nan=False), max_size=3).map(np.array),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@given(TREES)
def test_a_tree_comes_back_as_it_was(tree: Any) -> None:
    arrays, packed = pack(tree, "state")
    assert same(unpack(json.loads(json.dumps(packed)), arrays), tree)


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


@pytest.mark.parametrize("other", [object(), {1: 2}, {"<array>": 1}, {"<tuple>": 1}, b"x", {1}])
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
