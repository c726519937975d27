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

Make = Callable[[Outgoing], bytes]
"""Makes the content of a file; raises UserError where the other program has no such policies."""


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
        files: what makes the content of each file, by the ending of its name.
    """

    reader: str
    files: dict[str, Make]


FORMATS = {
    ".npz": Format("NumPy", {".npz": npz_file}),
    ".zip": Format(
        "Stable-Baselines3", {".zip": policy_file, "_vecnormalize.pkl": statistics_file}
    ),
    ".onnx": Format("any ONNX runtime", {".onnx": onnx_file}),
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


def targets(path: Path) -> dict[Path, Make]:
    """All files that are written for `path`, and what makes the content of each."""
    files = format_of(path).files
    return {path.with_name(path.stem + ending): make for ending, make in files.items()}
