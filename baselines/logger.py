"""The output of a run: lines and tables on the terminal, and the files in the log folder.

`progress.csv` and `progress.json` have one row per logged update, `monitor.csv` one per episode,
`tb/` the TensorBoard events, `config.json` the command, settings, versions and commit.
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from baselines.common.errors import UserError, naming, shown
from baselines.common.files import write_atomically
from baselines.common.log_folder import (
    EVENTS,
    GROWING,
    HEADER,
    TABLE,
    Row,
    flushed_sizes,
    logged_rows,
    write_table,
)

Metrics = Mapping[str, float | int]


def table(metrics: Metrics) -> str:
    """Baselines' table: a row per metric, in alphabetical order."""
    rows = [(name, _short(value)) for name, value in sorted(metrics.items())]
    names, values = (max(len(row[i]) for row in rows) for i in (0, 1))
    rule = "-" * (names + values + 7)
    body = "\n".join(f"| {name:<{names}} | {value:<{values}} |" for name, value in rows)
    return f"{rule}\n{body}\n{rule}"


def _short(value: float | int) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"


class Log:
    """The log of a run; this one is none, that of every rank but the first; `Logger` is one.

    Attributes:
        rows: the rows so far; of a resumed run with log files, also those from before.
        broken: why lines cannot be printed any more, as when nobody reads them; the run goes on to
            the end of its update, saves all, and ends with this.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.broken: OSError | None = None

    def say(self, line: str) -> None:
        """Print a line."""

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """One update more is done; its episodes' returns and lengths, `seconds` since the start."""

    def metrics(self, metrics: Metrics, brief: str) -> None:
        """Log a row; `brief` is what it says in one line."""

    def sizes(self) -> dict[str, int]:
        """Sizes of the log files by name, once all is on the disk; see `cut_back`."""
        return {}


class Logger(Log):
    """The terminal and, where there are any, the log files of one run."""

    def __init__(
        self, nupdates: int, files: LogFiles | None, done: int = 0, verbose: int = 1
    ) -> None:
        """Begin to log.

        Args:
            nupdates: length of the run.
            files: the log files.
            done: updates that were done before.
            verbose: 0 prints warnings only; 1 a bar and tables on a terminal, elsewhere a line for
                each row; 2 tables everywhere.
        """
        self._verbose = verbose
        self._has_bar = verbose > 0 and sys.stderr is not None and sys.stderr.isatty()
        self._bar = tqdm(
            total=nupdates, initial=done, unit="update", disable=not self._has_bar,
            dynamic_ncols=True,
        )  # fmt: skip
        super().__init__()
        self._files = files
        if files is not None:
            self.rows = files.rows()

    def say(self, line: str) -> None:
        """Print a line, above the progress bar; nothing once a line could not be printed."""
        if sys.stdout is None or self.broken or not (self._verbose or "WARNING" in line):
            return  # None: a program without one
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        try:
            tqdm.write(line.encode(encoding, "backslashreplace").decode(encoding), file=sys.stdout)
            sys.stdout.flush()
        except OSError as error:
            self.broken = error

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """One update more is done; its episodes' returns and lengths, `seconds` since the start."""
        self._bar.update()
        if self._files is not None:
            self._files.episodes(episodes, seconds)

    def metrics(self, metrics: Metrics, brief: str) -> None:
        """Print a row and write it; `brief` is what it says in one line.

        Raises:
            UserError: a metric of a user's transfer method is no number.
        """
        row = {name: _number(name, value) for name, value in metrics.items()}
        if not self._has_bar:
            self.say(brief)
        if self._has_bar or self._verbose > 1:
            self.say(table(row))
        self.rows.append(row)
        if self._files is not None:
            self._files.metrics(row)

    def sizes(self) -> dict[str, int]:
        """Sizes of the log files by name, once all is on the disk; see `cut_back`."""
        return {} if self._files is None else self._files.sizes()

    def close(self) -> None:
        """End the progress bar and close the files."""
        self._bar.close()
        if self._files is not None:
            self._files.close()


def _number(name: str, value: Any) -> float:
    """A metric as Python's number, which JSON can have; NumPy's float32 is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UserError(f"--transfer: the metric {name} is {shown(value)}, not a number") from None


class LogFiles:
    """The files of one run, begun or gone on with.

    `progress.csv` is `progress.json` as a table: a metric that is logged for the first time becomes
    its last column, empty in all rows before.
    """

    def __init__(
        self, folder: Path, header: Mapping[str, Any], tag: Callable[[str], str] = str
    ) -> None:
        """Open the files.

        Args:
            folder: where they are.
            header: what `config.json` is to say.
            tag: from the name of a metric to that in TensorBoard.
        """
        self._tag = tag
        write_atomically(folder / HEADER, json.dumps(header, indent=1).encode() + b"\n")
        self._folder = folder
        self._csv, self._json, self._monitor = (
            (folder / name).open("a", encoding="utf-8", newline="") for name in GROWING
        )
        self._read_columns()
        if not self._monitor.tell():
            start = {"t_start": time.time(), "env_id": header["config"]["env"]}
            self._monitor.write(f"#{json.dumps(start)}\nr,l,t\n")
        self._events = Events(folder / EVENTS)

    def rows(self) -> list[Row]:
        """The rows logged so far."""
        return logged_rows(self._folder)

    def _read_columns(self) -> None:
        """Keep the columns that the table has, with their names in TensorBoard."""
        with open(self._folder / TABLE, encoding="utf-8", newline="") as file:
            self._columns = {column: self._tag(column) for column in next(csv.reader(file), [])}

    def metrics(self, metrics: Metrics) -> None:
        """Write one row to `progress.csv`, `progress.json` and the TensorBoard events."""
        known = {k: v if math.isfinite(v) else None for k, v in metrics.items()}
        with naming(self._folder):
            self._json.write(json.dumps(known) + "\n")
            self._json.flush()
            if known.keys() <= self._columns.keys():
                csv.DictWriter(self._csv, list(self._columns), lineterminator="\n").writerow(known)
                self._csv.flush()
            else:
                self._write_wider_table()
        values = {self._columns[k]: v for k, v in known.items() if v is not None}
        self._events.write(int(metrics["total_timesteps"]), values)

    def _write_wider_table(self) -> None:
        """Write the table anew: with the first row, or with a column that it had not."""
        self._csv.close()
        write_table(self._folder)
        self._csv = (self._folder / TABLE).open("a", encoding="utf-8", newline="")
        self._read_columns()

    def episodes(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """Write a row per episode to `monitor.csv`; `seconds` since the start of the run."""
        with naming(self._folder):
            for episode_return, length in episodes:
                self._monitor.write(f"{episode_return!r},{length},{seconds:.3f}\n")
            self._monitor.flush()

    def close(self) -> None:
        """Write out and close everything."""
        with naming(self._folder):
            for file in (self._json, self._csv, self._monitor):
                file.close()
        self._events.close()

    def sizes(self) -> dict[str, int]:
        """Sizes of the growing files by name below the folder, once all is on the disk."""
        with naming(self._folder):
            for file in (self._json, self._csv, self._monitor):
                file.flush()
        return flushed_sizes(self._folder)


class Events:
    """Event files for TensorBoard: TFRecord files of `Event` messages, written by TensorFlow.

    A file cannot be gone on with, so each process begins one, with its first row. TensorBoard reads
    all of a folder, in order of name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Write values by their tags, `group/name`, and bring them to the disk.

        Raises:
            OSError: the file cannot be written.
        """
        from baselines.common.tensorflow_quietly import tf  # training has loaded it by now

        event, summary = tf.compat.v1.Event, tf.compat.v1.Summary
        with _file_errors():
            if self._writer is None:
                self._writer = tf.io.TFRecordWriter(os.fsencode(self._next_file()))
                version = event(wall_time=time.time(), file_version="brain.Event:2")
                self._writer.write(version.SerializeToString())
            rows = [summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
            row = event(wall_time=time.time(), step=step, summary=summary(value=rows))
            self._writer.write(row.SerializeToString())
            self._writer.flush()

    def _next_file(self) -> Path:
        self._folder.mkdir(exist_ok=True)
        number = len(list(self._folder.iterdir()))
        return self._folder / f"events.out.tfevents.{time.time():.0f}.{number}"

    def close(self) -> None:
        """Write out and close the file, if one was begun.

        Raises:
            OSError: it cannot be written.
        """
        if self._writer is not None:
            with _file_errors():
                self._writer.close()


@contextmanager
def _file_errors() -> Iterator[None]:
    """Let TensorFlow's files fail as Python's do.

    Raises:
        OSError: in place of TensorFlow's errors.
    """
    from baselines.common.tensorflow_quietly import tf

    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(error.message) from None
