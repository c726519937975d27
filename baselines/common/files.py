"""Writing files and folders so that nothing is lost."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from baselines.common.errors import UserError, naming

EARLIER = "earlier"
"""The folder, in that of a run, with what was set aside of earlier ones."""


def expanded(path: str, where: str) -> str:
    """A path in which `~` or `~name` at the beginning is the folder of the user or of `name`.

    Shells do so for words of their own, but not behind `--save_path=`, and for no program.

    Args:
        path: the path.
        where: the argument that it was given for; the message begins with it.

    Raises:
        UserError: there is no such user.
    """
    result = os.path.expanduser(path)
    if result.startswith("~"):
        user = path.split("/")[0]
        raise UserError(f"{where}: no user {user[1:]!r}; for a name that begins with ~: ./{path}")
    return result


def working_folder() -> str:
    """The folder from which relative paths are read.

    Raises:
        UserError: it has been removed.
    """
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise UserError("the working directory has been removed; change to another one") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that at any moment it is absent, the old one or the new one, never half.

    Once this returns it is the new one, even if the power fails then.

    Raises:
        OSError: the folder cannot be written.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """As `write_atomically`, for several files: none takes its place before all are on the disk.

    Raises:
        OSError: a folder cannot be written.
    """
    partials = {path: path.with_name(f".{path.name}.{os.getpid()}.partial") for path in contents}
    try:
        for path, partial in partials.items():
            with naming(path):
                _write(partial, contents[path])
        for path, partial in partials.items():
            os.replace(partial, path)
    except BaseException:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
        raise
    for folder in {path.parent for path in contents}:
        _flush_folder(folder)


def _write(path: Path, content: bytes) -> None:
    """Write a file, and see that it is on the disk."""
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Bring the names of the files in it to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # a file system that cannot; the files themselves are there
    finally:
        os.close(descriptor)


def flushed_size(path: Path) -> int:
    """Size of a file in bytes, once what has been written to it is on the disk."""
    with naming(path), open(path, "rb") as file:
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size


def remove_partial(folder: Path) -> None:
    """Remove what a killed process left half written: by `write_atomically`, or of a film."""
    for partial in folder.glob(".*.partial*"):
        partial.unlink(missing_ok=True)  # another process may have been writing it


@contextmanager
def locked(folder: Path, where: str) -> Iterator[None]:
    """Keep other processes out of a folder; the system ends the lock with the process.

    Raises:
        UserError: another process is in it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor)
    except BlockingIOError:
        os.close(descriptor)
        who = holder(folder) or "another process"
        raise UserError(f"{where}: {who} is training in {folder}") from None
    except OSError:
        pass  # a file system without locks
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock it; one who only looks (`is_held`) may be in the way for a moment.

    Raises:
        BlockingIOError: it is still locked after a tenth of a second.
        OSError: the file system has no locks.
    """
    for _ in range(10):
        with suppress(BlockingIOError):
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.01)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(folder: Path) -> str:
    """Which other process has a folder to itself; nothing where the system does not tell."""
    try:
        inode = f":{os.stat(folder).st_ino}"
        locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    for line in locks:  # such as `1: FLOCK  ADVISORY  WRITE 4711 08:01:131090 0 EOF`
        _, kind, _, _, process, place, *_ = line.split()
        if kind == "FLOCK" and place.endswith(inode):
            return f"another process ({process})"
    return ""


def is_held(folder: Path) -> bool:
    """Whether another process has a folder to itself (`locked`)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # two who look do not see each other
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without locks
    finally:
        os.close(descriptor)
    return False


def read_regular(path: str | Path, where: str, limit: int) -> bytes:
    """The content of a file, read without waiting and no more than `limit` bytes.

    A FIFO would wait for ever and a device would never end, so only regular files are read.

    Args:
        path: the file, or a link to it.
        where: the argument that named it; the messages begin with it.
        limit: bound on its size in bytes.

    Raises:
        UserError: missing, unreadable, not a regular file, or larger.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UserError(f"{where}: cannot read {path}: it is not a regular file")
            content = file.read(limit + 1) if status.st_size <= limit else None
    except OSError as error:
        raise UserError(f"{where}: cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{where}: cannot read {str(path)!r}: {error}") from None  # a null byte
    if content is None or len(content) > limit:
        raise UserError(f"{where}: {path} is larger than {limit >> 20} MiB")
    return content


def _open_at_once(path: str, flags: int) -> int:
    """For `open`, which closes what it cannot use, as a directory: a FIFO is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def check_file_name(path: Path, where: str) -> None:
    """Raises UserError when no file can have this name; `where` is the argument that gave it."""
    if "\0" in str(path):
        raise UserError(f"{where}: {str(path)!r} is no name of a file")


def check_new_file(path: Path, where: str, source: str, force: bool) -> None:
    """See whether a file can be written without losing another.

    Args:
        path: the file.
        where: the argument that named it; the messages begin with it.
        source: a file that is read, and is not to be overwritten.
        force: whether another file there may be overwritten.

    Raises:
        UserError: something is there already, or nothing can be written.
    """
    check_file_name(path, where)
    try:
        if path.is_dir():
            raise UserError(f"{where}: {path} is a folder; give the file's name too")
        if not path.parent.is_dir():
            raise UserError(f"{where}: cannot write {path}: there is no folder {path.parent}")
        if path.exists() or path.is_symlink():
            if not force:
                raise UserError(f"{where}: {path} exists; --force overwrites it")
            if not path.is_file() or (os.path.exists(source) and path.samefile(source)):
                raise UserError(f"{where}: {path} is the file to read, or not a regular file")
    except OSError as error:
        raise UserError(f"{where}: cannot write {path}: {error.strerror}") from None


def check_can_make(path: Path, where: str) -> None:
    """See whether a folder is there or could be made, and written; makes nothing.

    Raises:
        UserError: it could not.
    """
    try:
        there = next(p for p in (path.absolute(), *path.absolute().parents) if _is_there(p))
    except (OSError, ValueError) as error:  # a name too long, a null byte
        raise UserError(f"{where}: cannot write to {path}: {error}") from None
    if not there.is_dir():
        raise UserError(f"{where}: cannot write to {path}: {there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{where}: cannot write to {path}: no permission in {there}")


def _is_there(path: Path) -> bool:
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def make_folder(path: Path, where: str) -> None:
    """Make a folder and see that it can be written.

    Raises:
        UserError: it cannot.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may try the same folder
    except OSError as error:
        raise UserError(f"{where}: cannot write to {path}: {error.strerror}") from None


def set_aside(folder: Path, names: list[str], where: str) -> Path | None:
    """Move what an earlier run left under these names to `folder/earlier/<k>`; nothing is lost.

    Args:
        folder: the folder.
        names: what is to be moved, as far as it is there.
        where: what begins the message: the argument that named the folder.

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
        raise UserError(f"{where}: cannot move what is in {folder} aside: {error}") from None


def _move(found: list[Path], folder: Path) -> Path:
    taken = (int(p.name) for p in (folder / EARLIER).glob("*") if p.name.isdecimal())
    target = folder / EARLIER / str(max(taken, default=0) + 1)
    target.mkdir(parents=True)
    for path in found:
        path.rename(target / path.name)
    return target
