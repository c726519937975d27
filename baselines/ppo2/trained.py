"""What training gives a program: a policy to act with, to measure, to film and to save."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import gymnasium as gym
import numpy as np

from baselines.common.command_line import POSITIVE
from baselines.common.errors import UserError
from baselines.common.files import check_can_make, expanded, make_folder
from baselines.common.log_folder import Row
from baselines.common.vec_env.tasks import made_by, require_renderer
from baselines.evaluation.evaluation import Evaluation, evaluate
from baselines.evaluation.films import check_film, film
from baselines.training.saved import SavedPolicy

State = TypeVar("State")

History = dict[str, np.ndarray]
"""The logged metrics by name, float64 of [rows]; NaN where a row has none."""


def columns(rows: Sequence[Row]) -> History:
    """The rows of a log, by column."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, math.nan) for row in rows], float) for name in names}


class TrainedPolicy:
    """A policy that was trained, or is in training.

    Attributes:
        saved: its networks, variables and statistics.
    """

    def __init__(
        self,
        saved: SavedPolicy,
        rows: Sequence[Row] = (),
        make: Callable[..., gym.Env] | None = None,
    ) -> None:
        self.saved = saved
        self._rows = rows
        self._make = make  # another function may go by the same name by now

    @cached_property
    def history(self) -> History:
        """The logged metrics of its training by name, such as `history["eprewmean"]`.

        Each is float64 of [rows], NaN where a row has none. Empty if the policy was read from a
        file.
        """
        return columns(self._rows)

    def __repr__(self) -> str:
        about = self.saved.metadata
        mean = about.get("training_return")
        told = "" if mean is None else f", training return {mean:.1f}"
        return f"<policy for {about['env']['id']} after {about['timesteps']:,} steps{told}>"

    def predict(
        self,
        obs: np.ndarray,
        state: State | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[np.ndarray, State | None]:
        """Actions, in the manner of Stable-Baselines3's `predict`.

        Args:
            obs: observations as the task gives them, not normalised, float of [d] or [B, d].
            state: returned unchanged; it is for recurrent policies, and this one is not.
            episode_start: has no effect, for the same reason.
            deterministic: take the most likely actions instead of sampled ones.
            rng: the generator for sampling; by default a new one.

        Returns:
            Actions for `env.step`: float32 of [k] or [B, k] for `Box`, not clipped to its bounds,
            integers of [] or [B] for `Discrete`; and `state`.

        Raises:
            ValueError: the observations have another size.
        """
        batch = np.atleast_2d(np.asarray(obs, float))
        policy = self.saved.policy
        if batch.ndim != 2 or batch.shape[1] != policy.obs_size:
            raise ValueError(f"obs has shape {np.shape(obs)}, not [{policy.obs_size}]")
        rng = rng or np.random.default_rng()
        noise = None if deterministic else policy.distribution.noise(rng, (len(batch),))
        actions = self.saved.act(batch, noise)
        actions = actions + self.saved.metadata["action_space"].get("start", 0)
        return (actions[0] if np.ndim(obs) == 1 else actions), state

    def evaluate(self, episodes: int = 20, seed: int = 0, deterministic: bool = True) -> Evaluation:
        """Run episodes in a new copy of its task.

        Args:
            episodes: how many; episode k starts from `seed` + k.
            seed: of the starts and of the sampled actions.
            deterministic: take the most likely actions instead of sampled ones.

        Raises:
            UserError: the task cannot be made here.
        """
        _check("episodes", episodes)
        with made_by(self.saved.metadata["env"]["id"], self._make):
            return Evaluation.of(evaluate(self.saved, episodes, seed, deterministic))

    def record_video(
        self,
        path: str | os.PathLike[str],
        seed: int = 0,
        deterministic: bool = True,
        length: int = 1000,
        height: int | None = None,
    ) -> None:
        """Write a film of one episode, an MP4 or a GIF by the file's name.

        Args:
            path: the file; its folder is created if it is missing.
            seed: of the start and of the sampled actions.
            deterministic: take the most likely actions.
            length: at most so many steps.
            height: of the pictures in pixels; None: as the task draws them.

        Raises:
            UserError: the task cannot be drawn, or the file cannot be written.
        """
        file = Path(expanded(os.fspath(path), "path"))
        check_film(file, "path")
        _check("length", length)
        require_renderer("path")
        _make_parent(file)
        with made_by(self.saved.metadata["env"]["id"], self._make):
            film(file, [self.saved], seed, deterministic, length, height)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint, atomically; `ppo2.load` and all commands read it.

        Args:
            path: the file; its folder is created if it is missing.

        Raises:
            UserError: it cannot be written.
        """
        file = Path(expanded(os.fspath(path), "path"))
        if file.is_dir():
            raise UserError(f"path: {file} is a folder; name the checkpoint's file")
        _make_parent(file)
        self.saved.write_as(file)


def _check(name: str, value: Any) -> None:
    if not isinstance(value, int | np.integer) or not POSITIVE.holds(value):
        raise UserError(f"{name}: must be a whole number greater than 0, not {value!r}")


def _make_parent(file: Path) -> None:
    check_can_make(file.parent, "path")
    make_folder(file.parent, "path")
