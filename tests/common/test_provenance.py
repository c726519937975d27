"""Where a result comes from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from baselines.common import provenance

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def committed(repository: Path, module: Path) -> None:
    """Make a repository with this module in it, empty, in its first commit."""
    module.parent.mkdir(parents=True)
    module.touch()
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True)


@pytest.mark.skipif(sys.platform == "darwin", reason="all names are UTF-8 there")
@needs_git
def test_the_commit_is_told_whatever_the_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Latin-1's ä is no UTF-8."""
    clone = tmp_path / os.fsdecode(b"\xe4")
    package = clone / "baselines" / "common"
    committed(clone, package / "provenance.py")
    monkeypatch.setattr(provenance, "__file__", str(package / "provenance.py"))
    first = provenance.commit()
    assert len(first) == 40
    assert set(first) <= set("0123456789abcdef")
    (package / "provenance.py").write_text("changed")
    assert provenance.commit() == f"{first}+changes"


@needs_git
def test_the_commit_of_a_users_own_project_is_not_told_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where it has the package among its files, in a virtual environment or as a copy."""
    module = tmp_path / "project" / "libraries" / "baselines" / "common" / "provenance.py"
    committed(tmp_path / "project", module)
    monkeypatch.setattr(provenance, "__file__", str(module))
    assert provenance.commit() == ""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            "processor\t: 0\nvendor_id\t: A\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: A E\n"
            "flags\t\t: fpu\npower management:\n\nprocessor\t: 1\nmodel\t\t: 18\n",
            "A E (cpu family 25, model 17)",
        ),
        (
            "processor\t: 0\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n",
            "aarch64 (CPU implementer 0x41, CPU part 0xd0c)",
        ),
        ("", "aarch64"),
    ],
)
def test_the_processor_is_told_by_its_kind(
    told: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _: told)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert provenance.processor() == expected


def test_what_has_changed_is_told_and_what_was_not_noted_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = provenance.versions_and_processor()
    assert provenance.changed_since(here) == []
    assert provenance.changed_since({"python": here["python"]}) == []
    changed = f"processor was a 386 and is {here['processor']}"
    assert provenance.changed_since(here | {"processor": "a 386"}) == [changed]
    monkeypatch.setattr(provenance, "_version", lambda _: "")
    missing = ["numpy was 1.0 and is unknown", changed]
    assert provenance.changed_since({"numpy": "1.0", "processor": "a 386"}) == missing
