"""A trained policy, for use from Python: to act with, to measure, to film and to save."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from baselines.common.command_line import NOT_NEGATIVE, POSITIVE, Bound
from baselines.common.errors import UserError, flags_as_arguments, shown
from baselines.common.files import check_can_make, check_file_name, expanded, make_folder
from baselines.common.log_folder import Row
from baselines.common.vec_env.described_spaces import described_space, first_action
from baselines.common.vec_env.displays import require_renderer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.tasks import MakeTask, made_by
from baselines.evaluation.evaluation import Evaluation, evaluate
from baselines.evaluation.films import PIXELS, check_film, film

State = TypeVar("State")

History = dict[str, np.ndarray]
"""The logged metrics by name, float64 of [rows]; NaN where a row has none."""


def columns(rows: Sequence[Row]) -> History:
    """The rows of a log, by column."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, math.nan) for row in rows], float) for name in names}


class TrainedPolicy:
    """A policy that was trained, or is in training.

    To train it further, save it and give its file as `load_path` to `learn`.

    Attributes:
        saved: its networks, variables and statistics.
    """

    def __init__(
        self,
        saved: SavedPolicy,
        rows: Sequence[Row] = (),
        make: MakeTask | None = None,
    ) -> None:
        self.saved = saved
        self._rows = rows
        self._make = make  # another function may go by the same name by now

    @cached_property
    def history(self) -> History:
        """The logged metrics of its training by name, such as `history["eprewmean"]`.

        Each is float64 of [rows], NaN where a row has none. Empty if the policy was read from a
        file; `ppo2.history` reads the logs. A resumed run without `log_path` has only its new rows.
        """
        return columns(self._rows)

    @property
    def observation_space(self) -> spaces.Space:
        """The space of its observations, which are not normalised, as its task gives it."""
        return described_space(self.saved.metadata["observation_space"])

    @property
    def action_space(self) -> spaces.Space:
        """The space of its actions, as its task gives it."""
        return described_space(self.saved.metadata["action_space"])

    def __repr__(self) -> str:
        about = self.saved.metadata
        mean = about.get("training_return")
        told = f", training return {mean:.1f}" if isinstance(mean, float) else ""
        steps = about.get("timesteps", 0)
        return f"<policy for {about['env']['id']} after {steps:,} steps{told}>"

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
            rng: the generator for sampling, which goes on from call to call; by default a new one.

        Returns:
            Actions for `env.step`: float32 of [k] or [B, k] for `Box`, not clipped to its bounds,
            integers of [] or [B] for `Discrete`; and `state`. If an observation is not finite, its
            action means nothing.

        Raises:
            UserError: the observations have another shape or are no numbers, or `rng` is not a
                NumPy generator.
        """
        policy = self.saved.policy
        given = _observations(obs, policy.obs_size)
        batch = np.atleast_2d(given)
        noise = None
        if not deterministic:
            noise = policy.distribution.noise(_generator(rng), (len(batch),))
        actions = self.saved.act(batch, noise)
        actions = actions + first_action(self.saved.metadata["action_space"])
        return (actions[0] if given.ndim == 1 else actions), state

    @flags_as_arguments()
    def evaluate(
        self,
        episodes: int = 20,
        seed: int = 0,
        deterministic: bool = True,
        env: MakeTask | None = None,
    ) -> Evaluation:
        """Run episodes in a new copy of its task, or in a task that differs from it.

        Args:
            episodes: how many; episode k depends on `seed` + k, from which the task's own seed is
                drawn.
            seed: of the starts and of the sampled actions.
            deterministic: take the most likely actions instead of sampled ones.
            env: a function that makes the other task, such as the same one with less gravity; it is
                called with the `env_kwargs` of the training.

        Raises:
            UserError: the task cannot be made here, or does not fit the policy, or a return is not
                finite.
            TaskError: the task's own code has raised an error, its cause.
        """
        _check("episodes", episodes, POSITIVE)
        _check("seed", seed, NOT_NEGATIVE)
        if env is not None and not makes_tasks(env):
            raise UserError(
                "env: must be a function that makes a task, such as lambda **kwargs:"
                f' gymnasium.make("CartPole-v1", **kwargs), not {shown(env)}'
            )
        with made_by(self.saved.metadata["env"]["id"], env or self._make):
            return Evaluation.of(evaluate(self.saved, episodes, seed, deterministic))

    @flags_as_arguments()
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
            height: of the pictures in pixels, 16 to 2160; None: as the task draws them.

        Raises:
            UserError: the task cannot be drawn, or the file cannot be written.
            TaskError: the task's own code has raised an error, its cause.
        """
        file = _file(path)
        check_film(file, "path")
        _check("seed", seed, NOT_NEGATIVE)
        _check("length", length, POSITIVE)
        if height is not None:
            _check("height", height, PIXELS)
        require_renderer("path")
        with made_by(self.saved.metadata["env"]["id"], self._make), _writing(file):
            film(file, [self.saved], seed, deterministic, length, height)

    @flags_as_arguments()
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint, atomically; `ppo2.load` and all commands read it.

        Args:
            path: the file; its folder is created if it is missing.

        Raises:
            UserError: it cannot be written.
        """
        file = _file(path)
        with _writing(file):
            self.saved.write_as(file)


def makes_tasks(env: Any) -> bool:
    """Whether it may be a function that makes a task; a task itself may be callable too."""
    return callable(env) and not isinstance(env, gym.Env)


def path_text(name: str, value: Any) -> str:
    """A path as a text.

    Raises:
        UserError: it is no path.
    """
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    first = "; save it, and give the file" if isinstance(value, TrainedPolicy) else ""
    raise UserError(f"{name}: must be a path, not {shown(value)}{first}")


def _file(path: Any) -> Path:
    """The file to write at a path.

    Raises:
        UserError: it is no path, or none that a file can have.
    """
    file = Path(expanded(path_text("path", path), "path"))
    check_file_name(file, "path")
    return file


def _observations(obs: Any, size: int) -> np.ndarray:
    """Observations as float64 of [size] or [B, size].

    Raises:
        UserError: they are none.
    """
    wanted = f"obs: must be numbers of shape [{size}] or [B, {size}]"
    try:
        given = np.asarray(obs, float)
    except (TypeError, ValueError):
        hint = "; env.reset() returns (obs, info)" if isinstance(obs, tuple) else ""
        raise UserError(f"{wanted}, not {shown(obs)}{hint}") from None
    if given.ndim not in (1, 2) or given.shape[-1] != size:
        found = f"of {list(given.shape)}" if given.ndim else shown(obs)
        raise UserError(f"{wanted}, not {found}")
    return given


def _generator(rng: Any) -> np.random.Generator:
    """The generator to sample with; a seed would give the same noise at each step.

    Raises:
        UserError: it is no generator.
    """
    if rng is None:
        return np.random.default_rng()
    if not isinstance(rng, np.random.Generator):
        raise UserError(
            "rng: must be a NumPy generator, made once for all calls, such as"
            f" numpy.random.default_rng(0), not {shown(rng)}"
        )
    return rng


def _check(name: str, value: Any, bound: Bound) -> None:
    if not isinstance(value, int | np.integer):
        raise UserError(f"{name}: must be a whole number, not {value!r}")
    if not bound.holds(value):
        raise UserError(f"{name}: {bound.text}, not {value!r}")


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Make a file's folder, and write it in the block.

    Raises:
        UserError: it cannot be written.
    """
    try:
        if file.is_dir():
            raise UserError(f"path: {file} is a folder; give the file's name too")
        check_can_make(file.parent, "path")
        make_folder(file.parent, "path")
        yield
    except OSError as error:
        raise UserError(f"path: cannot write {file}: {error.strerror or error}") from None
