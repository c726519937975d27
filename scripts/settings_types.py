#!/usr/bin/env python3
"""Write baselines/ppo2/settings.py, the types of `ppo2.learn`'s settings, from `baselines.config`.

python scripts/settings_types.py
"""

import typing
from dataclasses import fields
from pathlib import Path

from baselines.common.files import write_atomically
from baselines.common.registry import Registry
from baselines.config import PATHS, SCHEDULES, Config, flag_of
from baselines.flags import TEACHERS

PAGE = Path(__file__).resolve().parent.parent / "baselines" / "ppo2" / "settings.py"

HEAD = '''\
"""The settings of `ppo2.learn` with their types, for completion and type checkers.

Written by `scripts/settings_types.py` from `baselines.config`, which says what each means.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypedDict


class Settings(TypedDict, total=False):
    """Each may be None too, which is as if it were not given."""

'''

BY_HAND = {
    "env_kwargs": "dict[str, Any] | str",
    **dict.fromkeys(PATHS, "str | os.PathLike[str]"),
    TEACHERS: "Any",
    SCHEDULES.flag: "str | Callable[[float], float]",
}
"""What a program may give besides the text of a flag."""

BY_KIND = {int: "float", float: "float", bool: "bool", str: "str"}
"""Whole numbers may be floats too, as 2e6 is."""


def page() -> str:
    """The module."""
    kinds = typing.get_type_hints(Config)
    lines = []
    for f in fields(Config):
        flag = flag_of(f)
        if flag == "env":  # an argument of its own
            continue
        kind = BY_HAND.get(flag) or BY_KIND[kinds[f.name]]
        if isinstance(f.metadata["choices"], Registry) and flag not in BY_HAND:
            kind += " | Callable[..., Any]"
        lines.append(f"    {flag}: {kind} | None\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
