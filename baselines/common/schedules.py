"""Schedules over a run of U updates, counted from 1."""

from __future__ import annotations


def linear_decay(update: int, nupdates: int) -> float:
    """1 at the first update, falling linearly towards 0, which update U + 1 would reach."""
    return 1.0 - (update - 1) / nupdates
