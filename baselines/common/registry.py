"""Networks, mappings, transfer methods and schedules by name, this package's and a user's own.

A name is short for a place: `mlp` for `baselines.common.networks.networks:Mlp`. The place itself is
a name too, so that anything of the right kind in any module can be given without being registered
before. Looking a name up imports its module. For a name that a file tells, which may be a
stranger's, nothing is imported (`Registry.known`): it must be this package's own, or registered, or
have been named by the user before.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, TypeVar

from baselines.common.errors import UserError, printable, shown, suggestion, told

Entry = TypeVar("Entry")
Complaint = Callable[[Any], str]
"""Error text for a thing that is not of a registry's kind; empty if it is."""

PLACE = "module:name"
"""The form of a place, for messages."""

ALLOW = "--{kind}={name}"
"""The argument by which a user allows a name that a file tells."""


class NotKnown(LookupError):
    """A file names something that this program does not know."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(kind, name)
        self._kind, self._name, self._known = kind, name, ", ".join(known)

    def told(self, allow: str = ALLOW) -> str:
        """The message; `allow` is the argument to add, with `{kind}` and `{name}` in it."""
        told = f"it names the {self._kind} {printable(repr(self._name), 80)}, which is"
        if re.fullmatch(r"[\w.]+:\w+", str(self._name)):  # nothing that a shell would act on
            added = allow.format(kind=self._kind, name=self._name)
            return f"{told} no part of this package; if you trust that module, add {added}"
        return f"{told} none of: {self._known}"


class Registry:
    """Things of one kind by name; iterating gives the short names.

    Attributes:
        flag: the command-line flag that takes such a name, and what the kind is called.
    """

    def __init__(self, flag: str, complaint: Complaint | None = None, **places: str) -> None:
        """Register this package's own.

        Args:
            flag: see above.
            complaint: the check of each entry; None: a room above provides it.
            places: `module:attribute` by name; imported when first needed.
        """
        self.flag = flag
        self._complaint = complaint or _no_complaint
        self._places = places
        self._known: dict[str, Any] = {}

    def provide(self, complaint: Complaint | None = None, **places: str) -> None:
        """Register more of this package's own, from a room above, as in the constructor.

        Args:
            complaint: the check of each entry; None: as it was.
            places: `module:attribute` by name; imported when first needed.

        Raises:
            ValueError: a name is taken, or what is registered already does not pass the check.
        """
        self._complaint = complaint or self._complaint
        for name, entry in self._known.items():
            if told := self._complaint(entry):
                raise ValueError(f"the {self.flag} {name!r} {told}")
        if taken := [name for name in places if name in self]:
            raise ValueError(f"the {self.flag} {taken[0]!r} is taken")
        self._places |= places

    def __iter__(self) -> Iterator[str]:
        own = [name for name in self._known if ":" not in name and name not in self._places]
        return iter([*self._places, *own])

    def register(self, name: str) -> Callable[[Entry], Entry]:
        """A decorator that gives a thing a short name.

        A function or class may be given its name again, as when its module is reloaded.

        Raises:
            ValueError: the name is taken, or none, or the thing is not of this kind.
        """
        if not isinstance(name, str) or not re.fullmatch(r"[\w.\-]+", name):
            raise ValueError(
                f"a {self.flag} is registered under a name of letters, digits, _ . and -, such as"
                f" @register('mine'), not {shown(name)}"
            )

        def registered(entry: Entry) -> Entry:
            if name in self and not _is_again(entry, self._known.get(name)):
                raise ValueError(f"the {self.flag} {name!r} is taken")
            if complaint := self._complaint(entry):
                raise ValueError(f"the {self.flag} {name!r} {complaint}")
            self._known[name] = entry
            return entry

        return registered

    def lookup(self, name: str, flag: str = "") -> Any:
        """The entry that the user calls `name`, a short name or a place; known from then on.

        Args:
            name: as the user gave it.
            flag: the flag that it was given for, where that is not `self.flag`.

        Raises:
            UserError: there is none, or not of this kind.
        """
        if name not in self._known:
            where = f"--{flag or self.flag}"
            place = self._places.get(name, name)
            if ":" not in place:
                raise UserError(
                    f"{where}: unknown name {name!r} (one of: {', '.join(self)}, or {PLACE})"
                    f"{suggestion(name, self)}"
                )
            entry = _imported(place, where)
            if complaint := self._complaint(entry):
                raise UserError(f"{where}: {name} {complaint}")
            self._known[name] = entry
        return self._known[name]

    def adopt(self, entry: Callable[..., Any], flag: str = "") -> str:
        """Make a function known that need not stand where others could import it from.

        Args:
            entry: the function.
            flag: the flag that it was given for, where that is not `self.flag`.

        Returns:
            Its name; a later function of the same name takes its place.

        Raises:
            UserError: it is not of this kind.
        """
        name = f"{entry.__module__}:{getattr(entry, '__qualname__', type(entry).__qualname__)}"
        if complaint := self._complaint(entry):
            raise UserError(f"--{flag or self.flag}: {name} {complaint}")
        self._known[name] = entry
        return name

    def renew(self, name: str) -> None:
        """Forget the entry of a place, so that it is read again: a reload may have changed it."""
        module, _, attribute = name.rpartition(":")
        if hasattr(sys.modules.get(module), attribute):
            self._known.pop(name, None)

    def known(self, name: str) -> Any:
        """The entry that a file calls `name`; only this package's own modules are imported.

        Raises:
            NotKnown: the name is neither this package's, nor was it registered or looked up.
        """
        if name in self._places:
            return self.lookup(name)
        if name not in self._known:
            raise NotKnown(self.flag, name, self)
        return self._known[name]

    def from_outside(self) -> list[str]:
        """The names that are known and not this package's own."""
        return [name for name in self._known if name not in self._places]


def _no_complaint(entry: Any) -> str:
    return ""


def _is_again(entry: Any, before: Any) -> bool:
    """Whether a function or class stands where one stood before."""
    now, then = (
        (getattr(x, "__module__", None), getattr(x, "__qualname__", None)) for x in (entry, before)
    )
    return now == then and None not in now


def module_of(place: str, where: str) -> ModuleType:
    """The module of `module:attribute`, imported; `where` begins the message.

    Raises:
        UserError: it cannot be imported.
    """
    name = place.rpartition(":")[0]
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a user's module may raise anything
        hint = "; give a module, which is written without .py" if name.endswith(".py") else ""
        raise UserError(
            f"{where}: cannot import {name!r} of {place!r}: {told(error)}{hint}"
        ) from None


def _imported(place: str, where: str) -> Any:
    """The attribute at `module:attribute`.

    Raises:
        UserError: there is none.
    """
    name, _, attribute = place.rpartition(":")
    module = module_of(place, where)
    if not hasattr(module, attribute):
        near = suggestion(attribute, [a for a in vars(module) if not a.startswith("_")])
        raise UserError(f"{where}: the module {name} has no {attribute!r}{near}")
    return getattr(module, attribute)


def place_of(function: Callable[..., Any], flag: str) -> str:
    """The place of a function or class, which is its name in files.

    Raises:
        UserError: it is where no other program could import it from.
    """
    name = getattr(function, "__qualname__", repr(function))
    if function.__module__ == "__main__" or not name.isidentifier():
        raise UserError(
            f"--{flag}: {name} must stand on the top level of a module other than the program's"
            " own, from which others can import it"
        )
    return f"{function.__module__}:{name}"
