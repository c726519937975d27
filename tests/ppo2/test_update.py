from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ppo_terms import outputs_by_hand, ppo_terms

from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.update import (
    adam,
    clip_by_norm,
    minibatch_loss,
)
from baselines.ppo2.update_inputs import AdamState, Batch, LossInputs, UpdateSettings


def tensors_of(batch: dict[str, np.ndarray]) -> Batch:
    return Batch(**{name: tf.constant(value) for name, value in batch.items()})


def test_adam_is_that_of_keras() -> None:
    rng = np.random.default_rng(0)
    start = rng.standard_normal(20).astype(np.float32)
    variable = tf.Variable(start)
    keras = tf.keras.optimizers.Adam(beta_1=0.9, beta_2=0.999, epsilon=1e-5)
    state = AdamState(tf.constant(start), tf.zeros(20), tf.zeros(20))
    for step in range(1, 9):
        lr = 1e-2 / step
        gradient = tf.constant((10.0 ** rng.uniform(-6, 1) * rng.standard_normal(20)), tf.float32)
        keras.learning_rate = lr
        keras.apply_gradients([(gradient, variable)])
        state = adam(state, gradient, tf.constant(float(step)), tf.constant(lr))
        np.testing.assert_allclose(state.params, variable, rtol=1e-6, atol=1e-7)
    assert np.abs(state.params - start).min() > 1e-4


@pytest.mark.parametrize("gradient", [2.0, -1e-3, 1e-5])
def test_adams_first_step_by_hand(gradient: float) -> None:
    zero = tf.zeros(1)
    start = AdamState(zero, zero, zero)
    params, m, v = adam(start, tf.constant([gradient]), tf.constant(1.0), tf.constant(0.01))
    root = np.sqrt(0.001)
    assert float(m[0]) == pytest.approx(0.1 * gradient, rel=1e-5)
    assert float(v[0]) == pytest.approx(0.001 * gradient**2, rel=1e-4)
    expected = -0.01 * root * gradient / (root * abs(gradient) + 1e-5)
    assert float(params[0]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("gradient", "clipped", "norm"),
    [
        ([3.0, 4.0], [0.3, 0.4], 5.0),
        ([0.3, -0.4], [0.3, -0.4], 0.5),
        ([0.1, 0.0], [0.1, 0.0], 0.1),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
    ],
)
def test_long_gradients_are_shortened(
    gradient: list[float], clipped: list[float], norm: float
) -> None:
    found, found_norm = clip_by_norm(tf.constant(gradient), 0.5)
    np.testing.assert_allclose(found, clipped, rtol=1e-6)
    assert float(found_norm) == pytest.approx(norm, rel=1e-6)


def test_all_parts_are_shortened_together() -> None:
    rng = np.random.default_rng(0)
    parts = [tf.constant(rng.standard_normal(n), tf.float32) for n in (3, 50, 1)]
    expected, norm = tf.clip_by_global_norm(parts, 0.5)
    found, found_norm = clip_by_norm(tf.concat(parts, 0), 0.5)
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-5)
    assert float(found_norm) == pytest.approx(float(norm), rel=1e-6)


def test_the_loss_is_the_weighted_sum_of_its_terms(
    mlp_policy: Callable[..., PlainPolicy], perturbed: Any, make_batch: Any
) -> None:
    policy = mlp_policy()
    params = perturbed(policy.init(np.random.default_rng(0)), 1)
    batch = make_batch(policy, params, 30)
    a = batch["advantages"]
    batch["advantages"] = (a - a.mean()) / a.std()
    settings = UpdateSettings(vf_coef=0.7, ent_coef=0.3, max_grad_norm=0.5)
    loss, logged = minibatch_loss(
        policy,
        settings,
        {name: tf.constant(value) for name, value in params.items()},
        tensors_of(batch),
        LossInputs(clip_range=tf.constant(0.2), kl_coef=tf.constant(0.9), coefs={}),
    )

    std = np.exp(params["pi/pi/logstd"].astype(float))
    mean = outputs_by_hand(params, batch["obs"], "pi", "pi")
    terms = ppo_terms(batch, mean, std, outputs_by_hand(params, batch["obs"], "vf", "vf")[:, 0])
    assert 0 < terms["clipfrac"] < 1
    assert {k: float(x) for k, x in logged.items()} == pytest.approx(terms, rel=1e-3)
    expected = (
        terms["policy_loss"]
        + 0.7 * terms["value_loss"]
        - 0.3 * terms["policy_entropy"]
        + 0.9 * terms["approxkl"]
    )
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_a_policys_own_loss_called_kl_is_added_to_ppos_kl_term(
    mlp_policy: Callable[..., PlainPolicy], perturbed: Any, make_batch: Any
) -> None:
    class Own(PlainPolicy):
        def learning_outputs(self, *args: Any) -> Any:
            return (*super().learning_outputs(*args)[:2], {"kl": tf.constant(7.0)})

    plain = mlp_policy()
    params = perturbed(plain.init(np.random.default_rng(0)), 1)
    batch = tensors_of(make_batch(plain, params, 30))
    tensors = {name: tf.constant(value) for name, value in params.items()}
    settings = UpdateSettings(vf_coef=0.7, ent_coef=0.3, max_grad_norm=0.5, target_kl=1.0)

    def loss(policy: PlainPolicy, coefs: dict[str, float]) -> tuple[float, dict[str, Any]]:
        inputs = LossInputs(clip_range=tf.constant(0.2), kl_coef=tf.constant(0.9), coefs=coefs)
        found, logged = minibatch_loss(policy, settings, tensors, batch, inputs)
        return float(found), {name: float(value) for name, value in logged.items()}

    without, logged = loss(plain, {})
    own = Own.from_description(plain.describe())
    with_own, own_logged = loss(own, {"kl": 0.5})
    assert with_own == pytest.approx(without + 0.5 * 7.0, rel=1e-6)
    assert own_logged == {**logged, "kl_loss": 7.0}
