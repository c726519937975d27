"""A stranger's file, of whichever kind it turns out to be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from baselines.common import checkpoint
from baselines.common.checkpoint import Checkpoint, CheckpointError, looks_like_checkpoint
from baselines.common.files import read_regular
from baselines.common.trees import MAX_WHOLE
from baselines.conversion import archives, joblib_files, stable_baselines3
from baselines.conversion.limits import MALFORMED, MAX_BYTES, Refused, plain
from baselines.conversion.numpy_data import check_total
from baselines.conversion.pickles import parse

BASELINES = "variables of OpenAI Baselines (joblib)"
SB3_POLICY = "policy of Stable-Baselines3"
SB3_STATISTICS = "VecNormalize statistics of Stable-Baselines3"
NPZ = "arrays (npz)"

TEXTS = ("env", "activation")
COUNTS = ("update", "timesteps")
"""The single texts and whole numbers that an `.npz` may hold beside the variables."""


@dataclass(frozen=True)
class Foreign:
    """The contents of another program's file.

    Attributes:
        kind: one of `BASELINES`, `SB3_POLICY`, `SB3_STATISTICS`, `NPZ`.
        arrays: variables and statistics under the file's own names.
        sha256: hash of the file, hexadecimal.
        facts: what else it tells and is of use here; JSON.
    """

    kind: str
    arrays: dict[str, np.ndarray]
    sha256: str
    facts: dict[str, Any] = field(default_factory=dict)


def read_any(path: str, where: str) -> Checkpoint | Foreign:
    """Read a checkpoint of this package or a file of another program; `where` as in `read_foreign`.

    Raises:
        UserError: unreadable, or neither.
    """
    path = str(checkpoint.newest_checkpoint(path, where))
    if looks_like_checkpoint(read_regular(path, where, checkpoint.MAX_BYTES)):
        return checkpoint.read(path, where)
    return read_foreign(path, where)


def read_foreign(path: str | Path, where: str) -> Foreign:
    """Read a file; `where` begins the messages: the argument that named it.

    Raises:
        UserError: it cannot be read, or is too large.
        CheckpointError: of no known kind, damaged, or not harmless.
    """
    content = read_regular(path, where, MAX_BYTES)
    try:
        kind, arrays, facts = _read(content)
        check_total(arrays)
    except Refused as error:
        raise CheckpointError(f"{where}: {path} {error}") from None
    except MALFORMED as error:
        raise CheckpointError(f"{where}: {path} is damaged ({plain(error)})") from None
    return Foreign(kind, arrays, hashlib.sha256(content).hexdigest(), facts)


Content = tuple[str, dict[str, np.ndarray], dict[str, Any]]


def _read(content: bytes) -> Content:
    if not content:
        raise Refused("is empty")
    if looks_like_checkpoint(content):
        raise Refused("is a checkpoint of this package (safetensors) already")
    if content.startswith(b"PK"):
        return _read_archive(archives.read_zip(content))
    parsed = parse(joblib_files.unpacked(content), joblib_files.read_wrapped)
    if stable_baselines3.is_statistics(parsed.root):
        return SB3_STATISTICS, *stable_baselines3.read_statistics(parsed.root)
    return BASELINES, joblib_files.variables(parsed), {}


def _read_archive(entries: dict[str, bytes]) -> Content:
    if stable_baselines3.is_policy(entries):
        facts = stable_baselines3.read_facts(entries)
        return SB3_POLICY, stable_baselines3.read_variables(entries), facts
    if entries and all(name.endswith(".npy") for name in entries):
        arrays = archives.npz_arrays(entries)
        facts = {name: _fact(name, arrays.pop(name)) for name in TEXTS + COUNTS if name in arrays}
        return NPZ, {name: _number(name, value) for name, value in arrays.items()}, facts
    raise Refused(
        "is a zip archive, but neither a Stable-Baselines3 policy (with data and policy.pth)"
        " nor an .npz"
    )


def _fact(name: str, value: np.ndarray) -> Any:
    fact = value.item() if value.shape == () else None
    if name in TEXTS and isinstance(fact, str):
        return fact
    if name in COUNTS and type(fact) is int and 0 <= fact <= MAX_WHOLE:
        return fact
    expected = "a text" if name in TEXTS else "a whole number"
    raise Refused(f"holds something else than {expected} as {name}")


def _number(name: str, value: np.ndarray) -> np.ndarray:
    if value.dtype.kind == "U":
        raise Refused(f"holds a text as {plain(name)}")
    return value
