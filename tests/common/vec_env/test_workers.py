"""A team of threads makes every call once and tells of what failed."""

import threading

import pytest

from baselines.common.vec_env.workers import Workers


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("count", [1, 7, 100])
def test_every_call_is_made_once(size: int, count: int) -> None:
    workers = Workers(size)
    for first in range(20):
        done: list[int] = []
        workers.begin(done.append, range(first, first + count))()
        assert sorted(done) == list(range(first, first + count))
    workers.close()


def test_two_calls_are_made_at_once() -> None:
    workers, both = Workers(2), threading.Barrier(2, timeout=30)
    workers.begin(lambda _: both.wait() and None, range(2))()
    workers.close()


def test_each_wait_is_for_its_own_calls() -> None:
    workers, go, done = Workers(2), threading.Event(), []
    slow = workers.begin(lambda _: go.wait(30) and None, range(1))
    workers.begin(done.append, range(5))()
    assert sorted(done) == [0, 1, 2, 3, 4]
    go.set()
    slow()
    workers.close()


@pytest.mark.parametrize("size", [1, 3])
def test_an_error_reaches_the_caller_and_the_team_goes_on(size: int) -> None:
    workers = Workers(size)

    def fail(number: int) -> None:
        raise LookupError(f"task {number}")

    with pytest.raises(LookupError, match="task"):
        workers.begin(fail, range(4))()
    done: list[int] = []
    workers.begin(done.append, range(4))()
    assert sorted(done) == [0, 1, 2, 3]
    workers.close()


@pytest.mark.parametrize("size", [1, 4])
def test_closing_ends_the_threads(size: int) -> None:
    before = threading.active_count()
    workers = Workers(size)
    assert threading.active_count() == before + size
    workers.close()
    assert threading.active_count() == before


def test_a_team_whose_caller_was_interrupted_can_be_closed() -> None:
    workers, go, done = Workers(2), threading.Event(), []

    def work(number: int) -> None:
        go.wait(30)
        done.append(number)

    workers.begin(work, range(5))  # nobody waits
    threading.Timer(0.2, go.set).start()
    workers.close()
    assert sorted(done) == [0, 1, 2, 3, 4]
