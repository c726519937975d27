from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.interfaces import Distribution
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.tensorflow_quietly import tf
from baselines.config import Config
from baselines.ppo2.model import Model
from baselines.ppo2.update_inputs import Batch
from baselines.transfer.student.student import Student

KL_COEF = 0.4
Arrays = dict[str, np.ndarray]


class Reference:
    """Updates written out in eager TensorFlow, with Keras' Adam, for a policy `pi` and `vf`."""

    def __init__(self, params: Arrays, config: Config) -> None:
        self.variables = {name: tf.Variable(value) for name, value in params.items()}
        self.config = config
        self.adam = tf.keras.optimizers.Adam(epsilon=1e-5)
        self.has_moved_too_far = False

    def train(self, batch: Arrays, rng: np.random.Generator, lr: float) -> dict[str, float]:
        self.adam.learning_rate = lr
        size = len(batch["obs"]) // self.config.nminibatches
        orders = [rng.permutation(len(batch["obs"])) for _ in range(self.config.noptepochs)]
        logged = []
        for chosen in np.reshape(orders, (-1, size)):
            logged.append(self._step({name: x[chosen] for name, x in batch.items()}))
            if self.has_moved_too_far:
                break
        means = {name: float(np.mean([row[name] for row in logged])) for name in logged[0]}
        steps = {"minibatches": float(self.adam.iterations)} if self.config.target_kl else {}
        return means | steps

    def _step(self, batch: Arrays) -> dict[str, float]:
        with tf.GradientTape() as tape:
            loss, logged = self._loss(batch)
        variables = list(self.variables.values())
        gradients, norm = tf.clip_by_global_norm(
            tape.gradient(loss, variables), self.config.max_grad_norm
        )
        if self.config.target_kl:
            self.has_moved_too_far = float(logged["kl"]) > 1.5 * self.config.target_kl
        if not self.has_moved_too_far:
            self.adam.apply_gradients(zip(gradients, variables, strict=True))
        return {name: float(value) for name, value in logged.items()} | {"grad_norm": float(norm)}

    def _side(self, scope: str, head: str, h: Any) -> Any:
        p = self.variables
        for i in range(2):
            h = tf.tanh(tf.matmul(h, p[f"{scope}/mlp_fc{i}/w"]) + p[f"{scope}/mlp_fc{i}/b"])
        return tf.matmul(h, p[f"{scope}/{head}/w"]) + p[f"{scope}/{head}/b"]

    def _likelihood_and_entropy(self, outputs: Any, actions: np.ndarray) -> tuple[Any, Any]:
        if actions.ndim == 1:
            logp = outputs - tf.reduce_logsumexp(outputs, axis=1, keepdims=True)
            entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * logp, axis=1))
            return -tf.gather(logp, actions, batch_dims=1), entropy
        logstd = self.variables["pi/pi/logstd"]
        log_density = (
            -((actions - outputs) ** 2) / (2 * tf.exp(logstd) ** 2)
            - logstd
            - np.log(np.sqrt(2 * np.pi))
        )
        entropy = tf.reduce_sum(logstd + np.log(np.sqrt(2 * np.pi * np.e)))
        return -tf.reduce_sum(log_density, axis=1), entropy

    def _loss(self, batch: Arrays) -> tuple[Any, dict[str, Any]]:
        e, c = self.config.clip_range, self.config
        outputs = self._side("pi", "pi", batch["obs"])
        neglogp, entropy = self._likelihood_and_entropy(outputs, batch["actions"])
        v = self._side("vf", "vf", batch["obs"])[:, 0]
        a = batch["advantages"]
        a = (a - a.mean()) / (a.std() + 1e-8)
        r = tf.exp(batch["neglogp"] - neglogp)
        near = batch["values"] + tf.clip_by_value(v - batch["values"], -e, e)
        square = tf.maximum(tf.square(v - batch["returns"]), tf.square(near - batch["returns"]))
        logged = {
            "policy_loss": -tf.reduce_mean(
                tf.minimum(a * r, a * tf.clip_by_value(r, 1 - e, 1 + e))
            ),
            "value_loss": tf.reduce_mean(square) / 2,
            "policy_entropy": entropy,
            "approxkl": tf.reduce_mean(tf.square(neglogp - batch["neglogp"])) / 2,
            "clipfrac": tf.reduce_mean(tf.cast(tf.abs(r - 1) > e, tf.float32)),
        }
        if c.target_kl:
            log_ratio = batch["neglogp"] - neglogp
            logged["kl"] = tf.reduce_mean(tf.exp(log_ratio) - 1 - log_ratio)
        loss = (
            logged["policy_loss"]
            + c.vf_coef * logged["value_loss"]
            - c.ent_coef * entropy
            + KL_COEF * logged["approxkl"]
        )
        return loss, logged


def assert_close(found: Arrays, expected: Any, tolerance: float) -> None:
    assert found.keys() == expected.keys()
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=tolerance, err_msg=name)


@pytest.fixture
def start(mlp_policy: Any, perturbed: Any) -> Callable[..., tuple[PlainPolicy, Arrays]]:
    def start(distribution: Distribution | None = None) -> tuple[PlainPolicy, Arrays]:
        policy = mlp_policy(distribution=distribution or DiagGaussian(2))
        return policy, perturbed(policy.init(np.random.default_rng(0)), 1)

    return start


@pytest.mark.parametrize("distribution", [DiagGaussian(2), Categorical(4)])
def test_updates_are_those_of_a_plain_loop(
    start: Any, make_batch: Any, small_config: Any, distribution: Distribution
) -> None:
    policy, params = start(distribution)
    config = small_config(kl_coef=KL_COEF, ent_coef=0.2, vf_coef=0.7, clip_range=0.15)
    model, reference = Model(policy, params, config), Reference(params, config)
    rng, same_rng = np.random.default_rng(3), np.random.default_rng(3)
    for lr in (3e-3, 1e-3):
        before = {name: value.copy() for name, value in model.params.items()}
        batch = make_batch(policy, model.params, 24)
        expected = reference.train(batch, same_rng, lr)
        logged = model.train(Batch(**batch), rng, lr, {})
        assert logged == pytest.approx(expected, rel=1e-3, abs=1e-5)
        assert_close(model.params, reference.variables, 2e-6)
        assert all(abs(model.params[k] - v).max() > lr / 3 for k, v in before.items())
    assert model.adam_steps == 12
    assert rng.random() == same_rng.random()


@pytest.mark.parametrize("max_grad_norm", [1e-3, 1e3])
def test_gradients_are_clipped_to_the_norm_that_is_set(
    start: Any, make_batch: Any, small_config: Any, max_grad_norm: float
) -> None:
    policy, params = start()
    config = small_config(kl_coef=KL_COEF, max_grad_norm=max_grad_norm)
    model, reference = Model(policy, params, config), Reference(params, config)
    batch = make_batch(policy, params, 24)
    logged = model.train(Batch(**batch), np.random.default_rng(3), 1e-2, {})
    expected = reference.train(batch, np.random.default_rng(3), 1e-2)
    assert logged["grad_norm"] == pytest.approx(expected["grad_norm"], rel=1e-3)
    assert_close(model.params, reference.variables, 1e-5)


@pytest.mark.parametrize(("target_kl", "steps"), [(0.01, 0), (0.1, 1), (9.0, 6)])
def test_an_update_ends_where_the_policy_has_moved_too_far(
    start: Any, make_batch: Any, small_config: Any, target_kl: float, steps: int
) -> None:
    policy, params = start()
    config = small_config(kl_coef=KL_COEF, target_kl=target_kl)
    model, reference = Model(policy, params, config), Reference(params, config)
    batch = make_batch(policy, params, 24)
    rng, same_rng = np.random.default_rng(3), np.random.default_rng(3)
    logged = model.train(Batch(**batch), rng, 3e-2, {})
    assert logged == pytest.approx(reference.train(batch, same_rng, 3e-2), rel=1e-3, abs=1e-5)
    assert_close(model.params, reference.variables, 2e-5)
    assert model.adam_steps == logged["minibatches"] == steps
    assert rng.random() == same_rng.random()


def test_a_target_that_is_never_reached_changes_nothing(
    start: Any, make_batch: Any, small_config: Any
) -> None:
    policy, params = start()
    batch = make_batch(policy, params, 24)
    found = []
    for target_kl in (0.0, 1e9):
        model = Model(policy, params, small_config(target_kl=target_kl))
        model.train(Batch(**batch), np.random.default_rng(3), 3e-2, {})
        found.append(model.params)
    assert_close(*found, 1e-7)


def test_one_compilation_serves_all_updates(
    start: Any, make_batch: Any, small_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, params = start()
    model = Model(policy, params, small_config())
    batch = make_batch(policy, params, 24)
    traced = []
    outputs = PlainPolicy.learning_outputs

    def counting(*arguments: Any) -> Any:
        traced.append(None)
        return outputs(*arguments)

    monkeypatch.setattr(PlainPolicy, "learning_outputs", counting)
    rng = np.random.default_rng(0)
    model.train(Batch(**batch), rng, 1e-3, {})
    after_first = len(traced)
    for lr in (7e-4, 3e-4):
        model.train(Batch(**batch), rng, lr, {})
    assert len(traced) == after_first > 0


def test_an_update_changes_neither_its_batch_nor_the_initial_values(
    start: Any, make_batch: Any, small_config: Any
) -> None:
    policy, params = start()
    batch = make_batch(policy, params, 24)
    kept = {name: value.copy() for name, value in (params | batch).items()}
    Model(policy, params, small_config()).train(Batch(**batch), np.random.default_rng(0), 1e-2, {})
    for name, value in (params | batch).items():
        np.testing.assert_array_equal(value, kept[name], err_msg=name)


def test_acting_is_that_of_the_policy_as_trained(
    start: Any, make_batch: Any, small_config: Any
) -> None:
    policy, params = start()
    model = Model(policy, params, small_config())
    batch = make_batch(policy, params, 24)
    before = model.value(batch["obs"])
    model.train(Batch(**batch), np.random.default_rng(0), 1e-2, {})
    noise = policy.distribution.noise(np.random.default_rng(1), (24,))
    pi = policy.pi(model.params, batch["obs"])
    np.testing.assert_array_equal(model.step(batch["obs"], noise), pi[0] + np.exp(pi[1]) * noise)
    np.testing.assert_array_equal(
        model.neglogp(batch["obs"], batch["actions"]),
        policy.distribution.neglogp(pi, batch["actions"]),
    )
    assert abs(model.value(batch["obs"]) - before).min() > 0


class Padded(PlainPolicy):
    """A policy with variables that do nothing, before, between and after the others."""

    def init(self, rng: np.random.Generator) -> Arrays:
        return super().init(rng) | {
            name: np.full(size, 5, np.float32)
            for name, size in (("a/w", 3), ("pi/mlp_fc00/w", 2), ("z/w", 4))
        }


def test_a_reduced_model_goes_on_as_if_the_rest_had_never_been(
    start: Any, make_batch: Any, small_config: Any
) -> None:
    plain, params = start()
    padded = Padded(plain.obs_size, plain.distribution, plain.spec)
    extra = {k: v for k, v in padded.init(np.random.default_rng(0)).items() if k not in params}
    config = small_config()
    reduced, never = Model(padded, params | extra, config), Model(plain, params, config)
    batch = make_batch(plain, params, 24)
    rngs = [np.random.default_rng(0), np.random.default_rng(0)]
    for lr in (1e-2, 1e-3):
        for model, rng in zip((reduced, never), rngs, strict=True):
            model.train(Batch(**batch), rng, lr, {})
        before = {name: value.copy() for name, value in reduced.params.items()}
        reduced.reduce_to(plain)
        assert reduced.params.keys() == params.keys()
        for name, value in reduced.params.items():
            np.testing.assert_array_equal(value, before[name])
        assert reduced.policy is plain
        assert_close(reduced.params, never.params, 1e-6)
    assert reduced.adam_steps == never.adam_steps == 12


def test_the_digest_is_of_the_variables_and_of_both_moments(start: Any, small_config: Any) -> None:
    policy, params = start()
    shifted = params | {"vf/vf/b": params["vf/vf/b"] + 1}
    models = [Model(policy, x, small_config()) for x in (params, params, shifted, params, params)]
    for name, model in zip("mv", models[3:], strict=True):
        model.restore(model.state() | {name: model.state()[name] + 1})
    one, twin, *others = (model.digest() for model in models)
    assert one == twin
    assert len({one, *others}) == 4


def test_a_model_cannot_be_reduced_to_what_it_has_not(
    start: Any, mlp_policy: Any, small_config: Any
) -> None:
    policy, params = start()
    with pytest.raises(KeyError, match="other/"):
        Model(policy, params, small_config()).reduce_to(mlp_policy(scopes=("other", "vf")))


def test_the_compiled_update_is_the_plain_one(
    make_student: Callable[..., Student],
    perturbed: Any,
    make_batch: Any,
    small_config: Any,
) -> None:
    student = make_student()
    params = perturbed(student.init(np.random.default_rng(0)), 1)
    batch = make_batch(student, params, 24)
    coefs = {"ps": 0.5, "vf_ps": 0.25, "mutual_info": 0.1}
    models = [Model(student, params, small_config(kl_coef=0.1, xla=xla)) for xla in (True, False)]
    logged = [
        model.train(Batch(**batch), np.random.default_rng(0), 1e-3, coefs) for model in models
    ]
    assert logged[0] == pytest.approx(logged[1], rel=1e-4, abs=1e-6)
    assert_close(models[0].params, models[1].params, 2e-6)
    still = [k for k, v in params.items() if abs(models[0].params[k] - v).max() < 1e-4]
    assert still == []
