"""Independent random streams from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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

    def state(self) -> dict[str, Any]:
        """Where the generators that a run draws from are; JSON, with integers of 128 bits."""
        return {name: rng.bit_generator.state for name, rng in self._drawn_from().items()}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`.

        Raises:
            KeyError, TypeError, ValueError: the state is that of other generators.
        """
        for name, rng in self._drawn_from().items():
            rng.bit_generator.state = state[name]

    def _drawn_from(self) -> dict[str, np.random.Generator]:
        return {"actions": self.actions, "minibatches": self.minibatches}


def streams(seed: int, num_env: int, rank: int = 0) -> Streams:
    """The streams of one of the processes that train together, each with `num_env` environments.

    What all must have alike, the initial weights, is drawn alike. The environments are counted
    through, rank by rank; the k-th one's seed depends on neither `num_env` nor the ranks.
    """
    # A new purpose goes to the end: the children before it stay what they were.
    init, actions, minibatches, envs, teachers = np.random.SeedSequence(seed).spawn(5)
    return Streams(
        np.random.default_rng(init),
        np.random.default_rng(_of_rank(actions, rank)),
        np.random.default_rng(_of_rank(minibatches, rank)),
        [int(seed) for seed in envs.generate_state((rank + 1) * num_env)[rank * num_env :]],
        np.random.default_rng(teachers),
    )


def _of_rank(seed: np.random.SeedSequence, rank: int) -> np.random.SeedSequence:
    """A seed of its own for each rank; rank 0 draws what a process by itself would."""
    return seed if rank == 0 else seed.spawn(rank)[-1]
