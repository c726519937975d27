"""The commands and programs in README.md and docs/, as one would copy them from there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST = ("README.md", "docs/tutorial.md")
PAGES = [
    *(ROOT / page for page in FIRST),
    *(p for p in sorted((ROOT / "docs").glob("*.md")) if f"docs/{p.name}" not in FIRST),
]
"""In the order in which they are read: what a page makes, later ones may use."""

STARTS = (
    "python ",
    "scripts/",
    "source ",
    "sudo ",
    "mkdocs ",
    ".venv/bin/",
    "pip ",
    "mpiexec ",
    "sbatch ",
)
"""How a command begins, in a block or inside a line."""

NAMES = r"python(?: -m \S+)?|\S+"
"""What inside a line names a program without being a command: nothing follows it."""


@dataclass(frozen=True)
class Block:
    """Lines set apart as code: indented by four, or between fences."""

    page: str
    text: str

    def commands(self) -> list[str]:
        """Those of its lines that are commands, joined where they go on, without comments."""
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        found = (line for line in lines if line.startswith(STARTS))
        return [re.sub(r"\s+# .*", "", line) for line in found]

    def is_program(self) -> bool:
        """Whether it is Python."""
        try:
            body = ast.parse(self.text).body
        except SyntaxError:
            return False
        return any(isinstance(node, ast.Import | ast.ImportFrom) for node in body)


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    name, text = page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8")
    pattern = r"^```.*\n((?:.*\n)*?)```$|(?<=\n\n)((?:(?: {4}.*)?\n)+)"
    for fenced, indented in re.findall(pattern, text, re.MULTILINE):
        lines = fenced or re.sub(r"^ {4}", "", indented, flags=re.MULTILINE)
        if lines.strip():
            yield Block(name, lines)


def inline(page: Path) -> Iterator[str]:
    """Commands inside a line, such as `python -m baselines.run --help`."""
    text = re.sub(r"^(?: {4}|```).*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text):
        command = " ".join(code.split())
        if command.startswith(STARTS) and not re.fullmatch(NAMES, command):
            yield command


def commands() -> dict[str, str]:
    """Every command of the pages, once, in order, with the page that it is first on."""
    found: dict[str, str] = {}
    for page in PAGES:
        for block in blocks(page):
            for command in block.commands():
                found.setdefault(command, block.page)
        for command in inline(page):
            found.setdefault(command, page.relative_to(ROOT).as_posix())
    return found


def programs() -> list[Block]:
    """Every block of Python."""
    return [block for page in PAGES for block in blocks(page) if block.is_program()]
