"""Where a result comes from: command, versions, commit."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PACKAGES = ("tensorflow", "gymnasium", "mujoco", "numpy", "safetensors")


def command() -> str:
    """The command that started this process, as one would type it."""
    return shlex.join(["python", *sys.orig_argv[1:]])


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    return {"python": platform.python_version()} | {p: _version(p) for p in PACKAGES}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # installed under another name, as tensorflow-cpu is
        return ""


def commit() -> str:
    """The git commit of this package, with `+changes` when files differ from it; or nothing."""
    folder = Path(__file__).resolve().parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, check=True,
            text=True, errors="surrogateescape",  # as Python has the names of folders
        ).stdout.strip()  # fmt: skip

    try:
        if Path(git("rev-parse", "--show-toplevel")) != folder.parent.parent:
            return ""  # installed inside somebody else's repository
        changed = git("status", "--porcelain", "--untracked-files=no", "--", str(folder.parent))
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""
