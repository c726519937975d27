"""The methods that are compared, each under one name: for experiment files, figures and docs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from baselines.coefs import COEFS, DEFAULT_COEFS, KL


@dataclass(frozen=True)
class NamedMethod:
    """A way of learning a task.

    Attributes:
        name: what it is called everywhere.
        settings: what makes it, by flag; all else is as by default.
        shows: what a comparison with it tells.
        taught: whether it has teachers.
    """

    name: str
    settings: Mapping[str, str | float]
    shows: str
    taught: bool = True


SCRATCH = "PPO"
"""The method that all else is compared with."""

SCRATCH_WITH_KL = "PPO + KL"
"""PPO with the KL term that the paper's students have."""

STUDENT = "MIKT"
"""The method that this package is about."""

COPIED = "MLPP"
"""A policy that starts with the teacher's weights."""

UNTRAINED = "random teacher"
"""MIKT with teachers that were never trained."""


def _table(*methods: NamedMethod) -> dict[str, NamedMethod]:
    return {method.name: method for method in methods}


METHODS = _table(
    NamedMethod(SCRATCH, {}, "the student's network from scratch", taught=False),
    NamedMethod(STUDENT, {}, "the method, with the coefficients of `--coefs`"),
    NamedMethod(
        SCRATCH_WITH_KL,
        {KL: COEFS["paper"].values[KL]},
        "what the KL term of the paper's students brings by itself",
        taught=False,
    ),
    NamedMethod(
        UNTRAINED,
        {"teacher_weights": "random"},
        "what the student's set-up brings with teachers that know nothing",
    ),
    NamedMethod(COPIED, {"transfer": "mlpp"}, "a teacher's weights as the start"),
    NamedMethod("MIKT without MI", {"mutual_info_coef": 0.0}, "what L_MI brings"),
    NamedMethod(
        "frozen mapping", {"mapping": "frozen"}, "what learning φ brings: here φ stays at its start"
    ),
    *(
        NamedMethod(
            f"MIKT ({s.called})",
            {"coefs": name},
            f"the coefficients of `--coefs={name}`{', the default' * (name == DEFAULT_COEFS)}",
        )
        for name, s in COEFS.items()
    ),
)
"""By name, in the order in which figures give them their colours."""
