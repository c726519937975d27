"""TensorFlow, imported without its native chatter and set to one thread per operation.

Import `tf` from here. The messages (no GPU, CPU features) are written by native code straight to
file descriptor 2 and would tear the progress bar; Python's own errors are not affected.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from baselines.common.forks import tensorflow_is_loaded

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read at the import


@contextmanager
def _native_stderr_closed() -> Iterator[None]:
    try:
        kept = os.dup(2)
    except OSError:  # closed already
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _apart_from_opengl() -> Iterator[None]:
    """Let TensorFlow call its own LLVM, even if pictures have brought OpenGL's into the process.

    Else what it compiles after a picture ends in a segmentation fault.
    """
    flags = sys.getdlopenflags()
    if "OpenGL" in sys.modules:
        sys.setdlopenflags(flags | getattr(os, "RTLD_DEEPBIND", 0))
    try:
        yield
    finally:
        sys.setdlopenflags(flags)


@contextmanager
def _without_keras() -> Iterator[None]:
    """Let TensorFlow import Keras, and Matplotlib with it, only when `tf.keras` is used.

    TensorFlow loads Keras at the end of its own import and does without where it is missing. It is
    a quarter of what a command takes to start, and nothing here needs it.
    """
    name = "keras.src"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # to import it is an ImportError
    try:
        yield
    finally:
        sys.modules.pop(name, None)


with _native_stderr_closed(), _apart_from_opengl(), _without_keras():
    import tensorflow as tf

    # Sums in one order give the same bits whatever the machine's cores; the networks are too
    # small for more threads to pay.
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # the program has used TensorFlow before: its choice stands
        pass
    tf.config.list_logical_devices()  # wakes the devices, with the rest of the messages
tensorflow_is_loaded()


def _is_of_use(record: logging.LogRecord) -> bool:
    """Whether a warning tells more than that each run compiles an update of its own."""
    return "triggered tf.function retracing" not in record.getMessage()


tf.get_logger().addFilter(_is_of_use)


def has_one_thread() -> bool:
    """Whether operations run in one thread each, by which results are the same to the bit."""
    return bool(tf.config.threading.get_intra_op_parallelism_threads() == 1)


__all__ = ["has_one_thread", "tf"]
