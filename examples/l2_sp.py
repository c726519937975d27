"""A transfer method: start from a teacher's weights, and stay near them.

What MLPP copies is held by a loss (L2-SP, Li et al. 2018), and let go for the last part of the run:

    L + β ½ Σ (w − w_teacher)²

Named on the command line as `--transfer=examples.l2_sp:L2_SP`, it brings a flag of its own,
`--l2_sp_coef` for β, and logs how far the weights have gone; it reads `--teacher_fraction` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.command_line import NOT_NEGATIVE
from baselines.common.errors import UserError
from baselines.common.logged_metric import LoggedMetric
from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Pi
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.seeding import Streams
from baselines.config import Config, setting
from baselines.transfer.method import TransferMethod
from baselines.transfer.pretrained import copied_variables
from baselines.transfer.stages import Stage, check_stages, first_update_alone
from baselines.transfer.teachers.teacher import Teacher

ANCHOR = "transfer/anchor/"
"""What the frozen variables' names begin with; `transfer/` is kept free for such."""


@dataclass(frozen=True)
class L2SPConfig(Config):
    """The settings of a run with this method: those of any run, and its own."""

    l2_sp_coef: float = setting(
        1e-2, "coefficient β of the loss that holds the weights near the teacher's", group="l2_sp",
        bound=NOT_NEGATIVE, source="Li et al. 2018",
    )  # fmt: skip


METRICS = {
    "l2_sp_coef": LoggedMetric("coefficient β; 0 once the weights are let go"),
    "l2_sp_loss": LoggedMetric("½ Σ (w − w_teacher)²", missing="once they are let go"),
    "l2_sp_distance": LoggedMetric(
        "mean of |w − w_teacher| over the weights that are held", missing="once they are let go"
    ),
}
"""What is logged beside what is logged of any policy."""


@dataclass(frozen=True)
class Anchored(PlainPolicy):
    """The student's own networks with the loss; `anchor` is w_teacher by name."""

    anchor: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def plain(self) -> PlainPolicy:
        """What is left when the weights are let go."""
        return PlainPolicy.like(self)

    def learning_outputs(
        self, params: Params, obs: Array, returns: Array
    ) -> tuple[Pi, Array, dict[str, Array]]:
        """Distribution and values [B] as without the loss, and the loss, a scalar.

        It is logged as `l2_sp_loss`, its coefficient as `l2_sp_coef`.
        """
        squares = [
            value.size * arrays.mean((params[name] - value) ** 2)
            for name, value in self.anchor.items()
        ]
        return self.pi(params, obs), self.value(params, obs), {"l2_sp": 0.5 * sum(squares)}

    def metrics(self, params: Params, obs: np.ndarray) -> dict[str, float]:
        """How far the weights have gone."""
        steps = [np.abs(params[name] - value).ravel() for name, value in self.anchor.items()]
        return {"l2_sp_distance": float(np.concatenate(steps).mean())}

    def frozen(self) -> dict[str, np.ndarray]:
        """For the checkpoint: w_teacher."""
        return {f"{ANCHOR}{name}": value for name, value in self.anchor.items()}

    def describe(self) -> dict[str, Any]:
        """For the checkpoint: which variables are held."""
        return self.plain.describe() | {"transfer": {"held": sorted(self.anchor)}}


def restore(described: dict[str, Any], stored: Mapping[str, np.ndarray]) -> Anchored:
    """The policy that a checkpoint describes."""
    plain = PlainPolicy.from_description(described)
    shapes = {f"{ANCHOR}{name}": plain.shapes()[name] for name in described["transfer"]["held"]}
    held = checked_arrays(stored, shapes)
    anchor = {name.removeprefix(ANCHOR): value for name, value in held.items()}
    return Anchored.like(plain, anchor=anchor)


def check(config: L2SPConfig) -> None:
    """Raises UserError for settings that do not fit."""
    if len(config.teacher_paths) != 1:
        raise UserError("--teacher_paths: L2-SP stays near one teacher; name one file")
    if config.load_path:
        raise UserError("--load_path: its weights would overwrite the teacher's; leave it out")
    check_stages(config, first_update_alone(config))


def start(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: L2SPConfig, random: Streams
) -> tuple[Anchored, dict[str, np.ndarray]]:
    """What is trained first, and its initial variables."""
    anchor = copied_variables(teachers[0], plain)
    return Anchored.like(plain, anchor=anchor), plain.init(random.init) | anchor


def stages(policy: Policy, config: L2SPConfig) -> list[Stage]:
    """Held, then let go; only the second where a run is resumed in it."""
    released = Stage(
        first_update_alone(config),
        policy.plain,
        metrics=lambda *_: {"l2_sp_coef": 0.0},
        alone=True,
    )
    if not isinstance(policy, Anchored):
        return [released]
    held = Stage(1, policy, lambda _: {"l2_sp": config.l2_sp_coef}, policy.metrics)
    return [held, released]


L2_SP = TransferMethod(
    start=start,
    stages=stages,
    restore=restore,
    in_common=("num_layers", "num_hidden", "activation", "network"),
    settings=("teacher_fraction",),
    config=L2SPConfig,
    metrics=METRICS,
    check=check,
)
