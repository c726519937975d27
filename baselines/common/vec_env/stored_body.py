"""The MuJoCo XML of a body of one's own, kept in the checkpoints of what was trained in it.

Of the other files that it reads (what it includes, meshes, textures, ...) hashes are kept.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from baselines.common.errors import UserError
from baselines.common.files import read_regular

ARGUMENT = "xml_file"
"""The keyword argument by which tasks take the file."""

MAX_BYTES = 1 << 24
MAX_MESH_BYTES = 1 << 30

FOLDERS = ("meshdir", "texturedir", "assetdir")
"""Attributes of a model's `compiler` that say where its files are."""


def described_body(path: str) -> dict[str, Any]:
    """A body as a checkpoint keeps it; JSON.

    Returns:
        Its `path`, its `sha256`, its `xml`, and in `files` the hashes of the files that it reads,
        by their paths from its folder.

    Raises:
        UserError: a file cannot be read.
    """
    content = read_regular(Path(path), "--env_xml", MAX_BYTES)
    folder = Path(path).parent
    return {
        "path": path,
        "sha256": _hash(content),
        "xml": content.decode(errors="surrogateescape"),
        "files": {
            name: _hash(read_regular(folder / name, "--env_xml", MAX_MESH_BYTES))
            for name in files_of(Path(path))
        },
    }


def files_of(xml: Path) -> list[str]:
    """The files that a model reads besides its XML, by their paths from its folder.

    Every attribute such as `file="x.stl"` names one, beside the model or the XML with the
    attribute, or in a folder that a `compiler` names. Where several files fit, all count.
    """
    roots = _roots(xml)
    named = [
        (at.parent, name)
        for at, root in roots.items()
        for element in root.iter()
        for attribute, name in element.attrib.items()
        if attribute.startswith("file")
    ]
    compilers = [compiler for root in roots.values() for compiler in root.iter("compiler")]
    folders = {"", *(compiler.get(name, "") for compiler in compilers for name in FOLDERS)}
    found = {
        os.path.relpath(path, xml.parent)
        for beside, name in named
        for place in {xml.parent, beside}
        for folder in folders
        for path in (place / folder / name, place / folder / Path(name).name)
        if os.path.isfile(path)  # Path.is_file raises for a name too long
    }
    return sorted(found)


def _roots(xml: Path) -> dict[Path, ElementTree.Element]:
    """The XML of a model and of what it includes or attaches; a file that is no XML is left out."""
    found: dict[Path, ElementTree.Element] = {}
    left = [xml]
    while left:
        path = left.pop()
        if path in found or not os.path.isfile(path):
            continue
        try:
            found[path] = ElementTree.fromstring(read_regular(path, "--env_xml", MAX_BYTES))
        except ElementTree.ParseError:
            continue
        others = (found[path].iter(tag) for tag in ("include", "model"))
        names = [element.get("file", "") for element in chain.from_iterable(others)]
        left += [folder / name for name in names for folder in (xml.parent, path.parent) if name]
    return found


def check_described_body(body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError, AttributeError or ValueError where a description is damaged."""
    if _hash(_content(body)) != body["sha256"] or not isinstance(body["path"], str):
        raise ValueError("the body is not the one that its hash is of")
    if not all(isinstance(sha256, str) for sha256 in _files(body).values()):
        raise TypeError("a file of the body has no hash")


def check_not_edited(path: str, body: Mapping[str, Any], what: str) -> None:
    """Check that a file, and those that it reads, still hold the body that something was made with.

    Args:
        path: the file.
        body: the body as it was described.
        what: the thing that was made with it, for the message.

    Raises:
        UserError: it is another one, or cannot be read.
    """
    if described_body(path)["sha256"] != body["sha256"]:
        raise UserError(
            f"--env_xml: {path} has been edited since {what}; put it back as it was (the body is"
            " in every checkpoint: python -m baselines.describe --json prints it), or begin a new"
            " run elsewhere"
        )
    edited = _edited_files(Path(path).parent, body)
    if edited:
        raise UserError(
            f"--env_xml: {', '.join(edited)}, read by {path}, edited or removed since {what}; put"
            " back what was there, or begin a new run elsewhere"
        )


def _edited_files(folder: Path, body: Mapping[str, Any]) -> list[str]:
    """Of the files that a body reads those that are others by now, or are gone."""
    return [
        name
        for name, sha256 in _files(body).items()
        if _found(folder / name, MAX_MESH_BYTES) != sha256
    ]


def _files(body: Mapping[str, Any]) -> dict[str, str]:
    """The files that a body reads, with their hashes; older checkpoints do not tell them."""
    return dict(body.get("files", {}))


@contextmanager
def arguments_with_body(
    kwargs: Mapping[str, Any], body: Mapping[str, Any] | None
) -> Iterator[dict[str, Any]]:
    """A task's arguments, in which the file of the body is there while the block lasts.

    It is the file itself where that is still the same, so that it finds what it reads, which is
    taken as it is by now; it is said if that is another. Where the file is gone, or edited, which
    is said, it is one with the kept XML.

    Args:
        kwargs: the arguments.
        body: the body as it was described; None for tasks with bodies of their own.

    Raises:
        UserError: only the XML is kept, and it reads other files.
    """
    if body is None:
        yield dict(kwargs)
        return
    path = Path(body["path"])
    found = _found(path, MAX_BYTES)
    if found == body["sha256"]:
        edited = _edited_files(path.parent, body)
        if edited:
            _warn(f"{path} reads {', '.join(edited)}, edited since; what follows is in that")
        yield dict(kwargs)
        return
    if _files(body):
        raise UserError(
            f"--env_xml: {path} is not there as it was in the training; its XML is in the"
            " checkpoint (python -m baselines.describe --json), but not what that reads:"
            f" {', '.join(_files(body))}"
        )
    if found is not None:
        _warn(f"{path} has been edited since; what follows is in the body of the training")
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "body.xml"
        kept.write_bytes(_content(body))
        yield {**kwargs, ARGUMENT: str(kept)}


def _warn(text: str) -> None:
    print(f"WARNING: {text}", file=sys.stderr)


def _content(body: Mapping[str, Any]) -> bytes:
    content: bytes = body["xml"].encode(errors="surrogateescape")
    return content


def _found(path: Path, limit: int) -> str | None:
    """The hash of a file; None where there is none that can be read."""
    try:
        return _hash(read_regular(path, "--env_xml", limit))
    except UserError:
        return None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
