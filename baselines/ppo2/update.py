"""One PPO update, all its epochs and minibatches, as a single compiled TensorFlow function.

The function is pure: parameters and Adam's moments go in as flat vectors and come out as flat
vectors. TensorFlow has no types; the aliases say what each tensor is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import NamedTuple, TypeAlias

from baselines.common.logged_metric import LOSS
from baselines.common.networks.policy import Policy
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.losses import PPOLosses, kl_estimate, normalize_advantages, ppo_losses

ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON = 0.9, 0.999, 1e-5

Scalar: TypeAlias = tf.Tensor
"""float32 of []."""

Vector: TypeAlias = tf.Tensor
"""All trainable variables behind one another, or what belongs to them: float32 of [size]."""

Index: TypeAlias = tf.Tensor
"""int32: of [], the number of a minibatch; of [steps, B], the samples of each."""

Tensors = Mapping[str, tf.Tensor]
"""By name: variables, the fields of a batch, or scalars."""


@dataclass(frozen=True)
class Fixed:
    """What is the same in every update: the weights of PPO's terms, the bounds on a step.

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


class Moving(NamedTuple):
    """What an update moves.

    Attributes:
        params: the trainable variables.
        m: Adam's first moment.
        v: Adam's second moment.
    """

    params: Vector
    m: Vector
    v: Vector


class Fed(NamedTuple):
    """What an update is fed besides.

    Attributes:
        step: how many steps Adam has taken before.
        batch: `runner.Batch` by name, the arrays of N samples each.
        order: the samples of each minibatch, of [steps, B].
        lr: Adam's learning rate.
        clip_range: ε.
        coefs: weights of the KL term, `kl`, and of the policy's own losses, by name.
    """

    step: Scalar
    batch: Tensors
    order: Index
    lr: Scalar
    clip_range: Scalar
    coefs: Tensors


Unpack = Callable[[Vector], Tensors]
"""From the flat vector to the variables by name."""

Update = Callable[[Moving, Fed], tuple[Moving, Tensors]]
"""Returns what was moved, and what is logged, the means over the minibatches."""

Gradient = Callable[[Vector, Tensors, Scalar, Tensors], tuple[Vector, Tensors]]
"""From the variables, a minibatch, ε and the weights to the gradient and what is logged."""


def minibatch_loss(
    policy: Policy,
    fixed: Fixed,
    params: Tensors,
    batch: Tensors,
    clip_range: Scalar,
    coefs: Tensors,
) -> tuple[Scalar, dict[str, Scalar]]:
    """L of one minibatch (`docs/method.md`): PPO's terms, the KL term and the policy's own losses.

    Args:
        policy: the policy that is trained.
        fixed: what is the same in every update.
        params: trainable variables by name.
        batch: obs, actions, returns, normalised advantages, values and neglogp of B samples.
        clip_range: ε, a scalar.
        coefs: weights of the other terms by name, scalars.

    Returns:
        The loss, and what is logged of it; scalars.
    """
    pi, values, own_losses = policy.learning_outputs(params, batch["obs"], batch["returns"])
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
    logged = vars(ppo) | {f"{name}{LOSS}": term for name, term in own_losses.items()}
    if fixed.target_kl:
        logged["kl"] = kl_estimate(neglogp, batch["neglogp"])
    return loss, logged


def logged_names(coefs: Iterable[str], fixed: Fixed) -> list[str]:
    """Names of the metrics that an update reports, as means over its minibatches.

    Args:
        coefs: the names of `Fed.coefs`.
        fixed: what is the same in every update.
    """
    own = [f"{name}{LOSS}" for name in coefs if name != "kl"]
    kl = ["kl"] if fixed.target_kl else []
    return [*(f.name for f in fields(PPOLosses)), *own, *kl, "grad_norm"]


def clip_by_norm(gradient: Vector, max_norm: float) -> tuple[Vector, Scalar]:
    """The flat gradient, shortened to `max_norm` where it is longer, and its norm before."""
    norm = tf.norm(gradient)
    return gradient * (max_norm / tf.maximum(norm, max_norm)), norm


def adam(moving: Moving, gradient: Vector, step: Scalar, lr: Scalar) -> Moving:
    """Adam's step number `step`, from 1 (Kingma and Ba 2015, section 2)."""
    params, m, v = moving
    m = ADAM_BETA1 * m + (1.0 - ADAM_BETA1) * gradient
    v = ADAM_BETA2 * v + (1.0 - ADAM_BETA2) * gradient * gradient
    corrected = lr * tf.sqrt(1.0 - ADAM_BETA2**step) / (1.0 - ADAM_BETA1**step)
    return Moving(params - corrected * m / (tf.sqrt(v) + ADAM_EPSILON), m, v)


def minibatch_gradient(policy: Policy, unpack: Unpack, fixed: Fixed) -> Gradient:
    """The gradient of `minibatch_loss`, as a function of flat parameters."""

    def gradient(
        params: Vector, batch: Tensors, clip_range: Scalar, coefs: Tensors
    ) -> tuple[Vector, Tensors]:
        parts = unpack(params)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(parts.values()))
            loss, logged = minibatch_loss(policy, fixed, parts, batch, clip_range, coefs)
        gradients = tape.gradient(loss, list(parts.values()), unconnected_gradients="zero")
        return tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0), logged

    return gradient


def descend(
    moving: Moving, gradient: Vector, step: Scalar, lr: Scalar, max_norm: float
) -> tuple[Moving, Scalar]:
    """Adam's step number `step` along the gradient, shortened to `max_norm`; its norm before."""
    clipped, norm = clip_by_norm(gradient, max_norm)
    return adam(moving, clipped, step, lr), norm


Minibatch = Callable[[Index, Moving], tuple[Moving, Tensors]]
"""The step of minibatch number i: what it moves, and what is logged."""

Loop = Callable[[int, Sequence[str], Moving, Minibatch], tuple[Moving, Tensors]]
"""See `over_minibatches`."""


def over_minibatches(
    n: int, names: Sequence[str], start: Moving, minibatch: Minibatch
) -> tuple[Moving, Tensors]:
    """What `minibatch(i, moving)` for each i below n makes of `start`.

    Returns:
        It, and the means of the metrics `names` over all minibatches.
    """

    def one(i: Index, moving: Moving, sums: Tensors) -> tuple[Index, Moving, Tensors]:
        moved, logged = minibatch(i, moving)
        return i + 1, moved, {name: sums[name] + logged[name] for name in sums}

    zeros = {name: tf.zeros([]) for name in names}
    _, moved, sums = tf.while_loop(lambda i, *_: i < n, one, (tf.constant(0), start, zeros))
    return moved, {name: total / n for name, total in sums.items()}


def until_too_far(
    n: int, names: Sequence[str], start: Moving, minibatch: Minibatch, limit: float
) -> tuple[Moving, Tensors]:
    """As `over_minibatches`, until the first whose `kl` lies above `limit`; it makes no step.

    Returns:
        What was moved; the means over the minibatches that were looked at, and the number of
        steps, `minibatches`.
    """

    def one(
        i: Index, old: Moving, sums: Tensors, _: tf.Tensor
    ) -> tuple[Index, Moving, Tensors, tf.Tensor]:
        new, logged = minibatch(i, old)
        too_far = logged["kl"] > limit
        moved = Moving(*(tf.where(too_far, x, y) for x, y in zip(old, new, strict=True)))
        return i + 1, moved, {name: sums[name] + logged[name] for name in sums}, too_far

    zeros = {name: tf.zeros([]) for name in names}
    begin = (tf.constant(0), start, zeros, tf.constant(False))
    seen, moved, sums, too_far = tf.while_loop(
        lambda i, *rest: tf.logical_and(i < n, tf.logical_not(rest[-1])), one, begin
    )
    looked_at = tf.cast(seen, tf.float32)
    means = {name: total / looked_at for name, total in sums.items()}
    return moved, means | {"minibatches": looked_at - tf.cast(too_far, tf.float32)}


TARGET_KL_FACTOR = 1.5
"""The estimate may be this many times `target_kl`, as in Stable-Baselines3."""


def loop_over_minibatches(fixed: Fixed) -> Loop:
    """The loop of an update: all minibatches, or until the policy has moved far enough."""
    if not fixed.target_kl:
        return over_minibatches
    return partial(until_too_far, limit=TARGET_KL_FACTOR * fixed.target_kl)


def compile_update(policy: Policy, unpack: Unpack, fixed: Fixed, xla: bool) -> Update:
    """The update of `policy`, compiled when it is first called."""
    gradient = minibatch_gradient(policy, unpack, fixed)
    loop = loop_over_minibatches(fixed)

    def update(start: Moving, fed: Fed) -> tuple[Moving, Tensors]:
        def minibatch(i: Index, moving: Moving) -> tuple[Moving, Tensors]:
            samples = {name: tf.gather(x, fed.order[i]) for name, x in fed.batch.items()}
            samples["advantages"] = normalize_advantages(samples["advantages"])
            raw, logged = gradient(moving.params, samples, fed.clip_range, fed.coefs)
            step = fed.step + tf.cast(i + 1, tf.float32)
            moved, norm = descend(moving, raw, step, fed.lr, fixed.max_grad_norm)
            return moved, {**logged, "grad_norm": norm}

        return loop(fed.order.shape[0], logged_names(fed.coefs, fixed), start, minibatch)

    compiled: Update = tf.function(update, jit_compile=xla, autograph=False)
    return compiled
