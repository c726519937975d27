"""The interface of all policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Distribution, Pi
from baselines.common.networks.plain_policy import Actor, PlainPolicy


class Policy(Protocol):
    """The interface of a policy, with or without teachers.

    Observations are normalised, float32 of [B, obs_size].
    """

    @property
    def obs_size(self) -> int:
        """Number of observation dimensions d."""

    @property
    def distribution(self) -> Distribution:
        """The action distribution."""

    @property
    def plain(self) -> PlainPolicy:
        """Its own networks: itself, or what is left of it once it goes without teachers."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all trainable variables by name."""

    def variable_counts(self) -> dict[str, int]:
        """Number of trainable variables of each part, by what it is called to a user."""

    def outline(self) -> list[str]:
        """Lines that describe it to the user before the run."""

    def frozen(self) -> dict[str, np.ndarray]:
        """Variables that belong to the policy and are never trained, by name."""

    def pi(self, params: Params, obs: Array) -> Pi:
        """The action distribution."""

    def actor(self, params: Mapping[str, np.ndarray]) -> Actor:
        """`pi` and `distribution.sample` in one, for many calls with the same variables.

        Rounding may differ from theirs.
        """

    def value(self, params: Params, obs: Array) -> Array:
        """The value of each observation, in units of the normalised return, [B]."""

    def learning_outputs(
        self, params: Params, obs: Array, returns: Array
    ) -> tuple[Pi, Array, dict[str, Array]]:
        """`pi`, `value` and the policy's own losses (scalars by the name of their coefficient).

        Args:
            params: the variables by name.
            obs: normalised observations, float32 of [B, obs_size].
            returns: the targets R of the value, in units of the normalised return, float32 of [B];
                for the losses alone.
        """

    def describe(self) -> dict[str, Any]:
        """The description from which the policy can be built again; JSON.

        A policy that is not its `plain` says it under `transfer`, beside what `plain` says.
        """
