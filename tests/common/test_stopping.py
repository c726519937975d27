"""Signals as requests: the first waits, the second does not."""

import os
import signal
import threading

import pytest

from baselines.common.stopping import Terminated, stop_requests


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
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


def test_the_handlers_are_put_back() -> None:
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with stop_requests():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


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
