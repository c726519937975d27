from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from baselines.common.networks import networks
from baselines.common.networks.variables import drawn, joined


def by_hand(params: dict, scope: str, x: np.ndarray, layers: int, activation: str) -> list:
    functions = {"tanh": np.tanh, "relu": lambda z: z * (z > 0)}
    z, h = [], x.astype(float)
    for i in range(layers):
        w, b = params[f"{scope}/mlp_fc{i}/w"], params[f"{scope}/mlp_fc{i}/b"]
        rows = [[sum(h[n] * w[:, j]) + b[j] for j in range(w.shape[1])] for n in range(len(h))]
        z.append(np.array(rows))
        h = functions[activation](z[-1])
    return [*z, h]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_perceptron_by_hand(
    layers: int, activation: str, to_backend: Callable[[Any], Any], perturbed: Callable[..., Any]
) -> None:
    mlp = networks.Mlp(layers, 6, activation)
    params = perturbed(drawn(joined(mlp.variables("net", 4)), np.random.default_rng(0)), 1)
    x = np.random.default_rng(2).standard_normal((5, 4)).astype(np.float32)
    *z, h = by_hand(params, "net", x, layers, activation)
    given, at = {k: to_backend(v) for k, v in params.items()}, to_backend(x)
    found = networks.pre_activations(given, "net", at, mlp)
    assert len(found) == layers
    for a, b in zip(found, z, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(networks.hidden(given, "net", at, mlp), h, rtol=1e-4, atol=1e-5)


def test_all_layers_of_a_perceptron_start_orthogonal_with_gain_root_two() -> None:
    layers = networks.Mlp(2, 5, "tanh").variables("a/b", 9)
    assert [len(layer) for layer in layers] == [2, 2]
    params = drawn(joined(layers), np.random.default_rng(0))
    assert {name: value.shape for name, value in params.items()} == {
        "a/b/mlp_fc0/w": (9, 5),
        "a/b/mlp_fc0/b": (5,),
        "a/b/mlp_fc1/w": (5, 5),
        "a/b/mlp_fc1/b": (5,),
    }
    for name, value in params.items():
        if name.endswith("/w"):
            gram = value.T.astype(float) @ value
            np.testing.assert_allclose(gram, 2 * np.eye(len(gram)), atol=1e-5)
        else:
            assert not value.any()
