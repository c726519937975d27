"""Which of the declared runs a sweep trains, by their names, seeds and teachers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from baselines.common.errors import UserError
from baselines.config import Config
from baselines.experiments.items import Item
from baselines.experiments.running import Board, students_of
from baselines.experiments.status import is_there
from baselines.experiments.yaml_files import ARGUMENT


def chosen_of(items: Sequence[Item], only: Sequence[str], seeds: Sequence[int]) -> list[Item]:
    """The runs with all of some texts in their names, and with one of some seeds.

    Args:
        items: the declared runs.
        only: the texts; empty: any name.
        seeds: the seeds; empty: any seed.

    Raises:
        UserError: there is no such run.
    """
    chosen = [
        item
        for item in items
        if all(text in item.name for text in only) and (not seeds or item.config.seed in seeds)
    ]
    if not chosen:
        flag = "--only" if only else "--seeds"
        raise UserError(f"{flag}: no run of this name and seed; --dry_run lists them")
    return chosen


def twins_among(items: Sequence[Item]) -> dict[str, Item]:
    """The runs that are the same as an earlier one under another name, each with the earlier one.

    A run that teaches others is never left out: its students name its folder.
    """
    first: dict[Config, Item] = {}
    twins: dict[str, Item] = {}
    for item in items:
        one = first.setdefault(replace(item.config, save_path="", log_path=""), item)
        if one is not item and not students_of(item, items):
            twins[item.name] = one
    return twins


def of_number(items: list[Item], index: int | None) -> list[Item]:
    """The run of a number, counted from 0; None: all of them.

    Raises:
        UserError: there is no such number.
    """
    if index is None:
        return items
    if index >= len(items):
        raise UserError(f"--array: must be less than {len(items)}, the number of runs")
    return [items[index]]


def check_teachers_of(board: Board) -> None:
    """Check that each teacher of the waiting runs is there, or is made by one of them.

    Raises:
        UserError: one is not.
    """
    made = {str(item.last_checkpoint) for item in board.waiting}
    for item in board.waiting:
        for path in item.config.teacher_paths:
            if path not in made and not is_there(path):
                raise UserError(f"{ARGUMENT}: {item.name}: there is no teacher {path}")
