"""Checkpoint files: named arrays and a JSON description in one safetensors file.

Format 1: every array under its name; the description as one JSON text under the metadata key
`baselines`, with a hash of all the rest under `sha256`, by which damage is found. The format holds
no code, so a stranger's file can be read without running any.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from baselines.common.errors import UserError, printable
from baselines.common.files import read_regular, write_atomically

FORMAT_VERSION = 1
METADATA_KEY = "baselines"
DIGEST_KEY = "sha256"

MAX_BYTES = 1 << 30
"""Bound on the size of a file that is read, and so of one that is written: 1 GiB."""

MAX_HEADER = 100_000_000
"""Bound on the names, shapes and description in it, in bytes: safetensors reads no longer ones."""


DAMAGE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""Errors that a description raises when it is used but was not written by this package."""


class CheckpointError(UserError):
    """A file that cannot be read as a checkpoint, or does not fit its use."""


class CodeNotKnown(CheckpointError):
    """A file that needs code from outside this package which the user has not named."""


class TooLarge(ValueError):
    """A checkpoint that would be too large to be read again; the message gives its size."""


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a checkpoint file.

    Attributes:
        arrays: arrays by name.
        metadata: the description (see `docs/checkpoints.md`).
        sha256: hash of the file, hexadecimal.
    """

    arrays: dict[str, np.ndarray]
    metadata: dict[str, Any]
    sha256: str


def save(path: Path, arrays: dict[str, np.ndarray], metadata: dict[str, Any]) -> None:
    """Write a checkpoint atomically.

    Raises:
        TooLarge: `read` would not read it; nothing has been written.
        OSError: the folder cannot be written.
    """
    write_atomically(path, encoded(arrays, metadata))


def encoded(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> bytes:
    """The content of a checkpoint's file.

    Raises:
        TooLarge: `read` would not read it.
    """
    _check_size(sum(array.nbytes for array in arrays.values()))
    described = {"format_version": FORMAT_VERSION, **metadata}
    stored = {name: _as_stored(array) for name, array in arrays.items()}
    described[DIGEST_KEY] = _checksum(stored, described)
    header = {METADATA_KEY: json.dumps(described, sort_keys=True)}
    content = safetensors.numpy.save(stored, header)
    _check_size(len(content), int.from_bytes(content[:8], "little"))
    return content


def _as_stored(array: np.ndarray) -> np.ndarray:
    """A copy in the order of axes and bytes that the file has."""
    return np.array(array, array.dtype.newbyteorder("<"), order="C")


def _check_size(size: int, header: int = 0) -> None:
    if size > MAX_BYTES or header > MAX_HEADER:
        raise TooLarge(
            f"{size / 2**20:,.0f} MiB, {header / 2**20:,.0f} of them names and descriptions; what"
            f" can be read again is {MAX_BYTES >> 20:,} MiB with {MAX_HEADER >> 20} of them"
        )


def digest(values: Iterable[np.ndarray]) -> str:
    """A hash of the bytes of NumPy arrays, in their order."""
    found = hashlib.sha256()
    for value in values:
        found.update(value.tobytes())
    return found.hexdigest()


def _checksum(arrays: Mapping[str, np.ndarray], described: Mapping[str, Any]) -> str:
    """SHA-256 of the description and of all arrays with their names, types and shapes."""
    rest = {key: value for key, value in described.items() if key != DIGEST_KEY}
    found = hashlib.sha256(json.dumps(rest, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        found.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def read(path: str | Path, where: str) -> Checkpoint:
    """Read a checkpoint; of a folder, its newest.

    Args:
        path: the file or folder.
        where: the argument that named it, such as `--load_path`; the messages begin with it.

    Raises:
        CheckpointError: missing, unreadable, truncated, of another format or version.
    """
    path = newest_checkpoint(path, where)
    try:
        content = read_regular(path, where, MAX_BYTES)
    except UserError as error:
        raise CheckpointError(str(error)) from None
    if not looks_like_checkpoint(content):
        raise CheckpointError(
            f"{where}: {path} is not a checkpoint of this package, or is truncated; a policy of"
            " another program becomes one with python -m baselines.convert IN OUT --env ID"
        )
    arrays = _arrays(content, path, where)
    return Checkpoint(
        arrays, _metadata(content, arrays, path, where), hashlib.sha256(content).hexdigest()
    )


def checkpoint_name(update: int) -> str:
    """Name of the checkpoint written after an update, such as `00970`."""
    return f"{update:05d}"


def is_checkpoint(path: Path) -> bool:
    """Whether a file's name is that of a checkpoint."""
    return path.is_file() and re.fullmatch(r"\d{5,}", path.name) is not None


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the newest first; none where there is no folder.

    Raises:
        OSError: it cannot be looked into.
    """
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(filter(is_checkpoint, found), key=lambda path: -int(path.name))


def newest_checkpoint(path: str | Path, where: str) -> str | Path:
    """The newest checkpoint of a folder; the path of anything else as it is.

    Raises:
        CheckpointError: the folder has none, or cannot be looked into.
    """
    if not os.path.isdir(path):
        return path
    try:
        found = checkpoints_in(Path(path))
    except OSError as error:
        raise CheckpointError(f"{where}: cannot look into {path}: {error.strerror}") from None
    if not found:
        raise CheckpointError(
            f"{where}: {path} is a directory without a checkpoint; those are named by an update,"
            " such as 00970"
        )
    return found[0]


def looks_like_checkpoint(content: bytes) -> bool:
    """Whether a file begins as safetensors files do: a header's length, and the header."""
    return content[8:9] == b"{" and int.from_bytes(content[:8], "little") <= MAX_BYTES


def _arrays(content: bytes, path: str | Path, where: str) -> dict[str, np.ndarray]:
    try:
        return safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{where}: {path} is not a checkpoint of this package, or is truncated"
            f" ({printable(str(error), 200)})"
        ) from None


def _metadata(
    content: bytes, arrays: Mapping[str, np.ndarray], path: str | Path, where: str
) -> dict[str, Any]:
    """The description of a file that safetensors has accepted, so its header is well-formed."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    described = (header.get("__metadata__") or {}).get(METADATA_KEY)
    if described is None:
        raise CheckpointError(
            f"{where}: {path} is a safetensors file of another program"
            f" (it has no {METADATA_KEY!r} description)"
        )
    try:
        metadata: dict[str, Any] = json.loads(described)
        version = metadata["format_version"]
        told = printable(str(version), 40)
        is_whole = metadata.get(DIGEST_KEY) in (None, _checksum(arrays, metadata))
    except DAMAGE:
        raise CheckpointError(f"{where}: the description inside {path} is damaged") from None
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{where}: {path} has format version {told}; this program reads {FORMAT_VERSION}"
        )
    if not is_whole:
        raise CheckpointError(f"{where}: {path} is damaged: its content does not fit its checksum")
    return metadata


def checked_arrays(
    arrays: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int, ...]],
    kind: type[np.generic] = np.generic,
) -> dict[str, np.ndarray]:
    """The arrays of these names, once their types, shapes and values are seen to be right.

    Args:
        arrays: arrays by name, and others.
        shapes: the shapes that they must have.
        kind: the type that they must have, or one above it in NumPy's hierarchy.

    Raises:
        KeyError: an array is missing.
        ValueError: an array has another type or shape, or holds NaN or infinity.
    """
    for name, shape in shapes.items():
        if not np.issubdtype(arrays[name].dtype, kind):
            raise ValueError(f"{name} is of {arrays[name].dtype}, not {kind.__name__}")
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} holds values that are not finite")
    return {name: arrays[name] for name in shapes}
