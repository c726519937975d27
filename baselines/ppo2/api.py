"""The package from a program or a notebook: what the command line does, in a few calls.

from baselines import ppo2

model = ppo2.learn(env="CentipedeEight-v1", teachers="teacher_models/centipede_four/0/00970")
model.evaluate()
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from baselines.common.checkpoint import read
from baselines.common.errors import UserError, flags_as_arguments, shown
from baselines.common.files import expanded
from baselines.common.log_folder import logged_rows
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.task_modules import import_task, registered_id
from baselines.common.vec_env.tasks import MakeTask, add_task, made_by
from baselines.config import NETWORKS, Config, flag_of
from baselines.ppo2 import ppo2
from baselines.ppo2.callbacks import Callback, Watcher, check_callback
from baselines.ppo2.given import AnyPath, Teacher, config_of, name_in, names_of
from baselines.ppo2.trained import History, TrainedPolicy, columns, makes_tasks, path_text
from baselines.training.saved import saved_policy
from baselines.transfer.kinds import MAPPINGS, TRANSFERS

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from baselines.ppo2.settings import Settings


F = TypeVar("F", bound=Callable[..., Any])


def _with_settings(function: F) -> F:
    """Have `help` and completion show every setting as a keyword, with its default."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    taken = {p.name for p in own}
    settings = [
        inspect.Parameter(flag_of(f), inspect.Parameter.KEYWORD_ONLY, default=f.default)
        for f in fields(Config)
        if flag_of(f) not in taken
    ]
    with_settings = signature.replace(parameters=[*own, *settings])
    function.__signature__ = with_settings  # type: ignore[attr-defined]
    return function


@_with_settings
@flags_as_arguments()
def learn(
    env: str | MakeTask = "",
    teachers: Teacher | Iterable[Teacher] | None = None,
    *,
    callback: Callback | None = None,
    env_name: str = "",
    **settings: Unpack[Settings],
) -> TrainedPolicy:
    """Train a policy.

    Args:
        env: a Gymnasium id, or `module:Id`; or a function that makes a task, with the keyword
            arguments of `env_kwargs` and, for films, `render_mode="rgb_array"`.
        teachers: one or several teachers: paths of checkpoints or of other programs' files, or
            policies that `learn` or `load` returned; without them, PPO from scratch.
            `teacher_paths` is the same.
        callback: called after each update, by the first rank only; if it returns False, Python's
            or NumPy's, the run is saved and ends. An error that it raises is raised again once
            the run is saved.
        env_name: if `env` is a function, the task's name in checkpoints and logs; by default the
            function's name.
        settings: the flags of `python -m baselines.run --help_all`, such as `num_timesteps=2e6`;
            None counts as not given. A function can be given instead of its name, `module:name`,
            such as `network=my_mlp`; `lr_schedule` takes any function.

    Returns:
        The policy at the end of the run.

    Raises:
        UserError: a setting or a file is wrong, and nothing has been written; or a task returned
            something that it should not.
        TaskError: the task's own code has raised an error, its cause.
        Diverged: a value is not finite, and `on_divergence` does not allow another attempt.
        Drifted: the ranks of a run do not train the same policy any more.
        OSError: a file cannot be written any more, as on a full disk.
        KeyboardInterrupt: on Ctrl-C, SIGTERM or SIGHUP, after the update that is under way; with
            `save_path`, policy and state have been saved then.
    """
    check_callback(callback)
    config = config_of(env, teachers, env_name, settings)
    make = env if callable(env) else None
    watcher = Watcher(callback, make)
    with made_by(config.env, make):
        saved = ppo2.learn(config, watcher.watch)
    if watcher.failure is not None:
        raise watcher.failure
    return TrainedPolicy(saved, watcher.rows or logged_rows(config.log_path), make)


Outside = str | Callable[..., Any]
"""Something from outside this package: a function, or its name."""


@flags_as_arguments()
def load(
    path: AnyPath,
    networks: Outside | Sequence[Outside] = (),
    mappings: Outside | Sequence[Outside] = (),
    transfers: Outside | Sequence[Outside] = (),
    env: str | MakeTask | None = None,
) -> TrainedPolicy:
    """Read a checkpoint.

    Args:
        path: the file, or a folder, whose newest checkpoint is read.
        networks: networks of your own that the checkpoint may name: one or several functions, or
            `module:name`.
        mappings: the same for mappings.
        transfers: the same for transfer methods, by name only.
        env: the function that makes the task, if the policy was trained with one; or
            `module:Id`, if a module registers it that has not been imported.

    Raises:
        UserError: one of these does not exist, or is of another kind.
        CheckpointError: the file is missing, damaged, or needs something that was not given.
    """
    allowed = ((NETWORKS, networks), (MAPPINGS, mappings), (TRANSFERS, transfers))
    for registry, given in allowed:
        argument = f"{registry.flag}s"
        for entry in names_of(argument, given):
            registry.lookup(name_in(registry, argument, entry), argument)
    file = expanded(path_text("path", path), "path")
    saved = saved_policy(read(file, "path"), file, "path", allow="{kind}s=['{name}']")
    if isinstance(env, str):
        _import_task_of(saved, env)
        return TrainedPolicy(saved)
    if env is not None:
        _add_task_of(saved, env, path)
    return TrainedPolicy(saved, make=env)


def _import_task_of(saved: SavedPolicy, place: str) -> None:
    """Import the module that registers the task of a policy.

    Raises:
        UserError: it cannot be imported, or the id is that of another task.
    """
    name = registered_id(saved.metadata["env"]["id"])
    if registered_id(place) != name:
        raise UserError(f"env: the policy is for {name}, not for {registered_id(place)}")
    import_task(place, "env")


def _add_task_of(saved: SavedPolicy, make: Any, path: AnyPath) -> None:
    """Let a function make the task of a policy.

    Raises:
        UserError: it is none, or the task is made by its id.
    """
    if not makes_tasks(make):
        raise UserError(
            f"env: must be a function that makes the task, or module:Id, not {shown(make)}"
        )
    name = saved.metadata["env"]["id"]
    try:
        add_task(name, make)
    except UserError:  # the name is none of a function's
        raise UserError(
            f"env: {path} is a policy for {name}, which is made by its id and not by a"
            " function; leave env out, and give evaluate the function"
        ) from None


@flags_as_arguments()
def history(log_path: AnyPath) -> History:
    """The logged metrics of a run, as `TrainedPolicy.history`, from its log folder.

    Args:
        log_path: the folder.

    Raises:
        UserError: it is not there, or what it has is damaged.
    """
    folder = expanded(path_text("log_path", log_path), "log_path")
    rows = logged_rows(folder)
    if not rows:
        raise UserError(f"log_path: {folder} has no logged rows; give the log_path of a run")
    return columns(rows)
