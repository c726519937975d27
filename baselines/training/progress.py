"""The key figures of a training run, under Baselines' names."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.common.figures import LoggedFigure
from baselines.common.mpi import Team
from baselines.common.trees import Tree, count, number
from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config

WINDOW = 100
"""Episodes over which `eprewmean` and `eplenmean` are taken."""

HAND_OVER_SPAN = 20
"""Updates before and after the hand-over whose returns the last line compares."""

_WITHOUT_EPISODES = "until an episode has ended, at the start and after the hand-over"

FIGURES = {
    "nupdates": LoggedFigure("updates so far", "updates"),
    "total_timesteps": LoggedFigure("steps so far, of all environments", "environment steps"),
    "serial_timesteps": LoggedFigure("steps so far of each environment", "environment steps"),
    "time_elapsed": LoggedFigure(
        "time since the start, without that between stops and resumes", "s"
    ),
    "fps": LoggedFigure("steps of all environments per second since the row before", "1/s"),
    "eprewmean": LoggedFigure(
        f"mean return of the last {WINDOW} training episodes (since the hand-over, after it), of"
        " rewards that are not normalised",
        "reward",
        missing=_WITHOUT_EPISODES,
    ),
    "eplenmean": LoggedFigure(
        "mean length of the same episodes", "environment steps", missing=_WITHOUT_EPISODES
    ),
    "explained_variance": LoggedFigure(
        "1 − var(R − V) / var R of the rollout, with R the targets of the value function V: 1 is"
        " perfect, 0 no better than a constant",
        missing="while R is constant",
    ),
    "lr": LoggedFigure("Adam's learning rate"),
    "kl_coef": LoggedFigure("weight β_KL of the KL term", "per nat²"),
}
"""What is logged of the run itself."""


@dataclass(frozen=True)
class Outcome:
    """What is told of a rollout.

    Attributes:
        values: V(s) when the samples were taken, float32 of [N].
        returns: the value function's targets, float32 of [N].
        episodes: the episodes that ended.
    """

    values: np.ndarray
    returns: np.ndarray
    episodes: list[Episode]

    def of_all(self, team: Team) -> Outcome:
        """That of the rollouts of all ranks, rank by rank."""
        values, returns, episodes = zip(
            *team.gather((self.values, self.returns, self.episodes)), strict=True
        )
        return Outcome(
            np.concatenate(values), np.concatenate(returns), [e for part in episodes for e in part]
        )


def explained_variance(values: np.ndarray, returns: np.ndarray) -> float:
    """1 − var(R − V) / var R: 1 is perfect, 0 no better than a constant; NaN if R is constant."""
    if np.ptp(returns) == 0:
        return float("nan")
    return float(1 - (returns - values).var() / returns.var())


def mean_or_nan(values: list[float]) -> float:
    """The mean, NaN for nothing."""
    return float(np.mean(values)) if values else float("nan")


def _numbers(values: Any) -> list[float]:
    return [number(value) for value in values]


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
        self._recent: deque[list[float]] = deque(maxlen=HAND_OVER_SPAN)
        self._before_hand_over: list[float] | None = None
        self._after_hand_over: list[list[float]] = []
        self._explained_variance = float("nan")
        self._start = self._last_row = time.perf_counter()
        self._updates_at_last_row = 0

    def state(self) -> Tree:
        """Everything that later rows and the last line depend on; JSON."""
        return {
            "updates": self.updates,
            "elapsed": self.elapsed,
            "window": [[episode.r, episode.l] for episode in self._window],
            "recent": list(self._recent),
            "before_hand_over": self._before_hand_over,
            "after_hand_over": self._after_hand_over,
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
        self._recent.extend(_numbers(returns) for returns in state["recent"])
        before = state["before_hand_over"]
        self._before_hand_over = None if before is None else _numbers(before)
        self._after_hand_over = [_numbers(returns) for returns in state["after_hand_over"]]

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
        self._before_hand_over = [r for update in self._recent for r in update]
        self._window.clear()

    def record(self, outcome: Outcome) -> None:
        """One update more is done."""
        self.updates += 1
        self.episodes = [(episode.r, episode.l) for episode in outcome.episodes]
        self._window.extend(outcome.episodes)
        returns = [episode.r for episode in outcome.episodes]
        self._recent.append(returns)
        if self._before_hand_over is not None and len(self._after_hand_over) < HAND_OVER_SPAN:
            self._after_hand_over.append(returns)
        self._explained_variance = explained_variance(outcome.values, outcome.returns)

    def figures(
        self,
        lr: float,
        coefs: Mapping[str, float],
        losses: Mapping[str, float],
        own: Mapping[str, float],
    ) -> dict[str, float | int]:
        """The row to be logged after an update; `own` are the figures of the stage itself."""
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
            "explained_variance": self._explained_variance,
            "lr": lr,
            **losses,
            **{f"{name}_coef": value for name, value in coefs.items()},
            **own,
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
        if self._before_hand_over is None:
            return line
        after = [r for update in self._after_hand_over for r in update]
        return line + (
            f"; over the {HAND_OVER_SPAN} updates before the hand-over"
            f" {mean_or_nan(self._before_hand_over):.1f}, after it {mean_or_nan(after):.1f}"
        )

    def description(self) -> dict[str, Any]:
        """What a checkpoint says of how far the run was; JSON."""
        known = not math.isnan(self.training_return)
        return {
            "update": self.updates,
            "timesteps": self.timesteps,
            "training_return": self.training_return if known else None,
            "training_episodes": len(self._window),
        }
