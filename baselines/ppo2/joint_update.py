"""The update of several ranks: at every minibatch, one step along the mean of their gradients.

Each rank draws minibatches of its own rollout. Since every loss is a mean over the samples, and
advantages are normalised over the minibatches of all ranks together, the mean of the ranks'
gradients is the gradient of their joint minibatch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from baselines.common.mpi import Team
from baselines.common.parameters import Layout
from baselines.common.policies import Policy
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.losses import STD_EPSILON
from baselines.ppo2.update import (
    LossCoefficients,
    Tensors,
    UpdateFunction,
    adam,
    clip_by_norm,
    logged_names,
    minibatch_gradient,
)


def normalize_jointly(advantages: np.ndarray, team: Team) -> np.ndarray:
    """To mean 0 and standard deviation 1 within each minibatch of all ranks together.

    Args:
        advantages: this rank's, minibatch by minibatch, float32 of [steps, B].
        team: the ranks.

    Returns:
        float32 of [steps, B].
    """
    centred = advantages - team.mean(advantages.mean(axis=1, dtype=float))[:, None]
    variance = team.mean(np.square(centred).mean(axis=1))
    return (centred / (np.sqrt(variance)[:, None] + STD_EPSILON)).astype(np.float32)


def joint_update(
    policy: Policy, layout: Layout, fixed: LossCoefficients, xla: bool, team: Team
) -> UpdateFunction:
    """The update of `policy` over all ranks, which takes and returns what `compile_update`'s does.

    XLA cannot call MPI, so it compiles what comes before and after the averaging of the gradients;
    the loop around is TensorFlow's.
    """
    gradient = tf.function(
        minibatch_gradient(policy, layout, fixed), jit_compile=xla, autograph=False
    )

    def descend(params: Any, m: Any, v: Any, raw: Any, step: Any, lr: Any) -> tuple[Any, ...]:
        clipped, norm = clip_by_norm(raw, fixed.max_grad_norm)
        return *adam(params, m, v, clipped, step, lr), norm

    descent = tf.function(descend, jit_compile=xla, autograph=False)

    def over_ranks(vector: Any) -> Any:
        # A copy, since the averaging overwrites it.
        mean = tf.numpy_function(lambda x: team.mean(np.array(x)), [vector], tf.float32)
        return tf.ensure_shape(mean, vector.shape)

    def update(
        params: Any,
        m: Any,
        v: Any,
        step: Any,
        batch: Tensors,
        advantages: Any,
        order: Any,
        lr: Any,
        clip_range: Any,
        coefs: Tensors,
    ) -> tuple[Any, Any, Any, Tensors]:
        def minibatch(i: Any, params: Any, m: Any, v: Any, sums: Tensors) -> tuple[Any, ...]:
            samples = {name: tf.gather(x, order[i]) for name, x in batch.items()}
            samples["advantages"] = advantages[i]
            mine, logged = gradient(params, samples, clip_range, coefs)
            raw, number = over_ranks(mine), step + tf.cast(i + 1, tf.float32)
            params, m, v, norm = descent(params, m, v, raw, number, lr)
            logged["grad_norm"] = norm
            return i + 1, params, m, v, {name: sums[name] + logged[name] for name in sums}

        zeros = {name: tf.zeros([]) for name in logged_names(policy)}
        n = order.shape[0]
        _, params, m, v, sums = tf.while_loop(
            lambda i, *_: i < n, minibatch, (tf.constant(0), params, m, v, zeros)
        )
        means = over_ranks(tf.stack(list(sums.values())) / n)
        return params, m, v, dict(zip(sums, tf.unstack(means), strict=True))

    compiled = tf.function(update, autograph=False)

    def joined(
        params: Any, m: Any, v: Any, step: Any, batch: Tensors, order: np.ndarray, *scalars: Any
    ) -> tuple[Any, Any, Any, Tensors]:
        advantages = normalize_jointly(batch["advantages"][order], team)
        return compiled(params, m, v, step, batch, advantages, order, *scalars)

    return joined
