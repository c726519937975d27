"""The coefficients of a student's losses and its decoder's noise: sets with a name (`--coefs`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CoefficientSet:
    """Values that go together.

    Attributes:
        values: by the name of the setting.
        called: what a method with these values is called by, in brackets.
        source: where they come from.
    """

    values: Mapping[str, float]
    called: str
    source: str


COEFS = {
    "tuned": CoefficientSet(
        {
            "ps_coef": 2.0,
            "vf_ps_coef": 2.0,
            "mutual_info_coef": 10.0,
            "kl_coef": 0.0,
            "decoder_min_std": 0.1,
        },
        "tuned coefficients",
        "docs/studies.md",
    ),
    "paper": CoefficientSet(
        {
            "ps_coef": 1.0,
            "vf_ps_coef": 0.1,
            "mutual_info_coef": 1.0,
            "kl_coef": 0.1,
            "decoder_min_std": 0.0,
        },
        "paper's coefficients",
        "the authors' code of Wan et al. 2020",
    ),
}
"""The authors' code draws each coefficient from two values for every run; `paper` has the upper."""

DEFAULT_COEFS = "paper"
"""The set of a run that names none."""

COEF_NAMES = tuple(COEFS[DEFAULT_COEFS].values)
"""The settings that a set gives values to: coefficients, and the decoder's noise."""

KL = "kl_coef"
"""The one of them that PPO without a student has too, and then 0 where it is not given."""


def nearest(values: Mapping[str, object]) -> str:
    """The set from which the fewest of a student's values differ; of several, the default first."""
    return min(
        sorted(COEFS, key=lambda name: name != DEFAULT_COEFS),
        key=lambda name: sum(values.get(k) != v for k, v in COEFS[name].values.items()),
    )
