"""One PPO update, all its epochs and minibatches, as a single compiled TensorFlow function.

The function is pure: parameters and Adam's moments go in as flat vectors and come out as flat
vectors. TensorFlow has no types; the aliases of `update_inputs` say what each tensor is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields

from baselines.common.logged_metric import LOSS
from baselines.common.networks import arrays
from baselines.common.networks.policy import Policy
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2 import losses
from baselines.ppo2.losses import PPOLosses
from baselines.ppo2.update_inputs import (
    AdamState,
    Batch,
    Index,
    LossInputs,
    Scalar,
    Tensors,
    UpdateInputs,
    UpdateSettings,
    Vector,
)

ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON = 0.9, 0.999, 1e-5

Unpack = Callable[[Vector], Tensors]
"""From the flat vector to the variables by name."""

Update = Callable[[AdamState, UpdateInputs], tuple[AdamState, Tensors]]
"""Returns the state after it, and what is logged, the means over the minibatches."""

Gradient = Callable[[Vector, Batch, LossInputs], tuple[Vector, Tensors]]
"""From the variables, a minibatch and what else the loss reads to gradient and what is logged."""


def minibatch_loss(
    policy: Policy, settings: UpdateSettings, params: Tensors, batch: Batch, inputs: LossInputs
) -> tuple[Scalar, dict[str, Scalar]]:
    """L of one minibatch (`docs/method.md`): PPO's terms, the KL term and the policy's own losses.

    Args:
        policy: the policy that is trained.
        settings: the coefficients and bounds.
        params: trainable variables by name.
        batch: B samples, their advantages normalised.
        inputs: ε and the coefficients of the other terms.

    Returns:
        The loss, and what is logged of it; scalars.
    """
    pi, values, own_losses = policy.learning_outputs(params, batch.obs, batch.returns)
    neglogp = policy.distribution.neglogp(pi, batch.actions)
    old_neglogp, clip_range = batch.neglogp, inputs.clip_range
    ppo = PPOLosses(
        policy_loss=losses.policy_loss(neglogp, old_neglogp, batch.advantages, clip_range),
        value_loss=losses.value_loss(values, batch.values, batch.returns, clip_range),
        policy_entropy=arrays.mean(policy.distribution.entropy(pi)),
        approxkl=losses.approx_kl(neglogp, old_neglogp),
        clipfrac=losses.clip_fraction(neglogp, old_neglogp, clip_range),
    )
    loss = (
        ppo.policy_loss
        + settings.vf_coef * ppo.value_loss
        - settings.ent_coef * ppo.policy_entropy
        + inputs.kl_coef * ppo.approxkl
    )
    for name, term in own_losses.items():
        loss += inputs.coefs[name] * term
    logged = vars(ppo) | {f"{name}{LOSS}": term for name, term in own_losses.items()}
    if settings.target_kl:
        logged["kl"] = losses.kl_estimate(neglogp, old_neglogp)
    return loss, logged


def logged_names(own_losses: Iterable[str], settings: UpdateSettings) -> list[str]:
    """Names of the metrics that an update reports, as means over its minibatches.

    Args:
        own_losses: the names of the policy's own losses.
        settings: the coefficients and bounds.
    """
    own = [f"{name}{LOSS}" for name in own_losses]
    kl = ["kl"] if settings.target_kl else []
    return [*(f.name for f in fields(PPOLosses)), *own, *kl, "grad_norm"]


def clip_by_norm(gradient: Vector, max_norm: float) -> tuple[Vector, Scalar]:
    """The flat gradient, shortened to `max_norm` where it is longer, and its norm before."""
    norm = tf.norm(gradient)
    return gradient * (max_norm / tf.maximum(norm, max_norm)), norm


def adam(state: AdamState, gradient: Vector, step: Scalar, lr: Scalar) -> AdamState:
    """Adam's step number `step`, from 1 (Kingma and Ba 2015, section 2)."""
    params, m, v = state
    m = ADAM_BETA1 * m + (1.0 - ADAM_BETA1) * gradient
    v = ADAM_BETA2 * v + (1.0 - ADAM_BETA2) * gradient * gradient
    corrected = lr * tf.sqrt(1.0 - ADAM_BETA2**step) / (1.0 - ADAM_BETA1**step)
    return AdamState(params - corrected * m / (tf.sqrt(v) + ADAM_EPSILON), m, v)


def minibatch_gradient(policy: Policy, unpack: Unpack, settings: UpdateSettings) -> Gradient:
    """The gradient of `minibatch_loss`, as a function of flat parameters."""

    def gradient(params: Vector, batch: Batch, inputs: LossInputs) -> tuple[Vector, Tensors]:
        parts = unpack(params)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(parts.values()))
            loss, logged = minibatch_loss(policy, settings, parts, batch, inputs)
        gradients = tape.gradient(loss, list(parts.values()), unconnected_gradients="zero")
        return tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0), logged

    return gradient


def minibatch_of(inputs: UpdateInputs, i: Index) -> Batch:
    """The samples of minibatch number i, their advantages as in the batch."""
    return Batch(*(tf.gather(x, inputs.order[i]) for x in inputs.batch))


def descend(
    state: AdamState, gradient: Vector, step: Scalar, lr: Scalar, max_norm: float
) -> tuple[AdamState, Scalar]:
    """Adam's step number `step` along the gradient, shortened to `max_norm`; its norm before."""
    clipped, norm = clip_by_norm(gradient, max_norm)
    return adam(state, clipped, step, lr), norm


Minibatch = Callable[[Index, AdamState], tuple[AdamState, Tensors]]
"""The step of minibatch number i: the state after it, and what is logged."""


def over_minibatches(
    n: int, zeros: Tensors, start: AdamState, minibatch: Minibatch
) -> tuple[AdamState, Tensors]:
    """The state after `minibatch(i, state)` for each i below n, from `start` on.

    Returns:
        The state, and the means over all minibatches of the metrics that `zeros` names.
    """

    def one(i: Index, state: AdamState, sums: Tensors) -> tuple[Index, AdamState, Tensors]:
        new, logged = minibatch(i, state)
        return i + 1, new, {name: sums[name] + logged[name] for name in sums}

    _, state, sums = tf.while_loop(lambda i, *_: i < n, one, (tf.constant(0), start, zeros))
    return state, {name: total / n for name, total in sums.items()}


def until_too_far(
    n: int, zeros: Tensors, start: AdamState, minibatch: Minibatch, limit: float
) -> tuple[AdamState, Tensors]:
    """As `over_minibatches`, until the first whose `kl` lies above `limit`; it makes no step.

    Returns:
        The state; the means over the minibatches that were looked at, and the number of
        steps, `minibatches`.
    """

    def one(
        i: Index, old: AdamState, sums: Tensors, _: tf.Tensor
    ) -> tuple[Index, AdamState, Tensors, tf.Tensor]:
        new, logged = minibatch(i, old)
        too_far = logged["kl"] > limit
        kept = AdamState(*(tf.where(too_far, x, y) for x, y in zip(old, new, strict=True)))
        return i + 1, kept, {name: sums[name] + logged[name] for name in sums}, too_far

    begin = (tf.constant(0), start, zeros, tf.constant(False))
    seen, state, sums, too_far = tf.while_loop(
        lambda i, *rest: tf.logical_and(i < n, tf.logical_not(rest[-1])), one, begin
    )
    looked_at = tf.cast(seen, tf.float32)
    means = {name: total / looked_at for name, total in sums.items()}
    return state, means | {"minibatches": looked_at - tf.cast(too_far, tf.float32)}


TARGET_KL_FACTOR = 1.5
"""The estimate may be this many times `target_kl`, as in Stable-Baselines3."""


def after_minibatches(
    settings: UpdateSettings, inputs: UpdateInputs, start: AdamState, minibatch: Minibatch
) -> tuple[AdamState, Tensors]:
    """The state after all minibatches, or once the policy has moved far enough; what is logged."""
    n, names = inputs.order.shape[0], logged_names(inputs.loss.coefs, settings)
    zeros = {name: tf.zeros([]) for name in names}
    if not settings.target_kl:
        return over_minibatches(n, zeros, start, minibatch)
    return until_too_far(n, zeros, start, minibatch, TARGET_KL_FACTOR * settings.target_kl)


def compile_update(policy: Policy, unpack: Unpack, settings: UpdateSettings, xla: bool) -> Update:
    """The update of `policy`, compiled when it is first called."""
    gradient = minibatch_gradient(policy, unpack, settings)

    def update(start: AdamState, inputs: UpdateInputs) -> tuple[AdamState, Tensors]:
        def minibatch(i: Index, state: AdamState) -> tuple[AdamState, Tensors]:
            samples = minibatch_of(inputs, i)
            advantages = losses.normalize_advantages(samples.advantages)
            samples = samples._replace(advantages=advantages)
            raw, logged = gradient(state.params, samples, inputs.loss)
            step = inputs.adam_steps + tf.cast(i + 1, tf.float32)
            new, norm = descend(state, raw, step, inputs.lr, settings.max_grad_norm)
            return new, {**logged, "grad_norm": norm}

        return after_minibatches(settings, inputs, start, minibatch)

    compiled: Update = tf.function(update, jit_compile=xla, autograph=False)
    return compiled
