"""Spaces come back from JSON as they were."""

import json

import numpy as np
import pytest
from gymnasium import spaces

from baselines.common.vec_env.described_spaces import describe_space, described_space


@pytest.mark.parametrize(
    "space",
    [
        spaces.Discrete(3, start=-1),
        spaces.Box(-np.inf, np.inf, (2, 3), np.float64),
        spaces.Box(-np.inf, np.inf, (2,), np.int64),
        spaces.Box(np.float32([-1.5, -np.inf]), np.float32([0.1, 1.0])),
        spaces.Box(0, 255, (2,), np.uint8),
        spaces.Box(np.zeros(3, bool), np.ones(3, bool), dtype=np.bool_),
    ],
    ids=str,
)
def test_a_space_comes_back(space: spaces.Space) -> None:
    assert described_space(json.loads(json.dumps(describe_space(space)))) == space


def test_what_is_no_vector_is_refused() -> None:
    with pytest.raises(ValueError, match="neither Box nor Discrete"):
        describe_space(spaces.MultiBinary(3))
