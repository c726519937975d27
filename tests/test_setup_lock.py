"""The lock of scripts/setup.sh; a Python that makes no environment ends it once it has the lock."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from called import ROOT

PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) echo 3.11 ;;
    *"-m venv"*) exit 1 ;;
esac
"""
LOCKED, REFUSED = "could not make a virtual environment", "setup: cannot make the lock"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the script and that Python."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def begin(folder: Path, before: str = "true") -> subprocess.Popen[str]:
    """The script, in the process that has run the command `before`."""
    return subprocess.Popen(
        ["bash", "-c", f"{before}; exec scripts/setup.sh"], cwd=folder, text=True,
        env=os.environ | {"PYTHON": str(folder / "python")}, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    """What it said, once it has ended; it must not wait for ever."""
    try:
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 1
    return said


def test_the_lock_is_given_back(folder: Path) -> None:
    assert LOCKED in ended(begin(folder))
    assert not os.path.lexists(folder / ".venv.lock")


def test_the_lock_of_a_process_that_was_killed_is_taken_over(folder: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (folder / ".venv.lock").symlink_to(str(gone.pid))
    assert LOCKED in ended(begin(folder))
    assert not os.path.lexists(folder / ".venv.lock")


def test_the_lock_of_an_earlier_process_of_the_same_number_is_taken_over(folder: Path) -> None:
    assert LOCKED in ended(begin(folder, "ln -s $$ .venv.lock"))


def test_what_is_no_lock_is_told_and_stays(folder: Path) -> None:
    (folder / ".venv.lock").write_text("mine")
    assert REFUSED in ended(begin(folder))
    assert (folder / ".venv.lock").read_text() == "mine"


def test_a_process_that_runs_is_waited_for_though_it_is_another_users(folder: Path) -> None:
    (folder / ".venv.lock").symlink_to("1")
    process = begin(folder)
    assert process.stderr is not None
    try:
        assert process.stderr.readline().startswith("setup: process 1 is setting up .venv already")
        (folder / ".venv.lock").unlink()
        assert LOCKED in ended(process)
    finally:
        process.kill()
