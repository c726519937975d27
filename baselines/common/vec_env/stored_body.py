"""The MuJoCo XML of a body of one's own, kept in the checkpoints of what was trained in it."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from baselines.common.errors import UserError
from baselines.common.files import read_regular

ARGUMENT = "xml_file"
"""The keyword argument by which tasks take the file."""

MAX_BYTES = 1 << 24


def described_body(path: str) -> dict[str, str]:
    """A body as a checkpoint keeps it: its path, its `sha256` and its `xml`; JSON.

    Raises:
        UserError: the file cannot be read.
    """
    content = read_regular(Path(path), "--env_xml", MAX_BYTES)
    return {"path": path, "sha256": _hash(content), "xml": content.decode(errors="surrogateescape")}


def check_described_body(body: Mapping[str, str]) -> None:
    """Raises KeyError, TypeError or ValueError where a description is damaged."""
    if _hash(_content(body)) != body["sha256"] or not isinstance(body["path"], str):
        raise ValueError("the body is not the one that its hash is of")


def check_not_edited(path: str, body: Mapping[str, str], what: str) -> None:
    """See that a file still holds the body that something was made with.

    Args:
        path: the file.
        body: the body as it was described.
        what: what was made with it, for the message.

    Raises:
        UserError: it is another one, or cannot be read.
    """
    if described_body(path)["sha256"] != body["sha256"]:
        raise UserError(
            f"--env_xml: {path} has been edited since {what}; put it back as it was (the body is"
            " in every checkpoint: python -m baselines.describe --json prints it), or begin a new"
            " run elsewhere"
        )


@contextmanager
def arguments_with_body(
    kwargs: Mapping[str, Any], body: Mapping[str, str] | None
) -> Iterator[dict[str, Any]]:
    """A task's arguments, in which the file of the body is there while the block lasts.

    It is the file itself where that is still the same, so that it finds what it includes; and one
    with the kept XML where it is gone, or edited, which is said.

    Args:
        kwargs: the arguments.
        body: the body as it was described; None for tasks with bodies of their own.
    """
    if body is None:
        yield dict(kwargs)
        return
    found = _found(Path(body["path"]))
    if found == body["sha256"]:
        yield dict(kwargs)
        return
    if found is not None:
        print(
            f"WARNING: {body['path']} has been edited since; what follows is in the body of the"
            " training",
            file=sys.stderr,
        )
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "body.xml"
        kept.write_bytes(_content(body))
        yield {**kwargs, ARGUMENT: str(kept)}


def _content(body: Mapping[str, str]) -> bytes:
    return body["xml"].encode(errors="surrogateescape")


def _found(path: Path) -> str | None:
    """The hash of a file; None where there is none that can be read."""
    try:
        return _hash(read_regular(path, "--env_xml", MAX_BYTES))
    except UserError:
        return None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
