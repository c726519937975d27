"""What every command of this package does alike: one-line errors, suggestions, exit statuses."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class UserError(ValueError):
    """Bad input: its message is one line that names the argument and says what would be right."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest known name, or nothing when none is near."""
    by_lower = {k.lower(): k for k in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return f"; did you mean {by_lower[near[0]]}?" if near else ""


def check_choice(flag: str, name: str, known: Iterable[str]) -> None:
    """Raises UserError when `name` is not among the `known` ones."""
    known = list(known)
    if name not in known:
        options = "" if len(known) > 8 else f" (one of: {', '.join(known)})"
        raise UserError(f"--{flag}: unknown name {name!r}{options}{suggestion(name, known)}")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, with the nearest flag suggested."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(allow_abbrev=False, **kwargs)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise UserError instead of printing the usage and exiting."""
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            flag = unknown[1].split("=")[0]
            message = f"{flag}: unknown argument{suggestion(flag, self._option_string_actions)}"
        message = re.sub(r"^argument (-\S+): ", r"\1: ", message)
        raise UserError(message)


def run_command(main: Callable[[list[str]], None], name: str) -> NoReturn:
    """Run a command's `main(argv)` and exit: 0, 2 on bad input, 130 on Ctrl-C."""
    try:
        main(sys.argv[1:])
    except UserError as error:
        print(f"{name}: error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:  # `... | head`: the reader has seen enough
        sys.stderr.close()
        sys.exit(0)
    sys.exit(0)
