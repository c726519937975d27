"""A team of threads does every task once and tells of what failed."""

import threading

import pytest

from baselines.common.workers import Workers


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_every_task_is_done_once(size: int, count: int) -> None:
    workers = Workers(size)
    for _ in range(20):
        done: list[int] = []
        workers.run(done.append, count)
        assert sorted(done) == list(range(count))
    workers.close()


def test_two_tasks_run_at_once() -> None:
    workers, both = Workers(2), threading.Barrier(2, timeout=30)
    workers.run(lambda _: both.wait() and None, 2)
    workers.close()


@pytest.mark.parametrize("size", [1, 3])
def test_an_error_reaches_the_caller_and_the_team_goes_on(size: int) -> None:
    workers = Workers(size)

    def fail(number: int) -> None:
        raise LookupError(f"task {number}")

    with pytest.raises(LookupError, match="task"):
        workers.run(fail, 4)
    done: list[int] = []
    workers.run(done.append, 4)
    assert sorted(done) == [0, 1, 2, 3]
    workers.close()


def test_closing_ends_the_threads() -> None:
    before = threading.active_count()
    workers = Workers(4)
    assert threading.active_count() == before + 3
    workers.close()
    assert threading.active_count() == before


def test_a_team_that_was_interrupted_while_it_was_called_can_be_closed() -> None:
    workers, busy, go = Workers(2), threading.Event(), threading.Event()
    both = threading.Barrier(2, timeout=30)

    def work(number: int) -> None:
        both.wait()
        if threading.current_thread() is workers._threads[0]:
            busy.set()
            go.wait(30)

    caller = threading.Thread(target=workers.run, args=(work, 2))
    caller.start()
    busy.wait(30)
    workers._begin[0].release()  # the call was interrupted before the thread had heard of it
    threading.Timer(0.2, go.set).start()
    workers.close()
    caller.join()
