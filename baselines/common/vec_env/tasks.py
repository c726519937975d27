"""Gymnasium tasks by id, with errors a user can act on."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from types import MappingProxyType
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import load_env_creator, registry

import baselines.environments  # noqa: F401  (registers the centipedes)
from baselines.common.errors import UserError, printable, suggestion
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.in_use import take
from baselines.common.vec_env.task_modules import (
    check_task_of_file,
    import_task,
    registered_id,
)

MakeTask = Callable[..., gym.Env]

OWN: dict[str, MakeTask] = {}
"""Tasks that a program makes by functions of its own."""

_FOR_NOW: ContextVar[Mapping[str, MakeTask]] = ContextVar("for_now", default=MappingProxyType({}))
"""Functions that come before those of `OWN` for a while, in each thread for itself."""


def add_task(name: str, make: MakeTask) -> None:
    """Let a function make the task of this name; a later one takes its place.

    Raises:
        UserError: the name cannot stand in a checkpoint, or is one of Gymnasium's tasks.
    """
    if not re.fullmatch(r"\w[\w.\-/]*", name):
        raise UserError(
            f"env_name: {name!r} cannot name the task in checkpoints; give a name of letters,"
            ' digits, _ . - and / that begins with a letter, digit or _, such as env_name="MyTask"'
        )
    if name in registry:
        raise UserError(f"env_name: {name} is a task of Gymnasium's; give another name")
    OWN[name] = make


@contextmanager
def made_by(name: str, make: MakeTask | None) -> Iterator[None]:
    """Have a function make the task of this name while the block lasts; None: no change.

    Other threads, which may use the name for another function, see nothing of it.
    """
    before = _FOR_NOW.get()
    token = _FOR_NOW.set(before if make is None else {**before, name: make})
    try:
        yield
    finally:
        _FOR_NOW.reset(token)


def _own(name: str) -> MakeTask | None:
    """The function that makes the task of this name; None where it is none of a program's."""
    return _FOR_NOW.get().get(name) or OWN.get(name)


def _make_own(make: MakeTask, arguments: dict[str, Any]) -> gym.Env:
    made = make(**arguments)
    if not isinstance(made, gym.Env):
        raise TypeError(f"its function makes a {type(made).__name__}, which is no gymnasium.Env")
    return made


def make_task(env_id: str, kwargs: dict[str, Any], flag: str = "env", **options: Any) -> gym.Env:
    """Make a task; `options`, such as `render_mode`, come before arguments of the same name.

    An id may name the module that registers it, as in `module:Id`; `flag` is what named the id.

    Raises:
        UserError: no such id (the nearest is suggested), or its arguments are wrong.
    """
    own = _own(env_id)
    if own is None:
        import_task(env_id, flag)
        name = registered_id(env_id)
        if name not in registry:
            raise UserError(f"--{flag}: unknown environment {name!r}{_nearest(env_id)}")
    try:
        arguments = deepcopy(kwargs) | options  # a task may change its arguments
        if own is None:
            made = gym.make(env_id, disable_env_checker=True, **arguments)
        else:
            made = _make_own(own, arguments)
        take(made)
        return made
    except (Exception, SystemExit) as error:  # a task may raise anything over its arguments
        told = _unknown_argument(env_id, kwargs) or f"{type(error).__name__}: {error}"
        raise UserError(f"--{flag}: cannot make {env_id} with {kwargs}: {told}") from None


def make_several(make: Callable[[], gym.Env], number: int) -> list[ForeignTask]:
    """Make `number` tasks; if one cannot be made, those before it are closed."""
    tasks: list[ForeignTask] = []
    try:
        while len(tasks) < number:
            tasks.append(ForeignTask(make()))
    except BaseException:
        for task in tasks:
            task.close()
        raise
    return tasks


def _nearest(env_id: str) -> str:
    """A hint where there is no task of this id, whose module has been imported."""
    module, _, name = env_id.rpartition(":")
    registered = any(spec.name == name for spec in registry.values())
    if module and hasattr(sys.modules[module], name) and not registered:
        return (
            f", which {module} defines but does not register; have it call"
            f" gymnasium.register('{name}-v0', '{env_id}'), and name the task {env_id}-v0"
        )
    own = "" if module else "; one that a module of yours registers is named module:Id"
    return suggestion(name, registry) or own


def check_made_here(env_id: str) -> None:
    """Check that the task that a file names can be made here.

    Raises:
        UserError: no function makes it, and its module has not been imported, or it names none and
            is not registered.
    """
    if _own(env_id) is not None:
        return
    check_task_of_file(env_id)
    if ":" not in env_id and env_id not in registry:
        raise UserError(
            f"--env: the file's task {printable(repr(env_id), 80)} is not known here; if a function"
            " makes it, give that as env to ppo2.load, else name its module: --env=module:Id"
        )


def _unknown_argument(env_id: str, kwargs: dict[str, Any]) -> str:
    """The first argument that nobody knows, and the nearest that is known; else nothing."""
    own = _own(env_id)
    entry_point = own or registry[registered_id(env_id)].entry_point
    try:
        make = load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point
        known = dict(inspect.signature(make).parameters)  # type: ignore[arg-type]
    except Exception:  # whatever a task raises over this, its own error says more
        return ""
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in known.values()):
        return ""
    if own is None:
        known |= inspect.signature(gym.make).parameters
    unknown = [argument for argument in kwargs if argument not in known]
    return f"unknown argument {unknown[0]!r}{suggestion(unknown[0], known)}" if unknown else ""
