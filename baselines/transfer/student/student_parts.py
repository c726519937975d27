"""The parts of a student, their variables, and their description in a checkpoint.

`StudentParts.from_description` makes a student again from `StudentParts.describe` and
`StudentParts.frozen`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.networks.arrays import Params
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.sizes import check_sizes
from baselines.common.networks.variables import Variables, drawn, joined, shapes
from baselines.transfer.student.loss_table import ALIGNMENT, LOSSES, Loss, losses_with
from baselines.transfer.student.mapping import StateMapping
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.mixing import MixingSpec
from baselines.transfer.student.student_options import check_mixing, named_options
from baselines.transfer.student.student_variables import (
    alignment_variables,
    chosen_entries,
    fixed_matrices,
    mixing_variables,
)
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.stored_teachers import (
    describe_teacher,
    describe_window,
    stored_teacher,
    stored_window,
    teacher_arrays,
)
from baselines.transfer.teachers.teacher import Teacher

if TYPE_CHECKING:
    from typing_extensions import Self

MIXING = "lateral matrices and mixing weights"
"""Name of the variables of `mixing_variables` in messages to the user."""


@dataclass(frozen=True)
class StudentParts:
    """The parts of a policy with teachers.

    Attributes:
        plain: the student's own networks; after the hand-over it has nothing else.
        teachers: the frozen teachers.
        mapping_spec: the name of the mapping, and the sizes of φ and its decoder.
        min_std: standard deviation of the noise that is added to the decoder, in units of the
            normalised observation (see `mutual_information_loss`).
        frozen_mapping: the variables of φ when they are not to be learned, else empty.
        mixing_spec: how the teachers are mixed in.
        windows: each teacher's place on the student's body; empty where names do not count.
        optional_losses: names of the optional ones of `loss_table.LOSSES` that it has.
    """

    plain: PlainPolicy
    teachers: tuple[Teacher, ...]
    mapping_spec: MappingSpec
    min_std: float
    frozen_mapping: Params = field(default_factory=dict)
    mixing_spec: MixingSpec = field(default_factory=MixingSpec)
    windows: tuple[Window, ...] = ()
    optional_losses: tuple[str, ...] = ()

    @cached_property
    def mapping(self) -> StateMapping:
        """φ and its decoder."""
        return self.mapping_spec.build()

    @cached_property
    def source_numbers(self) -> list[int]:
        """The number of each teacher's source, a task and a place on the student's body.

        All teachers of one source share a φ. Sources are numbered in the order of the teachers.
        """
        of_teachers = [(teacher.env, teacher.place) for teacher in self.teachers]
        distinct = [one for i, one in enumerate(of_teachers) if one not in of_teachers[:i]]
        return [distinct.index(one) for one in of_teachers]

    @cached_property
    def sources(self) -> list[Teacher]:
        """The first teacher of each source, by the sources' numbers."""
        numbers = self.source_numbers
        return [self.teachers[numbers.index(source)] for source in range(len(set(numbers)))]

    @cached_property
    def source_sizes(self) -> list[int]:
        """The number of observation dimensions d_j of each source."""
        return [teacher.policy.obs_size for teacher in self.sources]

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """All its losses, of `loss_table.LOSSES`."""
        return losses_with(self.optional_losses)

    @cached_property
    def mixed_layers(self) -> int:
        """Number of layers of either side that are mixed."""
        return self.mixing_spec.layers(self.plain)

    @cached_property
    def fixed(self) -> Params:
        """Its variables that are not trained, by name; the teachers' are not among them."""
        fixed = fixed_matrices(self.plain, self.windows, self.teachers, self.mixing_spec)
        if self.mapping.is_named:
            fixed |= chosen_entries(self.plain.obs_size, self.source_numbers, self.windows)
        return {**self.frozen_mapping, **fixed}

    def variables(self) -> Variables:
        """All trainable variables, part by part."""
        return joined(list(self._variables_by_part().values()))

    def _variables_by_part(self) -> dict[str, Variables]:
        """All trainable variables of each part, by the part's name in messages to the user."""
        parts = {
            "plain": self.plain.variables(),
            MIXING: mixing_variables(self.plain, self.teachers, self.mixing_spec),
            "mapping": self._embedding_variables(),
            "decoder": self.mapping.decoder_variables(self.plain.obs_size, self.source_sizes),
        }
        if ALIGNMENT in self.optional_losses:
            parts["value alignment"] = alignment_variables(len(self.teachers))
        return {
            part: {name: v for name, v in variables.items() if name not in self.fixed}
            for part, variables in parts.items()
        }

    def _embedding_variables(self) -> Variables:
        return self.mapping.embedding_variables(self.plain.obs_size, self.source_sizes)

    def with_frozen_mapping(self, rng: np.random.Generator) -> Self:
        """The same student whose φ stays at a random start."""
        return replace(self, frozen_mapping=drawn(self._embedding_variables(), rng))

    def init(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Initial values of all trainable variables."""
        return drawn(self.variables(), rng)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all trainable variables by name."""
        return shapes(self.variables())

    def variable_counts(self) -> dict[str, int]:
        """Number of trainable variables of each part, by the part's name in messages to the user.

        Policy, value function, mixing, mappings, decoders; with that loss, the value alignment.
        """
        _, *parts = self._variables_by_part().items()
        return self.plain.variable_counts() | {
            part: sum(prod(shape) for shape in shapes(variables).values())
            for part, variables in parts
        }

    def outline(self) -> list[str]:
        """Lines for the user: its mappings, the parts with the same names, its optional losses."""
        mapped = [
            f"mapping: {self.plain.obs_size} dimensions to the {teacher.policy.obs_size} of"
            f" {teacher.called}"
            for teacher in self.sources
        ]
        named = [
            f"same names: {sum(entry != ABSENT for entry in window.entries)} dimensions and"
            f" {len(window.motors)} motors of {teacher.called}"
            for teacher, window in zip(self.teachers, self.windows, strict=bool(self.windows))
        ]
        optional = [loss.meaning for loss in self.losses if loss.optional]
        return mapped + named + ([f"optional losses: {', '.join(optional)}"] if optional else [])

    def describe(self) -> dict[str, Any]:
        """The plain policy, and under `transfer` the other parts, for a checkpoint; JSON.

        `docs/checkpoints.md` has the format. Options that have their default are left out.
        """
        told: dict[str, Any] = {
            "mapping_spec": asdict(self.mapping_spec),
            "min_std": self.min_std,
            "frozen_mapping": bool(self.frozen_mapping),
            "teachers": [describe_teacher(teacher) for teacher in self.teachers],
        }
        if self.mixing_spec != MixingSpec():
            told["mixing"] = asdict(self.mixing_spec)
        if self.windows:
            told["windows"] = [describe_window(window) for window in self.windows]
        told |= dict.fromkeys(self.optional_losses, True)
        return self.plain.describe() | {"transfer": told}

    def frozen(self) -> dict[str, np.ndarray]:
        """The teachers' variables, and φ's where it is not learned."""
        return dict(self.frozen_mapping) | teacher_arrays(self.teachers)

    @classmethod
    def from_description(cls, described: dict[str, Any], stored: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `describe` and `frozen`; `stored` are the checkpoint's arrays.

        Raises:
            KeyError, TypeError, ValueError: the description is damaged.
        """
        plain, told = PlainPolicy.from_description(described), described["transfer"]
        teachers = tuple(stored_teacher(j, t, stored) for j, t in enumerate(told["teachers"]))
        mapping = MappingSpec(**told["mapping_spec"])
        mixing = MixingSpec(**told.get("mixing", {}))
        for teacher in teachers:
            check_sizes(mapping, plain.obs_size, teacher.policy.obs_size)
            check_mixing(mixing, plain, teacher)
        placed = teachers if named_options(mapping, mixing) else ()
        windows = zip(told.get("windows", []), placed, strict=True)
        parts = cls(
            plain=plain,
            teachers=teachers,
            mapping_spec=mapping,
            min_std=float(told["min_std"]),
            mixing_spec=mixing,
            windows=tuple(stored_window(window, plain, teacher) for window, teacher in windows),
            optional_losses=tuple(
                loss.name for loss in LOSSES if loss.optional and told.get(loss.name)
            ),
        )
        if not told["frozen_mapping"]:
            return parts
        needed = shapes(parts._embedding_variables())
        return replace(parts, frozen_mapping=checked_arrays(stored, needed, np.float32))
