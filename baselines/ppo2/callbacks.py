"""After each update of `learn`: keeping the logged rows, and calling the user's function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from baselines.common.errors import UserError, shown
from baselines.common.log_folder import Row
from baselines.common.vec_env.tasks import MakeTask
from baselines.logger import Log
from baselines.ppo2.ppo2 import Run
from baselines.ppo2.trained import TrainedPolicy


@dataclass(frozen=True)
class SoFar:
    """How far a run is: what a callback gets after each update.

    Attributes:
        update: updates so far.
        nupdates: updates of the whole run.
        timesteps: environment steps so far, of all environments.
        metrics: the last logged row, by name; empty before the first.
        model: the current policy, which may be used and kept; its `history` has all rows so far.
    """

    update: int
    nupdates: int
    timesteps: int
    metrics: Mapping[str, float]
    model: TrainedPolicy


Callback = Callable[[SoFar], bool | np.bool_ | None]
"""What is called after each update; a run ends with what it has where it returns False."""


def check_callback(callback: Any) -> None:
    """Check that a callback, if there is one, can be called with one argument.

    Raises:
        UserError: it cannot.
    """
    if callback is not None and not _takes_one(callback):
        raise UserError(
            "callback: must be a function of one argument, which is called after each update, not"
            f" {shown(callback)}"
        )


def _takes_one(callback: Any) -> bool:
    """Whether it can be called with one argument, as far as Python can tell."""
    if not callable(callback):
        return False
    try:
        inspect.signature(callback).bind(None)
    except TypeError:
        return False
    except ValueError:  # some that are written in C do not tell
        pass
    return True


class Watcher:
    """Follows a run, also where it goes back to an earlier state and begins a log anew.

    Attributes:
        rows: the logged rows so far.
        failure: the error that the callback has raised; None: it has raised none.
    """

    def __init__(self, callback: Callback | None, make: MakeTask | None) -> None:
        self.rows: list[Row] = []
        self.failure: BaseException | None = None
        self._callback = callback
        self._make = make
        self._log: Log | None = None
        self._taken = 0

    def watch(self, run: Run) -> bool:
        """Take the new rows after an update, and call back; whether the run is to go on."""
        self._take_rows(run)
        if self._callback is None:
            return True
        try:
            wish = self._callback(self._so_far(run))
        except BaseException as error:  # what was trained is saved first
            self.failure = error
            return False
        return not (isinstance(wish, bool | np.bool_) and not wish)

    def _take_rows(self, run: Run) -> None:
        """Take the rows that are new, and drop those that they replace."""
        if run.log is not self._log:
            self._log, self._taken = run.log, 0
        new = run.log.rows[self._taken :]
        self._taken += len(new)
        first = new[0]["nupdates"] if new else run.progress.updates
        while self.rows and self.rows[-1]["nupdates"] >= first:
            self.rows.pop()
        self.rows += new

    def _so_far(self, run: Run) -> SoFar:
        policy, progress, rows = run.policy, run.progress, list(self.rows)
        # The statistics go on changing; the variables are made anew by each update.
        kept = replace(policy, normalizer=deepcopy(policy.normalizer))
        return SoFar(
            progress.updates,
            run.setup.config.nupdates,
            progress.timesteps,
            dict(rows[-1]) if rows else {},
            TrainedPolicy(kept, rows, self._make),
        )
