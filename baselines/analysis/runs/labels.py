"""Names of methods in figures and tables, from the logs of their runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from baselines.analysis.runs.method_settings import (
    LENGTH,
    default_settings,
    differing,
    settings_of_method,
)
from baselines.analysis.runs.runs import Run
from baselines.coefs import COEFS, DEFAULT_COEFS, KL, nearest
from baselines.common.errors import printable
from baselines.config import Config
from baselines.methods import METHODS, SCRATCH, SCRATCH_WITH_KL

BUILT_IN = {"transfer": ("mikt", "mlpp"), "mapping": ("learned", "frozen")}
"""Values that are called as in the table of methods; others go by their own names."""

UNSAID = ("", DEFAULT_COEFS)
"""Sets of coefficients that no label tells."""

LONGEST_VALUE = 30
"""Characters of a setting's value in a label."""


def label(run: Run) -> str:
    """The name of a run's method, without settings that do not define it."""
    name = _kind(run)
    surplus = len(run.teachers) > len({teacher.task for teacher in run.teachers})
    if surplus:
        name += f", {len(run.teachers)} teachers"
    return f"{name}, continued" if run.load_path else name


def _kind(run: Run) -> str:
    own = settings_of_method(run.config)
    if not run.teachers:
        return SCRATCH if own[KL] == 0 else SCRATCH_WITH_KL
    if own["transfer"] not in BUILT_IN["transfer"]:
        return _of_module(own["transfer"])
    names = _names_in_the_table(own)
    if (mapping := own.get("mapping", "learned")) not in BUILT_IN["mapping"]:
        names.append(_of_module(mapping))
    coefs = _set_of(own)
    return ", ".join(names) + (f" ({COEFS[coefs].called})" if coefs not in UNSAID else "")


def _names_in_the_table(own: Mapping[str, Any]) -> list[str]:
    """Names of the methods with teachers that a run fits, without parts of other methods."""
    fitting = [
        method
        for method in METHODS.values()
        if method.taught and all(own.get(k) == v for k, v in method.settings.items())
    ]
    return [
        one.name
        for one in fitting
        if not any(one.settings.items() < other.settings.items() for other in fitting)
    ]


def _set_of(own: Mapping[str, Any]) -> str:
    """The set of coefficients that a student's are told apart from; empty where there is none."""
    return nearest(own) if own.get("transfer") == "mikt" else ""


def _of_module(name: Any) -> str:
    """The name of `module:name`, without the module."""
    return _short(str(name).rpartition(":")[2])


def told_apart(name: str, methods: Sequence[tuple[Mapping[str, Any], Run]]) -> list[str]:
    """Labels for methods that have the same one: with the settings in which they differ.

    Long values are cut, unless two methods would then be called the same. `methods` has the
    settings of each, and one of its runs.
    """
    names = differing([own for own, _ in methods])
    shortest = min(own[LENGTH] for own, _ in methods)
    told = []
    for own, run in methods:
        unsaid = _unsaid(name, run, own) | {LENGTH: shortest}
        told.append({k: own[k] for k in names if k in own and own[k] != unsaid.get(k)})
    labels = [_labelled(name, one, LONGEST_VALUE) for one in told]
    if len(set(labels)) == len(labels):
        return labels
    return [_labelled(name, one, None) for one in told]


def _unsaid(name: str, run: Run, own: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a method of some label that go without saying."""
    coefs = _set_of(own)
    return {
        **default_settings(run.config),
        "transfer": Config.transfer,
        **(COEFS[coefs].values if coefs else {}),
        **(METHODS[name].settings if name in METHODS else {}),
    }


def _labelled(name: str, said: Mapping[str, Any], length: int | None) -> str:
    return ", ".join([name, *(f"{k}={_short(value, length)}" for k, value in said.items())])


def _short(value: Any, length: int | None = LONGEST_VALUE) -> str:
    """At most so many characters of a value; None: all."""
    text = value if isinstance(value, str) else json.dumps(value)
    return printable(text, len(text) if length is None else length)
