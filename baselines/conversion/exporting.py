"""The files by which other programs take over a policy of ours, by the ending of their names."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.common.errors import UserError
from baselines.conversion.onnx_file import onnx_file
from baselines.conversion.outgoing import Outgoing
from baselines.conversion.sb3_files import policy_file, statistics_file

STATISTICS = "{stem}_vecnormalize.pkl"
"""Name of the statistics beside `{stem}.zip`."""


def npz_file(outgoing: Outgoing) -> bytes:
    """Variables and statistics as arrays by the names of docs/checkpoints.md."""
    content = io.BytesIO()
    arrays: dict[str, Any] = {"activation": outgoing.policy.spec.activation, **outgoing.origin}
    arrays |= outgoing.params | outgoing.normalizer.arrays()
    np.savez(content, **arrays)
    return content.getvalue()


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        reader: what reads it.
        write: its content.
        beside: what is written beside it, by names that may refer to its `{stem}`.
    """

    reader: str
    write: Callable[[Outgoing], bytes]
    beside: dict[str, Callable[[Outgoing], bytes]]


FORMATS = {
    ".npz": Format("NumPy", npz_file, {}),
    ".zip": Format("Stable-Baselines3", policy_file, {STATISTICS: statistics_file}),
    ".onnx": Format("any ONNX runtime", onnx_file, {}),
}


def format_of(path: Path) -> Format:
    """The format that a file's name asks for.

    Raises:
        UserError: it asks for none that is known.
    """
    if path.suffix not in FORMATS:
        known = ", ".join(f"{ending} ({known.reader})" for ending, known in FORMATS.items())
        raise UserError(f"OUT: {path} must end in one of {known}")
    return FORMATS[path.suffix]


def targets(path: Path) -> list[Path]:
    """All that is written for `path`."""
    beside = format_of(path).beside
    return [path, *(path.with_name(name.format(stem=path.stem)) for name in beside)]


def exported(outgoing: Outgoing, path: Path) -> dict[Path, bytes]:
    """The files, by where they are to be written.

    Raises:
        UserError: the other program has no such policies.
    """
    found = format_of(path)
    contents = [found.write, *found.beside.values()]
    return {file: make(outgoing) for file, make in zip(targets(path), contents, strict=True)}
