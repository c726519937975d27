"""Event files for TensorBoard: TFRecord files of `Event` messages, written by TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Events:
    """The events of one process.

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
        with file_errors():
            if self._writer is None:
                self._writer = tf.io.TFRecordWriter(str(self._next_file()))
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
            with file_errors():
                self._writer.close()


@contextmanager
def file_errors() -> Iterator[None]:
    """Let TensorFlow's files fail as Python's do.

    Raises:
        OSError: in place of TensorFlow's errors.
    """
    from baselines.common.tensorflow_quietly import tf

    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(error.message) from None
