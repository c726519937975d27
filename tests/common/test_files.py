"""Folders and files that lose nothing."""

import errno
import fcntl
import os
import shutil
import stat
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from baselines.common.errors import UserError
from baselines.common.files import (
    check_can_make,
    flushed_size,
    holder,
    is_held,
    locked,
    make_folder,
    read_regular,
    remove_partial,
    set_aside,
    write_atomically,
    write_together,
)


def test_what_is_there_is_moved_and_numbered(tmp_path: Path) -> None:
    for content in ("first", "second"):
        (tmp_path / "00010").write_text(content)
        set_aside(tmp_path, ["00010", "00020"], "--save_path")
    assert (tmp_path / "earlier/1/00010").read_text() == "first"
    assert (tmp_path / "earlier/2/00010").read_text() == "second"
    shutil.rmtree(tmp_path / "earlier/1")  # by the user, who needs it no more
    (tmp_path / "00010").write_text("third")
    set_aside(tmp_path, ["00010", "00020"], "--save_path")
    assert (tmp_path / "earlier/2/00010").read_text() == "second"
    assert (tmp_path / "earlier/3/00010").read_text() == "third"
    assert [p.name for p in tmp_path.iterdir()] == ["earlier"]


def test_what_the_user_keeps_among_the_earlier_ones_is_left_there(tmp_path: Path) -> None:
    for name in ("notes", "²"):  # the second is a digit, but no number
        (tmp_path / "earlier" / name).mkdir(parents=True)
    (tmp_path / "00010").touch()
    assert set_aside(tmp_path, ["00010"], "--save_path") == tmp_path / "earlier" / "1"
    assert sorted(path.name for path in (tmp_path / "earlier").iterdir()) == ["1", "notes", "²"]


def test_nothing_there_leaves_no_trace(tmp_path: Path) -> None:
    assert set_aside(tmp_path, ["00010"], "--save_path") is None
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_moved_is_told_with_its_flag(tmp_path: Path) -> None:
    for name in ("00010", "earlier"):
        (tmp_path / name).touch()
    with pytest.raises(UserError, match=r"^--save_path: cannot move what is in "):
        set_aside(tmp_path, ["00010"], "--save_path")


def test_a_folder_is_made_with_its_parents_and_left_empty(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b", "--save_path")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"--save_path: cannot write to .*file/folder"):
        make_folder(tmp_path / "file" / "folder", "--save_path")


def test_a_folder_that_takes_no_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is read-only, which the folder itself does not show."""

    def read_only(_: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    told = f"^--save_path: cannot write to {tmp_path}: Read-only file system$"
    with pytest.raises(UserError, match=told):
        make_folder(tmp_path, "--save_path")


@pytest.mark.parametrize("mode", [0o700, 0o300, 0o500, 0o600])
def test_a_folder_can_be_made_where_its_parent_may_be_written_and_entered(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its owner is answered; root may do all."""
    parent = tmp_path / "parent"
    parent.mkdir()
    parent.chmod(mode)
    monkeypatch.setattr(
        os, "access", lambda path, asked: (os.stat(path).st_mode >> 6) & asked == asked
    )
    path = parent / "a" / "b"
    if mode & 0o300 == 0o300:
        check_can_make(path, "--out")
    else:
        told = f"^--out: cannot write to {path}: no permission in {parent}$"
        with pytest.raises(UserError, match=told):
            check_can_make(path, "--out")
    parent.chmod(0o700)
    assert list(parent.iterdir()) == []


def test_a_locked_folder_keeps_others_out(tmp_path: Path) -> None:
    with (
        locked(tmp_path, "--save_path"),
        pytest.raises(UserError, match=r"^--save_path: another process"),
        locked(tmp_path, "--save_path"),
    ):
        pytest.fail("it was let in")
    with locked(tmp_path, "--save_path"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_tells_of_no_locks_the_other_process_has_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS; who is kept out leaves nothing open."""

    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(Path, "read_text", missing)
    with locked(tmp_path, "--save_path"):
        before = lowest_free_descriptor()
        told = f"^--save_path: another process is training in {tmp_path}$"
        with pytest.raises(UserError, match=told), locked(tmp_path, "--save_path"):
            pytest.fail("it was let in")
        assert lowest_free_descriptor() == before


def test_the_process_that_has_a_folder_is_told_from_others_with_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another folder, of another kind, or waiting for this one."""
    place = f"08:01:{tmp_path.stat().st_ino}"
    kinds = {1: "POSIX", 2: "FLOCK", 3: "-> FLOCK", 4: "FLOCK"}
    places = {1: place, 2: place.replace(":01:", ":01:9"), 3: place, 4: place}
    lines = [f"{n}: {kinds[n]}  ADVISORY  WRITE {n} {places[n]} 0 EOF\n" for n in kinds]
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "".join(lines))
    assert holder(tmp_path) == "another process (4)"


def test_who_only_looks_keeps_nobody_out(tmp_path: Path) -> None:
    """Both look at the very moment at which the other one does."""
    looking = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    assert not is_held(tmp_path)
    threading.Timer(0.03, os.close, [looking]).start()
    with locked(tmp_path, "--save_path"):
        assert is_held(tmp_path)


def test_a_file_system_without_locks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    before = lowest_free_descriptor()
    with locked(tmp_path, "--save_path"), locked(tmp_path, "--save_path"):
        assert not is_held(tmp_path)
    assert lowest_free_descriptor() == before


def test_a_file_system_that_flushes_no_folders_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    write_atomically(tmp_path / "x", b"content")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x": b"content"}


def test_partial_files_are_removed(tmp_path: Path) -> None:
    for name in (".00010.123.partial", ".64.123.partial.mp4", "00010", ".other"):
        (tmp_path / name).touch()
    remove_partial(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".other", "00010"]


def lowest_free_descriptor() -> int:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def test_a_full_disk_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "x"
    path.touch()
    monkeypatch.setattr(os, "fsync", full)
    for write in (lambda: write_atomically(path, b"x"), lambda: flushed_size(path)):
        with pytest.raises(OSError) as caught:
            write()
        assert str(caught.value) == f"[Errno 28] No space left on device: '{path}'"


def test_files_that_are_written_together_all_stay_as_they_were_if_one_cannot_be(
    tmp_path: Path,
) -> None:
    first = tmp_path / "first"
    first.write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        write_together({first: b"new", tmp_path / "no folder" / "second": b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"first": b"old"}


def test_files_that_are_written_together_leave_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first has taken its place when the second cannot."""
    replace = os.replace

    def of_the_first(partial: Path, path: Path) -> None:
        if path.name != "first":
            raise OSError(errno.EIO, "Input/output error")
        replace(partial, path)

    monkeypatch.setattr(os, "replace", of_the_first)
    with pytest.raises(OSError, match="Input/output error"):
        write_together({tmp_path / name: b"new" for name in ("first", "second")})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"first": b"new"}


def test_every_byte_of_a_file_is_with_the_system_when_it_is_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush, sizes = os.fsync, {}

    def seen(descriptor: int) -> None:
        status = os.fstat(descriptor)
        sizes[status.st_ino] = status.st_size
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    write_together({folder / "x": b"content" for folder in folders})
    for folder in folders:
        assert sizes[(folder / "x").stat().st_ino] == 7
        assert folder.stat().st_ino in sizes


def test_two_processes_may_write_a_file_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has done so before this one's file takes its place."""
    path, flush, pid = tmp_path / "x", os.fsync, os.getpid()

    def meanwhile(descriptor: int) -> None:
        flush(descriptor)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", flush)
            patch.setattr(os, "getpid", lambda: pid + 1)
            write_atomically(path, b"the other's")

    monkeypatch.setattr(os, "fsync", meanwhile)
    write_together({path: b"this one's"})
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def test_what_cannot_be_read_is_not_left_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    before = lowest_free_descriptor()
    for name, says in ((".", "directory"), ("fifo", "not a regular file"), ("none", "No such")):
        with pytest.raises(UserError, match=f"^--load_path: cannot read .*{says}"):
            read_regular(tmp_path / name, "--load_path", 10)
        assert lowest_free_descriptor() == before


def test_no_more_is_read_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert read_regular(path, "--load_path", 10) == b"0123456789"
    status = path.stat()
    for size in (10, 3):  # the second is of a file that grows just then
        monkeypatch.setattr(
            os, "fstat", lambda _, n=size: SimpleNamespace(st_mode=status.st_mode, st_size=n)
        )
        with pytest.raises(UserError, match=r"^--load_path: .*file is larger than"):
            read_regular(path, "--load_path", 9)


def test_what_another_process_has_removed_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs that begin in one folder at the same moment, and a file that is just written."""
    monkeypatch.setattr(Path, "touch", lambda self: None)
    make_folder(tmp_path, "--save_path")
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [self / ".00010.123.partial"])
    remove_partial(tmp_path)
    assert os.listdir(tmp_path) == []
