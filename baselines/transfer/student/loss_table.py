"""The table of a student's losses; `student_losses` has their formulas.

Its readers are the student, the schedule of the coefficients, the log and the page of logged
metrics.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from baselines.common.logged_metric import COEF
from baselines.config import Config


@dataclass(frozen=True)
class Loss:
    """One loss of a student.

    Attributes:
        name: its name in the log, before `LOSS`.
        symbol: its symbol in the method's equations.
        coefficient_symbol: that of its coefficient there.
        meaning: its name in words.
        unit: its unit; its coefficient is per the first word of that.
        rises: whether its coefficient is 0 at first and rises in the second half of the time
            with teachers (`schedule.coupling_weight`), or is the same all that time.
        optional: whether a student has it only if its coefficient is above 0.
    """

    name: str
    symbol: str
    coefficient_symbol: str
    meaning: str
    unit: str
    rises: bool
    optional: bool = False

    @property
    def coefficient(self) -> str:
        """The setting that is its coefficient, and the name under which that is logged."""
        return f"{self.name}{COEF}"


PI_COUPLING, VF_COUPLING, INFORMATION = "ps", "vf_ps", "mutual_info"
ALIGNMENT, DISTILLATION = "value_alignment", "distillation"
"""Names of the losses; the last two are optional."""

LOSSES = (
    Loss(PI_COUPLING, "C_π", "β_π", "the policy's coupling loss", "nats", rises=True),
    Loss(VF_COUPLING, "C_V", "β_V", "the value function's coupling loss", "nats", rises=True),
    Loss(
        INFORMATION, "L_MI", "β_MI", "the mutual-information loss", "nats per dimension",
        rises=False,
    ),
    Loss(
        ALIGNMENT, "L_A", "β_A", "the value-alignment loss", "squares of the normalised return",
        rises=False, optional=True,
    ),
    Loss(
        DISTILLATION, "L_D", "β_D", "the distillation loss", "nats", rises=False, optional=True
    ),
)  # fmt: skip
"""The student's own losses, beside those of PPO."""


def losses_with(optional: Collection[str]) -> tuple[Loss, ...]:
    """All losses of a student that has the optional ones of these names."""
    return tuple(loss for loss in LOSSES if loss.name in optional or not loss.optional)


def optional_losses(config: Config) -> tuple[str, ...]:
    """The names of the optional losses whose coefficient is above 0."""
    return tuple(
        loss.name for loss in LOSSES if loss.optional and getattr(config, loss.coefficient) > 0
    )
