"""Runs as their logs tell of them: which belong together, their curves, statistics, comparisons."""
