from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from baselines.common.networks.variables import drawn
from baselines.transfer.student.mapping_kinds import MappingSpec

RNG = np.random.default_rng
MAPPING = MappingSpec().build()


def assert_orthogonal(params: dict[str, np.ndarray]) -> None:
    for name, value in params.items():
        assert value.dtype == np.float32
        if name.endswith("/w"):
            w = value.astype(float)
            gram = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
            np.testing.assert_allclose(gram, 2 * np.eye(len(gram)), atol=1e-5)
        else:
            assert not value.any(), name


def test_initial_values_of_the_mapping() -> None:
    params = drawn(MAPPING.embedding_variables(181, [97]), RNG(0))
    assert {name: value.shape for name, value in params.items()} == {
        "transfer/embedding0/mlp_fc0/w": (181, 64), "transfer/embedding0/mlp_fc0/b": (64,),
        "transfer/embedding0/mlp_fc1/w": (64, 64), "transfer/embedding0/mlp_fc1/b": (64,),
        "transfer/embedding0/out/w": (64, 97), "transfer/embedding0/out/b": (97,),
    }  # fmt: skip
    assert_orthogonal(params)


def test_initial_values_of_the_decoder() -> None:
    params = drawn(MAPPING.decoder_variables(181, [97]), RNG(0))
    assert {name: value.shape for name, value in params.items()} == {
        "transfer/decoder0/mlp_fc0/w": (97, 64), "transfer/decoder0/mlp_fc0/b": (64,),
        "transfer/decoder0/mlp_fc1/w": (64, 64), "transfer/decoder0/mlp_fc1/b": (64,),
        "transfer/decoder0/out/w": (64, 181), "transfer/decoder0/out/b": (181,),
        "transfer/decoder0/logstd": (181,),
    }  # fmt: skip
    assert_orthogonal(params)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_there_and_back_by_hand(
    to_backend: Callable[[Any], Any], perturbed: Any, activation: str
) -> None:
    mapping, rng = MappingSpec(2, 8, activation).build(), RNG(0)
    both = [part(3, [9, 5]) for part in (mapping.embedding_variables, mapping.decoder_variables)]
    params = perturbed(drawn(both[0] | both[1], rng), 1)
    function = {"tanh": np.tanh, "relu": lambda x: np.where(x > 0, x, 0)}[activation]

    def net(scope: str, x: np.ndarray) -> np.ndarray:
        for i in range(2):
            x = function(x @ params[f"{scope}/mlp_fc{i}/w"] + params[f"{scope}/mlp_fc{i}/b"])
        return x @ params[f"{scope}/out/w"] + params[f"{scope}/out/b"]

    obs = rng.standard_normal((7, 3)).astype(np.float32)
    x = net("transfer/embedding1", obs.astype(float))
    given = {name: to_backend(value) for name, value in params.items()}
    embedded = mapping.embed(given, 1, to_backend(obs))
    np.testing.assert_allclose(embedded, x, rtol=1e-4, atol=1e-5)
    mean, logstd = mapping.decode(given, 1, embedded)
    np.testing.assert_allclose(mean, net("transfer/decoder1", x), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(logstd, params["transfer/decoder1/logstd"])
