"""Experiment files: YAML read with its line numbers, so that every error names file and line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from baselines.common.errors import UserError, printable, shown, suggestion
from baselines.common.files import read_regular

MAX_BYTES = 1 << 20
MAX_PARTS = 100_000
ARGUMENT = "EXPERIMENT"
"""The name of the argument for such a file, in the commands."""


@dataclass(frozen=True, eq=False)
class Part:
    """A value in an experiment file; equal ones at two places are two parts.

    Attributes:
        value: text, number, boolean, None, or a list or dictionary of these.
        where: file and line, for the messages.
        parts: the parts of a list, in its order, or of a dictionary; by index or key, as text.
    """

    value: Any
    where: str
    parts: dict[str, Part]

    def error(self, message: str) -> UserError:
        """An error at this place."""
        return UserError(f"{self.where}: {message}")

    def get(self, key: str) -> Part | None:
        """The part under a key."""
        return self.parts.get(key)

    def text(self) -> str:
        """The value, which must be a text.

        Raises:
            UserError: it is not.
        """
        if not isinstance(self.value, str) or not self.value:
            raise self.error(f"must be a text, not {shown(self.value)}")
        return self.value

    def flag(self) -> bool:
        """The value, which must be true or false.

        Raises:
            UserError: it is not.
        """
        if not isinstance(self.value, bool):
            raise self.error(f"must be true or false, not {shown(self.value)}")
        return self.value

    def items(self) -> list[Part]:
        """The parts of a list that is not empty.

        Raises:
            UserError: it is not.
        """
        if not isinstance(self.value, list) or not self.value:
            raise self.error(f"must be a list, not {shown(self.value)}")
        return list(self.parts.values())

    def entries(self, known: Sequence[str] = ()) -> list[tuple[str, Part]]:
        """Keys and parts of a dictionary.

        Args:
            known: the keys that there may be; none: any.

        Raises:
            UserError: it is none, or has another key.
        """
        if not isinstance(self.value, dict):
            raise self.error(f"must be keys with values, not {shown(self.value)}")
        for key, part in self.parts.items():
            if known and key not in known:
                near = suggestion(key, known)
                raise part.error(f"unknown key {shown(key)} (one of: {', '.join(known)}){near}")
        return list(self.parts.items())


def read_yaml(path: Path) -> Part:
    """Read a YAML file.

    Raises:
        UserError: it cannot be read, is no YAML, or has a key twice or one that is no text.
    """
    content = read_regular(path, ARGUMENT, MAX_BYTES)
    try:
        node = yaml.compose(content.decode(), yaml.SafeLoader)
        if node is None:
            raise UserError(f"{path}:1: the file is empty")
        return _part(_limited(node, path), path, SafeConstructor().construct_document)
    except UserError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}:{line}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # also of what is no UTF-8
        raise UserError(f"{path}:1: is not YAML ({printable(str(error), 80)})") from None


def _limited(node: yaml.Node, path: Path) -> yaml.Node:
    """The node, if it has few enough parts; each alias counts as a copy of what it stands for.

    Raises:
        UserError: it has more.
    """
    sizes: dict[yaml.Node, int] = {}

    def size(node: yaml.Node) -> int:
        if node not in sizes:
            parts = node.value if isinstance(node, yaml.CollectionNode) else []
            values = (part[1] if isinstance(part, tuple) else part for part in parts)
            sizes[node] = 1 + sum(map(size, values))
        return sizes[node]

    if size(node) > MAX_PARTS:
        raise UserError(f"{path}:1: has {size(node):,} parts, more than {MAX_PARTS:,}")
    return node


def _part(node: yaml.Node, path: Path, construct: Callable[[yaml.Node], Any]) -> Part:
    where = f"{path}:{node.start_mark.line + 1}"
    if isinstance(node, yaml.MappingNode):
        parts: dict[str, Part] = {}
        for key_node, value_node in node.value:
            key, place = key_node.value, f"{path}:{key_node.start_mark.line + 1}"
            if not isinstance(key_node, yaml.ScalarNode):
                raise UserError(f"{place}: a key must be a text, not a list or keys with values")
            if key in parts:
                raise UserError(f"{place}: {key!r} is there twice")
            parts[key] = _part(value_node, path, construct)
        return Part({key: part.value for key, part in parts.items()}, where, parts)
    if isinstance(node, yaml.SequenceNode):
        elements = [_part(element, path, construct) for element in node.value]
        by_index = {str(i): element for i, element in enumerate(elements)}
        return Part([element.value for element in elements], where, by_index)
    try:
        return Part(construct(node), where, {})
    except (LookupError, AttributeError, ValueError):  # a tag, or the form, of what it is not
        kind = node.tag.rpartition(":")[2]
        raise UserError(f"{where}: {printable(repr(node.value), 80)} is no {kind}") from None


def required(part: Part, key: str) -> Part:
    """The part under a key.

    Raises:
        UserError: it is missing.
    """
    found = part.get(key)
    if found is None:
        raise part.error(f"{key!r} is missing")
    return found
