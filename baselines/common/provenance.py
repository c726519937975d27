"""Where a result comes from: command, versions, commit."""

from __future__ import annotations

import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

PACKAGES = ("tensorflow", "gymnasium", "mujoco", "numpy", "safetensors")
KIND = ("cpu family", "model", "CPU implementer", "CPU part")
"""Fields of /proc/cpuinfo that tell the kind of a processor; the last two are Arm's."""


PROCESSOR = "processor"
"""Key of the kind of processor among the versions."""


def command() -> str:
    """The command that started this process, as one would type it."""
    return shlex.join(["python", *sys.orig_argv[1:]])


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    return {"python": platform.python_version()} | {p: _version(p) for p in PACKAGES}


def versions_and_processor() -> dict[str, str]:
    """All that the rounding of a result depends on, beside the code: processors round differently.

    Libraries have other instructions, in another order, for each kind.
    """
    return versions() | {PROCESSOR: processor()}


def changed_since(before: Mapping[str, str]) -> list[str]:
    """The versions that differ here from those before, in words; ones not noted are left out."""
    return [
        f"{name} was {before[name]} and is {value or 'unknown'}"
        for name, value in versions_and_processor().items()
        if before.get(name, value) != value
    ]


def processor() -> str:
    """The kind of the processor, as far as the system tells.

    Names alone are not enough: a virtual machine may call all of a maker's processors the same.
    """
    try:
        told = Path("/proc/cpuinfo").read_text().partition("\n\n")[0]
    except OSError:
        told = ""
    found = dict(re.findall(r"^([^\t:]+)[\t ]*: *(.*)$", told, re.MULTILINE))
    name = found.get("model name") or platform.processor() or platform.machine()
    kind = [f"{key} {found[key]}" for key in KIND if key in found]
    return f"{name} ({', '.join(kind)})" if kind else name


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
