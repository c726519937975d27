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
    Unpack,
    Update,
    after_minibatches,
    descend,
    minibatch_gradient,
    minibatch_of,
)
from baselines.ppo2.update_inputs import (
    AdamState,
    Index,
    Tensors,
    UpdateInputs,
    UpdateSettings,
    Vector,
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
    policy: Policy, unpack: Unpack, settings: UpdateSettings, xla: bool, team: Team
) -> Update:
    """The update of `policy` over all ranks, which takes and returns what `compile_update`'s does.

    XLA cannot call MPI, so it compiles what comes before and after the averaging of the gradients;
    the loop around is TensorFlow's.
    """
    gradient = tf.function(
        minibatch_gradient(policy, unpack, settings), jit_compile=xla, autograph=False
    )
    descent = tf.function(descend, jit_compile=xla, autograph=False)

    def mean_over_ranks(vector: Vector) -> Vector:
        # A copy, since the averaging overwrites it.
        mean = tf.numpy_function(lambda x: team.mean(np.array(x)), [vector], tf.float32)
        return tf.ensure_shape(mean, vector.shape)

    def update(
        start: AdamState, inputs: UpdateInputs, advantages: tf.Tensor
    ) -> tuple[AdamState, Tensors]:
        def minibatch(i: Index, state: AdamState) -> tuple[AdamState, Tensors]:
            samples = minibatch_of(inputs, i)._replace(advantages=advantages[i])
            mine, logged = gradient(state.params, samples, inputs.loss)
            if settings.target_kl:  # all ranks must come to the same decision
                logged = {**logged, "kl": mean_over_ranks(logged["kl"][None])[0]}
            step = inputs.adam_steps + tf.cast(i + 1, tf.float32)
            new, norm = descent(
                state, mean_over_ranks(mine), step, inputs.lr, settings.max_grad_norm
            )
            return new, {**logged, "grad_norm": norm}

        state, mine = after_minibatches(settings, inputs, start, minibatch)
        means = tf.unstack(mean_over_ranks(tf.stack(list(mine.values()))))
        return state, dict(zip(mine, means, strict=True))

    compiled = tf.function(update, autograph=False)

    def normalized(start: AdamState, inputs: UpdateInputs) -> tuple[AdamState, Tensors]:
        state_and_metrics: tuple[AdamState, Tensors] = compiled(
            start, inputs, normalize_jointly(inputs.batch.advantages[inputs.order], team)
        )
        return state_and_metrics

    return normalized
