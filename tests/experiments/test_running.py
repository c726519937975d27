"""Which runs of a sweep are to be trained, and which of them may be begun now."""

import subprocess
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pytest

from baselines.common.files import is_held, locked
from baselines.config import Config
from baselines.experiments import running
from baselines.experiments.items import Item
from baselines.experiments.running import Board, board_of, run_all, with_teachers
from baselines.experiments.status import OUTPUT, is_finished


def item(folder: Path, name: str, *teachers: Item) -> Item:
    """A run of ten updates that learns from what others make."""
    config = Config(
        num_timesteps=20480,
        save_path=str(folder / name / "models"),
        teacher_paths=tuple(str(teacher.last_checkpoint) for teacher in teachers),
    )
    return Item(name, folder / name, config)


def finish(run: Item) -> None:
    run.last_checkpoint.parent.mkdir(parents=True, exist_ok=True)
    run.last_checkpoint.write_text("")


@pytest.fixture
def chain(tmp_path: Path) -> list[Item]:
    one = item(tmp_path, "one")
    two = item(tmp_path, "two", one)
    return [one, two, item(tmp_path, "three", two), item(tmp_path, "four")]


def names(items: list[Item]) -> list[str]:
    return [one.name for one in items]


@pytest.mark.parametrize(
    ("logged", "waiting"),
    [
        ([], ["one", "two", "three", "four"]),
        (["four"], ["one", "two", "three"]),
        (["one", "two"], ["one", "two", "three", "four"]),  # the policies of both are needed
        (["three"], ["one", "two", "four"]),
        (["one", "three"], ["one", "two", "four"]),
        (["two", "three"], ["one", "four"]),  # one was never trained
        (["one", "two", "three"], ["four"]),
    ],
)
def test_logged_runs_are_trained_only_as_teachers(
    chain: list[Item], logged: list[str], waiting: list[str]
) -> None:
    board = board_of(chain, logged)
    assert names(board.waiting) == waiting
    assert set(names(board.done)) == set(names(chain)) - set(waiting)


def test_a_teacher_whose_policy_is_there_is_not_trained_again(chain: list[Item]) -> None:
    finish(chain[1])
    assert names(board_of(chain, ["one"]).waiting) == ["three", "four"]


def test_the_teachers_of_a_run_are_found_whatever_the_order(chain: list[Item]) -> None:
    one, two, three, _ = chain
    for declared in permutations(chain):
        found = with_teachers([three], declared)
        assert found == [run for run in declared if run in (one, two, three)]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Trainings that are done as soon as they are begun, instead of real ones."""
    begun: list[str] = []

    class Process:
        returncode = 0

        def poll(self) -> int:
            return 0

    def start(run: Item) -> Process:
        begun.append(run.name)
        finish(run)
        return Process()

    monkeypatch.setattr(running, "begin", start)
    monkeypatch.setattr(running, "POLL_SECONDS", 0.01)
    yield begun


def test_teachers_come_first_whatever_the_order(chain: list[Item], started: list[str]) -> None:
    board = board_of(chain[::-1])
    run_all(board, 2, lambda _: None)
    assert started == ["four", "one", "two", "three"]
    assert not board.failed


def test_what_another_process_trains_is_waited_for(chain: list[Item], started: list[str]) -> None:
    """Another sweep has `one`, ends it while this one looks on, and has ended `four` unseen."""
    logs = chain[0].folder / "logs"
    logs.mkdir(parents=True)
    board, looks = board_of(chain), 0
    finish(chain[3])
    lock = locked(logs, "--log_path")
    lock.__enter__()
    assert is_held(logs)

    def look(seen: Board) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            assert started == []
            finish(chain[0])
            lock.__exit__(None, None, None)

    run_all(board, 2, look)
    assert started == ["two", "three"]
    assert sorted(names(board.done)) == ["four", "one", "three", "two"]
    assert not is_held(logs)
    assert not is_held(logs / "nowhere")


def test_the_second_of_two_sweeps_that_begin_a_run_at_once_waits(
    chain: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other sweep's process has got hold of the folders between the look and the beginning."""
    run = chain[0]
    (run.folder / "models").mkdir(parents=True)
    lock = locked(run.folder / "models", "--save_path")

    class Refused:
        returncode = 2

        def poll(self) -> int:
            return 2

    def begin(_: Item) -> Refused:
        lock.__enter__()
        return Refused()

    waiting: list[list[str]] = []

    def look(board: Board) -> None:
        waiting.append(names(board.waiting))
        if len(waiting) == 1:
            finish(run)
            lock.__exit__(None, None, None)

    monkeypatch.setattr(running, "begin", begin)
    monkeypatch.setattr(running, "POLL_SECONDS", 0.01)
    board = board_of([run])
    run_all(board, 1, look)
    assert waiting == [["one"], []]
    assert names(board.done) == ["one"]


def test_what_another_process_ends_between_two_looks_is_done(
    chain: list[Item], started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_trained_elsewhere(run: Item) -> bool:
        was_finished = is_finished(run)
        finish(run)
        return not was_finished

    monkeypatch.setattr(running, "is_trained_elsewhere", is_trained_elsewhere)
    board = board_of(chain[3:])
    run_all(board, 1, lambda _: None)
    assert (names(board.done), board.failed, started) == (["four"], [], [])


def test_a_run_that_was_refused_and_is_finished_by_then_is_done(
    chain: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other sweep had the folders, and has ended the run before this one looks again."""

    def begin(run: Item) -> SimpleNamespace:
        finish(run)
        return SimpleNamespace(returncode=2, poll=lambda: 2)

    monkeypatch.setattr(running, "begin", begin)
    monkeypatch.setattr(running, "POLL_SECONDS", 0.0)
    board = board_of(chain[3:])
    run_all(board, 1, lambda _: None)
    assert (names(board.done), board.failed) == (["four"], [])


def test_without_its_teacher_a_run_fails(chain: list[Item], started: list[str]) -> None:
    board = Board(waiting=[chain[2]])
    run_all(board, 2, lambda _: None)
    assert started == []
    assert names([run for run, _ in board.failed]) == ["three"]


def test_all_trainings_are_asked_to_stop_before_any_is_waited_for(
    chain: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finishes its update and saves its state: side by side, not one after the other."""
    events: list[tuple[str, str]] = []

    def begin(run: Item) -> SimpleNamespace:
        return SimpleNamespace(
            poll=lambda: None,
            terminate=lambda: events.append(("stop", run.name)),
            wait=lambda: events.append(("wait", run.name)),
        )

    def interrupt(_: Board) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "begin", begin)
    monkeypatch.setattr(running, "POLL_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        run_all(Board(waiting=[chain[0], chain[3]]), 2, interrupt)
    assert events == [("stop", "one"), ("stop", "four"), ("wait", "one"), ("wait", "four")]


def test_a_training_has_one_thread_and_a_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: dict[str, Any] = {}
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **more: begun.update(more, run=command)
    )
    running.start_training(Config(env="CartPole-v1", num_threads=4), subprocess.DEVNULL)
    assert "--num_threads=1" in begun["run"]
    assert begun["start_new_session"]


def test_a_run_that_is_begun_again_goes_on_and_keeps_what_it_printed(
    chain: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(config: Config, output: IO[bytes]) -> None:
        assert config.resume
        output.write(b"line\n")

    monkeypatch.setattr(running, "start_training", start)
    for _ in range(2):
        running.begin(chain[0])
    assert (chain[0].folder / OUTPUT).read_text() == "line\n" * 2
