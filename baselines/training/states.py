"""States of a run from which it is continued to the bit: written, found, checked.

They lie in `<save_path>/resume/<update>`. Each is a checkpoint like any other, so that it can be
evaluated, and holds besides, under `state`, all else that a run remembers.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.checks import check_continues
from baselines.common.checkpoint import (
    DAMAGE,
    CheckpointError,
    CodeNotKnown,
    checkpoint_name,
    checkpoints_in,
    is_checkpoint,
    read,
    save,
)
from baselines.common.errors import Diverged, UserError
from baselines.common.files import remove_partial
from baselines.common.log_folder import HEADER
from baselines.common.trees import Tree, count, number, pack, unpack
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.training.saved import BEST, saved_policy

FOLDER = "resume"
STATE = "state"


@dataclass(frozen=True)
class SavedState:
    """A run as it was after an update.

    Attributes:
        path: the file.
        policy: the policy, its variables and the statistics.
        state: all else (`session.Session.state`).
        damaged: newer files that could not be read, each with the reason.
    """

    path: Path
    policy: SavedPolicy
    state: Tree
    damaged: list[str]


def write_state(save_path: Path, policy: SavedPolicy, state: Tree, keep: int) -> Path:
    """Write a state, then remove all but the `keep` newest.

    Newer ones than the one written are removed too: the run has gone on from an older one, for
    they are damaged.

    Raises:
        OSError: the folder cannot be written; what was there is still there.
    """
    folder = save_path / FOLDER
    folder.mkdir(exist_ok=True)
    arrays, metadata = policy.contents()
    more, packed = pack(state, STATE)
    path = folder / checkpoint_name(metadata["update"])
    save(path, arrays | more, metadata | {STATE: packed})
    remove_partial(folder)
    paths = _paths(save_path)
    kept = paths[paths.index(path) :][:keep]
    for other in set(paths).difference(kept):
        other.unlink()
    return path


def _paths(save_path: Path) -> list[Path]:
    """The files of all states, the newest first."""
    return checkpoints_in(save_path / FOLDER)


def has_state(save_path: Path) -> bool:
    """Whether there is a state, whole or not."""
    return bool(_paths(save_path))


def newest_state(save_path: Path) -> SavedState | None:
    """The newest state that is whole; None where there is none at all.

    Raises:
        CheckpointError: there are some, all damaged; or the folder cannot be looked into.
    """
    damaged: list[str] = []
    try:
        paths = _paths(save_path)
    except OSError as error:
        raise CheckpointError(f"--resume: cannot look into {save_path}: {error.strerror}") from None
    for path in paths:
        try:
            return _read(path, damaged)
        except CodeNotKnown:
            raise
        except CheckpointError as error:
            damaged.append(str(error).removeprefix("--resume: "))
    if damaged:
        raise CheckpointError(f"--resume: no state can be read: {'; '.join(damaged)}")
    return None


def _read(path: Path, damaged: list[str]) -> SavedState:
    checkpoint = read(path, "--resume")
    policy = saved_policy(checkpoint, path, "--resume")
    try:
        state = unpack(checkpoint.metadata[STATE], checkpoint.arrays)
        _check_description(checkpoint.metadata, state)
    except DAMAGE as error:
        raise CheckpointError(f"--resume: {path} is damaged ({error!r})") from None
    return SavedState(path, policy, state, damaged)


def _check_description(metadata: dict[str, Any], state: Tree) -> None:
    """Raises one of `DAMAGE` where what going on needs is not there."""
    count(metadata["config"]["num_timesteps"])
    dict(json.loads(metadata["config"].get("env_kwargs", "{}")))
    if count(metadata["update"]) != state["progress"]["updates"]:
        raise ValueError("it is of two updates at once")
    if len(state["ranks"]) != metadata["config"]["num_ranks"]:
        raise ValueError("it is of another number of ranks than its settings")
    count(state["rollbacks"])
    if number(state["lr_scale"]) < 0:
        raise ValueError("lr_scale is negative")
    for size in state["log"].values():
        count(size)
    begun = state["provenance"]
    for start in (begun, *begun.get("resumed", ())):
        dict(start["versions"].items())
    str(begun["started"])


def state_to_resume(config: Config) -> SavedState | None:
    """The state that `--resume` continues; None if it is not given, or nothing is saved yet.

    Raises:
        UserError: the state is of a run with other settings, or cannot be read; or there is none
            where a run seems to have been.
    """
    if not config.resume:
        return None
    found = newest_state(Path(config.save_path))
    if found is None:
        _check_is_new(config)
        return None
    check_continues(config, found.policy.metadata["config"])
    if found.state["log"] and not config.log_path:
        raise UserError(
            f"--log_path: missing; the run in {config.save_path} has logs to go on with"
        )
    return found


def _check_is_new(config: Config) -> None:
    """Check that nothing shows that `--resume` means a run whose states are not here.

    Raises:
        UserError: there are checkpoints, or the logs are of a run with another `--save_path`.
    """
    folder = Path(config.save_path)
    saved = checkpoints_in(folder)
    if saved:
        newest = saved[0]
        raise UserError(
            f"--resume: {folder} has the checkpoint {newest.name}, but no state to go on from;"
            f" --load_path={newest} with another --save_path begins a new run with it; without"
            " --resume, or if that folder is moved away, the run begins anew"
        )
    other = _save_path_of(config.log_path)
    if other is not None and os.path.realpath(other) != os.path.realpath(folder):
        raise UserError(
            f"--resume: {folder} has no state to go on from, and the logs in {config.log_path} are"
            f" of a run with --save_path={other}; give that, or leave --resume out"
        )


def _save_path_of(log_path: str) -> str | None:
    """The folder of the run whose logs these are; None: nothing is known of one."""
    try:
        header = json.loads((Path(log_path) / HEADER).read_bytes())
        return str(header["config"]["save_path"]) or None
    except (OSError, *DAMAGE):
        return None


def check_is_newest(found: SavedState | None, save_path: Path) -> None:
    """Check that no newer state was written since this one was found; call it under the lock.

    Raises:
        UserError: one has.
    """
    newest = newest_state(save_path)
    if (newest and newest.path) != (found and found.path):
        raise UserError(
            f"--save_path: another process was training in {save_path} until just now; give the"
            " command again"
        )


def roll_back(config: Config, error: Diverged) -> None:
    """Have the newest state go on with half the learning rate.

    The state itself is changed, so that the run is the same if it is killed and resumed now.

    Raises:
        Diverged: not asked for, or done often enough.
    """
    found = newest_state(Path(config.save_path)) if config.save_path else None
    if found is None:
        why = "it was too large" if config.save_path else "for want of --save_path"
        raise Diverged(f"{error}; nothing was saved, {why}")
    if config.on_divergence != "rollback":
        raise Diverged(
            f"{error}; the last good state is {found.path}, from which --resume"
            " --on_divergence=rollback goes on with half the learning rate"
        )
    done = found.state["rollbacks"]
    if done >= config.max_rollbacks:
        raise Diverged(f"{error}; given up after {done} rollbacks to {found.path}")
    again = {"lr_scale": found.state["lr_scale"] / 2, "rollbacks": done + 1}
    write_state(Path(config.save_path), found.policy, found.state | again, config.keep)
    remove_later(found, Path(config.save_path))
    print(f"{error}; going back to {found.path} with half the learning rate", flush=True)


def remove_later(found: SavedState, folder: Path) -> None:
    """Remove the checkpoints of later updates, `best` too: they are no part of the run any more."""
    update = found.policy.metadata["update"]
    for path in folder.iterdir():
        if is_checkpoint(path) and int(path.name) > update:
            path.unlink()
    best = folder / BEST
    with suppress(*DAMAGE):  # one that cannot be read is made anew
        if best.exists() and count(read(best, "--save_path").metadata["update"]) > update:
            best.unlink()
