"""Films of a policy while it trains, each made by a process of its own.

OpenGL's software renderer and TensorFlow bring compilers that do not bear one another in one
process; and training need not wait for a film.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from baselines.config import Config
from baselines.flags import outside_arguments
from baselines.training.saved import SavedPolicy

FOLDER = "videos"
"""In the folder of the logs."""


class Filming:
    """The films of one run."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._folder = Path(config.log_path) / FOLDER
        self._begun: dict[Path, subprocess.Popen[str]] = {}

    def is_due(self, steps: int) -> bool:
        """Whether a multiple of the interval was passed in the update that ended after `steps`."""
        interval = self._config.save_video_interval
        return bool(interval) and steps // interval > (steps - self._config.nbatch) // interval

    def begin(self, policy: SavedPolicy, steps: int) -> None:
        """Begin a film of the policy as it is after `steps`.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(exist_ok=True)
        checkpoint = policy.write(self._folder)
        command = [
            sys.executable, "-m", "baselines.evaluate", f"--load_path={checkpoint}",
            f"--video={self._folder / str(steps)}.mp4", f"--seed={self._config.seed}",
            f"--video_length={self._config.save_video_length}",
            *outside_arguments(self._config.env),
        ]  # fmt: skip
        self._begun[checkpoint] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def finish(self) -> Iterator[str]:
        """Wait for the films; a line for each that could not be made."""
        for checkpoint, process in self._begun.items():
            _, stderr = process.communicate()
            checkpoint.unlink(missing_ok=True)
            if process.returncode:
                reason = stderr.strip().splitlines()[-1:] or [f"status {process.returncode}"]
                yield f"WARNING: no film after update {int(checkpoint.name)}: {reason[0]}"
