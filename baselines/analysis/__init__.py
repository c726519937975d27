"""What the logs of many runs say together: curves, comparisons, tables and figures."""
