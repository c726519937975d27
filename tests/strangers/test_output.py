"""Standard output and error as programs find them: narrow, closed, full, or read by nobody."""

import io
import os
import subprocess
import sys

import pytest
from called import needs_full_device
from tqdm import tqdm

from baselines.logger import Logger

START = """
import os, sys
from baselines.common.command_line import run_command
from baselines.common.errors import TaskError, UserError

def main(argv):
"""


def command(
    body: str, redirected: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command whose `main` has this body, through a shell."""
    program = f"{START}    {body}\nrun_command(main, 'program')"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"$0" -c "$1" {redirected}', sys.executable, program],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_what_an_encoding_lacks_is_escaped() -> None:
    done = command("print('discount γ'); raise UserError('σ')", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (2, "discount \\u03b3\n")
    assert done.stderr == "program: error: \\u03c3\n"


@pytest.mark.parametrize(
    ("closed", "printed"), [(">&-", ""), ("2>&-", "x\n"), ("<&- >&- 2>&-", "")]
)
def test_a_closed_stream_is_no_error(closed: str, printed: str) -> None:
    body = "print('x'); sys.stdout.flush(); print('y', file=sys.stderr); sys.stderr.isatty()"
    done = command(body, closed)
    assert (done.returncode, done.stdout) == (0, printed)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_the_place_of_a_closed_stream_is_no_file_of_ours(closed: str) -> None:
    body = "sys.exit(open('/dev/zero').fileno() <= 2)"
    assert command(body, closed).returncode == 0


def test_bad_input_has_its_status_without_anyone_to_tell() -> None:
    assert command("raise UserError('bad')", "2>&-").returncode == 2


UNREAD = "r, w = os.pipe(); os.close(r); os.dup2(w, 1); os.dup2(w, 2)"


@pytest.mark.parametrize(("error", "status"), [("UserError('bad')", 2), ("KeyboardInterrupt", 130)])
def test_an_error_that_nobody_reads_has_its_status(error: str, status: int) -> None:
    """As with `... 2>&1 | tee log`, where Ctrl-C ends the `tee` too."""
    assert command(f"{UNREAD}; raise {error}", PYTHONUNBUFFERED="").returncode == status


@needs_full_device
def test_an_error_that_finds_no_room_has_its_status() -> None:
    assert command("raise UserError('bad')", "2> /dev/full", PYTHONUNBUFFERED="").returncode == 2


def test_nobody_reading_is_the_only_silent_end() -> None:
    body = "[print('x' * 99) for _ in range(10**5)]"
    done = command(body, "| head -n 1")
    assert (done.returncode, done.stdout, done.stderr) == (141, "x" * 99 + "\n", "")


def test_another_broken_pipe_is_told() -> None:
    done = command("raise BrokenPipeError(32, 'Broken pipe')")
    assert (done.returncode, done.stderr) == (1, "program: error: [Errno 32] Broken pipe\n")


FULL = "program: error: [Errno 28] No space left on device\n"
HELPS = (
    "from baselines.common.command_line import Parser; Parser().parse_args(['--help'])",
    "from baselines.flags import parse; parse(['--help'], 'x', '')",
)


@needs_full_device
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("shown", HELPS)
def test_help_that_finds_no_room_is_an_error(shown: str, unbuffered: str) -> None:
    done = command(shown, "> /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (1, FULL)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_nobody_reading_help_is_a_silent_end(unbuffered: str) -> None:
    closed = "r, w = os.pipe(); os.close(r); os.dup2(w, 1)"
    done = command(f"{closed}; {HELPS[0]}", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (141, "")


@needs_full_device
def test_a_full_disk_is_one_line() -> None:
    done = command("print('x')", "> /dev/full")
    assert (done.returncode, done.stderr) == (1, FULL)


def test_an_error_of_a_task_has_its_traceback() -> None:
    done = command("raise TaskError('the task T failed') from ValueError('physics')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ValueError: physics\nprogram: error: the task T failed\n"


def test_the_log_of_a_program_without_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    log = Logger(3, None)
    log.say("time: 3 µs")
    log.advance([(1.0, 2)], 0.5)
    log.close()


def test_the_log_in_a_narrow_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    Logger(3, None).say("time: 3 µs")
    assert stream.buffer.getvalue() == b"time: 3 \\xb5s\n"  # type: ignore[attr-defined]
    tqdm._instances.clear()
