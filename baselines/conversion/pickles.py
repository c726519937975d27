"""Pickles taken apart without calling anything that they name.

A pickle is a program for a small stack machine, most of which builds lists and dictionaries; the
rest looks up classes and functions by name and calls them. Here that program is followed with
inert stand-ins: a name is kept as a `Global`, a call as an `Instance` that records what would have
been called with which arguments. Nothing is imported and nothing is called, so what comes out is
plain data, whatever the pickle was made for. The opcodes are those of `pickletools`.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from baselines.conversion.limits import MALFORMED, MAX_OPCODES, Refused


class Global(NamedTuple):
    """A class or function by name; not looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Instance:
    """An object that unpickling would have made.

    Attributes:
        made_by: the `Global` that would have been called.
        arguments: its arguments.
        state: what it would have been told afterwards (`__setstate__`).
        items: what would have been appended to it.
        pairs: what would have been set in it by key.
    """

    made_by: Any
    arguments: tuple[Any, ...]
    state: Any = None
    items: list[Any] = field(default_factory=list)
    pairs: list[tuple[Any, Any]] = field(default_factory=list)

    @property
    def kind(self) -> Any:
        """The `Global` of its class, also where a pickle of protocol 0 goes a longer way."""
        roundabout = isinstance(self.made_by, Global) and self.made_by.name == "_reconstructor"
        return self.arguments[0] if roundabout and self.arguments else self.made_by


class Persistent(NamedTuple):
    """A reference to something that lies outside the pickle."""

    id: Any


class Parsed(NamedTuple):
    """A pickle's content, and all that it names."""

    root: Any
    globals: frozenset[Global]


Hook = Callable[[Instance, io.BytesIO], Any]


def parse(content: bytes, after_build: Hook | None = None) -> Parsed:
    """Take a pickle apart.

    Args:
        content: the pickle.
        after_build: called with every instance that has just been given its state, and with the
            stream behind that opcode, from which it may read; returns what to put in its place.

    Raises:
        Refused: not a pickle, damaged, or longer than a pickle of arrays can be.
    """
    stream = io.BytesIO(content)
    machine = _Machine(stream, after_build)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if count >= MAX_OPCODES:
                raise Refused(f"is a pickle of more than {MAX_OPCODES:,} steps")
            machine.step(opcode.name, argument)
    except Refused:
        raise
    except MALFORMED:
        raise Refused("is of no known kind, or is damaged") from None
    if stream.read(1):
        raise Refused("is damaged: something follows after its end")
    return Parsed(machine.pop(), frozenset(machine.globals))


# Opcodes that put their argument, or always the same value, on the stack.
ARGUMENTS = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE",
    "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
))  # fmt: skip
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}


class _Machine:
    """The stack machine."""

    def __init__(self, stream: io.BytesIO, after_build: Hook | None) -> None:
        self.globals: set[Global] = set()
        self._stream = stream
        self._after_build = after_build
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Follow one opcode."""
        push, pop = self._stack.append, self.pop
        match name:
            case _ if name in ARGUMENTS:
                push(argument)
            case _ if name in CONSTANTS:
                push(CONSTANTS[name])
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self._memo[int(argument)] = self._top()
            case "MEMOIZE":
                self._memo[len(self._memo)] = self._top()
            case "GET" | "BINGET" | "LONG_BINGET":
                push(self._memo[int(argument)])
            case "MARK":
                self._marks.append(len(self._stack))
            case "POP" if self._marks and self._marks[-1] == len(self._stack):
                self._marks.pop()
            case "POP":
                pop()
            case "POP_MARK":
                self._pop_to_mark()
            case "DUP":
                push(self._top())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                backwards = [pop() for _ in range(int(name[-1]))]
                push(tuple(backwards[::-1]))
            case "TUPLE":
                push(tuple(self._pop_to_mark()))
            case "EMPTY_LIST" | "EMPTY_SET":  # the elements of a set need not be hashed
                push([])
            case "LIST" | "FROZENSET":
                push(self._pop_to_mark())
            case "APPEND":
                self._extend([pop()])
            case "APPENDS" | "ADDITEMS":
                self._extend(self._pop_to_mark())
            case "EMPTY_DICT":
                push({})
            case "DICT":
                values = self._pop_to_mark()
                push({})
                self._set(values)
            case "SETITEM":
                value, key = pop(), pop()
                self._set([key, value])
            case "SETITEMS":
                self._set(self._pop_to_mark())
            case "GLOBAL":
                self._push_global(*argument.split(" ", 1))
            case "STACK_GLOBAL":
                called, module = pop(), pop()
                self._push_global(module, called)
            case "REDUCE" | "NEWOBJ":
                arguments, made_by = pop(), pop()
                self._call(made_by, arguments)
            case "NEWOBJ_EX":
                pairs, arguments, made_by = pop(), pop(), pop()
                self._call(made_by, arguments, pairs)
            case "INST":
                arguments = tuple(self._pop_to_mark())
                self._push_global(*argument.split(" ", 1))
                self._call(pop(), arguments)
            case "OBJ":
                made_by, *arguments = self._pop_to_mark()
                self._call(made_by, tuple(arguments))
            case "BUILD":
                self._build(pop())
            case "PERSID":
                push(Persistent(argument))
            case "BINPERSID":
                push(Persistent(pop()))
            case "PROTO" | "FRAME" | "STOP":
                pass
            case _:
                raise Refused(f"is a pickle with the unusual step {name}")

    def pop(self) -> Any:
        """Take the topmost value, but none from below the last mark."""
        self._top()
        return self._stack.pop()

    def _top(self) -> Any:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise Refused("is a damaged pickle: a value is missing")
        return self._stack[-1]

    def _pop_to_mark(self) -> list[Any]:
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _extend(self, values: list[Any]) -> None:
        target = self._top()
        (target.items if isinstance(target, Instance) else target).extend(values)

    def _set(self, values: list[Any]) -> None:
        target = self._top()
        for key, value in zip(values[::2], values[1::2], strict=True):
            if isinstance(target, Instance):
                target.pairs.append((key, value))
            elif isinstance(key, str | int | float | bytes | None):
                target[key] = value
            else:  # to hash a tuple of tuples of tuples could take for ever
                raise Refused("is a pickle of a dictionary whose keys are not names")

    def _push_global(self, module: Any, name: Any) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise Refused("is a damaged pickle: the name of a class is no text")
        self._stack.append(Global(module, name))
        self.globals.add(self._stack[-1])

    def _call(self, made_by: Any, arguments: Any, pairs: Any = None) -> None:
        if not isinstance(arguments, tuple):
            raise Refused("is a damaged pickle: a call without a tuple of arguments")
        self._stack.append(Instance(made_by, arguments, pairs=list((pairs or {}).items())))

    def _build(self, state: Any) -> None:
        target = self._top()
        if not isinstance(target, Instance):
            raise Refused("is a damaged pickle: it gives a state to what has none")
        target.state = state
        if self._after_build is not None:
            self._stack[-1] = self._after_build(target, self._stream)
