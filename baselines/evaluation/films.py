"""Films of policies in their tasks."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from baselines.common.command_line import Bound
from baselines.common.errors import UserError, shown, told
from baselines.common.vec_env.answers import refuse, task_name
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.environments.offscreen import draw_offscreen
from baselines.evaluation.evaluation import make_own_task, steps_of_episode

ENDINGS = (".mp4", ".gif")
DEFAULT_FPS = 30
PIXELS = Bound(lambda n: 16 <= n <= 2160, "must lie between 16 and 2160")
"""The height of a film."""


def check_film(path: Path, flag: str) -> None:
    """Raises UserError when a file is not named as a film that can be written."""
    if path.suffix not in ENDINGS:
        raise UserError(f"--{flag}: {path} must end in {' or '.join(ENDINGS)}")


def film(
    path: Path,
    policies: Sequence[SavedPolicy],
    seed: int,
    deterministic: bool,
    length: int,
    height: int | None = None,
) -> None:
    """Write a film of one episode of each policy, side by side, atomically.

    Args:
        path: the file, an MP4 or a GIF.
        policies: what is shown, from left to right; an episode that has ended stands still.
        seed: of the starts and of the sampled actions.
        deterministic: take the most likely actions.
        length: at most so many steps.
        height: of the pictures in pixels; None: as the first task draws them.

    Raises:
        UserError: a task cannot be drawn.
        RuntimeError: there is nothing to draw with.
        OSError: the file cannot be written.
    """
    draw_offscreen()
    path = path.absolute()  # the tasks may leave the folder
    with ExitStack() as stack:
        tasks = []
        for saved in policies:
            tasks.append(make_own_task(saved, render_mode="rgb_array"))
            stack.callback(tasks[-1].close)
        films = [
            islice(_pictures(saved, task, seed, deterministic), length)
            for saved, task in zip(policies, tasks, strict=True)
        ]
        write(path, side_by_side(films, height), _fps(tasks[0].env))


def _pictures(
    saved: SavedPolicy, task: ForeignTask, seed: int, deterministic: bool
) -> Iterator[np.ndarray]:
    """A picture after each step, uint8 of [height, width, 3], all of the first one's shape."""
    shape = None
    for _ in steps_of_episode(saved, task, seed, deterministic):
        picture = _picture(task.env)
        if shape not in (None, picture.shape):
            refuse(task.name, f"render() must return pictures of one shape, {shape} as the first")
        shape = picture.shape
        yield picture


def _fps(env: gym.Env) -> int:
    """Pictures per second, as the task says, or `DEFAULT_FPS` where it says nothing of use."""
    try:
        said = float((env.metadata or {}).get("render_fps", DEFAULT_FPS))
    except (AttributeError, TypeError, ValueError):
        return DEFAULT_FPS
    return max(1, int(said)) if 0 < said < math.inf else DEFAULT_FPS


def _picture(env: gym.Env) -> np.ndarray:
    try:
        returned: Any = env.render()
    except Exception as error:  # OpenGL's errors have no type in common
        raise UserError(f"--env: {task_name(env)} cannot be drawn: {told(error)}") from None
    is_picture = isinstance(returned, np.ndarray) and returned.dtype == np.uint8
    if not is_picture or returned.ndim != 3 or returned.shape[2] != 3 or not returned.size:
        refuse(
            task_name(env),
            'with render_mode="rgb_array", render() must return a picture, an array of uint8 and'
            f" shape (height, width, 3), not {shown(returned)}",
        )
    return np.array(returned)  # a copy, for the task may draw the next one over it


def side_by_side(
    films: Sequence[Iterable[np.ndarray]], height: int | None = None
) -> Iterator[np.ndarray]:
    """The pictures of several films as one, uint8 of [height, all their widths, 3].

    Args:
        films: pictures, uint8 of [height, width, 3]; a film that is over stands still.
        height: what all are scaled to, in pixels; None: to the height of the first.
    """
    last: list[np.ndarray] = []
    for pictures in zip_longest(*films):
        last = [old if new is None else new for new, old in zip_longest(pictures, last)]
        common = height or len(last[0])
        yield np.concatenate([_scaled(picture, common) for picture in last], axis=1)


def _scaled(picture: np.ndarray, height: int) -> np.ndarray:
    """The picture at this height, its width in proportion."""
    if len(picture) == height:
        return picture
    from PIL import Image  # only films need it

    width = max(1, round(picture.shape[1] * height / len(picture)))
    return np.asarray(Image.fromarray(picture).resize((width, height)))


def write(path: Path, pictures: Iterator[np.ndarray], fps: int) -> None:
    """Write pictures, uint8 of [height, width, 3], as a film, atomically.

    The folder is made if it is missing, but not before there is a picture.

    Raises:
        OSError: the file cannot be written.
    """
    import imageio  # takes a while to import, and only films need it

    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    first = list(islice(pictures, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    as_mp4 = path.suffix == ".mp4"
    options = {"fps": fps, "macro_block_size": 2} if as_mp4 else {"duration": 1000 / fps, "loop": 0}
    try:
        with closing(imageio.get_writer(partial, **options)) as writer:
            for picture in chain(first, pictures):
                writer.append_data(_even(picture) if as_mp4 else picture)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _even(picture: np.ndarray) -> np.ndarray:
    """The picture with even sides, as H.264 wants them: an odd one's last line is there twice."""
    height, width, _ = picture.shape
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
