import math
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.common.tensorflow_quietly import tf
from baselines.config import Config
from baselines.transfer.student.loss_table import LOSSES
from baselines.transfer.student.student_losses import (
    coupling_loss,
    distillation_loss,
    mutual_information_loss,
    value_alignment_loss,
)

Backend = Callable[[Any], Any]
RNG = np.random.default_rng(0)
OBS, MEAN = RNG.standard_normal((2, 6, 4)).astype(np.float32)
LOGSTD = np.array([-2.0, -0.5, 0.0, 0.7], np.float32)


def by_loops(obs: np.ndarray, mean: np.ndarray, logstd: list[float], min_std: float) -> float:
    terms = []
    for s, mu in zip(obs.tolist(), mean.tolist(), strict=True):
        for s_i, mu_i, l_i in zip(s, mu, logstd, strict=True):
            std = math.hypot(math.exp(l_i), min_std)
            terms.append(math.log(std) + (s_i - mu_i) ** 2 / (2 * std**2))
    return sum(terms) / len(terms)


@pytest.mark.parametrize("min_std", [0.0, 1e-6, 0.1, 0.5, 1.0, 3.0])
def test_mutual_information_loss_is_the_mean_over_batch_and_dimensions(
    to_backend: Backend, min_std: float
) -> None:
    found = mutual_information_loss(*map(to_backend, (OBS, MEAN, LOGSTD)), min_std)
    assert np.shape(found) == ()
    expected = by_loops(OBS, MEAN, LOGSTD.tolist(), min_std)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_mutual_information_loss_of_one_number_by_hand(to_backend: Backend) -> None:
    obs, mean, logstd = (np.full(shape, x, np.float32) for shape, x in (
        ((1, 1), 3.0), ((1, 1), 1.0), ((1,), math.log(2.0)),
    ))  # fmt: skip
    found = mutual_information_loss(*map(to_backend, (obs, mean, logstd)), 1e-6)
    assert float(found) == pytest.approx(math.log(2) + 0.5, rel=1e-6)
    found = mutual_information_loss(*map(to_backend, (obs, mean, logstd)), math.sqrt(12))
    assert float(found) == pytest.approx(math.log(4) + 1 / 8, rel=1e-6)


def test_mutual_information_loss_is_least_at_the_true_mean_and_spread() -> None:
    obs = RNG.normal(1.5, 0.5, (5000, 1)).astype(np.float32)

    def loss(mean: float, std: float) -> float:
        logstd = np.array([math.log(std)], np.float32)
        return float(mutual_information_loss(obs, np.full_like(obs, mean), logstd, 1e-3))

    m, s = float(obs.mean()), float(obs.std())
    best = loss(m, s)
    assert best == pytest.approx(math.log(s) + 0.5, rel=1e-4)
    for other in (loss(m + 0.05, s), loss(m - 0.05, s), loss(m, 1.1 * s), loss(m, 0.9 * s)):
        assert other > best + 1e-3


def gradients(min_std: float) -> tuple[np.ndarray, np.ndarray]:
    mean, logstd = tf.constant(MEAN), tf.constant(LOGSTD)
    with tf.GradientTape() as tape:
        tape.watch([mean, logstd])
        loss = mutual_information_loss(tf.constant(OBS), mean, logstd, min_std)
    return tuple(g.numpy() for g in tape.gradient(loss, [mean, logstd]))


def test_the_gradient_is_that_of_the_formula() -> None:
    by_mean, by_logstd = gradients(0.5)
    variance = np.exp(2 * LOGSTD) + 0.25
    residual = ((OBS - MEAN) ** 2).mean(axis=0)
    expected = np.exp(2 * LOGSTD) / variance * (1 - residual / variance) / 4
    np.testing.assert_allclose(by_logstd, expected, rtol=1e-4)
    np.testing.assert_allclose(by_mean, (MEAN - OBS) / variance / OBS.size, rtol=1e-4, atol=1e-7)


def test_a_dimension_predicted_exactly_has_a_finite_loss_and_gradient() -> None:
    sunk = tf.constant([-30.0])
    exact = tf.constant([[0.25], [0.25]])
    with tf.GradientTape() as tape:
        tape.watch([sunk, exact])
        loss = mutual_information_loss(tf.constant([[0.25], [0.25]]), exact, sunk, 0.1)
    by_logstd, by_mean = tape.gradient(loss, [sunk, exact])
    assert float(loss) == pytest.approx(math.log(0.1), rel=1e-5)
    assert by_logstd.numpy() == pytest.approx([0.0], abs=1e-12)
    assert by_mean.numpy() == pytest.approx(np.zeros((2, 1)))


def test_without_noise_a_dimension_may_sink_far() -> None:
    obs, mean = tf.constant([[1.0], [1.0]]), tf.constant([[1.0], [1.0 - 1e-6]])
    sunk = tf.constant([-25.0])
    with tf.GradientTape() as tape:
        tape.watch([sunk, mean])
        loss = mutual_information_loss(obs, mean, sunk, 0.0)
    by_logstd, by_mean = tape.gradient(loss, [sunk, mean])
    squared = float(1.0 - np.float32(1.0 - 1e-6)) ** 2 / math.exp(-50)  # (s − μ)² / σ² of one
    assert float(loss) == pytest.approx(-25 + squared / 4, rel=1e-4)
    assert by_logstd.numpy() == pytest.approx([1 - squared / 2], rel=1e-4)
    assert np.isfinite(by_mean.numpy()).all()


def test_a_sunk_dimension_that_begins_to_change_is_let_go() -> None:
    logstd = tf.Variable([-6.0])
    adam = tf.keras.optimizers.Adam(3e-4, epsilon=1e-5)
    obs = tf.constant(np.random.default_rng(0).standard_normal((64, 1)).astype(np.float32))
    for _ in range(20_000 // 64):  # the Adam steps of one update
        with tf.GradientTape() as tape:
            loss = mutual_information_loss(obs, tf.zeros((64, 1)), logstd, 0.1)
        adam.apply_gradients([(tape.gradient(loss, logstd), logstd)])
    assert float(logstd[0]) > -6.0 + 0.9 * 312 * 3e-4


@pytest.mark.parametrize("shares", [[0.5], [1.0, 1.0], [0.25, 0.5], [0.9, 0.1, 0.3], [1e-6, 0.999]])
def test_coupling_is_minus_the_mean_logarithm_of_the_own_shares(
    to_backend: Backend, shares: list[float]
) -> None:
    logs = [to_backend(np.float32(math.log(p))) for p in shares]
    expected = -math.log(math.prod(shares)) / len(shares)
    assert float(coupling_loss(logs)) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_value_alignment_is_the_mean_square_over_batch_and_teachers(to_backend: Backend) -> None:
    pairs = [to_backend(np.float32(ab)) for ab in ((1, 0), (2, -4))]
    values = [to_backend(np.float32(v)) for v in ((1, 2), (2, 4))]  # aligned: (1, 2) and (0, 4)
    found = value_alignment_loss(pairs, values, to_backend(np.float32([1, 1])))
    assert float(found) == pytest.approx((0 + 1 + 1 + 9) / 4)


def test_distillation_is_the_mean_divergence_and_half_the_square(to_backend: Backend) -> None:
    divergences, differences = np.float32([0.5, 1.5]), np.float32([-2, 1])
    found = distillation_loss(to_backend(divergences), to_backend(differences))
    assert float(found) == pytest.approx((0.5 + 1.5) / 2 + (4 + 1) / 4)


def test_each_loss_has_a_setting_for_its_weight_and_stands_in_the_method() -> None:
    settings = {f.name: f.metadata for f in fields(Config)}
    method = (Path(__file__).parents[3] / "docs" / "method.md").read_text(encoding="utf-8")
    for loss in LOSSES:
        about = settings[loss.coefficient]
        assert (loss.coefficient_symbol in about["help"], about["group"]) == (True, "mikt")
        assert re.search(rf"{loss.coefficient_symbol}\s`--{loss.coefficient}`", method)
        assert f"{loss.coefficient_symbol} {loss.symbol}" in method
