import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from baselines.common.tensorflow_quietly import tf
from baselines.ppo2 import losses
from baselines.ppo2.runner import explained_variance

Backend = Callable[[Any], Any]
EPSILON = 0.2

RNG = np.random.default_rng(0)
OLD, NEW, ADVANTAGES, VALUES, OLD_VALUES, RETURNS = (
    RNG.normal(scale=scale, size=40).astype(np.float32) for scale in (0.3, 0.3, 1, 0.4, 0.4, 1)
)


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss"),
    [
        (1.5, 1.0, -1.2),
        (1.5, -1.0, 1.5),
        (0.5, 1.0, -0.5),
        (0.5, -1.0, 0.8),
        (1.1, 2.0, -2.2),
        (0.9, -2.0, 1.8),
        (1.0, 0.0, 0.0),
        (math.exp(19), -1.0, math.exp(19)),
        (math.exp(25), -1.0, math.exp(20)),  # as far as a ratio goes
    ],
)
def test_policy_loss_of_one_sample(
    to_backend: Backend, ratio: float, advantage: float, loss: float
) -> None:
    old, new = to_backend(f32(0.7)), to_backend(f32(0.7 - math.log(ratio)))
    found = losses.policy_loss(new, old, to_backend(f32(advantage)), EPSILON)
    assert float(found) == pytest.approx(loss, rel=1e-5)


def test_policy_loss_of_a_minibatch(to_backend: Backend) -> None:
    terms = []
    for new, old, a in zip(NEW.tolist(), OLD.tolist(), ADVANTAGES.tolist(), strict=True):
        r = math.exp(old - new)
        terms.append(max(-a * r, -a * min(max(r, 1 - EPSILON), 1 + EPSILON)))
    found = losses.policy_loss(*map(to_backend, (NEW, OLD, ADVANTAGES)), EPSILON)
    assert float(found) == pytest.approx(sum(terms) / 40, rel=1e-5)


@pytest.mark.parametrize(
    ("value", "old", "target", "loss"),
    [
        (1.0, 0.0, 1.0, 0.5 * 0.8**2),
        (1.0, 0.0, -1.0, 0.5 * 2.0**2),
        (-1.0, 0.0, -1.0, 0.5 * 0.8**2),
        (0.1, 0.0, 1.0, 0.5 * 0.9**2),
        (0.3, 0.3, 0.3, 0.0),
    ],
)
def test_value_loss_of_one_sample(
    to_backend: Backend, value: float, old: float, target: float, loss: float
) -> None:
    found = losses.value_loss(*(to_backend(f32(x)) for x in (value, old, target)), EPSILON)
    assert float(found) == pytest.approx(loss, rel=1e-5)


def test_value_loss_of_a_minibatch(to_backend: Backend) -> None:
    terms = []
    for v, old, r in zip(VALUES.tolist(), OLD_VALUES.tolist(), RETURNS.tolist(), strict=True):
        clipped = old + min(max(v - old, -EPSILON), EPSILON)
        terms.append(max((v - r) ** 2, (clipped - r) ** 2))
    found = losses.value_loss(*map(to_backend, (VALUES, OLD_VALUES, RETURNS)), EPSILON)
    assert float(found) == pytest.approx(0.5 * sum(terms) / 40, rel=1e-5)


def test_approximate_divergence(to_backend: Backend) -> None:
    squares = [(a - b) ** 2 for a, b in zip(NEW.tolist(), OLD.tolist(), strict=True)]
    found = losses.approx_kl(to_backend(NEW), to_backend(OLD))
    assert float(found) == pytest.approx(0.5 * sum(squares) / 40, rel=1e-5)


def test_clip_fraction_counts_the_ratios_outside(to_backend: Backend) -> None:
    ratios = f32(1.0, 1.19, 1.21, 0.81, 0.79, 3.0, 0.1, 1.0)
    old = f32(*np.linspace(-1, 1, 8))
    found = losses.clip_fraction(to_backend(old - np.log(ratios)), to_backend(old), EPSILON)
    assert float(found) == pytest.approx(4 / 8)


def test_normalised_advantages(to_backend: Backend) -> None:
    values = ADVANTAGES.tolist()
    mean = sum(values) / 40
    std = math.sqrt(sum((a - mean) ** 2 for a in values) / 40)
    found = np.asarray(losses.normalize_advantages(to_backend(ADVANTAGES)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [(a - mean) / std for a in values], rtol=1e-4, atol=1e-6)


def test_equal_advantages_become_zero(to_backend: Backend) -> None:
    found = losses.normalize_advantages(to_backend(f32(3, 3, 3, 3)))
    np.testing.assert_array_equal(found, [0, 0, 0, 0])


def test_tiny_advantages_are_held_down_by_the_constant(to_backend: Backend) -> None:
    found = losses.normalize_advantages(to_backend(f32(1e-8, -1e-8)))
    np.testing.assert_allclose(found, [0.5, -0.5], rtol=1e-4)


def test_all_terms_of_a_minibatch(to_backend: Backend) -> None:
    a = (ADVANTAGES - ADVANTAGES.mean()) / ADVANTAGES.std()
    new, old = to_backend(NEW), to_backend(OLD)
    values, old_values, returns = map(to_backend, (VALUES, OLD_VALUES, RETURNS))
    found = {
        "policy_loss": losses.policy_loss(new, old, to_backend(a), EPSILON),
        "value_loss": losses.value_loss(values, old_values, returns, EPSILON),
        "approxkl": losses.approx_kl(new, old),
        "clipfrac": losses.clip_fraction(new, old, EPSILON),
    }
    r = np.exp(OLD - NEW)
    clipped = OLD_VALUES + np.clip(VALUES - OLD_VALUES, -EPSILON, EPSILON)
    expected = {
        "policy_loss": np.where(
            a > 0, -a * np.minimum(r, 1 + EPSILON), -a * np.maximum(r, 1 - EPSILON)
        ).mean(),
        "value_loss": np.maximum((VALUES - RETURNS) ** 2, (clipped - RETURNS) ** 2).mean() / 2,
        "approxkl": ((NEW - OLD) ** 2).mean() / 2,
        "clipfrac": np.mean((r < 1 - EPSILON) | (r > 1 + EPSILON)),
    }
    assert {k: float(v) for k, v in found.items()} == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("ratio", "advantage", "slope"),
    [
        (1.5, 1.0, 0.0),
        (1.5, -1.0, -1.5),
        (0.5, 1.0, 0.5),
        (0.5, -1.0, 0.0),
        (1.1, 1.0, 1.1),
        (1e80, 1.0, 0.0),  # beyond float32
        (1e80, -1.0, 0.0),
    ],
)
def test_a_clipped_ratio_has_no_gradient(ratio: float, advantage: float, slope: float) -> None:
    neglogp = tf.constant(f32(-math.log(ratio)))
    with tf.GradientTape() as tape:
        tape.watch(neglogp)
        loss = losses.policy_loss(neglogp, f32(0.0), f32(advantage), EPSILON)
    assert float(tape.gradient(loss, neglogp)[0]) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize(
    ("values", "returns", "expected"),
    [
        ([1, 2, 4], [1, 2, 4], 1.0),
        ([7, 7, 7], [1, 2, 4], 0.0),
        ([2, 3, 5], [1, 2, 4], 1.0),
        ([0, 2], [0, 4], 0.75),
        ([4, 0], [0, 4], -3.0),
    ],
)
def test_explained_variance(values: list[float], returns: list[float], expected: float) -> None:
    found = explained_variance(np.array(values, np.float32), np.array(returns, np.float32))
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("constant", [0.0, 3.0, 0.1, -1 / 3])
def test_explained_variance_of_equal_returns_is_unknown(constant: float) -> None:
    values = np.linspace(-1, 1, 2048, dtype=np.float32)
    assert math.isnan(explained_variance(values, np.full(2048, constant, np.float32)))
