"""The settings that make a run's method: all that it reads except seed, places and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from baselines.analysis.runs.runs import Run
from baselines.common.registry import NotKnown
from baselines.config import Config, settings_in
from baselines.transfer.kinds import TRANSFERS

PLACES = {
    "seed", "env", "env_kwargs", "load_path", "xla", "pi_scope", "vf_scope", "teacher_paths",
    "source_env", "teacher_network",
} | {f.name for f in fields(Config) if f.metadata["may_change"]}  # fmt: skip
"""Settings that do not make another method: where a run is, what it reads and what it writes."""

MIKT_SETTINGS = set(settings_in("mikt"))
"""Settings without effect on a run whose transfer method does not say that it reads them."""

LENGTH = "num_timesteps"
"""The setting that is how long a run is."""

WEIGHTS = "teacher_weights"
"""The setting of what is left of the teachers' training."""

BODY = "env_xml"
"""The setting that is the file of a body of one's own."""

TRANSFER_SETTINGS = set(settings_in("mikt", "transfer"))
"""Settings without effect on a run that has no teachers."""


def settings_of_method(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that make its method.

    Logs from before a setting existed have what is now its default.
    """
    left_out = PLACES | _unread(config)
    whole = {**default_settings(config), **config}
    return {name: value for name, value in whole.items() if name not in left_out}


def default_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run of which nothing is given but whether it has teachers, and for what."""
    taught = ("",) if config.get("teacher_paths") else ()
    return Config(teacher_paths=taught, transfer=config.get("transfer", "mikt")).to_json()


def _unread(config: Mapping[str, Any]) -> set[str]:
    if not config.get("teacher_paths"):
        return TRANSFER_SETTINGS
    transfer = config.get("transfer", Config.transfer)
    if transfer == Config.transfer:
        return set()  # MIKT reads all of its own; it is not imported, as it would load Gymnasium
    try:
        return MIKT_SETTINGS - set(TRANSFERS.known(transfer).settings)
    except NotKnown:  # a method from outside this package may read any of them
        return set()


def settings_with_length(run: Run) -> dict[str, Any]:
    """The settings that make a run's method, its body and its length."""
    return settings_of_method(run.config) | _body(run) | {LENGTH: run.config[LENGTH]}


def _body(run: Run) -> dict[str, str]:
    """A body of one's own by its file's name and contents, wherever that lies; none in old logs."""
    body = run.origin.body
    return {BODY: f"{Path(run.config[BODY]).name} {body[:8]}"} if body else {}


def differing(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the settings in which some methods differ, sorted."""
    keys = {key for one in settings for key in one}
    return sorted(k for k in keys if any(one.get(k) != settings[0].get(k) for one in settings))
