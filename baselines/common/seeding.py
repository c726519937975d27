"""Independent random streams from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    """One generator per purpose, so that drawing more for one leaves the others as they are.

    Attributes:
        init: the initial weights.
        actions: the noise of the sampled actions.
        minibatches: the order of the samples in each epoch.
        env_seeds: one seed per environment.
        teachers: the weights of teachers that are not loaded.
    """

    init: np.random.Generator
    actions: np.random.Generator
    minibatches: np.random.Generator
    env_seeds: list[int]
    teachers: np.random.Generator


def streams(seed: int, num_env: int) -> Streams:
    """The streams of a run; the k-th environment's seed does not depend on `num_env`."""
    # A new purpose goes to the end: the children before it stay what they were.
    init, actions, minibatches, envs, teachers = np.random.SeedSequence(seed).spawn(5)
    return Streams(
        np.random.default_rng(init),
        np.random.default_rng(actions),
        np.random.default_rng(minibatches),
        [int(seed) for seed in envs.generate_state(num_env)],
        np.random.default_rng(teachers),
    )
