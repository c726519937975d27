"""What one sees of a run: lines and tables on the terminal, and the files in the log folder.

`progress.csv` and `progress.json` have one row per logged update, `monitor.csv` one per episode,
`tb/` the TensorBoard events, `config.json` the command, settings, versions and commit.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from baselines.common.errors import UserError
from baselines.common.files import flushed_size, write_atomically

Metrics = Mapping[str, float | int]

Row = Mapping[str, float]
"""A logged row, NaN where a value is missing."""

TABLE, ROWS = "progress.csv", "progress.json"
GROWING = (TABLE, ROWS, "monitor.csv")
EVENTS = "tb"
HEADER = "config.json"
LOG_FILES = (*GROWING, HEADER, EVENTS)


def table(metrics: Metrics) -> str:
    """Baselines' table: a row per metric, in alphabetical order."""
    rows = [(name, _short(value)) for name, value in sorted(metrics.items())]
    names, values = (max(len(row[i]) for row in rows) for i in (0, 1))
    rule = "-" * (names + values + 7)
    body = "\n".join(f"| {name:<{names}} | {value:<{values}} |" for name, value in rows)
    return f"{rule}\n{body}\n{rule}"


def _short(value: float | int) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"


class Log(Protocol):
    """Where a run tells how it goes.

    Attributes:
        rows: those logged so far, also before the run was resumed where its log files tell them.
    """

    rows: list[Row]

    def say(self, line: str) -> None:
        """Tell a line."""

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """One update more is done; its episodes' returns and lengths, `seconds` since the start."""

    def metrics(self, metrics: Metrics, brief: str) -> None:
        """Log a row; `brief` is what it says in one line."""

    def sizes(self) -> dict[str, int]:
        """Sizes of the log files by name, once all is on the disk."""


class Silence:
    """The log of a rank that leaves it to another one."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def say(self, line: str) -> None:
        """Nothing."""

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """Nothing."""

    def metrics(self, metrics: Metrics, brief: str) -> None:
        """Nothing."""

    def sizes(self) -> dict[str, int]:
        """No files."""
        return {}


class Logger:
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
        self._files = files
        self.rows: list[Row] = [] if files is None else files.rows()

    def say(self, line: str) -> None:
        """Print a line, above the progress bar."""
        if sys.stdout is None or not (self._verbose or "WARNING" in line):
            return  # None: a program without one
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        tqdm.write(line.encode(encoding, "backslashreplace").decode(encoding), file=sys.stdout)
        sys.stdout.flush()

    def advance(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """One update more is done; its episodes' returns and lengths, `seconds` since the start."""
        self._bar.update()
        if self._files is not None:
            self._files.episodes(episodes, seconds)

    def metrics(self, metrics: Metrics, brief: str) -> None:
        """Print a row and write it; `brief` is what it says in one line."""
        if not self._has_bar:
            self.say(brief)
        if self._has_bar or self._verbose > 1:
            self.say(table(metrics))
        self.rows.append(dict(metrics))
        if self._files is not None:
            self._files.metrics(metrics)

    def sizes(self) -> dict[str, int]:
        """Sizes of the log files by name, once all is on the disk; see `cut_back`."""
        return {} if self._files is None else self._files.sizes()

    def close(self) -> None:
        """End the progress bar and close the files."""
        self._bar.close()
        if self._files is not None:
            self._files.close()


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
        self._columns = self._table_begun()
        if not self._monitor.tell():
            start = {"t_start": time.time(), "env_id": header["config"]["env"]}
            self._monitor.write(f"#{json.dumps(start)}\nr,l,t\n")
        self._events: Any = None

    def rows(self) -> list[Row]:
        """What has been logged so far."""
        return logged_rows(self._folder)

    def _table_begun(self) -> list[str]:
        with open(self._folder / TABLE, encoding="utf-8", newline="") as file:
            return next(csv.reader(file), [])

    def metrics(self, metrics: Metrics) -> None:
        """Write one row to `progress.csv`, `progress.json` and the TensorBoard events."""
        known = {k: v if math.isfinite(v) else None for k, v in metrics.items()}
        self._json.write(json.dumps(known) + "\n")
        self._json.flush()
        if known.keys() <= set(self._columns):
            csv.DictWriter(self._csv, self._columns, lineterminator="\n").writerow(known)
            self._csv.flush()
        else:
            self._write_wider_table()
        self._write_events({k: v for k, v in known.items() if v is not None})

    def _write_wider_table(self) -> None:
        self._csv.close()
        write_table(self._folder)
        self._csv = (self._folder / TABLE).open("a", encoding="utf-8", newline="")
        self._columns = self._table_begun()

    def _write_events(self, metrics: Metrics) -> None:
        """An event file is a TFRecord file of `Event` messages."""
        # Training has loaded it by now.
        from baselines.common.tensorflow_quietly import file_errors, tf

        if self._events is None:
            path = self._next_events_file()
            self._events = tf.io.TFRecordWriter(str(path))
            version = tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2")
            self._events.write(version.SerializeToString())
        value = tf.compat.v1.Summary.Value
        event = tf.compat.v1.Event(
            wall_time=time.time(),
            step=int(metrics["total_timesteps"]),
            summary=tf.compat.v1.Summary(
                value=[
                    value(tag=self._tag(name), simple_value=metric)
                    for name, metric in metrics.items()
                ]
            ),
        )
        with file_errors():
            self._events.write(event.SerializeToString())
            self._events.flush()

    def _next_events_file(self) -> Path:
        """A file cannot be gone on with; TensorBoard reads all of a folder, in order of name."""
        folder = self._folder / EVENTS
        folder.mkdir(exist_ok=True)
        return folder / f"events.out.tfevents.{time.time():.0f}.{len(list(folder.iterdir()))}"

    def episodes(self, episodes: Sequence[tuple[float, int]], seconds: float) -> None:
        """Write a row per episode to `monitor.csv`; `seconds` since the start of the run."""
        for episode_return, length in episodes:
            self._monitor.write(f"{episode_return!r},{length},{seconds:.3f}\n")
        self._monitor.flush()

    def close(self) -> None:
        """Write out and close everything."""
        for file in (self._json, self._csv, self._monitor):
            file.close()
        if self._events is not None:
            from baselines.common.tensorflow_quietly import file_errors

            with file_errors():
                self._events.close()

    def sizes(self) -> dict[str, int]:
        """Sizes of the growing files by name below the folder, once all is on the disk."""
        for file in (self._json, self._csv, self._monitor):
            file.flush()
        return {name: flushed_size(path) for name, path in _growing_files(self._folder).items()}


def write_table(folder: Path) -> None:
    """Write `progress.csv` from `progress.json`; a row without a metric leaves its cell empty."""
    rows = _rows(folder)
    text = io.StringIO(newline="")
    columns = dict.fromkeys(name for row in rows for name in row)
    if rows:
        writer = csv.DictWriter(text, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_atomically(folder / TABLE, text.getvalue().encode())


def logged_rows(folder: str | Path) -> list[Row]:
    """The rows of `progress.json` in a log folder; none where there is no such file."""
    if not folder or not (Path(folder) / ROWS).is_file():
        return []
    return [
        {name: math.nan if value is None else value for name, value in row.items()}
        for row in _rows(Path(folder))
    ]


def _rows(folder: Path) -> list[dict[str, float | None]]:
    """The rows of `progress.json`, None where a value is missing."""
    lines = (folder / ROWS).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _growing_files(folder: Path) -> dict[str, Path]:
    """What a run appends to, as far as it is there, by its name below the folder."""
    paths = [folder / name for name in GROWING] + sorted((folder / EVENTS).glob("*"))
    return {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}


def cut_back(folder: Path, sizes: Mapping[str, int]) -> None:
    """Take back from the log files what was written after they had these sizes.

    Raises:
        UserError: a file is missing or shorter; nothing is changed then.
    """
    files = _growing_files(folder)
    for name, size in sizes.items():
        if name not in files or files[name].stat().st_size < size:
            raise UserError(
                f"--log_path: {folder / name} is missing or shorter than it was; the run cannot be"
                " continued without its logs"
            )
    for name, path in files.items():
        if name in sizes:
            os.truncate(path, sizes[name])
        else:
            path.unlink()
    if ROWS in sizes:
        write_table(folder)  # it may have got columns since
