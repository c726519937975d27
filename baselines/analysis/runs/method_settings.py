"""The settings that make a run's method: all that it reads except seed, places and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from baselines.analysis.runs.runs import Run
from baselines.common.registry import NotKnown
from baselines.config import Config
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.settings_read import unread

PLACES = {
    "seed", "env", "env_kwargs", "load_path", "xla", "pi_scope", "vf_scope", "teacher_paths",
    "source_env", "teacher_network",
} | {f.name for f in fields(Config) if f.metadata["may_change"]}  # fmt: skip
"""Settings that do not make another method: where a run is, what it reads and what it writes."""

LENGTH = "num_timesteps"
"""The setting that is how long a run is."""

WEIGHTS = "teacher_weights"
"""The setting of what is left of the teachers' training."""

BODY = "env_xml"
"""The setting that is the file of a body of one's own."""


def settings_of_method(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that make its method.

    Logs from before a setting existed have what is now its default.
    """
    bare = _bare(config)
    left_out = PLACES | _unread(bare)
    whole = {**bare.to_json(), **config}
    return {name: value for name, value in whole.items() if name not in left_out}


def default_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run of which nothing is given but whether it has teachers, and for what."""
    return _bare(config).to_json()


def _bare(config: Mapping[str, Any]) -> Config:
    taught = ("",) if config.get("teacher_paths") else ()
    kind, transfer = Config, config.get("transfer", Config.transfer)
    if transfer != Config.transfer:  # MIKT has no settings of its own, and is not imported
        with suppress(NotKnown):
            kind = TRANSFERS.known(transfer).config
    return kind(teacher_paths=taught, transfer=transfer)


def _unread(config: Config) -> set[str]:
    try:
        return set(unread(config))
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
