"""Signals as requests: the first waits, the second does not."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from called import ROOT, python

from baselines.common.stopping import Terminated, stop_requests


@pytest.fixture(autouse=True)
def terminal() -> Iterator[None]:
    """One that may be closed, also where the tests themselves run behind `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (signal.SIGINT, KeyboardInterrupt),
        (signal.SIGTERM, Terminated),
        (signal.SIGHUP, Terminated),
    ],
)
def test_the_first_signal_waits_to_be_met(number: int, expected: type[BaseException]) -> None:
    with stop_requests() as stop:
        stop.meet()
        assert not stop.requested
        os.kill(os.getpid(), number)
        assert stop.requested
        with pytest.raises(expected) as caught:
            stop.meet()
    assert type(caught.value) is expected


def test_the_second_signal_stops_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), stop_requests():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second signal was let pass")
    assert capsys.readouterr().err == "SIGINT: finishing this update; once more stops at once\n"


def test_a_terminal_that_is_closed_may_say_so_twice(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Terminated), stop_requests() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop.requested
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("SIGTERM was let pass")
    assert capsys.readouterr().err == "SIGHUP: finishing this update; SIGTERM stops at once\n"


def test_behind_nohup_a_closed_terminal_is_no_request() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stop_requests() as stop:
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        os.kill(os.getpid(), signal.SIGHUP)
        assert not stop.requested
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


class Unread:
    """A stream whose reader has gone."""

    def write(self, text: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_request_that_cannot_be_told_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Ctrl-C has ended the `tee` behind a pipe too."""
    monkeypatch.setattr(sys, "stderr", Unread())
    with stop_requests() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested
    with stop_requests() as stop:
        stop._parent = 0  # which no process has
        assert stop.requested


def test_a_signal_while_a_terminal_is_halted_is_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with Ctrl-C after Ctrl-S, while the progress bar is written."""
    ends, this = os.pipe(), threading.get_ident()
    os.set_blocking(ends[1], False)
    with suppress(BlockingIOError):
        while True:
            os.write(ends[1], bytes(4096))
    os.set_blocking(ends[1], True)

    def interrupt_and_read() -> None:
        time.sleep(0.1)  # by then this thread waits for room in the pipe
        signal.pthread_kill(this, signal.SIGINT)
        while not stop.requested:
            time.sleep(0.01)
        read.read(4096)

    with open(ends[0], "rb") as read, open(ends[1], "w", 1, "utf-8") as full:
        monkeypatch.setattr(sys, "stderr", full)
        with stop_requests() as stop:
            other = threading.Thread(target=interrupt_and_read)
            other.start()
            try:
                full.write("bar")
                full.flush()
            finally:
                other.join()


def test_the_handlers_are_put_back() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(n) for n in numbers]
    with stop_requests():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(n) for n in numbers] == before


def test_in_another_thread_nothing_is_installed() -> None:
    handlers = []

    def work() -> None:
        with stop_requests() as stop:
            handlers.append(signal.getsignal(signal.SIGTERM))
            stop.meet()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]


INTERRUPTED = """
import signal
try:
    signal.raise_signal(signal.SIGINT)
except BaseException:
    pass
"""
"""A library that catches whatever is raised while it is imported."""

STARTS = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.{})
os.execv(sys.executable, [sys.executable, "-m", "baselines.run", "--help"])
"""


def start(library: Path, handler: str) -> subprocess.CompletedProcess[str]:
    """`python -m baselines.run --help` with this for NumPy, begun with Ctrl-C handled so."""
    (library / "numpy.py").write_text(INTERRUPTED, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-c", STARTS.format(handler)], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": f"{library}:{ROOT}"}, cwd=library, check=False, timeout=60,
    )  # fmt: skip


def test_a_command_that_is_still_imported_ends_at_once(tmp_path: Path) -> None:
    done = start(tmp_path, "SIG_DFL")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_command_begun_without_ctrl_c_is_imported_without_it(tmp_path: Path) -> None:
    done = start(tmp_path, "SIG_IGN")
    assert done.returncode == 1
    assert "numpy" in done.stderr.splitlines()[-1]  # it got past the signal, and missed NumPy


RUNS = """
import signal
from baselines.common.command_line import run_command
signal.signal(signal.SIGINT, signal.{})
run_command(lambda _: signal.raise_signal(signal.SIGINT), "it")
"""


@pytest.mark.parametrize(
    ("handler", "status", "told"), [("SIG_DFL", 130, "it: interrupted\n"), ("SIG_IGN", 0, "")]
)
def test_a_command_that_runs_tells_of_ctrl_c(handler: str, status: int, told: str) -> None:
    assert python("-c", RUNS.format(handler), status=status).stderr == told
