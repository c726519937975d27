"""Learning curves that others have published, to be laid beside one's own."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np

from baselines.analysis.runs.columns import RETURN, TIMESTEPS
from baselines.analysis.runs.headers import LoggedTeacher, Origin
from baselines.analysis.runs.labels import label
from baselines.analysis.runs.log_text import MAX_BYTES
from baselines.analysis.runs.panels import Method, Panel, transfer_of
from baselines.analysis.runs.runs import Run
from baselines.analysis.runs.transfer_logs import DrawnMetric
from baselines.common.errors import UserError, printable
from baselines.common.files import read_regular
from baselines.methods import STUDENT

TEXTS = ("sources", "task")
"""Columns of a file that say which transfer a row is of; `sources` has a + between several."""

NUMBERS = ("seed", TIMESTEPS, RETURN, "policy_entropy", "approxkl")

DRAWN = (
    DrawnMetric(RETURN, RETURN, "mean return of\ntraining episodes"),
    DrawnMetric("policy_entropy", "policy_entropy", "entropy of the policy\n(nats)"),
    DrawnMetric("approxkl", "approxkl", "approxkl\n(nats²)"),
)
"""The metrics that are drawn beside one another."""


@dataclass(frozen=True)
class Published:
    """A table of published logs.

    Attributes:
        name: that of its file, without the ending.
        source: where they come from, and what a reader must know of them.
        methods: the runs of each transfer or task, by its title.
    """

    name: str
    source: str
    methods: Mapping[str, Method]


@dataclass(frozen=True)
class Beside:
    """Published runs of a transfer or task, and ours of the same.

    Attributes:
        title: source tasks and target task.
        published: the published runs.
        ours: ours; None: no run of ours is like them.
    """

    title: str
    published: Method
    ours: Method | None

    @property
    def panel(self) -> Panel:
        """Both, to be drawn."""
        return Panel(self.title, (*([self.ours] if self.ours else ()), self.published))


def read_published(path: Path, argument: str) -> Published:
    """Read a table of published logs.

    Args:
        path: a CSV file with a row for each logged update, in the columns `TEXTS` and `NUMBERS`;
            the lines above that begin with # tell the source.
        argument: what named it; the messages begin with that.

    Raises:
        UserError: the file cannot be read, or a row of it is damaged; the message names it.
    """
    try:
        lines = read_regular(path, argument, MAX_BYTES).decode().splitlines()
    except UnicodeDecodeError:
        raise UserError(f"{argument}: {path} is not text in UTF-8") from None
    where = f"{argument}: {path}"
    source = list(takewhile(lambda line: line.startswith("#"), lines))
    try:
        found = _rows_of_runs(lines[len(source) :], where, len(source))
    except csv.Error as error:  # such as a quotation mark without its end
        raise UserError(f"{where}: {error}") from None
    runs = [_run(path, *what, np.array(rows).T) for what, rows in found.items()]
    if not runs:
        raise UserError(f"{where} has no row")
    words = " ".join(line.lstrip("# ") for line in source)
    name = printable(path.stem, len(path.stem))
    return Published(name, words, _methods(runs, f"published ({name})"))


def _rows_of_runs(
    lines: Sequence[str], where: str, above: int
) -> dict[tuple[str, str, int], list[list[float]]]:
    """The `NUMBERS` of each row by sources, task and seed; there are `above` lines above these.

    Raises:
        csv.Error: they are no CSV.
        UserError: a column is missing, or a cell is no number.
    """
    rows = csv.DictReader(lines)
    lacking = [name for name in (*TEXTS, *NUMBERS) if name not in (rows.fieldnames or ())]
    if lacking:
        raise UserError(f"{where}, line {above + 1}: no column {lacking[0]}")
    found: dict[tuple[str, str, int], list[list[float]]] = defaultdict(list)
    for row in rows:
        line = f"{where}, line {above + rows.line_num}"
        numbers = [_number(row[name], name, line) for name in NUMBERS]
        found[row["sources"] or "", row["task"] or "", int(numbers[0])].append(numbers)
    return found


def _number(text: str | None, name: str, where: str) -> float:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        value = math.inf
    if math.isinf(value) or (math.isnan(value) and name in ("seed", TIMESTEPS)):
        raise UserError(f"{where}: {name} is {printable(repr(text), 40)}, not a number")
    return value


def _run(path: Path, sources: str, task: str, seed: int, columns: np.ndarray) -> Run:
    teachers = tuple(
        LoggedTeacher(name.strip(), "", 0) for name in sources.split("+") if name.strip()
    )
    by_name = dict(zip(NUMBERS, columns, strict=True))
    order = np.argsort(by_name[TIMESTEPS], kind="stable")
    config = {"seed": seed, "num_timesteps": int(by_name[TIMESTEPS].max())}
    sorted_columns = {name: column[order] for name, column in by_name.items()}
    return Run(path, task, config, teachers, Origin("", (), (), {}), sorted_columns)


def _methods(runs: Sequence[Run], called: str) -> dict[str, Method]:
    by_title: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_title[transfer_of(run)].append(run)
    return {title: Method(called, tuple(same), {}) for title, same in by_title.items()}


def laid_beside(ours: Sequence[Method], published: Mapping[str, Method]) -> list[Beside]:
    """The published methods by title, each with our method of the same transfer or task.

    PPO from scratch is set beside PPO from scratch, whatever transfers it is the baseline of, and
    students beside our students of MIKT with teachers of the same tasks. Of several, it is the one
    with the fewest settings that are not the defaults, then the one whose length is nearest, then
    the one with most seeds. Where there is none, the published stand alone. A method of ours may be
    given several times.
    """
    return [Beside(title, one, _counterpart(ours, one)) for title, one in published.items()]


def _counterpart(ours: Sequence[Method], published: Method) -> Method | None:
    """Our method of the same transfer or task, if there is one."""
    run = published.runs[0]
    if run.teachers:
        students = (method for method in ours if label(method.runs[0]) == STUDENT)
        alike = [m for m in students if transfer_of(m.runs[0]) == transfer_of(run)]
    else:
        alike = [m for m in ours if m.from_scratch and m.runs[0].task == run.task]

    def distance(method: Method) -> tuple[int, int, int]:
        longer = method.runs[0].planned_timesteps - run.planned_timesteps
        return len(method.not_by_default), abs(longer), -len(method.runs)

    return min(alike, key=distance, default=None)
