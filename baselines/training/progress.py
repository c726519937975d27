"""How far a training run is and how it goes, under Baselines' names."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from baselines.common.durations import duration
from baselines.common.trees import Tree, count, number
from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config
from baselines.training.run_metrics import EVAL_RETURN, WINDOW
from baselines.transfer.hand_over import Tally
from baselines.transfer.student.metric_table import PI_SHARE

BRIEF = {"eprewmean": "return", EVAL_RETURN: "evaluated", PI_SHARE: "p0"}
"""The metrics of a row that are printed in one line, with their names there."""


def mean_or_nan(values: list[float]) -> float:
    """The mean, NaN for nothing."""
    return float(np.mean(values)) if values else float("nan")


def _if_finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number_or_nan(value: Any) -> float:
    return float("nan") if value is None else number(value)


class Progress:
    """Counts updates, steps, episodes and time.

    Attributes:
        updates: how many updates are done.
        episodes: the episodes that ended in the last update, as (return, length).
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.updates = 0
        self.episodes: list[tuple[float, int]] = []
        self._window: deque[Episode] = deque(maxlen=WINDOW)
        self._start = self._last_row = time.perf_counter()
        self._updates_at_last_row = 0
        self._first_row: tuple[int, float] | None = None
        self._eval_return = float("nan")
        self._tally = Tally()

    def state(self) -> Tree:
        """Everything that later rows and the last line depend on; JSON."""
        return {
            "updates": self.updates,
            "elapsed": self.elapsed,
            "window": [[episode.r, episode.l] for episode in self._window],
            EVAL_RETURN: _if_finite(self._eval_return),
            "around_hand_over": self._tally.state(),
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
        # States from before these were kept have none.
        self._eval_return = _number_or_nan(state.get(EVAL_RETURN))
        self._tally.restore(state.get("around_hand_over", self._tally.state()))

    def start_clock(self) -> None:
        """The time counts from here on, and none of it since this was made or restored."""
        now = time.perf_counter()
        self._start += now - self._last_row
        self._last_row = now

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

    def evaluated(self, mean_return: float) -> None:
        """The policy was measured; the next row tells it."""
        self._eval_return = mean_return

    def finish_row(self) -> dict[str, float | int]:
        """The run's own metrics (`run_metrics`) since the last row; the next row begins here."""
        now = time.perf_counter()
        steps = self._config.nbatch * (self.updates - self._updates_at_last_row)
        fps = int(steps / (now - self._last_row))
        self._last_row, self._updates_at_last_row = now, self.updates
        self._first_row = self._first_row or (self.updates, now)
        evaluated, self._eval_return = self._eval_return, float("nan")
        return {
            "nupdates": self.updates,
            "total_timesteps": self.timesteps,
            "serial_timesteps": self.updates * self._config.nsteps,
            "time_elapsed": now - self._start,
            "fps": fps,
            "eprewmean": self.training_return,
            "eplenmean": mean_or_nan([float(episode.l) for episode in self._window]),
            **({EVAL_RETURN: evaluated} if self._config.eval_interval else {}),
        }

    def brief(self, row: Mapping[str, float]) -> str:
        """A row in one line, and how long the run will still take.

        It is told from the second row on: the first update was compiled, which may take as long as
        many updates.
        """
        parts = [f"update {self.updates}/{self._config.nupdates}"]
        for name, label in BRIEF.items():
            if not math.isnan(value := row.get(name, math.nan)):
                parts.append(f"{label} {value:.4g}")
        first, then = self._first_row or (self.updates, 0.0)
        if self.updates > first:
            pace = (self._last_row - then) / (self.updates - first)
            parts.append(f"{duration(pace * (self._config.nupdates - self.updates))} left")
        return " · ".join(parts)

    @property
    def summary(self) -> str:
        """The last line of a run."""
        n = len(self._window)
        last = "last episode" if n == 1 else f"last {n} episodes"
        known = f" of the {last} {self.training_return:.1f}"
        parts = [
            f"done: {self.updates} updates, {self.timesteps} timesteps, {self.elapsed:.0f} s",
            f"mean return{known if n else ': no episode ended'}",
            self._tally.summary,
        ]
        return "; ".join(filter(None, parts))

    def description(self) -> dict[str, Any]:
        """The progress of the run as a checkpoint tells it; JSON."""
        known = not math.isnan(self.training_return)
        return {
            "update": self.updates,
            "timesteps": self.timesteps,
            "training_return": self.training_return if known else None,
            "training_episodes": len(self._window),
        }
