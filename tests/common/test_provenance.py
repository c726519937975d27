"""Where a result comes from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from baselines.common import provenance


@pytest.mark.skipif(sys.platform == "darwin", reason="all names are UTF-8 there")
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_is_told_whatever_the_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Latin-1's ä is no UTF-8."""
    clone = tmp_path / os.fsdecode(b"\xe4")
    package = clone / "baselines" / "common"
    package.mkdir(parents=True)
    (package / "provenance.py").touch()
    git = ["git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True)
    monkeypatch.setattr(provenance, "__file__", str(package / "provenance.py"))
    first = provenance.commit()
    assert len(first) == 40
    assert set(first) <= set("0123456789abcdef")
    (package / "provenance.py").write_text("changed")
    assert provenance.commit() == f"{first}+changes"
