#!/usr/bin/env python3
"""Write the table of the methods in docs/method.md, from `baselines.methods`.

python scripts/methods_table.py
"""

import re
from pathlib import Path

from baselines.analysis.formatting import Table
from baselines.common.files import write_atomically
from baselines.methods import METHODS, NamedMethod

PAGE = Path(__file__).resolve().parent.parent / "docs" / "method.md"

TABLE = re.compile(r"(?<=## What it is compared with\n\n)(?:\|.*\n)+")


def page() -> str:
    """The page, in Markdown."""
    rows = [(method.name, _flags(method), method.shows) for method in METHODS.values()]
    table = Table(("method", "flags", "what it shows"), rows).markdown().rstrip("\n") + "\n"
    text, found = TABLE.subn(lambda _: table, PAGE.read_text(encoding="utf-8"))
    assert found == 1
    return text


def _flags(method: NamedMethod) -> str:
    teachers = ["--teacher_paths FILE"] if method.taught else []
    given = [f"--{flag}={value}" for flag, value in method.settings.items()]
    return f"`{' '.join(teachers + given)}`" if teachers + given else ""


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
