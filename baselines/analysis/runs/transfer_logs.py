"""The teachers in the logs of students: their columns, and the phases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from baselines.analysis.runs.curves import Curve, column_curve
from baselines.analysis.runs.panels import Method, Panel
from baselines.analysis.runs.runs import Run
from baselines.common.errors import UserError, suggestion
from baselines.common.logged_metric import COEF, LOSS
from baselines.transfer.hand_over import SPAN
from baselines.transfer.student.loss_table import INFORMATION, PI_COUPLING
from baselines.transfer.student.metric_table import (
    PI_SHARE,
    PI_TEACHER_SHARE,
    VF_SHARE,
    VF_TEACHER_SHARE,
)

MUTUAL_INFORMATION, COUPLING = f"{INFORMATION}{LOSS}", f"{PI_COUPLING}{COEF}"


@dataclass(frozen=True)
class DrawnMetric:
    """A logged metric as it is drawn: one column of a log, or several alike.

    Attributes:
        columns: regular expression of the columns' names; its group is the number that tells them
            apart, if there is one.
        name: the columns' names for people.
        title: label of its axis, with the unit.
        each: what the number counts.
        factor: from the log to the figure.
        expected: a height to compare with, where there is one.
        of_several: whether it is logged of several teachers only.
    """

    columns: str
    name: str
    title: str
    each: str = ""
    factor: float = 1.0
    expected: float | None = None
    of_several: bool = False


DRAWN = (
    DrawnMetric(rf"{PI_SHARE}_(\d+)", f"{PI_SHARE}_0, …", "own share p₀,\npolicy", "layer"),
    DrawnMetric(rf"{VF_SHARE}_(\d+)", f"{VF_SHARE}_0, …", "own share p₀,\nvalue function", "layer"),
    DrawnMetric(
        rf"{PI_TEACHER_SHARE}_(\d+)", f"{PI_TEACHER_SHARE}_0, …",
        "teachers' shares p_j,\npolicy", "teacher", of_several=True,
    ),
    DrawnMetric(
        rf"{VF_TEACHER_SHARE}_(\d+)", f"{VF_TEACHER_SHARE}_0, …",
        "teachers' shares p_j,\nvalue function", "teacher", of_several=True,
    ),
    DrawnMetric(
        MUTUAL_INFORMATION, MUTUAL_INFORMATION,
        "MI bound + constant\n(nats per dimension)", factor=-1.0,
    ),
    DrawnMetric(
        r"mi_explained(?:_(\d+))?", "mi_explained",
        "dimensions that the\ndecoder explains (%)", "source task", factor=100.0,
    ),
    DrawnMetric(
        r"embedding_mean(?:_(\d+))?", "embedding_mean",
        "mean of φ(s)\n(source observations: 0)", "source task", expected=0.0,
    ),
    DrawnMetric(
        r"embedding_std(?:_(\d+))?", "embedding_std",
        "std of φ(s)\n(source observations: 1)", "source task",
        expected=1.0,
    ),
)  # fmt: skip


def has_teachers_features(method: Method) -> bool:
    """Whether its runs are of students, whose logs tell of their teachers' features."""
    return all(PI_SHARE in run.columns for run in method.runs)


def student_panels(panels: Sequence[Panel]) -> list[Panel]:
    """The panels with students, without the other methods."""
    found = [
        Panel(panel.title, tuple(m for m in panel.methods if has_teachers_features(m)))
        for panel in panels
    ]
    return [panel for panel in found if panel.methods]


def curves_of(method: Method, metric: DrawnMetric) -> dict[int, list[Curve]]:
    """By number of the column, one curve per run; only columns that all runs have filled."""
    found: dict[int, list[Curve]] = {}
    for column in method.runs[0].columns:
        match = re.fullmatch(metric.columns, column)
        if not match:
            continue
        curves = [column_curve(run, column) for run in method.runs]
        filled = [replace(c, values=metric.factor * c.values) for c in curves if c is not None]
        if len(filled) == len(curves):
            found[int(match[1] or 0) if match.groups() else 0] = filled
    return dict(sorted(found.items()))


def shown_and_missing(panels: Sequence[Panel]) -> tuple[list[DrawnMetric], list[str]]:
    """The metrics that some students' logs tell, and a line for each that some lack."""
    methods = [method for panel in panels for method in panel.methods]
    shown, notes = [], []
    for metric in DRAWN:
        without = [method.label for method in methods if not curves_of(method, metric)]
        if len(without) < len(methods):
            shown.append(metric)
        if without and not metric.of_several:
            names = "; ".join(dict.fromkeys(without))
            notes.append(f"{metric.name}: not drawn, for it is not in the logs of {names}")
    return shown, notes


def metrics_named(names: Sequence[str], panels: Sequence[Panel]) -> list[DrawnMetric]:
    """Columns of the logs as what is drawn.

    Raises:
        UserError: no log of the panels has one.
    """
    columns = {c for p in panels for m in p.methods for run in m.runs for c in run.columns}
    for name in names:
        if name not in columns:
            near = suggestion(name, sorted(columns))
            raise UserError(f"--metrics: no log has a column {name!r}{near}")
    return [DrawnMetric(re.escape(name), name, name) for name in names]


def hand_over_rows(run: Run) -> tuple[int, int] | None:
    """Numbers of two rows of a student's log: the last with the teachers, and the last after it.

    The second is of one of the `SPAN` updates that follow. None: there are no two such rows.
    """
    before, updates = _last_taught(run), run.columns.get("nupdates")
    if before is None or updates is None:
        return None
    within = np.flatnonzero(updates[before + 1 :] <= updates[before] + SPAN)
    return (before, before + 1 + int(within[-1])) if within.size else None


def coupling_begins(run: Run) -> float | None:
    """Timesteps at which the coupling had not begun to push the teachers out yet."""
    coef = run.columns.get(COUPLING)
    if coef is None or not (coef > 0).any():
        return None
    first = int(np.argmax(coef > 0))
    return float(run.timesteps[first - 1]) if first else 0.0


def hand_over(run: Run) -> float | None:
    """Timesteps at which a student was last seen with its teachers; None: it still has them."""
    last = _last_taught(run)
    return None if last is None else float(run.timesteps[last])


def _last_taught(run: Run) -> int | None:
    """The last row with the teachers; None: it still has them, or never had any.

    It has them while it has losses of its own, whatever its transfer method. A row without them
    is no hand-over if they are there again after it.
    """
    own = _own_losses(run)
    taught = np.flatnonzero(np.isfinite(own).any(axis=0)) if own else np.array([])
    if not taught.size or taught[-1] == len(run.timesteps) - 1:
        return None
    return int(taught[-1])


def _own_losses(run: Run) -> list[np.ndarray]:
    """The columns of the transfer's own losses, each of which has a coefficient in the log."""
    return [
        column
        for name, column in run.columns.items()
        if name.endswith(LOSS) and name.removesuffix(LOSS) + COEF in run.columns
    ]
