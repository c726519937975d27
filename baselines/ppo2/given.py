"""The arguments of `learn` and `load`, as one would type them on a command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from baselines.common.errors import UserError, shown
from baselines.common.registry import PLACE, Registry, place_of
from baselines.common.vec_env.tasks import add_task
from baselines.config import PATHS, SCHEDULES, Config, flag_of
from baselines.flags import TEACHERS, check_names, from_settings, settings_by_flag
from baselines.ppo2.trained import TrainedPolicy, makes_tasks, path_text
from baselines.training.teacher_files import offer_teacher
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.settings_read import config_with

AnyPath = str | os.PathLike[str]
Teacher = AnyPath | TrainedPolicy


def config_of(env: Any, teachers: Any, env_name: str, settings: Mapping[str, Any]) -> Config:
    """The settings of a run, from the arguments of `learn`.

    Args:
        env: the task: "", its id, or a function that makes it.
        teachers: None; or a path or a policy, or several of them.
        env_name: what a function's task is called; "": as the function.
        settings: other settings by flag; None counts as not given.

    Raises:
        UserError: one of them is wrong.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    paths = given.pop(TEACHERS, None)
    if teachers is not None and paths is not None:
        raise UserError(f"{TEACHERS}: the same as teachers, and given too; leave one of them out")
    # First, as what a value is read as depends on the setting.
    transfer = as_text("transfer", given.get("transfer", Config.transfer))
    check_names(given, config_with(transfer))
    texts = {name: as_text(name, value) for name, value in given.items()}
    if env:
        texts["env"] = task_name(env, env_name)
    elif env_name:
        raise UserError(
            f"env_name: {env_name!r} given without env, the function whose task it names"
        )
    if callable(env) and given.get("save_video_interval"):
        raise UserError(
            "save_video_interval: these films are made by a process of its own, which cannot make"
            " the task of a function; let a callback call record_video"
        )
    argument, named = ("teachers", teachers) if paths is None else (TEACHERS, paths)
    found = teacher_paths(named)
    if named is not None and not found:
        raise UserError(f"{argument}: none is given; leave it out for PPO from scratch")
    config = from_settings(texts, found)
    if config.play:
        raise UserError(
            "play: opens a window from the command line only; film the policy with record_video,"
            " or save it and run python -m baselines.run --num_timesteps=0 --play --load_path=FILE"
            f" --env={config.env}"
        )
    return config


def task_name(env: Any, name: str) -> str:
    """The id of a task that may be given as a function.

    Args:
        env: the id, or a function that makes a task.
        name: what a function's task is called; "": as the function.

    Raises:
        UserError: it is neither, or both an id and a name are given.
    """
    if isinstance(env, str):
        if name:
            raise UserError(f"env_name: given with the id {env!r}; it names a function's task")
        return env
    if not makes_tasks(env):
        raise UserError(
            "env: must be the id of a task or a function that makes one, since num_env of them are"
            f" made, such as env=lambda: MyTask(), env_name='MyTask'; not {shown(env)}"
        )
    name = name or getattr(env, "__name__", "")
    if not name:
        raise UserError(f"env_name: must name the task of {shown(env)}, which has no name")
    add_task(name, env)
    return name


def teacher_paths(teachers: Any) -> tuple[str, ...]:
    """The `teacher_paths` of one or several teachers.

    Args:
        teachers: None; or a path or a policy, or several of them.

    Raises:
        UserError: one of them is neither.
    """
    if teachers is None:
        return ()
    several = isinstance(teachers, Iterable) and not isinstance(teachers, str | Mapping)
    return tuple(_teacher(teacher) for teacher in (teachers if several else [teachers]))


def _teacher(teacher: Any) -> str:
    if isinstance(teacher, str | os.PathLike):
        return os.fspath(teacher)
    if isinstance(teacher, TrainedPolicy):
        return offer_teacher(teacher.saved)
    raise UserError(
        "teachers: must be the path of a checkpoint, a policy or a list of these, not"
        f" {shown(teacher)}"
    )


REGISTRY_OF: dict[str, Registry] = {
    flag_of(f): f.metadata["choices"]
    for f in fields(Config)
    if isinstance(f.metadata["choices"], Registry)
}
"""The registry of each setting that takes names of one, by flag."""


def names_of(argument: str, value: Any) -> list[Any]:
    """One or several things of a registry's, as a list.

    Raises:
        UserError: it is nothing of the kind.
    """
    if isinstance(value, str) or callable(value):
        return [value]
    if not isinstance(value, Iterable):
        raise UserError(f"{argument}: must be one name, or several in a list, not {shown(value)}")
    return list(value)


def name_in(registry: Registry, argument: str, value: Any) -> str:
    """A function's name, which stands for this function from now on; or names as they are.

    Raises:
        UserError: it is neither, or a function where no other program could import it from.
    """
    if callable(value):
        if registry is not SCHEDULES:
            place_of(value, argument)
        return registry.adopt(value, argument)
    if not isinstance(value, str):
        functions = "" if registry is TRANSFERS else " or a function"
        raise UserError(
            f"{argument}: must be a name (one of: {', '.join(registry)}, or {PLACE}){functions},"
            f" not {shown(value)}"
        )
    for name in value.split(","):
        registry.renew(name)
    return value


def as_text(name: str, value: Any) -> str:
    """A setting's value as one would type it.

    Raises:
        UserError: it cannot be typed, such as a function where a number is wanted.
    """
    if name in REGISTRY_OF:
        return name_in(REGISTRY_OF[name], name, value)
    if name in PATHS:
        return path_text(name, value)
    if callable(value):
        return _place(name, value)
    return _json(name, value) if isinstance(value, dict) else str(value)


def _place(name: str, function: Callable[..., Any]) -> str:
    """The place of a function, for a setting of a transfer method's own."""
    own = settings_by_flag(Config)
    if name in own:
        example = f" such as {own[name].default!r}" if own[name].default else ""
        hint = "; lr_schedule takes one" if name == "lr" else ""
        raise UserError(f"{name}: must be a value{example}, not a function{hint}")
    return place_of(function, name)


def _json(name: str, value: dict[Any, Any]) -> str:
    """A dictionary as JSON, which has only texts for keys."""
    for key in _keys_in(value):
        if not isinstance(key, str):
            raise UserError(f"{name}: is kept as JSON, so each key must be a text, not {key!r}")
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}: cannot be written as JSON: {error}") from None


def _keys_in(value: Any) -> Iterator[Any]:
    """The keys of all dictionaries in a value."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _keys_in(part)
