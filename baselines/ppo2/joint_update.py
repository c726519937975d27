"""The update of several ranks: at every minibatch, one step along the mean of their gradients.

Each rank draws minibatches of its own rollout. Since every loss is a mean over the samples, and
advantages are normalised over the minibatches of all ranks together, the mean of the ranks'
gradients is the gradient of their joint minibatch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from baselines.common.mpi import Team
from baselines.common.networks.parameters import Layout
from baselines.common.networks.policies import Policy
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.losses import STD_EPSILON
from baselines.ppo2.update import (
    LossCoefficients,
    Moving,
    Tensors,
    UpdateFunction,
    descend,
    logged_names,
    loop_over_minibatches,
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
    descent = tf.function(descend, jit_compile=xla, autograph=False)
    loop, names = loop_over_minibatches(fixed), logged_names(policy, fixed)

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
        def minibatch(i: Any, params: Any, m: Any, v: Any) -> tuple[Moving, Tensors]:
            samples = {name: tf.gather(x, order[i]) for name, x in batch.items()}
            samples["advantages"] = advantages[i]
            mine, logged = gradient(params, samples, clip_range, coefs)
            if fixed.target_kl:  # all ranks must come to the same decision
                logged["kl"] = over_ranks(logged["kl"][None])[0]
            number = step + tf.cast(i + 1, tf.float32)
            moved, norm = descent(params, m, v, over_ranks(mine), number, lr, fixed.max_grad_norm)
            return moved, logged | {"grad_norm": norm}

        params, m, v, mine = loop(order.shape[0], names, (params, m, v), minibatch)
        means = tf.unstack(over_ranks(tf.stack(list(mine.values()))))
        return params, m, v, dict(zip(mine, means, strict=True))

    compiled = tf.function(update, autograph=False)

    def joined(
        params: Any, m: Any, v: Any, step: Any, batch: Tensors, order: np.ndarray, *scalars: Any
    ) -> tuple[Any, Any, Any, Tensors]:
        advantages = normalize_jointly(batch["advantages"][order], team)
        return compiled(params, m, v, step, batch, advantages, order, *scalars)

    return joined
