"""Limits on the cost of reading a stranger's file, and how it is refused."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

from baselines.common.errors import printable

MAX_BYTES = 1 << 27
"""Bound on a file, on what it unpacks to, and on the arrays that it holds: 128 MiB each."""

MAX_OPCODES = 200_000
"""Bound on the length of a pickle's program; one variable takes about 20."""

MAX_ENTRIES = 1_000
"""Bound on the files in a zip archive."""

MAX_AXES = 32
"""Bound on the number of axes of an array."""


class Refused(ValueError):
    """Why a file is not read: the end of a line that begins with its name."""


MALFORMED = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError, OSError,
    RecursionError, MemoryError, NotImplementedError, RuntimeError, struct.error, zlib.error,
    lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip
"""Errors of the parsers of the standard library and of NumPy at a malformed file."""


def plain(value: object) -> str:
    """A name out of a file, fit for one line of a terminal: no control characters, not long."""
    return printable(str(value), 80)
