"""Whether settings can be trained with: each by itself, with the others, and with a run begun."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any

from baselines.coefs import COEF_NAMES
from baselines.common.errors import UserError, check_choice, shown
from baselines.common.registry import Registry
from baselines.common.schedules import rate_at
from baselines.common.trees import MAX_BITS
from baselines.common.vec_env.stored_body import ARGUMENT
from baselines.config import SCHEDULES, Config, flag_of
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.settings_read import config_with, unread

MOST_TRIED = 100_000
"""Bound on the updates at which a schedule is tried; so many take a fraction of a second."""


def check(config: Config) -> None:
    """Check every value by itself and with the others.

    Raises:
        UserError: the first that is wrong.
    """
    for f in fields(config):
        _check_field(f, getattr(config, f.name))
    for registry, name, flag in _named(config):
        registry.lookup(name, flag)
    if not config.env:
        raise UserError("--env: missing; name a task, such as --env=CentipedeFour-v1")
    _check_arguments(config)
    _check_scopes(config)
    _check_first_noise(config)
    _check_batch(config)
    _check_schedule(config)
    _check_unread(config)
    _check_transfer(config)
    _check_folders(config)
    _check_length(config)


def check_known(config: Config) -> None:
    """Check that settings from a file name nothing from outside that the user has not named.

    Raises:
        NotKnown: they do.
    """
    for registry, name, _ in _named(config):
        registry.known(name)


def check_continues(config: Config, begun: dict[str, Any]) -> None:
    """Check that these settings go on with a run that was begun with those (`to_json`).

    Raises:
        UserError: one differs that must not.
    """
    settings, defaults = config.to_json(), type(config)().to_json()
    left_out = unread(config)
    # Coefficients last: by default they follow from others, such as --teacher_paths.
    for f in sorted(fields(config), key=lambda f: f.name in COEF_NAMES):
        if f.name in COEF_NAMES and f.name in left_out:
            continue
        # Where there was no such setting yet, the run was as its default makes it now.
        old, new = begun.get(f.name, defaults[f.name]), settings[f.name]
        if f.name == "env_kwargs" and json.loads(old) == json.loads(new):
            continue  # only the order may differ
        if old != new and f.name == "num_ranks":
            raise UserError(
                f"--num_ranks: {new}, but the run in {config.save_path} was begun with {old};"
                f" start it {f'with mpiexec -n {old}' if old > 1 else 'without mpiexec'}"
            )
        if old != new and not f.metadata["may_change"]:
            by_set = config.has_student and f.name in COEF_NAMES and new == config.default_of(f)
            of = f" of --coefs={config.coefs}" if by_set else ""
            raise UserError(
                f"--{flag_of(f)}: {new!r}{of}, but the run in {config.save_path} was begun with"
                f" {old!r}; give the same, or another --save_path for a new run"
            )
    if config.num_timesteps < begun["num_timesteps"]:
        raise UserError(
            f"--num_timesteps: {config.num_timesteps} is less than {begun['num_timesteps']}, the"
            f" length of the run in {config.save_path}; it can only be made longer"
        )


def _check_arguments(config: Config) -> None:
    if ARGUMENT in task_arguments(config.env_kwargs) and config.env_xml:
        raise UserError(
            f"--env_xml: {config.env_xml}, but --env_kwargs names a body too, as {ARGUMENT}; leave"
            " one of the two out"
        )


def _check_scopes(config: Config) -> None:
    pi, vf = f"{config.pi_scope}/", f"{config.vf_scope}/"
    if pi.startswith(vf) or vf.startswith(pi):
        raise UserError(
            f"--vf_scope: {config.vf_scope!r} and --pi_scope, {config.pi_scope!r}, must differ, and"
            " neither may lie inside the other"
        )


def _check_first_noise(config: Config) -> None:
    if config.load_path and config.init_logstd:
        raise UserError(
            "--init_logstd: the policy of --load_path has a σ of its own; leave one of the two out"
        )


def _check_schedule(config: Config) -> None:
    """Try it at its ends; one from outside at every update, or at `MOST_TRIED` that lie evenly."""
    schedule, last = config.schedule, max(config.nupdates, 1)
    is_own = config.lr_schedule in SCHEDULES.from_outside()
    before = range(1, last, -(-last // MOST_TRIED) if is_own else last)
    for update in (*before, last):
        rate_at(update, config.nupdates, config.lr, schedule)


def _check_batch(config: Config) -> None:
    if config.nrollout % config.nminibatches:
        raise UserError(
            f"--nminibatches: {config.nminibatches} does not divide the batch of"
            f" {config.nrollout} (nsteps {config.nsteps} x num_env {config.num_env})"
        )
    if config.nrollout == config.nminibatches:
        raise UserError(
            f"--nminibatches: {config.nminibatches} leaves one sample a minibatch, whose"
            " advantages cannot be normalised; give fewer, or a greater --nsteps"
        )


def _check_folders(config: Config) -> None:
    if config.save_video_interval and not config.log_path:
        raise UserError("--save_video_interval: needs --log_path, where the films go")
    needs_folder = {"--resume": config.resume, "--on_divergence": config.on_divergence != "stop"}
    for flag, given in needs_folder.items():
        if given and not config.save_path:
            raise UserError(f"{flag}: needs --save_path, the folder with the run's states")


def _check_length(config: Config) -> None:
    if config.nupdates == 0 and not (config.num_timesteps == 0 and config.play):
        ranks = f" x num_ranks {config.num_ranks}" if config.num_ranks > 1 else ""
        raise UserError(
            f"--num_timesteps: {config.num_timesteps} is less than one batch of {config.nbatch}"
            f" (nsteps {config.nsteps} x num_env {config.num_env}{ranks})"
        )


def _check_unread(config: Config) -> None:
    why = unread(config)
    for f in fields(config):
        if f.name in why and getattr(config, f.name) != config.default_of(f):
            raise UserError(f"--{flag_of(f)}: given {why[f.name]}")


def _check_transfer(config: Config) -> None:
    kind = config_with(config.transfer)
    if not isinstance(config, kind):
        raise UserError(f"--transfer: {config.transfer} has settings of its own, {kind.__name__}")
    if config.teacher_paths:
        TRANSFERS.known(config.transfer).check(config)


def _named(config: Config) -> Iterator[tuple[Registry, str, str]]:
    """Each name of a registry's that is not the default, with its registry and its flag."""
    for f in fields(config):
        registry, value = f.metadata["choices"], getattr(config, f.name)
        if isinstance(registry, Registry) and value != f.default:
            for name in value.split(",") if f.metadata["several"] else [value]:
                yield registry, name, flag_of(f)


def _check_field(f: Field[Any], value: Any) -> None:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise UserError(f"--{flag_of(f)}: must be less than 2^{MAX_BITS}; no state could hold it")
    choices = f.metadata["choices"]
    if choices and not isinstance(choices, Registry):
        check_choice(flag_of(f), value, choices)
    bound = f.metadata["bound"]
    if bound is not None and not bound.holds(value):
        raise UserError(f"--{flag_of(f)}: {bound.text}, not {value!r}")


def task_arguments(text: str) -> dict[str, Any]:
    """A task's keyword arguments, from the JSON of `--env_kwargs`.

    Raises:
        UserError: it is no JSON object.
    """
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise UserError(
            f"--env_kwargs: must be a JSON object such as '{{\"legs\": 9}}', not {shown(text)}"
        )
    return arguments
