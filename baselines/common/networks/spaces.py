"""From a task's spaces to a policy's sizes and its action distribution."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces

from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.interfaces import Distribution
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NetworkSpec


def policy_for(
    observation_space: spaces.Space,
    action_space: spaces.Space,
    spec: NetworkSpec,
    pi_scope: str,
    vf_scope: str,
    init_logstd: float = 0.0,
) -> PlainPolicy:
    """The teacher-less policy of a task; `init_logstd` is read where actions are real numbers.

    Raises:
        ValueError: observations are not a vector, or actions are neither `Box` nor `Discrete`.
    """
    sizes = observation_size(observation_space), distribution_for(action_space, init_logstd)
    return PlainPolicy(*sizes, spec, pi_scope, vf_scope)


def observation_size(space: spaces.Space) -> int:
    """Number of observation dimensions d.

    Raises:
        ValueError: observations are not a vector.
    """
    if not isinstance(space, spaces.Box) or len(space.shape) != 1 or not space.shape[0]:
        raise ValueError(
            f"observations must be a Box with one axis, and not empty{_remedy(space)}; they are"
            f" {space}"
        )
    return space.shape[0]


def _remedy(space: spaces.Space) -> str:
    """Advice on making such observations a vector, where Gymnasium can."""
    try:
        can = isinstance(space, spaces.Space) and spaces.flatdim(space) > 0
    except (NotImplementedError, ValueError):  # Gymnasium does not know its kind; of no one length
        can = False
    return " (gymnasium.wrappers.FlattenObservation makes them one)" if can else ""


def distribution_for(space: spaces.Space, init_logstd: float = 0.0) -> Distribution:
    """The distribution over an action space; that over a `Box` begins with this log σ.

    Raises:
        ValueError: neither a `Box` of real numbers with one axis nor a `Discrete`.
    """
    if isinstance(space, spaces.Discrete):
        return Categorical(int(space.n))
    if (
        isinstance(space, spaces.Box)
        and len(space.shape) == 1
        and space.shape[0]
        and np.issubdtype(space.dtype, np.floating)
    ):
        return DiagGaussian(space.shape[0], init_logstd)
    raise ValueError(
        "actions must be a Box of real numbers with one axis or Discrete, and not empty; they are"
        f" {space}"
    )
