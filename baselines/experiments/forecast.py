"""Forecasts of training times: from a few seconds' trial, or from the runs under way."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from baselines.common.stopping import StopRequests
from baselines.experiments.items import Item
from baselines.experiments.running import Board, start_training
from baselines.experiments.status import standing


class Kind(NamedTuple):
    """What the speed of a run depends on.

    Attributes:
        env: the task.
        env_kwargs: its arguments, as JSON.
        env_xml: the file of its body; empty: the task's own.
        taught: whether there are teachers.
    """

    env: str
    env_kwargs: str
    env_xml: str
    taught: bool


def kind(item: Item) -> Kind:
    """The kind of a run."""
    config = item.config
    return Kind(config.env, config.env_kwargs, config.env_xml, bool(config.teacher_paths))


def steps_left(item: Item) -> int:
    """Environment steps that the run has still to make."""
    return (item.config.nupdates - standing(item).updates) * item.config.nbatch


def measured_speeds(items: Sequence[Item], seconds: float, stop: StopRequests) -> dict[Kind, float]:
    """Environment steps per second of each kind of run, measured for `seconds` in all.

    A kind whose first updates take longer gets the time that they need.

    Raises:
        KeyboardInterrupt: there was a request to stop; no trial is left.
    """
    examples = {kind(item): item for item in reversed(items)}
    share = seconds / max(len(examples), 1)
    return {name: _speed(item, share, stop) for name, item in examples.items()}


def _speed(item: Item, seconds: float, stop: StopRequests) -> float:
    with tempfile.TemporaryDirectory() as folder:
        trial = trial_in(Path(folder), item)
        process = start_training(trial.config, subprocess.DEVNULL)
        begun, speed = time.monotonic(), 0.0
        try:
            while process.poll() is None and (not speed or time.monotonic() - begun < seconds):
                time.sleep(0.2)
                stop.meet()
                now = standing(trial)
                speed = now.fps if now.updates > 1 else 0.0  # the first update compiles
        finally:
            process.kill()
            process.wait()
    stop.meet()
    return speed


def trial_in(folder: Path, item: Item) -> Item:
    """The same run from its beginning, but logged to this folder, saved nowhere and not filmed."""
    trial = replace(item, folder=folder)
    config = replace(
        item.config, save_path="", log_path=str(trial.logs), resume=False, on_divergence="stop",
        save_video_interval=0,
    )  # fmt: skip
    return replace(trial, config=config)


def seconds_left(board: Board, speeds: dict[Kind, float], jobs: int) -> float | None:
    """Seconds until all is done, or None while no speed is known."""
    live = defaultdict(list)
    for item in board.running.values():
        if fps := standing(item).fps:  # 0 before its first update
            live[kind(item)].append(fps)
    known = {name: speed for name, speed in speeds.items() if speed}
    known |= {name: sum(alike) / len(alike) for name, alike in live.items()}
    if not known:
        return None
    usual = sum(known.values()) / len(known)
    items = [*board.running.values(), *board.waiting]
    seconds = [steps_left(item) / known.get(kind(item), usual) for item in items]
    return max(sum(seconds) / jobs, max(seconds, default=0.0))
