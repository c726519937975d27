"""The errors of this package, and the nearest right name for one that is not known."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

MAX_SHOWN = 60
"""Characters of a value in an error message."""


def printable(text: str, length: int) -> str:
    """At most `length` characters of `text`, those that would act on a terminal as escapes."""
    shortened = text if len(text) <= length else f"{text[: length - 3]}..."
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode()
        for c in shortened
    )


def shown(value: Any) -> str:
    """A value in an error message; what would be long is told by its kind and its size."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    text = repr(value)
    if isinstance(value, tuple | list) and len(text) > MAX_SHOWN:
        return f"a {type(value).__name__} of {len(value)}"
    return printable(text, MAX_SHOWN)


def told(error: BaseException) -> str:
    """An error of a user's code in a line."""
    name, text = type(error).__name__, " ".join(str(error).split())
    return printable(f"{name}: {text}" if text else name, 300)


class UserError(ValueError):
    """Bad input: its message is one line that names the argument and says what would be right."""

    def __init__(self, message: str) -> None:
        line = " ".join(message.splitlines())
        super().__init__(printable(line, len(line)))


@contextmanager
def flags_as_arguments() -> Iterator[None]:
    """Let errors say `lr` instead of `--lr`; commands that they advise stay whole."""
    try:
        yield
    except UserError as error:
        said, command, rest = str(error).partition("python -m ")
        error.args = (re.sub(r"(?<![\w-])--(?=[a-z])", "", said) + command + rest,)
        raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the system name this file or folder, if it names none.

    Python names a file that cannot be opened, but not one that cannot be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


class TaskError(Exception):
    """An error of a task's own code, which is its cause; its message is one line."""


class Diverged(ArithmeticError):
    """Training came to a value that is not finite; the message is one line that says which."""


def check_finite(what: str, values: np.ndarray | float) -> None:
    """Raises Diverged, naming `what`, when there is a NaN or an infinity among NumPy values."""
    if not np.isfinite(values).all():
        raise Diverged(f"{what} not finite")


class Drifted(ArithmeticError):
    """Processes that train together have come to values that differ; the message says which."""


def suggestion(
    name: str, known: Iterable[str], elsewhere: Mapping[str, str] = MappingProxyType({})
) -> str:
    """`; did you mean X?` for the nearest known name, or nothing when none is near.

    Names that begin with what was written are near, if it has three letters or more.

    Args:
        name: what the user wrote.
        known: the names that there are.
        elsewhere: what other programs call a thing, in lower case, with our name for it.
    """
    plain = _plain(name)
    if plain in elsewhere:
        return f"; did you mean {elsewhere[plain]}?"
    by_plain = {_plain(k): k for k in known}
    begun = [k for k in by_plain if len(plain) > 2 and k.startswith(plain)]
    near = difflib.get_close_matches(plain, begun or by_plain, n=1, cutoff=0.0 if begun else 0.6)
    return f"; did you mean {by_plain[near[0]]}?" if near else ""


def _plain(name: str) -> str:
    """The name without what makes two flags alike that have nothing else in common."""
    return name.lower().lstrip("-").replace("-", "_")


def check_choice(flag: str, name: str, known: Iterable[str]) -> None:
    """Raises UserError when `name` is not among the `known` ones."""
    known = list(known)
    if name not in known:
        options = "" if len(known) > 12 else f" (one of: {', '.join(known)})"
        raise UserError(f"--{flag}: unknown name {name!r}{options}{suggestion(name, known)}")
