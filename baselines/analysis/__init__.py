"""What the logs of many runs say together: tables, figures and words."""
