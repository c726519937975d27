"""Films of a policy while it trains, each made by a process of its own, one after the other.

OpenGL's software renderer and TensorFlow bring compilers that do not bear one another in one
process; and training need not wait for a film.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, NamedTuple

from baselines.common.files import remove_partial
from baselines.common.log_folder import VIDEOS
from baselines.common.trees import Tree
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.flags import outside_arguments


class Shot(NamedTuple):
    """A film to be made: its policy's file, what that says, and the steps that it has trained."""

    checkpoint: Path
    metadata: Tree
    steps: int


class Work(NamedTuple):
    """A film in the making: its process, and what that writes to standard error."""

    shot: Shot
    process: subprocess.Popen[str]
    errors: IO[str]


class Filming:
    """The films of one run.

    While one is in work, only the newest that has become due waits; the one that waited before it
    is left out. So there is one process at a time, and training never waits but at the run's end.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._folder = Path(config.log_path) / VIDEOS
        self._in_work: Work | None = None
        self._waiting: Shot | None = None
        self._left_out = 0

    def is_due(self, steps: int) -> bool:
        """Whether a multiple of the interval was passed in the update that ended after `steps`."""
        interval = self._config.save_video_interval
        return bool(interval) and steps // interval > (steps - self._config.nbatch) // interval

    def add(self, policy: SavedPolicy, steps: int) -> None:
        """Have the policy as it is after `steps` filmed when `advance` finds no other film in work.

        Raises:
            OSError: the folder cannot be written.
        """
        if self._waiting is not None:
            self._waiting.checkpoint.unlink(missing_ok=True)
            self._left_out += 1
        self._folder.mkdir(exist_ok=True)
        self._waiting = Shot(policy.write(self._folder), policy.description(), steps)

    def advance(self) -> list[str]:
        """Begin the film that waits, unless one is in work; returns what there is to be said."""
        lines = []
        if self._in_work is not None and self._in_work.process.poll() is not None:
            lines = _end(self._in_work)
            self._in_work = None
        if self._in_work is None and self._waiting is not None:
            self._in_work = self._begun(self._waiting)
            self._waiting = None
        return lines

    def finish(self) -> list[str]:
        """Make what is in work or waits; returns what there is to be said.

        Raises:
            KeyboardInterrupt: it was not waited for, and is dropped.
        """
        lines = self.advance()
        try:
            while self._in_work is not None:
                self._in_work.process.wait()
                lines += self.advance()
        except KeyboardInterrupt:
            self.drop()
            raise
        if self._left_out:
            lines.append(
                f"--save_video_interval={self._config.save_video_interval}: films left out, as the"
                f" next was due before their turn came: {self._left_out}"
            )
            self._left_out = 0  # said once, however often this is called
        return lines

    def drop(self) -> None:
        """End what is in work at once, and leave nothing half made."""
        if self._waiting is not None:
            self._waiting.checkpoint.unlink(missing_ok=True)
            self._waiting = None
        if self._in_work is not None:
            process = self._in_work.process
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # what encodes the film with it
            process.wait()
            _end(self._in_work)
            self._in_work = None
            remove_partial(self._folder)

    def _begun(self, shot: Shot) -> Work:
        command = [
            sys.executable, "-m", "baselines.evaluate", f"--load_path={shot.checkpoint}",
            f"--video={self._folder / str(shot.steps)}.mp4", f"--seed={self._config.seed}",
            f"--video_length={self._config.save_video_length}",
            *outside_arguments(self._config.env, shot.metadata),
        ]  # fmt: skip
        # It is to find the same modules: a program's own folder need not be the working folder.
        found = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))}
        # A file, as a pipe that nobody reads would stop the process once it is full.
        errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (`_end` closes it)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, text=True,
            env=found, start_new_session=True,
        )  # fmt: skip
        return Work(shot, process, errors)


def _end(work: Work) -> list[str]:
    """Clear up after a film; a line if it could not be made."""
    checkpoint = work.shot.checkpoint
    checkpoint.unlink(missing_ok=True)
    with work.errors as errors:
        errors.seek(0)
        said = errors.read().strip().splitlines()
    status = work.process.returncode
    reason = said[-1] if said else f"status {status}"
    return [f"WARNING: no film after update {int(checkpoint.name)}: {reason}"] if status else []
