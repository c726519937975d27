"""Trainings end with the sweep that began them; until they have, the next sweep waits for them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from baselines.common.errors import UserError
from baselines.common.files import holder, is_held, locked
from baselines.common.launcher import PARENT, environment_by_itself, take_parent
from baselines.common.stopping import Terminated, stop_requests
from baselines.config import Config
from baselines.experiments.items import Item
from baselines.experiments.running import Board, board_of, run_all, start_training
from baselines.experiments.status import standing, trainer

LINUX = pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="the system does not tell")


def test_the_parent_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment_by_itself()[PARENT] == str(os.getpid())
    monkeypatch.setenv(PARENT, "4711")
    assert (take_parent(), take_parent()) == (4711, None)


def test_a_training_is_to_stop_once_its_parent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = os.getppid()  # may be 1, in a container
    monkeypatch.setenv(PARENT, str(parent))
    with stop_requests() as stop:
        assert not stop.requested
        monkeypatch.setattr(os, "getppid", lambda: parent + 1)
        assert stop.requested
        with pytest.raises(Terminated):
            stop.meet()


def test_by_itself_a_training_has_no_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PARENT, raising=False)
    with stop_requests() as stop:
        monkeypatch.setattr(os, "getppid", lambda: 1)
        assert not stop.requested


HOLD = """
import sys
from pathlib import Path
from baselines.common.files import locked
with locked(Path(sys.argv[1]), "--save_path"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold() -> Callable[[Path], subprocess.Popen[str]]:
    """Have another process hold a folder; it ends when its input does."""

    def begin(folder: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    return begin


@LINUX
def test_who_trains_in_a_folder_is_told(
    tmp_path: Path, hold: Callable[[Path], subprocess.Popen[str]]
) -> None:
    assert holder(tmp_path) == ""
    process = hold(tmp_path)
    told = f"another process ({process.pid})"
    assert holder(tmp_path) == told
    with (
        pytest.raises(UserError, match=f"^--log_path: {re.escape(told)} is training in"),
        locked(tmp_path, "--log_path"),
    ):
        pass
    process.communicate()
    assert holder(tmp_path) == ""


def item_in(folder: Path) -> Item:
    config = Config(
        env="CartPole-v1", num_timesteps=64, nsteps=64, nminibatches=4, noptepochs=1, xla=False,
        save_path=str(folder / "models"), log_path=str(folder / "logs"),
    )  # fmt: skip
    return Item("CartPole-v1, PPO, seed 0", folder, config)


def test_a_sweep_waits_for_a_run_that_is_trained_elsewhere(
    tmp_path: Path, hold: Callable[[Path], subprocess.Popen[str]]
) -> None:
    item = item_in(tmp_path)
    (tmp_path / "models").mkdir()
    process = hold(tmp_path / "models")
    seen: list[tuple[int, int, str]] = []

    def told(board: Board) -> None:
        seen.append((len(board.waiting), len(board.running), trainer(item)))
        if len(seen) == 2:  # the other one finishes it
            item.last_checkpoint.touch()
            process.communicate()

    board = board_of([item])
    run_all(board, 1, told)
    assert [(waiting, running) for waiting, running, _ in seen[:2]] == [(1, 0), (1, 0)]
    if os.path.exists("/proc/locks"):
        assert seen[0][2] == f"another process ({process.pid})"
    assert (board.done, board.failed) == ([item], [])
    assert not is_held(tmp_path / "models")


PARENT_OF = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_orphans import item_in
from dataclasses import replace
import subprocess
from baselines.experiments.running import start_training
config = replace(item_in(Path(sys.argv[1])).config, num_timesteps=10**9)
print(start_training(config, subprocess.DEVNULL).pid, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_training_ends_with_the_killed_process_that_began_it(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT_OF, str(tmp_path), here], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline()
    item = item_in(tmp_path)
    deadline = time.monotonic() + 300
    while standing(item).updates < 2:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    while is_held(tmp_path / "models"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    updates = standing(item).updates
    assert (tmp_path / "models" / "resume" / f"{updates:05d}").is_file()


def test_what_a_sweep_starts_knows_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    monkeypatch.setattr(subprocess, "Popen", lambda command, **given: seen.update(given))
    start_training(replace(Config(env="CartPole-v1")), subprocess.DEVNULL)
    assert seen["env"][PARENT] == str(os.getpid())
