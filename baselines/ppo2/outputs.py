"""The folders of a run: made, kept from other processes, cleared or taken up again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from baselines.common import provenance
from baselines.common.command_line import UserError
from baselines.common.files import check_can_make, locked, make_folder, remove_partial, set_aside
from baselines.config import Config
from baselines.logger import HEADER, LOG_FILES, Logger, cut_back
from baselines.ppo2.saved import is_checkpoint
from baselines.ppo2.setup import Setup
from baselines.ppo2.states import FOLDER, SavedState


@contextmanager
def open_outputs(setup: Setup) -> Iterator[Logger]:
    """Make the folders, keep other processes out of that of the checkpoints, and open the log.

    What an earlier run left in them is set aside; a run that is resumed goes on with its own.

    Raises:
        UserError: a folder cannot be written, or is another run's.
    """
    config = setup.config
    folders = {"save_path": config.save_path, "log_path": config.log_path}
    paths = {flag: Path(folder) for flag, folder in folders.items() if folder}
    for make in (check_can_make, make_folder):  # nothing is made unless all can be
        for flag, path in paths.items():
            make(path, flag)
    with ExitStack() as stack:
        if config.save_path:
            stack.enter_context(locked(paths["save_path"], "save_path"))
        lines = _clear(paths) if setup.resumed is None else _take_up(setup.resumed, config)
        log = Logger(config.nupdates, paths.get("log_path"), setup.provenance, setup.updates_done)
        stack.enter_context(closing(log))
        for line in lines:
            log.say(line)
        yield log


def _clear(paths: dict[str, Path]) -> list[str]:
    """Set aside what an earlier run left in the folders; returns what the user is told."""
    left = {
        "save_path": lambda path: [p.name for p in path.iterdir() if is_checkpoint(p)] + [FOLDER],
        "log_path": lambda _: list(LOG_FILES),
    }
    moved = [set_aside(path, left[flag](path)) for flag, path in paths.items()]
    return [f"what an earlier run left is now in {target}" for target in moved if target]


def _take_up(found: SavedState, config: Config) -> list[str]:
    """Cut the logs back to the state; returns what the user is told."""
    if found.state["log"]:
        _check_log(found, Path(config.log_path))
        cut_back(Path(config.log_path), found.state["log"])
    remove_partial(Path(config.save_path))
    begun = found.state["provenance"]
    before = begun.get("resumed", [begun])[-1]["versions"]
    changed = [
        f"{package} was {before.get(package)} and is {version}"
        for package, version in provenance.versions().items()
        if before.get(package) != version
    ]
    lines = [f"going on from {found.path}", *(f"WARNING: {reason}" for reason in found.damaged)]
    if changed:
        lines.append(f"WARNING: rounding may differ from here on: {', '.join(changed)}")
    return lines


def _check_log(found: SavedState, folder: Path) -> None:
    try:
        started = json.loads((folder / HEADER).read_bytes())["started"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"--log_path: cannot read {folder / HEADER} of the run to resume: {error!r}"
        ) from None
    if started != found.state["provenance"]["started"]:
        raise UserError(f"--log_path: {folder} holds the logs of another run than {found.path}")
