"""The package from a program or a notebook: what the command line does, in a few calls.

from baselines import ppo2

model = ppo2.learn(env="CentipedeEight-v1", teachers="teacher_models/centipede_four/0/00970")
model.evaluate()
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from baselines.common.checkpoint import read
from baselines.common.errors import UserError, flags_as_arguments, shown
from baselines.common.files import expanded
from baselines.common.log_folder import Row, logged_rows
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.task_modules import import_task, registered_id
from baselines.common.vec_env.tasks import MakeTask, add_task, made_by
from baselines.config import NETWORKS, Config, flag_of
from baselines.flags import TEACHERS, from_settings
from baselines.ppo2 import ppo2
from baselines.ppo2.given import (
    Path,
    Teacher,
    as_text,
    name_in,
    names_of,
    task_name,
    teacher_paths,
)
from baselines.ppo2.trained import History, TrainedPolicy, columns, makes_tasks, path_text
from baselines.training.log import Log
from baselines.training.saved import saved_policy
from baselines.transfer.kinds import MAPPINGS, TRANSFERS

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from baselines.ppo2.settings import Settings


@dataclass(frozen=True)
class SoFar:
    """How far a run is: what a callback gets after each update.

    Attributes:
        update: updates so far.
        nupdates: updates of the whole run.
        timesteps: environment steps so far, of all environments.
        metrics: the last logged row, by name; empty before the first.
        model: the current policy, which may be used and kept; its `history` has all rows so far.
    """

    update: int
    nupdates: int
    timesteps: int
    metrics: Mapping[str, float]
    model: TrainedPolicy


Callback = Callable[[SoFar], bool | np.bool_ | None]
"""What is called after each update; a run ends with what it has where it returns False."""


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
            or NumPy's, the run is saved and ends. An error that it raises goes on once the run is
            saved.
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
    if callback is not None and not _takes_one(callback):
        raise UserError(
            "callback: must be a function of one argument, which is called after each update, not"
            f" {shown(callback)}"
        )
    given: dict[str, Any] = {name: x for name, x in settings.items() if x is not None}
    paths = given.pop(TEACHERS, None)
    if teachers is not None and paths is not None:
        raise UserError(f"{TEACHERS}: the same as teachers, and given too; leave one of them out")
    texts = {name: as_text(name, value) for name, value in given.items()}
    if env:
        texts["env"] = task_name(env, env_name)
    elif env_name:
        raise UserError(
            f"env_name: {env_name!r} given without env, the function whose task it names"
        )
    make = env if callable(env) else None
    if make is not None and given.get("save_video_interval"):
        raise UserError(
            "save_video_interval: these films are made by a process of its own, which cannot make"
            " the task of a function; let a callback call record_video"
        )
    found = teacher_paths(teachers if paths is None else paths)
    if teachers is not None and not found:
        raise UserError("teachers: none is given; leave it out for PPO from scratch")
    config = from_settings(texts, found)
    if config.play:
        raise UserError(
            "play: opens a window from the command line only; film the policy with record_video,"
            " or save it and run python -m baselines.run --num_timesteps=0 --play --load_path=FILE"
            f" --env={config.env}"
        )
    logged = _Logged()
    failures: list[BaseException] = []

    def watch(run: ppo2.Run) -> bool:
        logged.take(run)
        if callback is None:
            return True
        try:
            wish = callback(_so_far(run, list(logged.rows), make))
        except BaseException as error:  # what was trained is saved first
            failures.append(error)
            return False
        return not (isinstance(wish, bool | np.bool_) and not wish)

    with made_by(config.env, make):
        saved = ppo2.learn(config, watch)
    if failures:
        raise failures[0]
    return TrainedPolicy(saved, logged.rows or logged_rows(config.log_path), make)


def _takes_one(callback: Any) -> bool:
    """Whether it can be called with one argument, as far as Python can tell."""
    if not callable(callback):
        return False
    try:
        inspect.signature(callback).bind(None)
    except TypeError:
        return False
    except ValueError:  # some that are written in C do not tell
        pass
    return True


class _Logged:
    """The rows of a run, also where it went back to an earlier state and began a log anew.

    Attributes:
        rows: those so far.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._log: Log | None = None
        self._taken = 0

    def take(self, run: ppo2.Run) -> None:
        """After an update: take the rows that are new, and drop those that they replace."""
        if run.log is not self._log:
            self._log, self._taken = run.log, 0
        new = run.log.rows[self._taken :]
        self._taken += len(new)
        first = new[0]["nupdates"] if new else run.progress.updates
        while self.rows and self.rows[-1]["nupdates"] >= first:
            self.rows.pop()
        self.rows += new


def _so_far(run: ppo2.Run, rows: list[Row], make: MakeTask | None) -> SoFar:
    policy, progress = run.policy, run.progress
    # The statistics go on changing; the variables are made anew by each update.
    kept = replace(policy, normalizer=deepcopy(policy.normalizer))
    return SoFar(
        progress.updates,
        run.setup.config.nupdates,
        progress.timesteps,
        dict(rows[-1]) if rows else {},
        TrainedPolicy(kept, rows, make),
    )


Outside = str | Callable[..., Any]
"""Something from outside this package: a function, or its name."""


@flags_as_arguments()
def load(
    path: Path,
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


def _add_task_of(saved: SavedPolicy, make: Any, path: Path) -> None:
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
def history(log_path: Path) -> History:
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
