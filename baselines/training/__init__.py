"""The life of a run, whatever the algorithm: prepared, saved, resumed, logged."""
