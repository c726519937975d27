"""The files of a log folder as text; what is wrong in one is an error with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from baselines.common.errors import UserError
from baselines.common.files import read_regular

WHERE = "LOG_DIR"

MAX_BYTES = 1 << 28


def fail(
    path: Path, problem: str, line: int | None = None, kind: type[UserError] = UserError
) -> NoReturn:
    """Raises a UserError of this kind, which names the file and the line."""
    at = "" if line is None else f", line {line}"
    raise kind(f"{WHERE}: {path}{at}: {problem}")


def read_text(path: Path) -> str:
    """The text of a file; raises UserError where it is none."""
    content = read_regular(path, WHERE, MAX_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        fail(path, "not text in UTF-8", content.count(b"\n", 0, error.start) + 1)


def read_json(path: Path) -> Any:
    """What a file of JSON holds; raises UserError where it is none."""
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        fail(path, f"not JSON: {error.msg}", error.lineno)
    except RecursionError:
        fail(path, "nested too deep")
    except ValueError:
        fail(path, "a number has too many digits")
