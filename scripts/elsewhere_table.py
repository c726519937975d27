#!/usr/bin/env python3
"""Write the table of names in docs/coming_from.md, from `baselines.flags`.

python scripts/elsewhere_table.py
"""

import re
from dataclasses import fields
from pathlib import Path

from baselines.analysis.formatting import Table
from baselines.common.files import write_atomically
from baselines.config import Config, default_text, flag_of
from baselines.flags import ELSEWHERE

PAGE = Path(__file__).resolve().parent.parent / "docs" / "coming_from.md"

TABLE = re.compile(r"(?<=## All names\n\n)(?:\|.*\n)+")


def page() -> str:
    """The page, in Markdown."""
    by_flag = {flag_of(f): f for f in fields(Config)}
    rows = []
    for flag, names in ELSEWHERE.items():
        default = default_text(by_flag[flag])
        called = ", ".join(f"`{name}`" for name in names.split())
        meaning = by_flag[flag].metadata["help"]
        rows.append((f"`--{flag}`", called, meaning, f"`{default}`" if default else ""))
    table = Table(("here", "elsewhere", "meaning", "default"), rows).markdown() + "\n"
    text, found = TABLE.subn(lambda _: table, PAGE.read_text(encoding="utf-8"))
    assert found == 1
    return text


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
