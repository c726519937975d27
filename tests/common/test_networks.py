from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from baselines.common import networks
from baselines.common.networks import MlpSpec

SHAPES = [(1, 1), (4, 4), (7, 3), (3, 7), (97, 64), (64, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("gain", [0.01, 1.0, np.sqrt(2)])
def test_orthogonal_matrices_are_orthogonal_up_to_their_gain(
    shape: tuple[int, int], gain: float
) -> None:
    w = networks.orthogonal(np.random.default_rng(0), shape, gain)
    assert w.dtype == np.float32
    assert w.shape == shape
    w = w.astype(float)
    gram = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(gram, gain**2 * np.eye(min(shape)), atol=1e-6 * gain**2)


def test_orthogonal_matrices_take_both_signs_equally_often() -> None:
    rng = np.random.default_rng(0)
    signs = [networks.orthogonal(rng, (1, 1), 1.0).item() for _ in range(1000)]
    assert set(signs) == {1.0, -1.0}
    assert abs(sum(signs)) < 4 * np.sqrt(1000)


def test_orthogonal_matrices_favour_no_direction() -> None:
    rng = np.random.default_rng(1)
    draws = np.array([networks.orthogonal(rng, (3, 2), 1.0) for _ in range(3000)])
    # Each entry of a unit vector that is uniform on the sphere has variance 1/3 and mean 0.
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=5 * np.sqrt(1 / 3 / 3000))
    np.testing.assert_allclose((draws**2).mean(axis=0), 1 / 3, atol=0.03)


@pytest.mark.parametrize("shape", [(64, 64), (5, 64), (64, 200)])
def test_glorot_fills_its_bounds_uniformly(shape: tuple[int, int]) -> None:
    limit = np.sqrt(6 / (shape[0] + shape[1]))
    w = networks.glorot_uniform(np.random.default_rng(0), shape)
    assert w.dtype == np.float32
    assert w.shape == shape
    assert 0.97 * limit < abs(w).max() <= limit * (1 + 1e-6)
    expected = [0.25 * w.size] * 4
    quarters = np.histogram(w, bins=4, range=(-limit, limit))[0]
    np.testing.assert_allclose(quarters, expected, atol=5 * np.sqrt(w.size * 3 / 16))


def by_hand(params: dict, scope: str, x: np.ndarray, layers: int, activation: str) -> list:
    functions = {"tanh": np.tanh, "relu": lambda z: z * (z > 0)}
    z, h = [], x.astype(float)
    for i in range(layers):
        w, b = params[f"{scope}/mlp_fc{i}/w"], params[f"{scope}/mlp_fc{i}/b"]
        rows = [[sum(h[n] * w[:, j]) + b[j] for j in range(w.shape[1])] for n in range(len(h))]
        z.append(np.array(rows))
        h = functions[activation](z[-1])
    w, b = params[f"{scope}/out/w"], params[f"{scope}/out/b"]
    return [*z, h, np.einsum("ni,ij->nj", h, w) + b]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_perceptron_by_hand(
    layers: int, activation: str, to_backend: Callable[[Any], Any], perturbed: Callable[..., Any]
) -> None:
    spec = MlpSpec(layers, 6, activation)
    params = perturbed(networks.init_mlp(np.random.default_rng(0), "net", 4, 3, spec), 1)
    x = np.random.default_rng(2).standard_normal((5, 4)).astype(np.float32)
    *z, h, out = by_hand(params, "net", x, layers, activation)
    given, at = {k: to_backend(v) for k, v in params.items()}, to_backend(x)
    found = networks.pre_activations(given, "net", at, spec)
    assert len(found) == layers
    for a, b in zip(found, z, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(networks.hidden(given, "net", at, spec), h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(networks.mlp(given, "net", at, spec), out, rtol=1e-4, atol=1e-5)


def test_all_layers_of_a_perceptron_start_orthogonal_with_gain_root_two() -> None:
    params = networks.init_mlp(np.random.default_rng(0), "a/b", 9, 3, MlpSpec(2, 5))
    assert {name: value.shape for name, value in params.items()} == {
        "a/b/mlp_fc0/w": (9, 5),
        "a/b/mlp_fc0/b": (5,),
        "a/b/mlp_fc1/w": (5, 5),
        "a/b/mlp_fc1/b": (5,),
        "a/b/out/w": (5, 3),
        "a/b/out/b": (3,),
    }
    for name, value in params.items():
        if name.endswith("/w"):
            gram = value.T.astype(float) @ value
            np.testing.assert_allclose(gram, 2 * np.eye(len(gram)), atol=1e-5)
        else:
            assert not value.any()
