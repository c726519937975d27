"""Zip archives, and the `.npz` files that are such archives, within bounds."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from baselines.conversion.limits import MALFORMED, MAX_BYTES, MAX_ENTRIES, Refused, plain
from baselines.conversion.numpy_data import read_npy

ENTRY_SIGNATURE = b"PK\x01\x02"
"""Begins each record of an archive's table of contents."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others are unpacked by `zipfile` without a bound."""

ENCRYPTED = 1


def read_zip(content: bytes, what: str = "") -> dict[str, bytes]:
    """All files of an archive by name, unpacked in memory; none is written anywhere.

    Args:
        content: the archive.
        what: its name inside the file that holds it, for the messages.

    Raises:
        Refused: damaged, larger than allowed, or with names that no honest archive has.
    """
    where = f"holds {what}, which " if what else ""
    try:
        return _read(content)
    except Refused as error:
        raise Refused(f"{where}{error}") from None
    except MALFORMED as error:
        raise Refused(f"{where}is a damaged zip archive ({plain(error)})") from None


def _read(content: bytes) -> dict[str, bytes]:
    # An upper bound on the number of records, before any is parsed.
    if content.count(ENTRY_SIGNATURE) > MAX_ENTRIES:
        raise Refused(f"is a zip archive of more than {MAX_ENTRIES:,} files")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        _check(entries)
        return {entry.filename: _read_entry(archive, entry) for entry in entries}


def _check(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise Refused("is a zip archive in which a name appears twice")
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise Refused(f"is a zip archive that unpacks to more than {MAX_BYTES >> 20} MiB")
    for entry in entries:
        path = entry.filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/"):
            raise Refused(f"is a zip archive with the path {plain(entry.filename)}")
        if entry.compress_type not in METHODS or entry.flag_bits & ENCRYPTED:
            raise Refused(f"is a zip archive with {plain(entry.filename)} packed in an unusual way")


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)  # never more, whatever the packed data unpack to
    if len(data) != entry.file_size:
        raise Refused(f"is a zip archive with {plain(entry.filename)} truncated")
    return data


def npz_arrays(entries: dict[str, bytes]) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file by name: numbers, and single texts.

    Raises:
        Refused: another type, or damaged.
    """
    return {
        name.removesuffix(".npy"): read_npy(content, name.removesuffix(".npy"))
        for name, content in entries.items()
    }
