import pytest

from baselines.ppo2.ppo2 import linear_decay


@pytest.mark.parametrize(
    ("update", "nupdates", "share"),
    [(1, 976, 1.0), (489, 976, 0.5), (976, 976, 1 / 976), (1, 1, 1.0), (2, 2, 0.5), (4, 4, 0.25)],
)
def test_the_learning_rate_falls_linearly(update: int, nupdates: int, share: float) -> None:
    assert linear_decay(update, nupdates) == pytest.approx(share, rel=1e-12)
