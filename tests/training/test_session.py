"""The life of a run with an algorithm that is no PPO: a random walk over the parameters."""

from __future__ import annotations

import csv
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import toys
from gymnasium.spaces import Box

from baselines.common.checkpoint import TooLarge, digest
from baselines.common.errors import Drifted, UserError
from baselines.common.networks.policy import Policy
from baselines.common.seeding import Streams
from baselines.common.stopping import stop_requests
from baselines.common.team import Team
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.vec_env import Episode, VecNormalize
from baselines.config import Config
from baselines.logger import LogFiles
from baselines.training import progress
from baselines.training import session as session_module
from baselines.training.outputs import open_outputs
from baselines.training.saved import read_saved_policy
from baselines.training.session import session
from baselines.training.setup import Setup, prepare
from baselines.training.states import newest_state

UPDATES, STEPS = 10, 20

toys.register()


class Walk:
    """Parameters that take a random step in each update."""

    def __init__(self, policy: Policy, params: dict[str, np.ndarray]) -> None:
        self.policy, self.params, self.length = policy, params, 0.0

    def state(self) -> dict[str, Any]:
        return {"length": self.length}

    def restore(self, state: dict[str, Any]) -> None:
        self.length = state["length"]

    def digest(self) -> str:
        return digest(self.params.values())

    def step(self, rng: np.random.Generator) -> None:
        steps = {k: 0.1 * rng.standard_normal(v.shape) for k, v in self.params.items()}
        self.length += float(sum(np.square(step).sum() for step in steps.values()))
        self.params = {k: (v + steps[k]).astype(np.float32) for k, v in self.params.items()}


class Watch:
    """Looks on how the walk's policies act."""

    def __init__(self, envs: VecNormalize, walk: Walk, rng: np.random.Generator) -> None:
        self.envs, self.walk, self.rng = envs, walk, rng

    def start(self) -> None:
        self.obs = self.envs.reset()

    def state(self) -> dict[str, Any]:
        return {"obs": self.obs, "environments": self.envs.state()}

    def restore(self, state: dict[str, Any]) -> None:
        self.obs = state["obs"]
        self.envs.restore(state["environments"])

    def look(self) -> list[Episode]:
        act, ended = self.walk.policy.actor(self.walk.params), []
        distribution = self.walk.policy.distribution
        for _ in range(STEPS):
            for group in self.envs.groups:
                obs = self.obs[group]
                self.envs.step_async(act(obs, distribution.noise(self.rng, (len(obs),))), group)
                self.obs[group], _, _, episodes = self.envs.step_wait(group)
                ended += episodes
        return ended


class NoFilms:
    def __init__(self) -> None:
        self.ended: list[str] = []

    def is_due(self, steps: int) -> bool:
        return False

    def add(self, policy: SavedPolicy, steps: int) -> None:
        raise AssertionError("no film is due")

    def advance(self) -> list[str]:
        return []

    def finish(self) -> list[str]:
        self.ended.append("finished")
        return []

    def drop(self) -> None:
        self.ended.append("dropped")


def parts(setup: Setup, normalizer: Normalizer, random: Streams) -> tuple[Walk, Watch]:
    walk = Walk(setup.policy, setup.params)
    envs = VecNormalize(setup.envs, normalizer, setup.config.gamma)
    return walk, Watch(envs, walk, random.actions)


def learn(config: Config, killed_after: int = 0) -> None:
    """Walk to the end, or end this process at once after an update."""
    setup = prepare(config)
    with stop_requests(tells=False) as stop, session(setup, parts, NoFilms()) as run:
        for update in range(setup.updates_done + 1, config.nupdates + 1):
            run.progress.record(run.runner.look())
            run.model.step(run.random.minibatches)
            run.log.advance(run.progress.episodes, run.progress.elapsed)
            metrics = {**run.progress.finish_row(), "length": run.model.length}
            run.log.metrics(metrics, run.progress.brief(metrics))
            run.end_update(stop)
            if update == killed_after:
                os._exit(9)


def settings(folder: Path, **others: Any) -> Config:
    return Config(
        env="BoxToy-v0", num_env=2, nsteps=STEPS, num_timesteps=2 * STEPS * UPDATES, num_hidden=4,
        nminibatches=2, save_path=str(folder / "models"), log_path=str(folder / "logs"),
        state_interval=3, seed=7, **others,
    )  # fmt: skip


def result(folder: Path) -> tuple[dict[str, bytes], list[dict[str, str]]]:
    """The last checkpoint, and the rows of the log, times aside."""
    found = safetensors.numpy.load_file(folder / "models" / f"{UPDATES:05d}")
    with open(folder / "logs" / "progress.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        del row["time_elapsed"], row["fps"]
    return {name: array.tobytes() for name, array in found.items()}, rows


def test_it_is_saved_killed_and_resumed_as_if_it_had_not_been(tmp_path: Path) -> None:
    learn(settings(tmp_path / "whole"))
    killed = settings(tmp_path / "killed")
    if not (child := os.fork()):
        learn(killed, killed_after=7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert len((tmp_path / "killed" / "logs" / "progress.json").read_text().splitlines()) == 7
    learn(settings(tmp_path / "killed", resume=True))
    assert result(tmp_path / "killed") == result(tmp_path / "whole")
    _, rows = result(tmp_path / "whole")
    assert len(rows) == UPDATES
    assert float(rows[-1]["length"]) > float(rows[0]["length"]) > 0
    policy = read_saved_policy(str(tmp_path / "killed" / "models" / f"{UPDATES:05d}"), "load_path")
    assert policy.metadata["update"] == UPDATES


def test_what_nobody_reads_any_more_is_saved_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `| tee` does at Ctrl-C, which ends the `tee` at once."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as unread, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", unread)
        with pytest.raises(BrokenPipeError):
            learn(settings(tmp_path / "stopped"))
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)  # for what it has not written
    assert (tmp_path / "stopped" / "models" / "resume" / "00001").exists()
    assert not (tmp_path / "stopped" / "models" / "resume" / "00002").exists()
    learn(settings(tmp_path / "stopped", resume=True))
    learn(settings(tmp_path / "whole"))
    assert result(tmp_path / "stopped") == result(tmp_path / "whole")


@pytest.mark.parametrize(("signals", "first"), [(1, "finished"), (2, "dropped")])
def test_the_second_signal_waits_for_no_film(signals: int, first: str, tmp_path: Path) -> None:
    films = NoFilms()
    with (
        pytest.raises(KeyboardInterrupt),
        stop_requests(tells=False) as stop,
        session(prepare(settings(tmp_path)), parts, films) as run,
    ):
        run.progress.record(run.runner.look())
        for _ in range(signals):
            signal.raise_signal(signal.SIGINT)
        run.end_update(stop)
    assert films.ended[0] == first


@pytest.mark.parametrize(
    ("before", "said"),
    [(True, "--resume goes on from an earlier update"), (False, "--load_path begins a new run")],
)
def test_a_stop_promises_no_state_that_is_not_there(
    before: bool,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """States grow too large, from the first one on or later."""

    def too_large(*_: Any) -> None:
        raise TooLarge("as if")

    if not before:
        monkeypatch.setattr(session_module, "write_state", too_large)
    with (
        pytest.raises(KeyboardInterrupt),
        stop_requests(tells=False) as stop,
        session(prepare(settings(tmp_path, verbose=1)), parts, NoFilms()) as run,
    ):
        monkeypatch.setattr(session_module, "write_state", too_large)
        run.progress.record(run.runner.look())
        signal.raise_signal(signal.SIGINT)
        run.end_update(stop)
    assert f"; {said}" in capsys.readouterr().out


def test_films_are_waited_for_at_the_end(tmp_path: Path) -> None:
    films = NoFilms()
    with session(prepare(settings(tmp_path)), parts, films):
        assert films.ended == []
    assert films.ended == ["finished"]


def test_all_is_saved_before_films_are_waited_for(tmp_path: Path) -> None:
    """For a second signal, or a kill, may come while they are."""
    films, saved = NoFilms(), []
    films.finish = lambda: saved.append(newest_state(tmp_path / "models")) or []  # type: ignore
    with (
        pytest.raises(KeyboardInterrupt),
        stop_requests(tells=False) as stop,
        session(prepare(settings(tmp_path)), parts, films) as run,
    ):
        run.progress.record(run.runner.look())
        signal.raise_signal(signal.SIGINT)
        run.end_update(stop)
    assert saved[0] is not None
    assert saved[0].path.name == "00001"


def test_a_run_leaves_what_it_started_from_as_it_was(tmp_path: Path) -> None:
    setup = prepare(settings(tmp_path))
    before = setup.digest(), setup.streams().state()
    with stop_requests(tells=False) as stop, session(setup, parts, NoFilms()) as run:
        run.progress.record(run.runner.look())
        run.model.step(run.random.minibatches)
        run.end_update(stop)
        assert run.normalizer.digest() != setup.normalizer.digest()
        assert run.random.state() != setup.streams().state()
    assert (setup.digest(), setup.streams().state()) == before


def test_what_is_set_up_takes_no_time_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])

    def slow_report(setup: Setup) -> list[str]:
        now[0] += 5.0
        return []

    monkeypatch.setattr(session_module, "report", slow_report)
    with session(prepare(settings(tmp_path)), parts, NoFilms()) as run:
        assert (now[0], run.progress.elapsed) == (5.0, 0.0)


def test_what_a_task_raises_when_it_is_closed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def close(_: toys.BoxToy) -> None:
        raise RuntimeError("no answer")

    monkeypatch.setattr(toys.BoxToy, "close", close)
    with session(prepare(settings(tmp_path)), parts, NoFilms()):
        capsys.readouterr()
    told = "WARNING: close of the task BoxToy-v0 raised RuntimeError: no answer\n"
    assert capsys.readouterr().out == 2 * told


def test_what_is_printed_of_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal its bar begins where the run was; nothing is printed with --verbose=0."""
    learn(settings(tmp_path))
    longer = replace(settings(tmp_path, resume=True), num_timesteps=4 * STEPS * UPDATES)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for verbose, bar in ((1, f"{UPDATES + 1}/{2 * UPDATES}"), (0, "")):
        setup = prepare(replace(longer, verbose=verbose))
        capsys.readouterr()
        with closing(setup.envs), open_outputs(setup) as log:
            log.advance([], 1.0)
        told = capsys.readouterr()
        assert (bar in told.err, bool(told.err), bool(told.out)) == (True, *[bool(bar)] * 2)


@pytest.mark.parametrize(
    ("transfer", "tags"),
    [
        ("mikt", ["transfer/student_ps_0", "train/kickstart_coef", "time/fps"]),
        ("kickstart", ["train/student_ps_0", "transfer/kickstart_coef", "time/fps"]),
    ],
)
def test_tensorboard_has_the_metrics_of_the_method_in_a_group(
    transfer: str, tags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    class Files(LogFiles):
        def __init__(self, folder: Path, header: Any, tag: Callable[[str], str]) -> None:
            found.extend(map(tag, ("student_ps_0", "kickstart_coef", "fps")))
            super().__init__(folder, header, tag)

    monkeypatch.setattr("baselines.training.outputs.LogFiles", Files)
    setup = prepare(settings(tmp_path))
    with (
        closing(setup.envs),
        open_outputs(replace(setup, config=replace(setup.config, transfer=transfer))),
    ):
        assert found == tags


class OfTwo(Team):
    """The first of two ranks, of which the other one has whatever this one has.

    Attributes:
        compared: the texts in which the ranks are to be alike.
        drifted: whether the other one has another text then.
    """

    size = 2

    def __init__(self) -> None:
        self.compared: list[str] = []
        self.drifted = False

    def gather(self, mine: Any) -> list[Any]:
        return [mine, mine]

    def unlike(self, mine: str) -> str:
        self.compared.append(mine)
        return "rank 1, unlike rank 0" if self.drifted else ""


def of_two(folder: Path, team: OfTwo) -> Setup:
    return prepare(replace(settings(folder), num_timesteps=4 * STEPS * UPDATES), team)


def test_ranks_begin_with_the_statistics_of_all_their_first_observations(tmp_path: Path) -> None:
    with session(of_two(tmp_path, OfTwo()), parts, NoFilms()) as run:
        assert run.normalizer.obs_rms.count == pytest.approx(2 * 2 + 1e-4)
        first = newest_state(tmp_path / "models")
        assert first is not None
        assert first.policy.normalizer.digest() == run.normalizer.digest()


def test_ranks_compare_parameters_and_statistics_every_ten_updates(tmp_path: Path) -> None:
    team = OfTwo()
    with session(of_two(tmp_path, team), parts, NoFilms()) as run:
        for change in (
            lambda: None,
            lambda: None,
            lambda: run.model.step(run.random.minibatches),
            lambda: run.normalizer.obs_rms.update(np.ones((1, 3))),
        ):
            change()
            for _ in range(10):
                run.progress.record([])
                run.check_ranks()
    first, same, *others = team.compared
    assert first == same
    assert len({first, *others}) == 3


def test_what_has_drifted_is_not_saved(tmp_path: Path) -> None:
    """--resume would go on from it."""
    team = OfTwo()
    told = "^update 10: the parameters or statistics of rank 1, unlike rank 0, have changed$"
    with (
        pytest.raises(Drifted, match=told),
        stop_requests(tells=False) as stop,
        session(of_two(tmp_path, team), parts, NoFilms()) as run,
    ):
        team.drifted = True
        for _ in range(10):
            run.progress.record([])
            run.end_update(stop)
    saved = sorted(path.name for path in (tmp_path / "models").rglob("0*"))
    assert saved == ["00006", "00009"]


def test_what_an_earlier_run_left_is_set_aside(tmp_path: Path) -> None:
    left = {"models": ["00010", "best", "resume/00010"], "logs": ["progress.csv", "videos/40.mp4"]}
    for folder, names in left.items():
        for name in names:
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text("earlier")
    setup = prepare(settings(tmp_path))
    with closing(setup.envs), open_outputs(setup):
        for folder, names in left.items():
            for name in names:
                assert (tmp_path / folder / "earlier" / "1" / name).read_text() == "earlier"


PLACES = {
    ("models", "models/resume"): "--log_path: .*resume lies among what a run keeps in --save_path",
    (
        "models",
        "models/x/../best/logs",
    ): "--log_path: .* lies among what a run keeps in --save_path",
    ("logs/tb/models", "logs"): "--save_path: .*models lies among what a run keeps in --log_path",
    ("mo\0dels", "logs"): "--save_path: cannot write to .*null",
    ("both", "both"): "",
    ("models", "models/logs"): "",
    ("logs/models", "logs"): "",
}


@pytest.mark.parametrize("places", PLACES, ids=str)
def test_neither_folder_is_set_aside_with_the_other(
    tmp_path: Path, places: tuple[str, str]
) -> None:
    save_path, log_path = (str(tmp_path / place) for place in places)
    setup = prepare(replace(settings(tmp_path), save_path=save_path, log_path=log_path))
    expected = PLACES[places]
    told = pytest.raises(UserError, match=expected) if expected else nullcontext()
    with closing(setup.envs), told, open_outputs(setup):
        assert not expected
    assert bool(expected) != any(tmp_path.iterdir())


def test_the_state_of_another_algorithm_does_not_fit(tmp_path: Path) -> None:
    learn(settings(tmp_path))
    [*_, path] = sorted((tmp_path / "models" / "resume").iterdir())
    longer = settings(tmp_path, resume=True)
    setup = prepare(replace(longer, num_timesteps=4 * STEPS * UPDATES))

    class Other(Walk):
        def restore(self, state: dict[str, Any]) -> None:
            raise KeyError("momentum")

    def others(setup: Setup, *given: Any) -> tuple[Walk, Watch]:
        walk, watch = parts(setup, *given)
        return Other(walk.policy, walk.params), watch

    with (
        pytest.raises(ValueError, match=rf"--resume: {path} does not fit this run"),
        session(setup, others, NoFilms()),
    ):
        pass


def test_what_a_task_returns_wrongly_is_no_fault_of_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which restoring begins with a reset."""
    learn(settings(tmp_path))
    longer = replace(settings(tmp_path, resume=True), num_timesteps=4 * STEPS * UPDATES)
    monkeypatch.setattr(toys.BoxToy, "reset", lambda *_, **__: None)
    with (
        pytest.raises(UserError, match=r"^--env: BoxToy-v0: reset\(.*\) must return"),
        session(prepare(longer), parts, NoFilms()),
    ):
        pass


@pytest.mark.parametrize("space", ["observation_space", "action_space"])
def test_a_run_does_not_go_on_in_a_task_of_other_sizes(
    space: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(settings(tmp_path))
    longer = replace(settings(tmp_path, resume=True), num_timesteps=4 * STEPS * UPDATES)
    monkeypatch.setattr(toys.BoxToy, space, Box(-1.0, 1.0, (5,)))
    with pytest.raises(UserError, match=r"^--resume: .* of a task of other sizes, no BoxToy-v0$"):
        prepare(longer)
