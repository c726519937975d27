"""Experiments: files that declare many runs, and where each of these runs stands."""
