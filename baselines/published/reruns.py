"""The first part of a logged run, trained anew with its settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from baselines.analysis.runs.columns import MIN_ROWS
from baselines.analysis.runs.log_text import WHERE
from baselines.analysis.runs.runs import Run, read_run
from baselines.checks import check, check_known
from baselines.common.errors import UserError, suggestion
from baselines.common.registry import NotKnown
from baselines.common.vec_env.task_modules import check_task_of_file
from baselines.config import Config, flag_of
from baselines.experiments.forecast import trial_in
from baselines.experiments.items import Item
from baselines.experiments.running import POLL_SECONDS, start_training
from baselines.experiments.status import OUTPUT, last_line, standing
from baselines.flags import TEACHERS, from_settings
from baselines.published.committed import sha256
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.settings_read import without_unread


def config_of(run: Run) -> Config:
    """The settings with which a logged run began.

    Settings that its log is too old to have, or that it did not read, are today's defaults.

    Raises:
        UserError: one is unknown or has no value that it could have, or names code from outside
            this package that the user has not named.
    """
    teachers = tuple(run.config[TEACHERS])
    try:
        if run.first_stretch < run.timesteps[MIN_ROWS - 1]:
            raise UserError(f"it was made longer before it had {MIN_ROWS} rows")
        config = from_settings(_texts(run.config), teachers)
        config = replace(config, num_timesteps=run.origin.lengths[0][1])
        check_known(config)
        check_task_of_file(config.env)
        config = replace(without_unread(config), resume=False, on_divergence="stop", play=False)
        check(config)
        if config.num_ranks > 1:
            raise UserError(f"its {config.num_ranks} ranks cannot be started from here")
    except NotKnown as error:
        raise UserError(f"{WHERE}: {run.folder}: {error.told()}") from None
    except UserError as error:
        raise UserError(f"{WHERE}: {run.folder}: {error}") from None
    return config


def _texts(logged: Mapping[str, Any]) -> dict[str, str]:
    """Settings by flag, as text."""
    kind: type[Config] = TRANSFERS.known(logged.get("transfer", Config.transfer)).config
    flags = {f.name: flag_of(f) for f in fields(kind)}
    for name in logged:
        if name not in flags:
            raise UserError(f"{name}: unknown setting{suggestion(name, flags)}")
    return {flags[name]: str(value) for name, value in logged.items() if name != TEACHERS}


def check_files(run: Run) -> None:
    """Check that the files of a run's teachers, and of its body, are those that it was made with.

    Raises:
        UserError: one is missing, or another file.
    """
    if run.origin.body:
        path = run.config["env_xml"]
        if sha256(path, f"{WHERE}: {run.folder}: body") != run.origin.body:
            raise UserError(f"{WHERE}: {run.folder}: {path} has been edited since this run")
    for path, teacher in zip(run.config[TEACHERS], run.teachers, strict=True):
        found = sha256(path, f"{WHERE}: {run.folder}: teacher")
        if found != teacher.sha256:
            raise UserError(
                f"{WHERE}: {run.folder}: {path} is not the teacher of this run: its sha256 is"
                f" {found[:12]}..., not {teacher.sha256[:12]}..."
            )


def rerun(config: Config, timesteps: float, folder: Path) -> Run:
    """Train until the log has reached some timesteps, then stop.

    The length of the run stays what it was, for the schedules depend on it.

    Args:
        config: settings of the whole run.
        timesteps: where to stop; no more than the run has.
        folder: an empty folder, for the log.

    Raises:
        UserError: the training ended before that.
    """
    # A log that was resumed may have rows of another interval.
    trial = trial_in(folder, Item(config.env, folder, replace(config, log_interval=1)))
    with open(folder / OUTPUT, "wb") as output:
        process = start_training(trial.config, output)
    try:
        while process.poll() is None and not _has_reached(trial, timesteps):
            time.sleep(POLL_SECONDS)
    finally:
        process.terminate()
        process.wait()
    if not _has_reached(trial, timesteps):
        raise UserError(f"{WHERE}: the training ended early: {last_line(folder / OUTPUT)}")
    return read_run(trial.logs)


def _has_reached(trial: Item, timesteps: float) -> bool:
    return standing(trial).updates * trial.config.nbatch >= timesteps
