"""Writing files and folders so that nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

from baselines.common.command_line import UserError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that at any moment it is absent, the old one or the new one, never half.

    Raises:
        OSError: the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def check_can_make(path: Path, flag: str) -> None:
    """See whether a folder is there or could be made, and written; makes nothing.

    Raises:
        UserError: it could not.
    """
    there = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if not there.is_dir():
        raise UserError(f"--{flag}: cannot write to {path}: {there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"--{flag}: cannot write to {path}: no permission in {there}")


def make_folder(path: Path, flag: str) -> None:
    """Make a folder and see that it can be written.

    Raises:
        UserError: it cannot.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(f"--{flag}: cannot write to {path}: {error.strerror}") from None


def set_aside(folder: Path, names: list[str]) -> Path | None:
    """Move what an earlier run left under these names to `folder/earlier/<k>`; nothing is lost.

    Returns:
        Where it is now, or None when there was nothing.

    Raises:
        UserError: it cannot be moved.
    """
    found = [folder / name for name in names if (folder / name).exists()]
    if not found:
        return None
    try:
        return _move(found, folder)
    except OSError as error:
        raise UserError(f"cannot move what is in {folder} aside: {error}") from None


def _move(found: list[Path], folder: Path) -> Path:
    taken = (int(p.name) for p in (folder / "earlier").glob("*") if p.name.isdigit())
    target = folder / "earlier" / str(max(taken, default=0) + 1)
    target.mkdir(parents=True)
    for path in found:
        path.rename(target / path.name)
    return target
