"""What is logged of a student's use of its teachers, under its names.

`student_ps` and `vf_student_ps` are the means of p_0 over the hidden layers, `student_ps_0` and so
on p_0 of each. The figures of the mapping are those of `MappingFigures`; with several source tasks
they are means too, and `mi_explained_0` and so on those of each task.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PI_SHARE, VF_SHARE = "student_ps", "vf_student_ps"
"""Names of p_0 of the policy side and of the value side."""


class MappingFigures(NamedTuple):
    """What the mapping to one source task does with the observations of a rollout.

    Attributes:
        mi_explained: share of the observation's dimensions that can be told from φ(s)
            (`objectives.explained_share`).
        embedding_mean: how far φ(s) is off 0 (`embedding.moments`).
        embedding_std: how widely it is spread (the same).
    """

    mi_explained: float
    embedding_mean: float
    embedding_std: float


def share_figures(pi_layers: Sequence[float], vf_layers: Sequence[float]) -> dict[str, float]:
    """p_0 of each hidden layer of the two sides, by name."""
    return _with_parts(PI_SHARE, pi_layers) | _with_parts(VF_SHARE, vf_layers)


def mapping_figures(sources: Sequence[MappingFigures]) -> dict[str, float]:
    """The figures of each source task, by name; those of a single one have no number."""
    if len(sources) == 1:
        return sources[0]._asdict()
    figures: dict[str, float] = {}
    for name, parts in zip(MappingFigures._fields, zip(*sources, strict=True), strict=True):
        figures |= _with_parts(name, parts)
    return figures


def _with_parts(name: str, parts: Sequence[float]) -> dict[str, float]:
    return {name: float(np.mean(parts))} | {f"{name}_{i}": x for i, x in enumerate(parts)}
