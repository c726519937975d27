"""What one sees of a run: the table on the terminal, and the files in the log folder.

`progress.csv` and `progress.json` have one row per logged update, `monitor.csv` one per episode,
`tb/` the TensorBoard events, `config.json` the command, settings, versions and commit.
"""

from __future__ import annotations

import csv
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from baselines.common.files import write_atomically

Figures = Mapping[str, float | int]

LOG_FILES = ("progress.csv", "progress.json", "monitor.csv", "config.json", "tb")


def table(figures: Figures) -> str:
    """Baselines' table: a row per figure, in alphabetical order."""
    rows = [(name, _short(value)) for name, value in sorted(figures.items())]
    names, values = (max(len(row[i]) for row in rows) for i in (0, 1))
    rule = "-" * (names + values + 7)
    body = "\n".join(f"| {name:<{names}} | {value:<{values}} |" for name, value in rows)
    return f"{rule}\n{body}\n{rule}"


def _short(value: float | int) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"


class Logger:
    """The terminal and, where a folder is given, the log files of one run."""

    def __init__(self, nupdates: int, folder: Path | None, header: Mapping[str, Any]) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._bar = tqdm(
            total=nupdates, unit="update", disable=not self._on_terminal, dynamic_ncols=True
        )
        self._files = None if folder is None else LogFiles(folder, header)

    def say(self, line: str) -> None:
        """Print a line, above the progress bar."""
        tqdm.write(line, file=sys.stdout)
        sys.stdout.flush()

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """One update more is done; its episodes' returns and lengths, `seconds` since the start."""
        self._bar.update()
        if self._files is not None:
            self._files.episodes(episodes, seconds)

    def figures(self, figures: Figures, progress: str) -> None:
        """Print the table and write a row; `progress` says in words what the bar would show."""
        self.say(table(figures) if self._on_terminal else f"{progress}\n{table(figures)}")
        if self._files is not None:
            self._files.figures(figures)

    def close(self) -> None:
        """End the progress bar and close the files."""
        self._bar.close()
        if self._files is not None:
            self._files.close()


class LogFiles:
    """The files of one run; the columns of `progress.csv` are fixed by the first row."""

    def __init__(self, folder: Path, header: Mapping[str, Any]) -> None:
        write_atomically(folder / "config.json", json.dumps(header, indent=1).encode() + b"\n")
        self._json = open(folder / "progress.json", "a", encoding="utf-8")  # noqa: SIM115
        self._csv_file = open(folder / "progress.csv", "a", encoding="utf-8", newline="")  # noqa: SIM115
        self._csv: csv.DictWriter[str] | None = None
        self._monitor = open(folder / "monitor.csv", "a", encoding="utf-8")  # noqa: SIM115
        start = {"t_start": time.time(), "env_id": header["config"]["env"]}
        self._monitor.write(f"#{json.dumps(start)}\nr,l,t\n")
        self._events_folder = folder / "tb"
        self._events: Any = None

    def figures(self, figures: Figures) -> None:
        """Write one row to `progress.csv`, `progress.json` and the TensorBoard events."""
        if self._csv is None:
            self._csv = csv.DictWriter(self._csv_file, list(figures), lineterminator="\n")
            self._csv.writeheader()
        known = {k: v if math.isfinite(v) else None for k, v in figures.items()}
        self._csv.writerow(known)
        self._json.write(json.dumps(known) + "\n")
        self._csv_file.flush()
        self._json.flush()
        self._write_events({k: v for k, v in known.items() if v is not None})

    def _write_events(self, figures: Figures) -> None:
        """An event file is a TFRecord file of `Event` messages."""
        from baselines.common.tensorflow_quietly import tf  # training has loaded it by now

        if self._events is None:
            self._events_folder.mkdir(exist_ok=True)
            name = f"events.out.tfevents.{time.time():.0f}"
            self._events = tf.io.TFRecordWriter(str(self._events_folder / name))
            version = tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2")
            self._events.write(version.SerializeToString())
        value = tf.compat.v1.Summary.Value
        event = tf.compat.v1.Event(
            wall_time=time.time(),
            step=int(figures["total_timesteps"]),
            summary=tf.compat.v1.Summary(
                value=[value(tag=name, simple_value=figure) for name, figure in figures.items()]
            ),
        )
        self._events.write(event.SerializeToString())
        self._events.flush()

    def episodes(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """Write a row per episode to `monitor.csv`; `seconds` since the start of the run."""
        for episode_return, length in episodes:
            self._monitor.write(f"{episode_return!r},{length},{seconds:.3f}\n")
        self._monitor.flush()

    def close(self) -> None:
        """Write out and close everything."""
        for file in (self._json, self._csv_file, self._monitor):
            file.close()
        if self._events is not None:
            self._events.close()
