"""Users' networks and mappings, tried before a run: variables, values, gradients and acting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from baselines.common.errors import UserError, told
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.interfaces import Distribution, Pi
from baselines.common.networks.networks import hidden
from baselines.common.networks.policy import Policy
from baselines.common.networks.specs import NETWORKS, NetworkSpec, errors_of
from baselines.common.networks.variables import Variables, joined

TRIAL = "trial"
"""The scope of a trial on zeros."""

TRIAL_SIZE = 8
"""Observations with which code from outside is tried."""

TRIAL_SHIFT = 0.1
"""Standard deviation of what is added to its variables then."""

TRIAL_ERROR = 1e-3
"""The largest error, relative and absolute, that is taken for one of rounding."""


def check_network(spec: NetworkSpec, inputs: int) -> None:
    """Try a network on zeros, [2, inputs].

    Raises:
        UserError: its variables or its values are not what they must be.
    """
    network = spec.build()
    where = f"--network: {spec.network}"
    with errors_of(where):
        params = trial_values(where, joined(network.variables(TRIAL, inputs)))
    before = [lent(np.zeros((2, inputs), np.float32))]
    for width in network.widths:
        z = tried(f"{where}: a layer", width, network.layer, params, TRIAL, before)
        before.append(tried(f"{where}: an activation", width, network.activate, z))
    if spec.network in NETWORKS.from_outside():
        check_on_tensors(where, lambda params, x: hidden(params, TRIAL, x, network), params, inputs)


def trial_values(where: str, variables: Variables) -> dict[str, np.ndarray]:
    """Zeros for the variables of a trial.

    Raises:
        UserError: one is not in the scope.
    """
    for name in variables:
        if not name.startswith(f"{TRIAL}/"):
            raise UserError(f"{where}: the variable {name!r} must begin with its scope")
    return {
        name: lent(np.zeros(variable.shape, np.float32)) for name, variable in variables.items()
    }


def lent(array: np.ndarray) -> np.ndarray:
    """The array, made such that who gets it cannot change it."""
    array.flags.writeable = False
    return array


def tried(where: str, width: int, function: Callable[..., Array], *arguments: Any) -> Array:
    """The value of a user's function for a trial's arguments, which it must not change.

    Raises:
        UserError: it raised an error, or returned something else than float32 of [2, width].
    """
    try:
        values = function(*arguments)
    except Exception as error:  # a user's code may raise anything
        hint = "; what it is given is not its own to change" if "read-only" in str(error) else ""
        raise UserError(f"{where}: {told(error)}{hint}") from None
    found, kind = np.shape(values), getattr(values, "dtype", type(values).__name__)
    if (found, kind) != ((2, width), np.float32):
        raise UserError(f"{where}: must be float32 of [2, {width}], not {kind} of {list(found)}")
    return lent(values) if isinstance(values, np.ndarray) else values


def check_on_tensors(
    where: str, function: Callable[[Params, Array], Array], params: Params, inputs: int
) -> None:
    """Try a function of parameters and of [2, inputs] on TensorFlow tensors, as learning calls it.

    Raises:
        UserError: it does not work, or has no gradient.
    """
    from baselines.common.tensorflow_quietly import tf  # here: only what a user adds is tried

    def differentiated(params: Params, x: Array) -> Array:
        with tf.GradientTape() as tape:
            tape.watch(params)
            total = tf.reduce_sum(function(params, x))
        return tape.gradient(total, list(params.values()))

    tensors = {name: tf.constant(value) for name, value in params.items()}
    try:
        traced = tf.function(differentiated, autograph=False)
        gradients = traced(tensors, tf.zeros([2, inputs]))
    except Exception as error:  # a user's code may raise anything
        first_line = str(error).strip().partition("\n")[0]
        reason = f"{type(error).__name__}: {first_line}"
        raise UserError(
            f"{where}: works on NumPy arrays, but not on TensorFlow tensors: {reason}"
        ) from None
    if all(gradient is None for gradient in gradients):
        raise UserError(f"{where}: has no gradient in any of its variables on TensorFlow tensors")


def losses_of(policy: Policy, params: Mapping[str, np.ndarray]) -> set[str]:
    """The names of a policy's own losses, which it computes as learning does.

    Args:
        policy: the policy.
        params: its variables, or more, by name.
    """
    from baselines.common.tensorflow_quietly import tf  # here: only what a user adds is tried

    def losses(params: Params, obs: Array) -> dict[str, Array]:
        return policy.learning_outputs(params, obs, tf.zeros([TRIAL_SIZE]))[2]

    tensors = {name: tf.constant(params[name]) for name in policy.shapes()}
    traced = tf.function(losses, autograph=False)
    return set(traced(tensors, tf.zeros([TRIAL_SIZE, policy.obs_size])))


def _telling_noise(distribution: Distribution, pi: Pi, random: np.random.Generator) -> np.ndarray:
    """Noise by which the actions tell whether the outputs are right.

    Actions of a `Box` do so anyway. Of logits they tell only the largest; so the noise cancels the
    logits, but for one action that is a little ahead, another in each row: it is chosen only if all
    logits are right.
    """
    if not isinstance(distribution, Categorical):
        return distribution.noise(random, (TRIAL_SIZE,))
    logits = np.asarray(pi[0])
    ahead = np.eye(logits.shape[-1])[np.arange(TRIAL_SIZE) % logits.shape[-1]]
    return (TRIAL_ERROR * (1.0 + abs(logits).max()) * ahead - logits).astype(np.float32)


def check_acting(outside: str, policy: Policy, params: Mapping[str, np.ndarray]) -> None:
    """Check that a policy acts as it learns, for one observation and for several.

    `actor` and `dense_layers` are shorter ways to what other methods define. A subclass inherits
    them, whatever else it defines anew.

    Args:
        outside: what code from outside this package the policy is made of.
        policy: the policy.
        params: its first variables.

    Raises:
        UserError: it does not, or its code raised an error.
    """
    random = np.random.default_rng(0)
    values = {
        name: (value + TRIAL_SHIFT * random.standard_normal(value.shape)).astype(np.float32)
        for name, value in params.items()  # at first, much of it is 0
    }
    obs = random.standard_normal((TRIAL_SIZE, policy.obs_size)).astype(np.float32)
    with errors_of(outside):
        pi = policy.pi(values, obs)
        noise = _telling_noise(policy.distribution, pi, random)
        learned = policy.distribution.sample(pi, noise)
        act = policy.actor(values)
        one_by_one = [act(obs[i][None], noise[i][None]) for i in range(TRIAL_SIZE)]
        acted = np.concatenate([act(obs, noise), *one_by_one])
    expected = np.concatenate([learned, learned])
    if not np.allclose(acted, expected, TRIAL_ERROR, TRIAL_ERROR, equal_nan=True):
        raise UserError(
            f"{outside}: acts otherwise than it learns; its dense_layers, or the policy's actor,"
            " perhaps inherited, must compute what its other methods do: define it anew, or leave"
            " it out, as dense_layers = None does"
        )
