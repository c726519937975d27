import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from baselines.transfer.hand_over import hand_over_lines


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
@example([0.95, 1.0])
@example([1.0, 0.9499])
@example([0.9499, 1.0])
def test_the_hand_over_warns_of_a_low_share_of_the_policy(shares: list[float]) -> None:
    half = len(shares) // 2
    sides = {"student_ps": shares[:half], "vf_student_ps": shares[half:]}
    metrics: dict[str, float] = {}
    for name, layers in sides.items():
        metrics |= {name: float(np.mean(layers))}
        metrics |= {f"{name}_{i}": p for i, p in enumerate(layers)}
    lines = hand_over_lines(metrics)
    warned = [line for line in lines if "WARNING" in line]
    assert bool(warned) == (min(shares[:half]) < 0.95)
    assert lines[0].endswith(
        ", ".join(f"{name}_{i} {p:.3f}" for name, ps in sides.items() for i, p in enumerate(ps))
    )
    assert len(lines) == 1 + len(warned)
