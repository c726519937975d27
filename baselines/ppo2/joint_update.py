"""The update of several ranks: at every minibatch, one step along the mean of their gradients.

Each rank draws minibatches of its own rollout. Since every loss is a mean over the samples, and
advantages are normalised over the minibatches of all ranks together, the mean of the ranks'
gradients is the gradient of their joint minibatch.
"""

from __future__ import annotations

import numpy as np

from baselines.common.networks.policy import Policy
from baselines.common.team import Team
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.losses import STD_EPSILON
from baselines.ppo2.update import (
    Fed,
    Fixed,
    Index,
    Moving,
    Tensors,
    Unpack,
    Update,
    Vector,
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


def joint_update(policy: Policy, unpack: Unpack, fixed: Fixed, xla: bool, team: Team) -> Update:
    """The update of `policy` over all ranks, which takes and returns what `compile_update`'s does.

    XLA cannot call MPI, so it compiles what comes before and after the averaging of the gradients;
    the loop around is TensorFlow's.
    """
    gradient = tf.function(
        minibatch_gradient(policy, unpack, fixed), jit_compile=xla, autograph=False
    )
    descent = tf.function(descend, jit_compile=xla, autograph=False)
    loop = loop_over_minibatches(fixed)

    def mean_over_ranks(vector: Vector) -> Vector:
        # A copy, since the averaging overwrites it.
        mean = tf.numpy_function(lambda x: team.mean(np.array(x)), [vector], tf.float32)
        return tf.ensure_shape(mean, vector.shape)

    def update(start: Moving, fed: Fed, advantages: tf.Tensor) -> tuple[Moving, Tensors]:
        def minibatch(i: Index, moving: Moving) -> tuple[Moving, Tensors]:
            samples = {name: tf.gather(x, fed.order[i]) for name, x in fed.batch.items()}
            samples["advantages"] = advantages[i]
            mine, logged = gradient(moving.params, samples, fed.clip_range, fed.coefs)
            if fixed.target_kl:  # all ranks must come to the same decision
                logged = {**logged, "kl": mean_over_ranks(logged["kl"][None])[0]}
            step = fed.step + tf.cast(i + 1, tf.float32)
            moved, norm = descent(moving, mean_over_ranks(mine), step, fed.lr, fixed.max_grad_norm)
            return moved, {**logged, "grad_norm": norm}

        names = logged_names(fed.coefs, fixed)
        moved, mine = loop(fed.order.shape[0], names, start, minibatch)
        means = tf.unstack(mean_over_ranks(tf.stack(list(mine.values()))))
        return moved, dict(zip(mine, means, strict=True))

    compiled = tf.function(update, autograph=False)

    def normalized(start: Moving, fed: Fed) -> tuple[Moving, Tensors]:
        moved: tuple[Moving, Tensors] = compiled(
            start, fed, normalize_jointly(fed.batch["advantages"][fed.order], team)
        )
        return moved

    return normalized
