import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.common.networks.variables import shapes_of
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.model import Layout

shapes = st.dictionaries(
    st.text("ab/0_", min_size=1, max_size=6),
    st.lists(st.integers(0, 4), max_size=3).map(tuple),
    max_size=6,
)


def numbered(shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


@given(shapes)
def test_unpacking_inverts_packing(shapes: dict[str, tuple[int, ...]]) -> None:
    params = numbered(shapes)
    layout = Layout(shapes_of(params))
    flat = layout.pack(params)
    assert flat.dtype == np.float32
    assert flat.shape == (layout.size,) == (sum(v.size for v in params.values()),)
    unpacked = layout.unpack(flat)
    assert unpacked.keys() == params.keys()
    for name, value in params.items():
        assert unpacked[name].shape == value.shape
        np.testing.assert_array_equal(unpacked[name], value)


@given(shapes)
def test_variables_stand_in_the_order_of_their_names(shapes: dict[str, tuple[int, ...]]) -> None:
    params = numbered(shapes)
    backwards = dict(reversed(params.items()))
    expected = [x for name in sorted(params) for x in params[name].ravel().tolist()]
    assert Layout(shapes_of(params)).pack(params).tolist() == expected
    assert Layout(shapes_of(backwards)).pack(params).tolist() == expected
    assert list(Layout(shapes_of(backwards)).unpack(np.array(expected))) == sorted(params)


def test_unpacked_arrays_are_views() -> None:
    layout = Layout({"a": (2, 3), "b": ()})
    flat = np.zeros(layout.size, np.float32)
    layout.unpack(flat)["a"][1, 2] = 7
    assert flat.tolist() == [0, 0, 0, 0, 0, 7, 0]


def test_tensors_are_unpacked_alike() -> None:
    layout = Layout({"b": (2, 3), "a": (4,), "c": ()})
    flat = np.arange(layout.size, dtype=np.float32)
    for name, tensor in layout.unpack(tf.constant(flat)).items():
        assert tf.is_tensor(tensor)
        np.testing.assert_array_equal(tensor, layout.unpack(flat)[name])


def test_only_the_variables_of_the_layout_are_packed() -> None:
    params = numbered({"a": (2,), "b": (3,)})
    np.testing.assert_array_equal(Layout({"b": (3,)}).pack(params), params["b"])


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(KeyError, match="body/w"):
        Layout({"a": (2,), "body/w": (3,)}).pack({"a": np.zeros(2)})


@pytest.mark.parametrize("shape", [(2, 3), (6,), (3, 2, 1), ()])
def test_a_variable_of_another_shape_is_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"body/w has shape .*, not \(3, 2\)"):
        Layout({"body/w": (3, 2)}).pack({"body/w": np.zeros(shape)})
