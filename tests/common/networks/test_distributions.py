from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from scipy import special, stats

from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.spaces import distribution_for

RNG = np.random.default_rng(0)
MEAN = RNG.standard_normal((6, 3)).astype(np.float32)
LOGSTD = np.array([-1.5, 0.2, 0.9], np.float32)
FREE = {"a/logstd": LOGSTD}
ACTIONS = (2 * RNG.standard_normal((6, 3))).astype(np.float32)
LOGITS = (2 * RNG.standard_normal((6, 4))).astype(np.float32)
CHOICES = np.array([0, 3, 1, 2, 3, 0])

Backend = Callable[[Any], Any]


def test_gaussian_likelihood_is_that_of_scipy(to_backend: Backend) -> None:
    gaussian = DiagGaussian(3)
    pi = gaussian.pi({"a/logstd": to_backend(LOGSTD)}, "a", to_backend(MEAN))
    expected = -stats.norm.logpdf(ACTIONS, MEAN, np.exp(LOGSTD)).sum(axis=1)
    found = np.asarray(gaussian.neglogp(pi, to_backend(ACTIONS)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("init_logstd", [0.0, -1.5])
def test_a_gaussian_begins_with_the_asked_sigma(init_logstd: float) -> None:
    gaussian = distribution_for(spaces.Box(-1, 1, (3,)), init_logstd)
    own = gaussian.init("a")
    assert own.keys() == {"a/logstd"} and own["a/logstd"].dtype == np.float32
    draws = gaussian.sampler(own, "a")(
        np.zeros(3), gaussian.noise(np.random.default_rng(0), (9999,))
    )
    np.testing.assert_allclose(draws.std(axis=0), np.exp(init_logstd), rtol=0.03)


def test_gaussian_entropy_is_that_of_scipy(to_backend: Backend) -> None:
    gaussian = DiagGaussian(3)
    pi = gaussian.pi({"a/logstd": to_backend(LOGSTD)}, "a", to_backend(MEAN))
    expected = stats.multivariate_normal(np.zeros(3), np.diag(np.exp(2.0 * LOGSTD))).entropy()
    np.testing.assert_allclose(
        np.broadcast_to(gaussian.entropy(pi), 6), np.full(6, expected), rtol=1e-5
    )


def test_gaussian_divergence_is_the_integral_of_its_definition(to_backend: Backend) -> None:
    gaussian = DiagGaussian(3)
    means, logstds = (MEAN, MEAN[::-1].copy()), (LOGSTD, LOGSTD[::-1].copy())
    points = np.linspace(-40, 40, 200_001)
    expected = np.zeros(6)
    for b in range(6):
        for k in range(3):
            one, other = (
                stats.norm(m[b, k], np.exp(s[k])) for m, s in zip(means, logstds, strict=True)
            )
            terms = one.pdf(points) * (one.logpdf(points) - other.logpdf(points))
            expected[b] += terms.sum() * (points[1] - points[0])
    pi, other_pi = ((to_backend(m), to_backend(s)) for m, s in zip(means, logstds, strict=True))
    np.testing.assert_allclose(gaussian.kl(pi, other_pi), expected, rtol=1e-5)
    np.testing.assert_allclose(gaussian.kl(pi, pi), np.zeros(6), atol=1e-6)


def test_gaussian_spread_starts_at_one_and_does_not_depend_on_the_state() -> None:
    gaussian = DiagGaussian(3)
    free = gaussian.init("a")
    assert list(free) == ["a/logstd"]
    assert free["a/logstd"].dtype == np.float32
    assert free["a/logstd"].tolist() == [0, 0, 0]
    mean, logstd = gaussian.pi(FREE, "a", MEAN)
    np.testing.assert_array_equal(mean, MEAN)
    np.testing.assert_array_equal(np.broadcast_to(logstd, (6, 3)), np.tile(LOGSTD, (6, 1)))


def test_gaussian_samples_have_the_right_moments() -> None:
    gaussian = DiagGaussian(3)
    n = 20_000
    noise = gaussian.noise(np.random.default_rng(1), (n,))
    pi = gaussian.pi(FREE, "a", np.tile(MEAN[0], (n, 1)))
    samples = gaussian.sample(pi, noise)
    assert samples.dtype == np.float32
    assert samples.shape == (n, 3)
    std = np.exp(LOGSTD)
    np.testing.assert_array_less(abs(samples.mean(axis=0) - MEAN[0]), 5 * std / np.sqrt(n))
    np.testing.assert_array_less(abs(samples.std(axis=0) / std - 1), 5 / np.sqrt(2 * n))
    correlations = np.corrcoef(samples.T)[np.triu_indices(3, 1)]
    np.testing.assert_array_less(abs(correlations), 5 / np.sqrt(n))


def test_gaussian_mode_is_the_mean() -> None:
    gaussian = DiagGaussian(3)
    pi = gaussian.pi(FREE, "a", MEAN)
    np.testing.assert_array_equal(gaussian.mode(pi), MEAN)
    np.testing.assert_array_equal(gaussian.sample(pi, np.zeros_like(MEAN)), MEAN)


def test_categorical_likelihood_is_minus_the_logarithm_of_the_softmax(to_backend: Backend) -> None:
    categorical = Categorical(4)
    pi = categorical.pi({}, "a", to_backend(LOGITS))
    probabilities = np.exp(LOGITS.astype(float))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    expected = [-np.log(p[c]) for p, c in zip(probabilities, CHOICES, strict=True)]
    found = np.asarray(categorical.neglogp(pi, to_backend(CHOICES)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_categorical_entropy_is_that_of_scipy(to_backend: Backend) -> None:
    categorical = Categorical(4)
    expected = stats.entropy(special.softmax(LOGITS.astype(float), axis=1), axis=1)
    pi = categorical.pi({}, "a", to_backend(LOGITS))
    np.testing.assert_allclose(categorical.entropy(pi), expected, rtol=1e-5)


def test_categorical_divergence_is_that_of_scipy(to_backend: Backend) -> None:
    categorical = Categorical(4)
    logits = LOGITS, LOGITS[::-1].copy()
    pi, other = (categorical.pi({}, "a", to_backend(x)) for x in logits)
    expected = stats.entropy(*(special.softmax(x.astype(float), axis=1) for x in logits), axis=1)
    np.testing.assert_allclose(categorical.kl(pi, other), expected, rtol=1e-5)


def test_categorical_stands_steep_logits(to_backend: Backend) -> None:
    categorical = Categorical(3)
    pi = categorical.pi({}, "a", to_backend(np.array([[500.0, -500.0, 0.0]], np.float32)))
    actions = to_backend(np.array([0]))
    np.testing.assert_allclose(categorical.neglogp(pi, actions), [0.0], atol=1e-6)
    np.testing.assert_allclose(categorical.entropy(pi), [0.0], atol=1e-6)


def test_categorical_samples_come_as_often_as_they_should() -> None:
    categorical = Categorical(4)
    n = 20_000
    noise = categorical.noise(np.random.default_rng(2), (n,))
    samples = categorical.sample(categorical.pi({}, "a", np.tile(LOGITS[0], (n, 1))), noise)
    assert samples.dtype == np.int64
    assert samples.shape == (n,)
    expected = n * special.softmax(LOGITS[0].astype(float))
    assert stats.chisquare(np.bincount(samples, minlength=4), expected).pvalue > 1e-4


def test_categorical_mode_is_the_most_likely_action() -> None:
    categorical = Categorical(4)
    mode = categorical.mode(categorical.pi({}, "a", LOGITS))
    assert mode.tolist() == [row.index(max(row)) for row in LOGITS.tolist()]
    assert categorical.init("a") == {}


@pytest.mark.parametrize("distribution", [DiagGaussian(3), Categorical(3)])
@pytest.mark.parametrize("batch", [(5,), (4, 5)])
def test_a_rollouts_noise_is_that_of_its_steps(
    distribution: DiagGaussian | Categorical, batch: tuple[int, ...]
) -> None:
    noise = distribution.noise(np.random.default_rng(0), batch)
    assert noise.dtype == np.float32
    assert noise.shape == (*batch, distribution.num_outputs)
    rng = np.random.default_rng(0)
    step_by_step = [distribution.noise(rng, batch[1:]) for _ in range(batch[0])]
    np.testing.assert_array_equal(noise, step_by_step)


def test_the_distribution_follows_the_action_space() -> None:
    assert distribution_for(spaces.Box(-1, 1, (5,))) == DiagGaussian(5)
    assert distribution_for(spaces.Discrete(4, start=3)) == Categorical(4)


@pytest.mark.parametrize(
    "space", [spaces.Box(-1, 1, (2, 2)), spaces.Box(-1, 1, ()), spaces.MultiDiscrete([2, 3])]
)
def test_other_action_spaces_are_refused(space: spaces.Space) -> None:
    with pytest.raises(ValueError, match="one axis or Discrete"):
        distribution_for(space)
