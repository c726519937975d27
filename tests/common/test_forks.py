"""A fork of a process with TensorFlow is told from that process, and from a fork without it."""

import os
from collections.abc import Callable

import pytest

from baselines.common import forks
from baselines.common.errors import UserError
from baselines.config import Config
from baselines.ppo2.ppo2 import learn


def is_refused() -> bool:
    try:
        forks.refuse_fork()
    except UserError:
        return True
    return False


def in_a_fork(question: Callable[[], bool]) -> bool:
    if not (child := os.fork()):
        os._exit(question())
    return bool(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_fork_is_refused_if_tensorflow_came_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_loaded_by", set())
    assert not in_a_fork(is_refused)
    forks.tensorflow_is_loaded()
    assert not is_refused()
    assert in_a_fork(is_refused)
    assert not in_a_fork(lambda: forks.tensorflow_is_loaded() or is_refused())  # it has its own


def test_a_run_in_such_a_fork_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_loaded_by", {os.getppid()})
    with pytest.raises(UserError, match=r"^multiprocessing: this process was forked"):
        learn(Config(env="CartPole-v1", num_timesteps=16, nsteps=16, nminibatches=2))
