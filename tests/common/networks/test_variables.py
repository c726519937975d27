import numpy as np
import pytest

from baselines.common.networks import variables

SHAPES = [(1, 1), (4, 4), (7, 3), (3, 7), (97, 64), (64, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("gain", [0.01, 1.0, np.sqrt(2)])
def test_orthogonal_matrices_are_orthogonal_up_to_their_gain(
    shape: tuple[int, int], gain: float
) -> None:
    w = variables.orthogonal(np.random.default_rng(0), shape, gain)
    assert w.dtype == np.float32
    assert w.shape == shape
    w = w.astype(float)
    gram = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(gram, gain**2 * np.eye(min(shape)), atol=1e-6 * gain**2)


def test_orthogonal_matrices_take_both_signs_equally_often() -> None:
    rng = np.random.default_rng(0)
    signs = [variables.orthogonal(rng, (1, 1), 1.0).item() for _ in range(1000)]
    assert set(signs) == {1.0, -1.0}
    assert abs(sum(signs)) < 4 * np.sqrt(1000)


def test_orthogonal_matrices_favour_no_direction() -> None:
    rng = np.random.default_rng(1)
    draws = np.array([variables.orthogonal(rng, (3, 2), 1.0) for _ in range(3000)])
    # Each entry of a unit vector that is uniform on the sphere has variance 1/3 and mean 0.
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=5 * np.sqrt(1 / 3 / 3000))
    np.testing.assert_allclose((draws**2).mean(axis=0), 1 / 3, atol=0.03)


@pytest.mark.parametrize("shape", [(64, 64), (5, 64), (64, 200)])
def test_glorot_fills_its_bounds_uniformly(shape: tuple[int, int]) -> None:
    limit = np.sqrt(6 / (shape[0] + shape[1]))
    w = variables.glorot_uniform(np.random.default_rng(0), shape)
    assert w.dtype == np.float32
    assert w.shape == shape
    assert 0.97 * limit < abs(w).max() <= limit * (1 + 1e-6)
    expected = [0.25 * w.size] * 4
    quarters = np.histogram(w, bins=4, range=(-limit, limit))[0]
    np.testing.assert_allclose(quarters, expected, atol=5 * np.sqrt(w.size * 3 / 16))


def test_no_variable_takes_the_place_of_another() -> None:
    one, other = ({name: variables.Variable((1,), variables.zeros)} for name in ("a/w", "b/w"))
    assert list(variables.joined([one, other])) == ["a/w", "b/w"]
    with pytest.raises(ValueError, match=r"^two variables are called 'b/w'$"):
        variables.joined([one, other, other])


def test_values_are_drawn_in_order_and_shapes_without_drawing() -> None:
    def uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.uniform(size=shape).astype(np.float32)

    given = {
        "b": variables.Variable((2, 3), uniform),
        "c": variables.constant(np.array([4.0, 5.0], np.float32)),
        "a": variables.Variable((1,), uniform),
    }
    found = variables.drawn(given, np.random.default_rng(7))
    rng = np.random.default_rng(7)
    np.testing.assert_array_equal(found["b"], rng.uniform(size=(2, 3)).astype(np.float32))
    np.testing.assert_array_equal(found["a"], rng.uniform(size=1).astype(np.float32))
    np.testing.assert_array_equal(found["c"], [4, 5])
    assert variables.shapes(given) == {"b": (2, 3), "c": (2,), "a": (1,)}
