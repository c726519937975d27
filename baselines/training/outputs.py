"""The folders of a run: made, kept from other processes, cleared or taken up again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import permutations
from pathlib import Path

from baselines.common import provenance
from baselines.common.checkpoint import DAMAGE, is_checkpoint
from baselines.common.errors import UserError
from baselines.common.files import check_can_make, locked, make_folder, remove_partial, set_aside
from baselines.common.log_folder import HEADER, LOG_FILES, VIDEOS, cut_back
from baselines.logger import Log, LogFiles, Logger
from baselines.training.run_metrics import tag
from baselines.training.saved import BEST
from baselines.training.setup import Setup
from baselines.training.states import FOLDER, SavedState, check_is_newest, remove_later
from baselines.transfer.kinds import TRANSFERS


@contextmanager
def open_outputs(setup: Setup) -> Iterator[Log]:
    """Make the folders, keep other processes out of them, and open the log.

    What an earlier run left in them is set aside; a run that is resumed goes on with its own. Of
    several ranks, the first one does all this.

    Raises:
        UserError: a folder cannot be written, or is another run's.
    """
    if not setup.team.is_first:
        yield Log()
        return
    config = setup.config
    given = {"save_path": config.save_path, "log_path": config.log_path}
    paths = {flag: Path(folder) for flag, folder in given.items() if folder}
    if setup.resumed is not None and setup.resumed.state["log"]:
        _check_log(setup.resumed, paths["log_path"])
    for flag, path in paths.items():  # nothing is made unless all can be
        check_can_make(path, f"--{flag}")
    _check_apart(paths)
    folders = {path.resolve(): (path, f"--{flag}") for flag, path in paths.items()}
    with ExitStack() as stack:
        # Existing folders first: one that another process has is found before the other is made.
        for folder in sorted(folders, key=lambda folder: not folder.is_dir()):
            make_folder(*folders[folder])
            stack.enter_context(locked(folder, folders[folder][1]))
        if config.resume:
            check_is_newest(setup.resumed, paths["save_path"])
        resumed = setup.resumed
        lines = _take_up(resumed, paths) if resumed else _begin(paths, config.resume)
        if resumed and resumed.policy.metadata["config"]["num_timesteps"] < config.num_timesteps:
            remove_later(resumed, paths["save_path"])  # made by the schedules of a shorter run
        logs = paths.get("log_path")
        tags = partial(tag, own=TRANSFERS.known(config.transfer).metrics)
        files = None if logs is None else LogFiles(logs, setup.provenance, tags)
        log = Logger(config.nupdates, files, setup.updates_done, config.verbose)
        stack.enter_context(closing(log))
        for line in lines:
            log.say(line)
        yield log


def _check_apart(paths: dict[str, Path]) -> None:
    """Check that neither folder lies among the other's files, which the next run moves away.

    Raises:
        UserError: one does.
    """
    taken = {"save_path": (FOLDER, BEST), "log_path": LOG_FILES}
    for (flag, inner), (other, outer) in permutations(paths.items(), 2):
        below = os.path.relpath(os.path.realpath(inner), os.path.realpath(outer))
        if below.split(os.sep)[0] in taken[other]:
            raise UserError(
                f"--{flag}: {inner} lies among what a run keeps in --{other}; give another folder"
            )


def _begin(paths: dict[str, Path], resume: bool) -> list[str]:
    """Make room for a new run; returns what the user is told."""
    begun = [f"no state to resume in {paths['save_path']}: the run begins"] if resume else []
    return begun + _clear(paths)


def _clear(paths: dict[str, Path]) -> list[str]:
    """Set aside what an earlier run left in the folders; returns what the user is told."""
    left: dict[Path, list[str]] = {}
    flags = {path.resolve(): f"--{flag}" for flag, path in paths.items()}
    if "save_path" in paths:
        path = paths["save_path"]
        saved = sorted(p.name for p in path.iterdir() if is_checkpoint(p) or p.name == BEST)
        # The states first: were they left while others were moved, --resume would go on with them.
        left[path.resolve()] = [FOLDER, *saved]
    if "log_path" in paths:
        left.setdefault(paths["log_path"].resolve(), []).extend(LOG_FILES)
    moved = [set_aside(path, names, flags[path]) for path, names in left.items()]
    return [f"what an earlier run left is now in {target}" for target in moved if target]


def _take_up(found: SavedState, paths: dict[str, Path]) -> list[str]:
    """Take up the logs where the state was written; returns what the user is told."""
    moved = _take_up_log(found, paths)
    for path in paths.values():
        remove_partial(path)
    if "log_path" in paths:
        _remove_unmade(paths["log_path"] / VIDEOS)
    begun = found.state["provenance"]
    before = [begun, *begun.get("resumed", ())][-1]["versions"]
    changed = provenance.changed_since(before)
    lines = [
        f"going on from {found.path}",
        *moved,
        *(f"WARNING: {reason}" for reason in found.damaged),
    ]
    if changed:
        lines.append(f"WARNING: rounding may differ from here on: {', '.join(changed)}")
    return lines


def _remove_unmade(films: Path) -> None:
    """Remove what is left of films that were in work when the run was killed."""
    if films.is_dir():
        remove_partial(films)
        for path in filter(is_checkpoint, films.iterdir()):
            path.unlink()


def _take_up_log(found: SavedState, paths: dict[str, Path]) -> list[str]:
    """Cut the logs back; a run that had none until now begins them."""
    if found.state["log"]:
        cut_back(paths["log_path"], found.state["log"])
        return []
    return _clear({flag: path for flag, path in paths.items() if flag == "log_path"})


def _check_log(found: SavedState, folder: Path) -> None:
    try:
        started = json.loads((folder / HEADER).read_bytes())["started"]
    except (OSError, *DAMAGE) as error:
        raise UserError(
            f"--log_path: cannot read {folder / HEADER} of the run to resume: {error!r}"
        ) from None
    if started != found.state["provenance"]["started"]:
        raise UserError(
            f"--log_path: {folder} holds the logs of another run than {found.path}; give the folder"
            " that its own logs are in"
        )
