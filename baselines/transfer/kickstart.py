"""Kickstarting: the student imitates its teachers at first, and ever less (Schmitt et al. 2018).

To PPO's loss comes the cross-entropy of the student's policy to a teacher's (arXiv 1803.03835,
section 3.2), with a coefficient that falls linearly to 0:

    L + λ Σ_i w_i H(π_T,i(· | φ(s)) ‖ π_S,i(· | s))

The teacher is of another shape, so the sum goes over the motors that both have by name, and φ picks
the entries of the student's observation that the teacher's have by name (`correspondence`). Where
the teacher's body is found in several places of the student's, it is a teacher in each of them, and
a motor is taught by the mean of those that reach it (w_i).

The teacher's entries must be normalised as they were while it was trained, so the statistics of the
student's observations begin with the teacher's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from baselines.common.command_line import NOT_NEGATIVE
from baselines.common.logged_metric import LoggedMetric
from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.diag_gaussian import LOG_2PI
from baselines.common.networks.interfaces import Pi
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.seeding import Streams
from baselines.config import Config, setting
from baselines.transfer.method import Beginning, TransferMethod
from baselines.transfer.stages import Stage, check_stages, first_update_alone
from baselines.transfer.teachers.correspondence import Window, selection
from baselines.transfer.teachers.places import (
    check_no_other_statistics,
    known_statistics,
    placed_teachers,
)
from baselines.transfer.teachers.stored_teachers import (
    describe_teacher,
    describe_window,
    stored_teacher,
    stored_window,
    teacher_arrays,
)
from baselines.transfer.teachers.teacher import Teacher


@dataclass(frozen=True)
class KickstartConfig(Config):
    """The settings of a run with kickstarting."""

    kickstart_coef: float = setting(
        1.0, "coefficient λ of the imitation at the first update, falling linearly to 0",
        group="kickstart", bound=NOT_NEGATIVE, unit="per nat", source="Schmitt et al. 2018",
    )  # fmt: skip


METRICS = {
    "kickstart_coef": LoggedMetric(
        "coefficient λ of the imitation in this update; 0 once the student is alone", "per nat"
    ),
    "kickstart_loss": LoggedMetric(
        "Σ_i w_i H(π_T,i ‖ π_S,i), the cross-entropy of the student's policy to its teachers'",
        "nats",
        missing="once the student is alone",
    ),
}
"""The metrics of a kickstarted run, beside those of any policy."""


@dataclass(frozen=True)
class Lesson:
    """A teacher and the places on the student's body where it teaches.

    Attributes:
        teacher: the teacher.
        windows: the places.
    """

    teacher: Teacher
    windows: tuple[Window, ...]


@dataclass(frozen=True)
class Kickstarted(PlainPolicy):
    """The student's own networks, with teachers to imitate.

    Attributes:
        lessons: each teacher with its places.
    """

    lessons: tuple[Lesson, ...] = ()

    @property
    def plain(self) -> PlainPolicy:
        """The student's own networks, without teachers."""
        return PlainPolicy.like(self)

    def learning_outputs(
        self, params: Params, obs: Array, returns: Array
    ) -> tuple[Pi, Array, dict[str, Array]]:
        """Distribution and values [B] as without teachers, and the cross-entropy, a scalar.

        It is logged as `kickstart_loss`, its coefficient as `kickstart_coef`.
        """
        pi = self.pi(params, obs)
        return pi, self.value(params, obs), {"kickstart": self.cross_entropy(pi, obs)}

    def cross_entropy(self, pi: Pi, obs: Array) -> Array:
        """Σ_i w_i H(π_T,i ‖ π_S,i), the mean over the batch, in nats.

        Args:
            pi: the student's distribution: means [B, k], log σ [k].
            obs: normalised observations, float32 of [B, d].
        """
        terms = [
            self._of_window(lesson.teacher, window, pi, obs)
            for lesson in self.lessons
            for window in lesson.windows
        ]
        return sum(terms)

    def _of_window(self, teacher: Teacher, window: Window, pi: Pi, obs: Array) -> Array:
        """The part of the sum that one teacher gives in one place, the mean over the batch."""
        own, theirs = zip(*window.motors, strict=True)
        student_motors = selection(own, self.distribution.num_outputs)
        teacher_motors = selection(theirs, teacher.policy.distribution.num_outputs)
        x = obs @ selection(window.entries, self.obs_size)
        aim, aim_logstd = (
            part @ teacher_motors for part in _rows(teacher.policy.pi(teacher.params, x))
        )
        mean, logstd = (part @ student_motors for part in _rows(pi))
        squares = arrays.exp(2.0 * aim_logstd) + (aim - mean) ** 2
        entropies = logstd + 0.5 * squares * arrays.exp(-2.0 * logstd) + 0.5 * LOG_2PI
        return arrays.mean(arrays.sum_last(entropies * self._motor_weights[list(own)]))

    @cached_property
    def _motor_weights(self) -> np.ndarray:
        """w_i: one over the number of windows that reach motor i, float32 of [k]; 0: none does."""
        counts = np.zeros(self.distribution.num_outputs, np.float32)
        for lesson in self.lessons:
            for window in lesson.windows:
                counts[[own for own, _ in window.motors]] += 1
        return np.divide(1, counts, out=np.zeros_like(counts), where=counts > 0)

    def outline(self) -> list[str]:
        """Lines for the user: how many motors each teacher teaches."""
        motors = self.distribution.num_outputs
        return [
            f"{lesson.teacher.env['id']} teaches"
            f" {len({own for window in lesson.windows for own, _ in window.motors})} of {motors}"
            f" motors, in {len(lesson.windows)} place{'s' * (len(lesson.windows) != 1)} of the body"
            for lesson in self.lessons
        ]

    def frozen(self) -> dict[str, np.ndarray]:
        """For a checkpoint: the teachers' variables."""
        return teacher_arrays([lesson.teacher for lesson in self.lessons])

    def describe(self) -> dict[str, Any]:
        """For a checkpoint: the teachers, and where on the body each teaches."""
        lessons = [
            {
                "teacher": describe_teacher(lesson.teacher),
                "windows": [describe_window(window) for window in lesson.windows],
            }
            for lesson in self.lessons
        ]
        return self.plain.describe() | {"transfer": {"lessons": lessons}}


def _rows(pi: Pi) -> tuple[Array, ...]:
    """Mean and log σ with a batch axis: [B, k], or [1, k] if it is the same for all."""
    mean, logstd = pi
    return mean, arrays.reshape(logstd, (1, -1))


def restore(described: dict[str, Any], stored: Mapping[str, np.ndarray]) -> Kickstarted:
    """The policy that a checkpoint describes.

    Raises:
        KeyError, TypeError, ValueError: the description is damaged.
    """
    plain = PlainPolicy.from_description(described)
    lessons = []
    for j, lesson in enumerate(described["transfer"]["lessons"]):
        teacher = stored_teacher(j, lesson["teacher"], stored)
        where = tuple(stored_window(window, plain, teacher) for window in lesson["windows"])
        lessons.append(Lesson(teacher, where))
    return Kickstarted.like(plain, lessons=tuple(lessons))


def check(config: Config) -> None:
    """Check the settings of a run.

    Raises:
        UserError: one of its stages would have no update, or the statistics of the observations
            would come both from the teachers and from `load_path`.
    """
    check_stages(config, first_update_alone(config))
    check_no_other_statistics(config, f"--transfer={config.transfer}")


def start(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Beginning:
    """A run's beginning: its initial variables are drawn as for a policy without teachers.

    Raises:
        UserError: actions are not vectors, entries have no names, or a teacher shares no motor.
    """
    placed = placed_teachers(plain, teachers, config, random)
    lessons = tuple(Lesson(teacher, tuple(where)) for teacher, where in placed)
    policy = Kickstarted.like(plain, lessons=lessons)
    return Beginning(policy, plain.init(random.init), known_statistics(plain.obs_size, placed))


def imitation_weight(update: int, nupdates: int, teacher_fraction: float) -> float:
    """Share of λ that is in force: 1 at the first update, 0 once the teachers' time is over."""
    return max(1.0 - (update - 1) / (teacher_fraction * nupdates), 0.0)


def stages(policy: Policy, config: KickstartConfig) -> list[Stage]:
    """Imitation ever weaker, then none; only the second where a run is resumed in it."""
    alone = Stage(
        first_update_alone(config),
        policy.plain,
        metrics=lambda *_: {"kickstart_coef": 0.0},
        alone=True,
    )
    if not isinstance(policy, Kickstarted):
        return [alone]

    def coefs(update: int) -> dict[str, float]:
        weight = imitation_weight(update, config.nupdates, config.teacher_fraction)
        return {"kickstart": weight * config.kickstart_coef}

    return [Stage(1, policy, coefs), alone]


KICKSTART = TransferMethod(
    start=start,
    stages=stages,
    restore=restore,
    settings=("teacher_fraction", "teacher_weights"),
    config=KickstartConfig,
    metrics=METRICS,
    check=check,
)
