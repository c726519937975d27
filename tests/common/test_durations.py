"""Times in words."""

from __future__ import annotations

import pytest

from baselines.common.durations import duration


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (89, "89 s"), (91, "2 min"), (5300, "88 min"), (7500, "2 h 05 min")],
)
def test_times_in_words(seconds: float, told: str) -> None:
    assert duration(seconds) == told
