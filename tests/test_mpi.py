"""Two real ranks: what they merge and average, and how one of them ends both."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import two_ranks
from called import Done
from test_resume import arrays, logs
from two_ranks import COEFS, FAST, LR, ROUNDS, SAMPLES, TARGET_KL, newest_update

from baselines.common.errors import TaskError
from baselines.common.launcher import LAUNCHERS, environment_by_itself, num_launched
from baselines.common.machine import usable_cores
from baselines.common.mpi import Ranks, team
from baselines.common.team import ALONE
from baselines.ppo2.model import Model
from baselines.ppo2.update_inputs import Batch

TESTS = Path(__file__).resolve().parent
MPIEXEC = Path(sys.executable).with_name("mpiexec")
Results = dict[str, np.ndarray]

pytestmark = pytest.mark.xdist_group("mpi")

IS_LINUX = sys.platform == "linux"
LINUX = pytest.mark.skipif(not IS_LINUX, reason="the ranks' processes are looked up in /proc")


def on_two_ranks(*command: str, folder: Path) -> subprocess.Popen[str]:
    """Start two ranks; what comes behind a colon is added for the second one only."""
    search = os.pathsep.join([str(TESTS.parent), str(TESTS)])
    both, own = command, ()
    if ":" in command:
        both, own = command[: command.index(":")], command[command.index(":") + 1 :]
    rank = ["-n", "1", sys.executable, *both]
    return subprocess.Popen(
        [str(MPIEXEC), *rank, ":", *rank, *own],
        cwd=folder, env=os.environ | {"PYTHONPATH": search}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


RUN = [
    "--env=CartPole-v1", "--num_env=2", "--nsteps=16", "--nminibatches=2", "--noptepochs=2",
    "--num_hidden=8", "--xla=False", "--num_timesteps=2560", "--state_interval=1",
    "--save_interval=1", "--save_path=models", "--log_path=logs",
]  # fmt: skip
"""Forty updates of two ranks, each with two environments of 16 steps."""

TRAIN = ["-m", "baselines.run", *RUN]


def ranks_of(folder: Path) -> Iterator[tuple[int, int]]:
    """Rank and process of those that run in a folder, as Linux tells it."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environ = (path / "environ").read_bytes().split(b"\0")
            where = (path / "cwd").resolve()
            program = (path / "exe").resolve()
        except OSError:
            continue
        rank = [x.partition(b"=")[2] for x in environ if x.startswith(b"PMI_RANK=")]
        if rank and where == folder and "python" in program.name:
            yield int(rank[0]), int(path.name)


class Killed(NamedTuple):
    """A run of two ranks after the second one was sent SIGKILL.

    Attributes:
        status: the launcher's exit status.
        update: that of the newest state.
        left: ranks that are still there.
    """

    folder: Path
    status: int
    update: int
    left: list[tuple[int, int]]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """Killed soon after its third update."""
    folder = tmp_path_factory.mktemp("killed")
    process = on_two_ranks(*TRAIN, folder=folder)
    while newest_update(folder) < 3:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    os.kill(dict(ranks_of(folder))[1], signal.SIGKILL)
    process.communicate(timeout=60)
    return Killed(folder, process.returncode, newest_update(folder), list(ranks_of(folder)))


@pytest.fixture(scope="module")
def launched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Done]:
    """The folder of what two ranks came to in `two_ranks`, and how that ended."""
    folder = tmp_path_factory.mktemp("ranks")
    if IS_LINUX:
        shutil.copytree(request.getfixturevalue("killed").folder, folder / "killed")
    (folder / "faulty.py").write_text(two_ranks.FAULTY)
    process = on_two_ranks(str(TESTS / "two_ranks.py"), str(folder), *RUN, folder=folder)
    stdout, stderr = process.communicate(timeout=300)
    return folder, Done(process.returncode, stdout, stderr)


@pytest.fixture(scope="module")
def whole(launched: tuple[Path, Done]) -> Path:
    """The folder of a run to its end."""
    folder, done = launched
    assert done.stdout.count("done: 40 updates, 2560 timesteps") == 1, done.stderr
    return folder


@pytest.fixture(scope="module")
def results(launched: tuple[Path, Done]) -> list[Results]:
    """What each rank came to there, but for that run."""
    folder, done = launched
    assert (folder / "rank1.npz").exists(), done.stderr
    return [dict(np.load(folder / f"rank{rank}.npz")) for rank in range(2)]


def endings(results: list[Results], name: str) -> list[Done]:
    """How a command ended on each rank."""
    found = [result[name].tolist() for result in results]
    return [Done(int(status), stdout, stderr) for status, stdout, stderr in found]


def part(results: Results, name: str) -> Results:
    prefix = f"{name}."
    return {k.removeprefix(prefix): v for k, v in results.items() if k.startswith(prefix)}


def test_there_are_two(results: list[Results]) -> None:
    assert [int(found["size"]) for found in results] == [2, 2]
    assert [int(found["cores"]) for found in results] == [max(1, usable_cores() // 2)] * 2


@pytest.mark.parametrize("name", ["statistics", "first_step", "update", "ended_update"])
def test_ranks_are_alike_to_the_bit(results: list[Results], name: str) -> None:
    first, second = (part(found, name) for found in results)
    assert first.keys() == second.keys()
    for key, value in first.items():
        assert value.tobytes() == second[key].tobytes(), key


def test_merged_statistics_are_those_of_the_data_together(results: list[Results]) -> None:
    found = part(results[0], "statistics")
    seen = [two_ranks.observations(r, turn) for turn in range(ROUNDS) for r in range(2)]
    for name, data in (
        ("obs", np.concatenate(seen)),
        ("ret", np.concatenate([x[:, :2].ravel() for x in seen])),
    ):
        count = found[f"normalize.{name}.count"]
        assert count == pytest.approx(len(data) + 1e-4)
        # the count of 1e-4 that the statistics start with shifts them by less than this
        np.testing.assert_allclose(found[f"normalize.{name}.mean"], data.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(
            found[f"normalize.{name}.var"], data.var(axis=0), rtol=1e-3, atol=1e-4
        )


class Orders:
    """Draws the joint orders that correspond to those which the ranks have drawn."""

    def __init__(self, rngs: list[np.random.Generator], nminibatches: int) -> None:
        self._rngs, self._nminibatches = rngs, nminibatches

    def permutation(self, samples: int) -> np.ndarray:
        per_rank = samples // len(self._rngs)
        parts = [
            rng.permutation(per_rank).reshape(self._nminibatches, -1) + rank * per_rank
            for rank, rng in enumerate(self._rngs)
        ]
        return np.concatenate(parts, axis=1).ravel()


def joint_model(
    nminibatches: int, noptepochs: int, seeds: list[int], lr: float = LR, **settings: float
) -> tuple[Model, dict]:
    """One process that is given the rollouts of both ranks, minibatch by minibatch."""
    batches = [two_ranks.batch(rank) for rank in range(2)]
    together = Batch(**{name: np.concatenate([b[name] for b in batches]) for name in batches[0]})
    config = two_ranks.settings(nminibatches, noptepochs, num_env=2, **settings)
    model = Model(*two_ranks.start(), config)
    orders = Orders([np.random.default_rng(seed) for seed in seeds], nminibatches)
    return model, model.train(together, orders, lr, COEFS)  # type: ignore[arg-type]


def test_the_averaged_gradient_is_that_of_the_joint_batch(results: list[Results]) -> None:
    model, _ = joint_model(1, 1, [0, 0])
    expected = model.state()["m"]
    assert sum(len(two_ranks.batch(rank)["obs"]) for rank in range(2)) == SAMPLES * 2
    assert abs(expected).max() > 1e-3
    np.testing.assert_allclose(results[0]["first_step.m"], expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "settings", "steps"),
    [("update", {}, 6), ("ended_update", {"lr": FAST, "target_kl": TARGET_KL}, 4)],
)
def test_an_update_is_that_of_one_process_with_the_joint_batch(
    results: list[Results], name: str, settings: dict[str, float], steps: int
) -> None:
    model, logged = joint_model(3, 2, [0, 1], **settings)
    found = part(results[0], name)
    for name, value in model.params.items():
        np.testing.assert_allclose(
            found[f"params.{name.replace('/', '.')}"], value, atol=2e-5, err_msg=name
        )
    assert {k: float(v) for k, v in part(found, "logged").items()} == pytest.approx(
        logged, rel=1e-4, abs=1e-6
    )
    assert model.adam_steps == steps


def test_what_one_rank_raises_all_raise(results: list[Results]) -> None:
    first, second = (found["failures.told"].tolist() for found in results)
    assert first[:3] == ["rank 1: --env: 1 is wrong", "--env: 0 is wrong", "--env: 0 is wrong"]
    assert second[:3] == [
        "--env: 1 is wrong", "rank 0: --env: 0 is wrong", "rank 0: --env: 0 is wrong"
    ]  # fmt: skip


def test_a_rank_that_differs_is_named_to_all(results: list[Results]) -> None:
    for found in results:
        assert found["failures.told"].tolist()[3:] == ["", "rank 1, unlike rank 0"]


class Listed:
    """The messages of ranks that are not there."""

    rank, size = 0, 5

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    def allgather(self, mine: object) -> list[object]:
        return list(self._texts) if isinstance(mine, str) else [mine] * self.size

    def Abort(self, status: int) -> None:
        raise SystemExit(status)


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ("aaaaa", ""),
        ("aabaa", "rank 2, unlike rank 0"),
        ("baaaa", "rank 0, unlike rank 1"),
        ("bcaaa", "rank 0, 1, unlike rank 2"),
    ],
)
def test_those_that_differ_from_most_are_named(texts: str, named: str) -> None:
    assert Ranks(Listed(list(texts))).unlike("a") == named


def test_steps_and_episodes_of_all_ranks_are_counted(whole: Path) -> None:
    rows, _, episodes = logs(whole)
    assert [int(row["total_timesteps"]) for row in rows] == [64 * (i + 1) for i in range(40)]
    lengths = [int(line.split(",")[1]) for line in episodes[1:]]  # below r,l
    # All but those that had not ended, of at most 500 steps; of one rank alone it would be 1280.
    assert 1280 < sum(lengths) <= 2560
    assert (whole / "models" / "00040").exists()


@LINUX
def test_a_rank_that_is_killed_ends_all(killed: Killed) -> None:
    assert killed.status != 0
    assert not killed.left
    assert 3 <= killed.update < 40


@LINUX
def test_what_one_rank_is_sent_stops_all_and_the_run_has_gone_on_as_if_never_killed(
    killed: Killed, whole: Path, results: list[Results]
) -> None:
    first, second = endings(results, "stopped")
    assert first.returncode == second.returncode == 143, first.stderr
    said = first.stdout + second.stdout
    assert said.count("going on from") == said.count("stopped after update") == 1
    assert first.stderr.splitlines()[-1] == "python -m baselines.run: terminated"
    assert "terminated" not in second.stderr
    stopped_after = newest_update(whole / "killed")
    assert stopped_after == killed.update + 2
    assert arrays(whole / "killed", stopped_after) == arrays(whole, stopped_after)
    rows, records, episodes = logs(whole / "killed")
    all_rows, all_records, all_episodes = logs(whole)
    assert (rows, records) == (all_rows[:stopped_after], all_records[:stopped_after])
    assert episodes == all_episodes[: len(episodes)] != []


def test_what_diverges_on_one_rank_takes_all_back(launched: tuple[Path, Done]) -> None:
    folder, done = launched
    # 32 steps of a rank an update: its 150th lies in the fifth
    assert "update 5: rank 1: the observations are not finite; going back to" in done.stdout
    rates = [float(row["lr"]) for row in logs(folder / "burnt")[0]]
    whole = [3e-4 * (1 - update / 40) for update in range(40)]
    expected = [*whole[:4], *(rate / 2 for rate in whole[4:])]
    assert len(rates) > 4
    assert rates == pytest.approx(expected[: len(rates)])


def test_an_error_of_a_task_on_one_rank_ends_all_with_its_traceback(
    launched: tuple[Path, Done],
) -> None:
    folder, done = launched
    assert done.returncode == 1
    assert not list(ranks_of(folder))
    assert done.stderr.count("Traceback") == 1
    assert re.search(r'File ".*faulty.py", line \d+, in step', done.stderr)
    told = "the task Burning-v0 failed in step: RuntimeError: the motor is on fire"
    [line] = [line for line in done.stderr.splitlines() if told in line]
    assert line == f"python -m baselines.run: error: rank 1: {told}"


def test_a_rank_that_drifts_ends_the_run(results: list[Results]) -> None:
    told = "update 10: the parameters or statistics of rank 1, unlike rank 0, have changed"
    assert [found["drifted"].tolist() for found in results] == [
        [f"error: {told}", "1"],
        [f"error: rank 0: {told}", "1"],
    ]


@pytest.mark.parametrize("case", two_ranks.BAD_INPUT)
def test_bad_input_is_told_once(case: str, results: list[Results], whole: Path) -> None:
    ends = endings(results, f"refused.{case}")
    assert [end.returncode for end in ends] == [2, 2]
    [line] = [line for end in ends for line in end.stderr.splitlines()]
    assert line.startswith(f"python -m baselines.run: error: {two_ranks.BAD_INPUT[case][2]}")
    assert not (whole / "refused").exists()


def test_the_launcher_ends_as_its_ranks_do(tmp_path: Path) -> None:
    process = on_two_ranks(*TRAIN, ":", "--lr=x", folder=tmp_path)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    [line] = stderr.splitlines()
    assert line.startswith("python -m baselines.run: error: rank 1: --lr: must be a number")
    assert not list(tmp_path.iterdir())


def test_a_training_does_without_keras(results: list[Results]) -> None:
    assert [bool(found["keras"]) for found in results] == [False, False]


def test_an_error_of_a_task_outside_of_what_ranks_do_together_has_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end, Ranks(Listed([])).ending_together():
        raise TaskError("the task T failed") from ValueError("physics")
    assert end.value.code == 1
    assert capsys.readouterr().err.splitlines() == [
        "ValueError: physics", "rank 0: error: the task T failed"
    ]  # fmt: skip


def test_a_task_for_evaluation_that_the_first_rank_cannot_make_ends_all(
    results: list[Results],
) -> None:
    told = "--eval_interval: needs a task of its own beside those of the run; --env: only one"
    assert [str(found["unmeasured"]) for found in results] == [told, f"rank 0: {told}"]


def test_a_process_by_itself_is_a_team_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for names in LAUNCHERS:
        for name in names:
            monkeypatch.delenv(name, raising=False)
    assert num_launched() == 1
    assert team() is ALONE
    assert "mpi4py" not in sys.modules
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "1")
    assert num_launched() == 1
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "3")
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    assert num_launched() == 4
    assert num_launched_by(environment_by_itself()) == 1


def num_launched_by(environment: dict[str, str]) -> int:
    command = "from baselines.common.launcher import num_launched; print(num_launched())"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=TESTS.parent, env=environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)
