"""One PPO update, all its epochs and minibatches, as a single compiled TensorFlow function.

The function is pure: parameters and Adam's
moments go in as flat vectors and come out as flat vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from baselines.common.networks.parameters import Layout
from baselines.common.networks.policies import Policy
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.losses import PPOLosses, kl_estimate, normalize_advantages, ppo_losses

ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON = 0.9, 0.999, 1e-5


@dataclass(frozen=True)
class LossCoefficients:
    """The fixed weights of PPO's terms and the bounds on a step.

    Attributes:
        vf_coef: c_v.
        ent_coef: c_ent.
        max_grad_norm: bound on the gradient's norm.
        target_kl: the update ends at the first minibatch whose `kl_estimate` lies above 1.5 times
            this, in nats, before its step; 0: never.
    """

    vf_coef: float
    ent_coef: float
    max_grad_norm: float
    target_kl: float = 0.0


Tensors = Mapping[str, Any]
UpdateFunction = Callable[..., tuple[Any, Any, Any, Tensors]]

Moving = tuple[Any, Any, Any]
"""What an update moves: parameters and Adam's two moments, flat."""


def minibatch_loss(
    policy: Policy,
    fixed: LossCoefficients,
    params: Tensors,
    batch: Tensors,
    clip_range: Any,
    coefs: Tensors,
) -> tuple[Any, dict[str, Any]]:
    """L of one minibatch (`docs/method.md`): PPO's terms, the KL term and the policy's own losses.

    Args:
        policy: the policy that is trained.
        fixed: weights of PPO's terms.
        params: trainable variables by name.
        batch: obs, actions, returns, normalised advantages, values and neglogp of B samples.
        clip_range: ε, a scalar.
        coefs: weights of the other terms by name, scalars.

    Returns:
        The loss, and what is logged of it; scalars.
    """
    pi, values, own_losses = policy.learning_outputs(params, batch["obs"])
    neglogp = policy.distribution.neglogp(pi, batch["actions"])
    ppo = ppo_losses(
        neglogp=neglogp,
        entropy=policy.distribution.entropy(pi),
        values=values,
        old_neglogp=batch["neglogp"],
        old_values=batch["values"],
        returns=batch["returns"],
        advantages=batch["advantages"],
        clip_range=clip_range,
    )
    loss = ppo.policy_loss + fixed.vf_coef * ppo.value_loss - fixed.ent_coef * ppo.policy_entropy
    for name, term in {"kl": ppo.approxkl, **own_losses}.items():
        loss += coefs[name] * term
    logged = vars(ppo) | {f"{name}_loss": term for name, term in own_losses.items()}
    if fixed.target_kl:
        logged["kl"] = kl_estimate(neglogp, batch["neglogp"])
    return loss, logged


def logged_names(policy: Policy, fixed: LossCoefficients) -> list[str]:
    """Names of the metrics that an update reports, as means over its minibatches."""
    own = [f"{name}_loss" for name in policy.loss_names]
    kl = ["kl"] if fixed.target_kl else []
    return [*(f.name for f in fields(PPOLosses)), *own, *kl, "grad_norm"]


def clip_by_norm(gradient: Any, max_norm: float) -> tuple[Any, Any]:
    """The flat gradient, shortened to `max_norm` where it is longer, and its norm before."""
    norm = tf.norm(gradient)
    return gradient * (max_norm / tf.maximum(norm, max_norm)), norm


def adam(params: Any, m: Any, v: Any, gradient: Any, step: Any, lr: Any) -> tuple[Any, Any, Any]:
    """Adam's step number `step` (from 1) on flat vectors (Kingma and Ba 2015, section 2)."""
    m = ADAM_BETA1 * m + (1.0 - ADAM_BETA1) * gradient
    v = ADAM_BETA2 * v + (1.0 - ADAM_BETA2) * gradient * gradient
    corrected = lr * tf.sqrt(1.0 - ADAM_BETA2**step) / (1.0 - ADAM_BETA1**step)
    return params - corrected * m / (tf.sqrt(v) + ADAM_EPSILON), m, v


GradientFunction = Callable[[Any, Tensors, Any, Tensors], tuple[Any, dict[str, Any]]]


def minibatch_gradient(policy: Policy, layout: Layout, fixed: LossCoefficients) -> GradientFunction:
    """The gradient of `minibatch_loss`, as a function of flat parameters.

    It takes them, the batch, clip_range and coefs, and returns the gradient, float32 of
    [layout.size], and what is logged.
    """

    def gradient(params: Any, batch: Tensors, clip_range: Any, coefs: Tensors) -> tuple[Any, Any]:
        parts = layout.unpack(params)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(parts.values()))
            loss, logged = minibatch_loss(policy, fixed, parts, batch, clip_range, coefs)
        gradients = tape.gradient(loss, list(parts.values()), unconnected_gradients="zero")
        return tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0), logged

    return gradient


def descend(
    params: Any, m: Any, v: Any, gradient: Any, step: Any, lr: Any, max_norm: float
) -> tuple[Moving, Any]:
    """Adam's step number `step` along the gradient, shortened to `max_norm`; its norm before."""
    clipped, norm = clip_by_norm(gradient, max_norm)
    return adam(params, m, v, clipped, step, lr), norm


Minibatch = Callable[[Any, Any, Any, Any], tuple[Moving, Tensors]]
"""From the number of a minibatch, params, m and v to what they are after it, and what is logged."""


def over_minibatches(
    n: int, names: Sequence[str], start: Moving, minibatch: Minibatch
) -> tuple[Any, Any, Any, Tensors]:
    """`minibatch(i, params, m, v)` for each i below n, from `start`.

    Returns:
        Params, m and v at the end, and the means of the metrics `names` of all minibatches.
    """

    def one(i: Any, params: Any, m: Any, v: Any, sums: Tensors) -> tuple[Any, ...]:
        moved, logged = minibatch(i, params, m, v)
        return i + 1, *moved, {name: sums[name] + logged[name] for name in sums}

    zeros = {name: tf.zeros([]) for name in names}
    _, params, m, v, sums = tf.while_loop(lambda i, *_: i < n, one, (tf.constant(0), *start, zeros))
    return params, m, v, {name: total / n for name, total in sums.items()}


def until_too_far(
    n: int, names: Sequence[str], start: Moving, minibatch: Minibatch, limit: float
) -> tuple[Any, Any, Any, Tensors]:
    """As `over_minibatches`, until the first whose `kl` lies above `limit`; it makes no step.

    Returns:
        Params, m and v at the end; the means over the minibatches that were looked at, and the
        number of steps, `minibatches`.
    """

    def one(i: Any, old: Moving, sums: Tensors, _: Any) -> tuple[Any, ...]:
        new, logged = minibatch(i, *old)
        too_far = logged["kl"] > limit
        moved = tuple(tf.where(too_far, x, y) for x, y in zip(old, new, strict=True))
        return i + 1, moved, {name: sums[name] + logged[name] for name in sums}, too_far

    zeros = {name: tf.zeros([]) for name in names}
    begin = (tf.constant(0), start, zeros, tf.constant(False))
    seen, moved, sums, too_far = tf.while_loop(
        lambda i, *rest: tf.logical_and(i < n, tf.logical_not(rest[-1])), one, begin
    )
    looked_at = tf.cast(seen, tf.float32)
    means = {name: total / looked_at for name, total in sums.items()}
    return *moved, means | {"minibatches": looked_at - tf.cast(too_far, tf.float32)}


PATIENCE = 1.5
"""By how much the estimate may exceed `target_kl`, as in Stable-Baselines3."""


def loop_over_minibatches(fixed: LossCoefficients) -> Callable[..., tuple[Any, Any, Any, Tensors]]:
    """The loop of an update: all minibatches, or until the policy has moved far enough."""
    if not fixed.target_kl:
        return over_minibatches
    return partial(until_too_far, limit=PATIENCE * fixed.target_kl)


def compile_update(
    policy: Policy, layout: Layout, fixed: LossCoefficients, xla: bool
) -> UpdateFunction:
    """The update of `policy` as a function of tensors.

    Its arguments: flat params, m and v, float32 of [layout.size]; the number of Adam steps taken
    before, float32; the batch by name; the samples of each minibatch, int32 of [steps, B]; and
    the scalars lr, clip_range and coefs (by name). It returns params, m, v and the metrics to
    log, averaged over the minibatches.
    """
    gradient = minibatch_gradient(policy, layout, fixed)
    loop, names = loop_over_minibatches(fixed), logged_names(policy, fixed)

    def update(
        params: Any,
        m: Any,
        v: Any,
        step: Any,
        batch: Tensors,
        order: Any,
        lr: Any,
        clip_range: Any,
        coefs: Tensors,
    ) -> tuple[Any, Any, Any, Tensors]:
        def minibatch(i: Any, params: Any, m: Any, v: Any) -> tuple[Moving, Tensors]:
            samples = {name: tf.gather(x, order[i]) for name, x in batch.items()}
            samples["advantages"] = normalize_advantages(samples["advantages"])
            raw, logged = gradient(params, samples, clip_range, coefs)
            number = step + tf.cast(i + 1, tf.float32)
            moved, norm = descend(params, m, v, raw, number, lr, fixed.max_grad_norm)
            return moved, logged | {"grad_norm": norm}

        return loop(order.shape[0], names, (params, m, v), minibatch)

    return tf.function(update, jit_compile=xla, autograph=False)
