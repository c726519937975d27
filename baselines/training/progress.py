"""How far a training run is and how it goes, under Baselines' names."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any

import numpy as np

from baselines.common.metrics import LoggedMetric
from baselines.common.trees import Tree, count, number
from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config
from baselines.transfer.hand_over import Tally

WINDOW = 100
"""Episodes over which `eprewmean` and `eplenmean` are taken."""

_WITHOUT_EPISODES = "until an episode has ended, at the start and after the hand-over"

METRICS = {
    "nupdates": LoggedMetric("updates so far", "updates"),
    "total_timesteps": LoggedMetric("steps so far, of all environments", "environment steps"),
    "serial_timesteps": LoggedMetric("steps so far of each environment", "environment steps"),
    "time_elapsed": LoggedMetric(
        "time since the start, without that between stops and resumes", "s"
    ),
    "fps": LoggedMetric("steps of all environments per second since the row before", "1/s"),
    "eprewmean": LoggedMetric(
        f"mean return of the last {WINDOW} training episodes (since the hand-over, after it), of"
        " rewards that are not normalised",
        "reward",
        missing=_WITHOUT_EPISODES,
    ),
    "eplenmean": LoggedMetric(
        "mean length of the same episodes", "environment steps", missing=_WITHOUT_EPISODES
    ),
}
"""What is logged of the run itself."""


def mean_or_nan(values: list[float]) -> float:
    """The mean, NaN for nothing."""
    return float(np.mean(values)) if values else float("nan")


class Progress:
    """Counts updates, steps, episodes and time.

    Attributes:
        updates: how many updates are done.
        episodes: those that ended in the last update, as (return, length).
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.updates = 0
        self.episodes: list[tuple[float, int]] = []
        self._window: deque[Episode] = deque(maxlen=WINDOW)
        self._tally = Tally()
        self._start = self._last_row = time.perf_counter()
        self._updates_at_last_row = 0

    def state(self) -> Tree:
        """Everything that later rows and the last line depend on; JSON."""
        return {
            "updates": self.updates,
            "elapsed": self.elapsed,
            "window": [[episode.r, episode.l] for episode in self._window],
            "hand_over": self._tally.state(),
        }

    def restore(self, state: Tree) -> None:
        """The inverse of `state`; the time in between does not count.

        Raises:
            DAMAGE: the state is damaged.
        """
        self.updates = self._updates_at_last_row = count(state["updates"])
        self._last_row = time.perf_counter()
        self._start = self._last_row - number(state["elapsed"])
        self._window.extend(Episode(number(r), count(length)) for r, length in state["window"])
        self._tally.restore(state["hand_over"])

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    @property
    def timesteps(self) -> int:
        """Environment steps so far, over all environments."""
        return self.updates * self._config.nbatch

    @property
    def training_return(self) -> float:
        """Mean return of the last episodes, `eprewmean`; NaN before the first."""
        return mean_or_nan([episode.r for episode in self._window])

    def hand_over(self) -> None:
        """The student goes alone from the next update on: the window of returns starts afresh."""
        self._tally.hand_over()
        self._window.clear()

    def record(self, episodes: list[Episode]) -> None:
        """One update more is done, in which these episodes ended."""
        self.updates += 1
        self.episodes = [(episode.r, episode.l) for episode in episodes]
        self._window.extend(episodes)
        self._tally.record([episode.r for episode in episodes])

    def metrics(self) -> dict[str, float | int]:
        """What is logged of the run after an update, `METRICS`."""
        now = time.perf_counter()
        rate = self._config.nbatch * (self.updates - self._updates_at_last_row)
        rate, self._last_row = int(rate / (now - self._last_row)), now
        self._updates_at_last_row = self.updates
        return {
            "nupdates": self.updates,
            "total_timesteps": self.timesteps,
            "serial_timesteps": self.updates * self._config.nsteps,
            "time_elapsed": now - self._start,
            "fps": rate,
            "eprewmean": self.training_return,
            "eplenmean": mean_or_nan([float(episode.l) for episode in self._window]),
        }

    @property
    def remaining(self) -> str:
        """How far the run is and how long it will take, in words."""
        left = self.elapsed / self.updates * (self._config.nupdates - self.updates)
        minutes, seconds = divmod(round(left), 60)
        done = f"update {self.updates} of {self._config.nupdates}"
        return f"{done}, {minutes}:{seconds:02d} minutes left"

    @property
    def summary(self) -> str:
        """The last line of a run."""
        line = (
            f"done: {self.updates} updates, {self.timesteps} timesteps, {self.elapsed:.0f} s;"
            f" mean return of the last {len(self._window)} episodes {self.training_return:.1f}"
        )
        return "; ".join(filter(None, (line, self._tally.summary)))

    def description(self) -> dict[str, Any]:
        """What a checkpoint says of how far the run was; JSON."""
        known = not math.isnan(self.training_return)
        return {
            "update": self.updates,
            "timesteps": self.timesteps,
            "training_return": self.training_return if known else None,
            "training_episodes": len(self._window),
        }
