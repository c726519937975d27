"""Pickles of what cannot be imported here: the inverse of `pickles.parse`.

Python's own pickler imports a class to see whether it is there. Here a class or function of
another program is a `Global`, its name alone, and an object of it an `Instance`. The opcodes are
those of `pickletools`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from baselines.conversion.pickles import Global, Instance, Persistent

MADE_EMPTY = Global("copyreg", "__newobj__")
"""Makes an object whose attributes are set afterwards; has an opcode of its own."""


def pickled(value: Any, protocol: int = 3) -> bytes:
    """The pickle of a value.

    Args:
        value: plain data; `Global`, `Instance` and `Persistent`; objects of what is imported here.
        protocol: what the pickle calls itself: 2 for torch, whose reader knows no other; it must
            hold no bytes then.
    """
    return b"\x80" + bytes([protocol]) + _put(value) + b"."


def _put(value: Any) -> bytes:
    """The opcodes that leave the value on the stack."""
    match value:
        case None:
            return b"N"
        case bool():
            return b"\x88" if value else b"\x89"
        case Global(module, name):
            return f"c{module}\n{name}\n".encode()
        case Persistent(reference):
            return _put(reference) + b"Q"
        case Instance():
            return _instance(value)
        case int():
            return b"J" + struct.pack("<i", value)
        case float():
            return b"G" + struct.pack(">d", value)
        case str():
            return b"X" + _with_length(value.encode())
        case bytes():
            return b"B" + _with_length(value)
        case tuple():
            return b"(" + _each(value) + b"t"
        case list():
            return b"](" + _each(value) + b"e"
        case dict():
            return b"}(" + _each(part for pair in value.items() for part in pair) + b"u"
    if hasattr(value, "__qualname__"):
        return _put(Global(value.__module__, value.__qualname__))
    function, arguments, *state = value.__reduce_ex__(2)
    named = Global(function.__module__, function.__qualname__)
    return _put(Instance(named, arguments, state[0] if state else None))


def _instance(value: Instance) -> bytes:
    if value.made_by == MADE_EMPTY:
        kind, *arguments = value.arguments
        opcodes = [_put(kind), _put(tuple(arguments)), b"\x81"]
    else:
        opcodes = [_put(value.made_by), _put(value.arguments), b"R"]
    if value.items:
        opcodes += [b"(", _each(value.items), b"e"]
    if value.pairs:
        opcodes += [b"(", _each(part for pair in value.pairs for part in pair), b"u"]
    if value.state is not None:
        opcodes += [_put(value.state), b"b"]
    return b"".join(opcodes)


def _each(values: Iterable[Any]) -> bytes:
    return b"".join(_put(value) for value in values)


def _with_length(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content
