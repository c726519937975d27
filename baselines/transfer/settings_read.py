"""Which settings a run has and reads: its transfer method says so."""

from __future__ import annotations

from dataclasses import Field, fields, replace
from typing import Any

from baselines.coefs import COEF_NAMES, DEFAULT_COEFS
from baselines.config import Config, flag_of, is_own
from baselines.transfer.kinds import TRANSFERS


def config_with(transfer: str) -> type[Config]:
    """The settings of a run with a transfer method: those of `Config`, and the method's own.

    Raises:
        UserError: there is no such method.
    """
    if transfer == Config.transfer:
        return Config  # without importing the method
    kind: type[Config] = TRANSFERS.lookup(transfer).config
    return kind


def unread(config: Config) -> dict[str, str]:
    """The settings without effect in this run, by name, each with why.

    Raises:
        NotKnown: the run has teachers, and its transfer method is from outside this package.
    """
    if not config.teacher_paths:
        why = "without --teacher_paths; name the teachers' files"
        taught = ("transfer", "mikt")
        return {f.name: why for f in fields(config) if f.metadata["group"] in taught or is_own(f)}
    if config.has_student:
        return {}  # MIKT reads all; it is not imported, as it would load Gymnasium
    why = f"with --transfer={config.transfer}, which does not read it; leave it out"
    read = TRANSFERS.known(config.transfer).settings
    return {
        f.name: why for f in fields(config) if f.metadata["group"] == "mikt" and f.name not in read
    }


def without_unread(config: Config) -> Config:
    """The settings of a run, with those that it does not read at their defaults."""
    same = config if config.has_student else replace(config, coefs=DEFAULT_COEFS)
    left_out = unread(same)
    defaults: dict[str, Any] = {
        f.name: same.default_of(f) for f in fields(same) if f.name in left_out
    }
    return replace(same, **defaults)


def coefs_in_force(config: Config) -> dict[str, dict[str, Any]]:
    """What a run reads of all that `--coefs` sets, each with its value and where it comes from."""
    left_out = unread(config)
    return {
        f.name: {"value": getattr(config, f.name), "source": _source(config, f)}
        for f in fields(config)
        if f.name in COEF_NAMES and f.name not in left_out
    }


def _source(config: Config, f: Field[Any]) -> str:
    default, source = config.default_and_source(f)
    return source if getattr(config, f.name) == default else f"--{flag_of(f)}"
