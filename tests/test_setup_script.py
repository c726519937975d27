"""The lock of scripts/setup.sh, and what becomes of an environment; Python and pip are played."""

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
    "-I -m venv "*)
        mkdir -p .venv/bin && cp inside .venv/bin/python && ln -s python .venv/bin/python3 ;;
esac
"""
"""Makes no environment, and so ends the script, where there is no file `inside`."""
INSIDE = """#!/bin/sh
case "$*" in
    *version_info* | *ensurepip*) echo 3.11 ;;
    "-I - "*) cat requirements.txt ;;
    "-I -m pip "*) . ./pip ;;
    *) exit 2 ;;
esac
"""
"""In the environment: its fingerprint is the requirements; pip does what the file `pip` says."""
LOCKED, REFUSED = "could not make a virtual environment", "setup: cannot make the lock"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the script and that Python."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def begin(folder: Path, before: str = "true", **variables: str) -> subprocess.Popen[str]:
    """The script, in the process that has run the command `before`."""
    return subprocess.Popen(
        ["bash", "-c", f"{before}; exec scripts/setup.sh"], cwd=folder, text=True,
        env=os.environ | {"PYTHON": str(folder / "python")} | variables, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[str], status: int = 1) -> str:
    """What it said, once it has ended; it must not wait for ever."""
    try:
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == status, said
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


@pytest.fixture
def installed(folder: Path) -> Path:
    """The folder, once an environment has been made there, and a file put into it."""
    (folder / "inside").write_text(INSIDE)
    (folder / "inside").chmod(0o755)
    (folder / "requirements.txt").write_text("old")
    (folder / "pip").write_text("true")
    assert ended(begin(folder), 0).endswith("setup: ready\n")
    assert ended(begin(folder), 0) == ""
    (folder / ".venv" / "mine").touch()
    return folder


def test_an_environment_that_could_not_be_refreshed_stays_and_is_refreshed_later(
    installed: Path,
) -> None:
    (installed / "requirements.txt").write_text("new")
    (installed / "pip").write_text("false")
    for _ in range(2):
        assert "pip could not install requirements.txt" in ended(begin(installed))
    (installed / "pip").write_text("true")
    said = ended(begin(installed), 0)
    assert "installing what is new in the requirements into .venv" in said
    assert said.endswith("setup: ready\n")
    assert ended(begin(installed), 0) == ""
    assert (installed / ".venv" / "mine").exists()


@pytest.mark.parametrize(("signal", "status"), [("KILL", -9), ("TERM", 143)])
def test_an_environment_whose_refresh_was_cut_short_is_made_anew(
    installed: Path, signal: str, status: int
) -> None:
    """The signal comes while pip is at work, which then fails."""
    (installed / "requirements.txt").write_text("new")
    (installed / "pip").write_text(f"kill -{signal} $PPID; false")
    ended(begin(installed), status)
    assert (installed / ".venv" / "mine").exists()
    (installed / "pip").write_text("true")
    said = ended(begin(installed), 0)
    assert ".venv is unfinished or not ours; making it anew" in said
    assert said.endswith("setup: ready\n")
    assert not (installed / ".venv" / "mine").exists()


def test_an_activated_environment_is_made_anew_by_another_python(installed: Path) -> None:
    (installed / ".venv" / ".setup-stamp").unlink()
    (installed / "python3").symlink_to("python")
    path = f"{installed}/.venv/bin:{installed}:{os.environ['PATH']}"
    said = ended(begin(installed, PYTHON="", PATH=path), 0)
    assert said.endswith("setup: ready\n")
    assert not (installed / ".venv" / "mine").exists()
