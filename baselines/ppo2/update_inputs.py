"""The inputs of an update: the batch, the settings, the optimiser's state. No TensorFlow here.

Arrays of NumPy go in; inside of the compiled update, they are tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from baselines.common.networks.arrays import Array

Scalar: TypeAlias = Array
"""float32 of []."""

Vector: TypeAlias = Array
"""All trainable variables behind one another, or what belongs to them: float32 of [size]."""

Index: TypeAlias = Array
"""int32: of [], the number of a minibatch; of [steps, B], the samples of each."""

Tensors = Mapping[str, Array]
"""By name: variables, or scalars."""


class Batch(NamedTuple):
    """The samples of a rollout: sample n is step n mod T of environment n // T.

    A minibatch has the same fields, of B samples. Advantages, values and returns are in units of
    the normalised return.

    Attributes:
        obs: normalised observations, float32 of [T·B, d].
        actions: float32 of [T·B, k] for `Box`, int64 of [T·B] for `Discrete`.
        returns: advantages + values, the value function's targets, float32 of [T·B].
        advantages: GAE(λ), float32 of [T·B]; in a minibatch they are normalised.
        values: V(s) when the sample was taken, float32 of [T·B].
        neglogp: negative log-likelihood of the action when it was taken, in nats, float32 of [T·B].
    """

    obs: Array
    actions: Array
    returns: Array
    advantages: Array
    values: Array
    neglogp: Array


@dataclass(frozen=True)
class UpdateSettings:
    """The coefficients of PPO's terms and the bounds on a step, the same in every update.

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


class AdamState(NamedTuple):
    """The trainable variables and Adam's moments of them, which an update changes.

    Attributes:
        params: the trainable variables.
        m: Adam's first moment.
        v: Adam's second moment.
    """

    params: Vector
    m: Vector
    v: Vector


class LossInputs(NamedTuple):
    """The inputs of the loss of a minibatch besides its samples.

    Attributes:
        clip_range: ε.
        kl_coef: coefficient of the KL term.
        coefs: coefficients of the policy's own losses, by name.
    """

    clip_range: Scalar
    kl_coef: Scalar
    coefs: Tensors


class UpdateInputs(NamedTuple):
    """The inputs of an update besides `AdamState`.

    Attributes:
        adam_steps: how many steps Adam has taken before.
        batch: the rollout, N samples.
        order: the samples of each minibatch, of [steps, B].
        lr: Adam's learning rate.
        loss: the other inputs of each minibatch's loss.
    """

    adam_steps: Scalar
    batch: Batch
    order: Index
    lr: Scalar
    loss: LossInputs
