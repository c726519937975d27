"""The options of a student: which need the names of its parts, and which teachers they fit."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.mixing import MixingSpec
from baselines.transfer.teachers.teacher import Teacher


def named_options(mapping_spec: MappingSpec, mixing_spec: MixingSpec) -> list[str]:
    """The options by which a student needs to know which entries or motors have the same names."""
    named = {
        "mapping": mapping_spec.build().is_named,
        "mix_outputs": mixing_spec.outputs == "named",
    }
    return [option for option, is_named in named.items() if is_named]


def check_mixing(spec: MixingSpec, plain: PlainPolicy, teacher: Teacher) -> None:
    """Check that a teacher fits the options of the mixing.

    Raises:
        UserError: it does not.
    """
    name = teacher.path or teacher.env["id"]
    own, theirs = plain.network.widths, teacher.policy.network.widths
    if spec.laterals == "identity" and own != theirs:
        raise UserError(
            f"--laterals: identity needs hidden layers as wide as the student's, {_said(own)}, not"
            f" {_said(theirs)} (the teacher {name})"
        )
    actions = plain.distribution, teacher.policy.distribution
    if spec.with_outputs and not all(isinstance(kind, DiagGaussian) for kind in actions):
        raise UserError(
            f"--mix_outputs: {spec.outputs} needs tasks whose actions are a Box"
            f" (the teacher {name})"
        )


def _said(widths: Sequence[int]) -> str:
    return " and ".join(map(str, dict.fromkeys(widths)))
