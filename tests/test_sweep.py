"""Sweeps: what is not finished is run, what fails is reported, what was stopped goes on."""

import json
import re
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest
from called import Done, call, ended
from handmade_logs import straight, write_run

from baselines import sweep as command
from baselines.common.stopping import StopRequests, Terminated
from baselines.config import Config
from baselines.experiments import running
from baselines.experiments.forecast import Kind, kind
from baselines.experiments.items import Item
from baselines.experiments.running import Board
from baselines.experiments.status import standing
from baselines.flags import to_arguments

pytestmark = [pytest.mark.usefixtures("compiled_once"), pytest.mark.xdist_group("sweep")]

SMALL = """\
title: Small
settings: {num_timesteps: 256, nsteps: 64, nminibatches: 4, noptepochs: 1, xla: False}
seeds: [0, 1]
methods: [PPO]
panels:
  - env: CartPole-v1
"""


ALL = "--results=nowhere"
"""Train all, whatever is among the results of this checkout."""


def sweep(*arguments: object, status: int = 0) -> Done:
    return call("baselines.sweep", *arguments, ALL, status=status)


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def trained_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings begin and end at once in this process; the stopped sweep has real ones."""

    def train(config: Config, output: IO[bytes]) -> SimpleNamespace:
        done = ended("baselines.run", to_arguments(replace(config, num_threads=1)))
        output.write((done.stdout + done.stderr).encode())
        return SimpleNamespace(returncode=done.returncode, poll=lambda: done.returncode)

    monkeypatch.setattr(running, "start_training", train)
    monkeypatch.setattr(running, "POLL_SECONDS", 0.0)


def without_a_place(folder: Path) -> Path:
    """A file where a run is to make its folder for checkpoints, so that it fails."""
    folder.mkdir(parents=True)
    (folder / "models").write_text("a file where a folder should be")
    return folder / "models"


@pytest.mark.usefixtures("trained_here")
def test_a_sweep_from_one_item_of_an_array_over_a_failed_run_to_its_end(
    experiment: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs" / "cartpole_v1" / "ppo"
    sweep(experiment, "--out", tmp_path / "runs", "--array=1")
    assert [p.name for p in runs.iterdir()] == ["1"]

    broken = without_a_place(runs / "0")
    done = sweep(experiment, "--out", tmp_path / "runs", "--jobs=1", status=1)
    assert "failed: CartPole-v1, PPO, seed 0: status 2: " in done.stdout
    assert "error: --save_path: cannot write to" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 done, 0 running, 0 waiting, 1 failed"

    broken.unlink()
    done = sweep(experiment, "--out", tmp_path / "runs", "--jobs=2")
    assert done.stdout.splitlines()[-1] == "2 done, 0 running, 0 waiting, 0 failed"
    files = {p: p.stat().st_mtime_ns for p in runs.rglob("*") if p.is_file()}
    for seed in (0, 1):
        assert runs / str(seed) / "models" / "00004" in files

    again = sweep(experiment, "--out", tmp_path / "runs")
    assert again.stdout.splitlines() == ["2 done, 0 running, 0 waiting, 0 failed"]
    assert {p: p.stat().st_mtime_ns for p in runs.rglob("*") if p.is_file()} == files


@pytest.mark.usefixtures("trained_here")
def test_a_failed_run_does_not_stop_the_others(experiment: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "runs" / "cartpole_v1" / "ppo" / seed for seed in "01"]
    for folder in folders:
        without_a_place(folder)
    done = sweep(experiment, "--out", tmp_path / "runs", "--jobs=1", status=1)
    assert done.stdout.splitlines()[-1] == "0 done, 0 running, 0 waiting, 2 failed"


def test_a_stopped_sweep_goes_on(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    stop_after: Callable[..., None], request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """By Ctrl-C during a real training, in a process of its own; then for two updates in this."""

    deadline = time.monotonic() + 300

    def interrupt(_: command.Teller, board: Board) -> None:
        assert time.monotonic() < deadline
        if any(standing(item).updates for item in board.running.values()):
            signal.raise_signal(signal.SIGINT)

    folder = tmp_path / "runs" / "cartpole_v1" / "ppo" / "0"
    arguments = [experiment, f"--out={tmp_path / 'runs'}", "--seeds=0", "--set=num_timesteps=1e7"]
    with monkeypatch.context() as patch:
        patch.setattr(command.Teller, "tell", interrupt)
        sweep(*arguments, status=130)
    stopped = max(int(path.name) for path in (folder / "models" / "resume").iterdir())
    assert stopped > 0

    request.getfixturevalue("trained_here")
    stop_after(stopped + 2)
    again = sweep(*arguments, status=1)
    assert "failed: CartPole-v1, PPO, seed 0: status 130: " in again.stdout
    rows = (folder / "logs" / "progress.json").read_text().splitlines()
    assert [json.loads(row)["nupdates"] for row in rows] == [*range(1, stopped + 3)]
    (start,) = json.loads((folder / "logs" / "config.json").read_text())["resumed"]
    assert start["update"] == stopped


def test_on_a_terminal_each_line_is_one_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is redrawn over as many rows as it has lines."""
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    item = Item("Four → Eight, a method of a long name, seed 0", Path("out"), Config())
    teller = command.Teller(1)
    for _ in range(2):
        teller.tell(Board(failed=[(item, "status 2: a long reason")]))
    first, again = capsys.readouterr().out.split("\x1b[2A\x1b[J")
    assert first == again
    assert [len(line) for line in first.splitlines()] == [29, 29]


def test_elsewhere_a_line_is_printed_on_a_change_and_every_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [1000.0]
    monkeypatch.setattr("baselines.experiments.telling.time.monotonic", lambda: now[0])
    teller, item = command.Teller(1), Item("Task, PPO, seed 0", Path("out"), Config())
    for passed, board, printed in (
        (0, Board(waiting=[item]), True),
        (59, Board(waiting=[item]), False),
        (2, Board(waiting=[item]), True),
        (59, Board(waiting=[item]), False),
        (0, Board(done=[item]), True),
    ):
        now[0] += passed
        teller.tell(board)
        assert bool(capsys.readouterr().out) == printed


def test_a_dry_run_lists_and_forecasts(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of 1,800 steps at one step a second, one after the other or side by side."""
    monkeypatch.setattr(
        command, "measured_speeds", lambda items, *_: {kind(item): 1.0 for item in items}
    )
    experiment.write_text(SMALL.replace("256, nsteps: 64", "1800, nsteps: 100"))
    for jobs, left in ((1, "60 min"), (2, "30 min")):
        done = sweep(experiment, "--out", tmp_path / "runs", "--dry_run", f"--jobs={jobs}")
        assert done.stdout.splitlines() == [
            "   0 CartPole-v1, PPO, seed 0: 0 updates done of 18",
            "   1 CartPole-v1, PPO, seed 1: 0 updates done of 18",
            "measuring for 20 s ...",
            f"0 done, 0 running, 2 waiting, 0 failed; {left} left with {jobs} at once",
        ]
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_ends_at_a_signal(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(items: list[Item], seconds: float, stop: StopRequests) -> dict[Kind, float]:
        signal.raise_signal(signal.SIGTERM)
        stop.meet()
        return {}

    monkeypatch.setattr(command, "measured_speeds", measured)
    with pytest.raises(Terminated):
        command.main([str(experiment), f"--out={tmp_path / 'runs'}", "--dry_run"])


def test_a_dry_run_has_the_numbers_of_an_array(experiment: Path, tmp_path: Path) -> None:
    """Also where a later run is done already, which the board has first."""
    last = tmp_path / "runs" / "cartpole_v1" / "ppo" / "1" / "models"
    last.mkdir(parents=True)
    (last / "00004").touch()
    shown = sweep(experiment, "--out", tmp_path / "runs", "--dry_run").stdout.splitlines()[:2]
    assert [line.split()[0] for line in shown] == ["0", "1"]
    for number, line in enumerate(shown):
        assert line.startswith(f"   {number} CartPole-v1, PPO, seed {number}: ")
        found = sweep(experiment, "--out", tmp_path / "runs", f"--array={number}", "--folders")
        assert found.stdout.rstrip().endswith(f"ppo/{number}/logs")
    assert shown[1].endswith("done")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"config": 1}'])
def test_a_damaged_log_in_the_place_of_a_run_is_told(
    content: str, experiment: Path, tmp_path: Path
) -> None:
    logs = tmp_path / "runs" / "cartpole_v1" / "ppo" / "0" / "logs"
    logs.mkdir(parents=True)
    (logs / "config.json").write_text(content)
    done = sweep(experiment, "--out", tmp_path / "runs", "--folders", status=2)
    [line] = done.stderr.splitlines()
    assert f"error: LOG_DIR: {logs / 'config.json'}" in line


CHAIN = SMALL.replace("[0, 1]", "[0]").replace("256", "512").replace(
    "  - env: CartPole-v1\n",
    """\
  - {env: CartPole-v1, methods: [PPO]}
  - {name: Two, methods: [MIKT], env: CartPole-v1, teachers: {run: 'CartPole-v1, PPO'}}
""",
)  # fmt: skip
LONGER = (
    CHAIN + "  - {name: Three, methods: [MIKT], env: CartPole-v1, teachers: {run: 'Two, MIKT'}}\n"
)


def test_a_chain_is_trained_in_its_order_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trainings leave a last checkpoint, if they find a place for it, and nothing else."""
    chain, longer, out = tmp_path / "chain.yaml", tmp_path / "longer.yaml", tmp_path / "runs"
    chain.write_text(CHAIN)
    longer.write_text(LONGER)
    taught: list[tuple[str, tuple[str, ...]]] = []

    def begin(item: Item) -> SimpleNamespace:
        taught.append((item.name, item.config.teacher_paths))
        models, status = item.last_checkpoint.parent, 0
        if models.is_file():
            status = 1
        else:
            models.mkdir(parents=True)
            item.last_checkpoint.touch()
        return SimpleNamespace(returncode=status, poll=lambda: status)

    monkeypatch.setattr(running, "begin", begin)
    monkeypatch.setattr(running, "POLL_SECONDS", 0.0)
    done = sweep(chain, "--out", out, "--jobs=2")
    assert done.stdout.splitlines()[-1] == "2 done, 0 running, 0 waiting, 0 failed"
    teacher = str(out / "cartpole_v1" / "ppo" / "0" / "models" / "00008")
    assert taught == [("CartPole-v1, PPO, seed 0", ()), ("Two, MIKT, seed 0", (teacher,))]
    refused = sweep(longer, "--out", out / "new", "--array=2", status=2)
    assert "there is no teacher" in refused.stderr
    without_a_place(out / "broken" / "cartpole_v1" / "ppo" / "0")
    failed = sweep(longer, "--out", out / "broken", status=1)
    assert "failed: Three, MIKT, seed 0: the run that makes its teacher failed" in failed.stdout
    assert failed.stdout.splitlines()[-1] == "0 done, 0 running, 0 waiting, 3 failed"
    assert [name for name, _ in taught[2:]] == ["CartPole-v1, PPO, seed 0"]


def names_waiting(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> list[str]:
    """The runs that a sweep would train."""
    boards: list[Board] = []
    monkeypatch.setattr(command, "run_all", lambda board, *_: boards.append(board))
    sweep(*arguments)
    return [item.name for item in boards[0].waiting]


def test_the_runs_that_make_the_teachers_of_chosen_ones_are_chosen_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer, out = tmp_path / "longer.yaml", tmp_path / "runs"
    longer.write_text(LONGER)
    chain = ["CartPole-v1, PPO, seed 0", "Two, MIKT, seed 0", "Three, MIKT, seed 0"]
    for only, trained in (("Three", chain), ("Two", chain[:2]), ("PPO", chain[:1])):
        assert names_waiting(monkeypatch, longer, "--out", out, "--only", only) == trained
    both = names_waiting(monkeypatch, longer, "--out", out, "--only", "MIKT", "Two")
    assert both == chain[:2]  # all of the texts, not any
    folders = sweep(longer, "--out", out, "--only", "Three", "--folders")
    assert folders.stdout.split() == [str(out / "three" / "mikt" / "0" / "logs")]


def test_teachers_that_an_experiment_declares_are_trained_and_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, out = tmp_path / "study.yaml", tmp_path / "runs"
    study.write_text(
        SMALL.replace("panels:\n  - env: CartPole-v1\n", "")
        + "teachers: [{env: CartPole-v1, settings: {num_timesteps: 512}}]\n"
        "panels: [{name: Two, methods: [MLPP], env: CartPole-v1,"
        ' teachers: {run: "teacher CartPole-v1, PPO"}}]\n'
    )
    arguments = [study, "--out", out, "--seeds", "1"]
    assert names_waiting(monkeypatch, *arguments) == [
        "teacher CartPole-v1, PPO, seed 1", "Two, MLPP, seed 1",
    ]  # fmt: skip
    folders = sweep(*arguments, "--folders").stdout.split()
    assert folders == [str(out / "two" / "mlpp" / "1" / "logs")]


def test_what_would_be_run_is_listed(experiment: Path, tmp_path: Path) -> None:
    done = sweep(experiment, "--out", tmp_path / "runs", "--folders", "--seeds", "1")
    assert done.stdout.split() == [str(tmp_path / "runs" / "cartpole_v1" / "ppo" / "1" / "logs")]
    assert not (tmp_path / "runs").exists()


TWO_LENGTHS = SMALL.replace("[PPO]", "[PPO, {longer: {method: PPO, num_timesteps: 512}}]")

TAUGHT_BY_THE_LONGER = """\
  - name: Two
    env: CartPole-v1
    methods: [MLPP]
    teachers: {run: "CartPole-v1, longer"}
"""


def test_runs_that_a_setting_for_all_makes_the_same_are_one(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment.write_text(TWO_LENGTHS)
    arguments = [experiment, "--out", tmp_path / "runs", "--seeds", "0"]
    assert len(sweep(*arguments, "--folders").stdout.splitlines()) == 2
    assert len(sweep(*arguments, "--folders", "--set", "lr=1e-4").stdout.splitlines()) == 2

    shorter = [*arguments, "--set", "num_timesteps=128"]
    folder = tmp_path / "runs" / "cartpole_v1" / "ppo" / "0"
    assert sweep(*shorter, "--folders").stdout.split() == [str(folder / "logs")]
    monkeypatch.setattr(command, "run_all", lambda *_: None)
    assert sweep(*shorter).stdout.splitlines() == [
        "CartPole-v1, longer, seed 0 is left out: it is the same run as CartPole-v1, PPO, seed 0",
        "0 done, 0 running, 1 waiting, 0 failed",
    ]


def test_settings_for_all_may_be_given_one_by_one() -> None:
    given = ["--set", "lr=1e-4", "gamma=0.5", "--set", "num_timesteps=128"]
    parsed = command.parser().parse_args(["x.yaml", *given])
    assert parsed.set == ["lr=1e-4", "gamma=0.5", "num_timesteps=128"]


def test_a_run_that_two_files_name_differently_is_trained_once(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(SMALL.replace("[PPO]", "['as ever': {method: PPO}, PPO + KL]"))
    waiting = names_waiting(monkeypatch, experiment, other, "--out", tmp_path, "--seeds=1")
    assert waiting == ["CartPole-v1, PPO, seed 1", "CartPole-v1, PPO + KL, seed 1"]


@pytest.mark.usefixtures("trained_here")
def test_a_finished_run_with_other_settings_is_not_taken_for_the_declared_one(
    experiment: Path, tmp_path: Path
) -> None:
    arguments = [experiment, "--out", tmp_path / "runs", "--seeds=1"]
    sweep(*arguments)
    sweep(*arguments)
    logs = tmp_path / "runs" / "cartpole_v1" / "ppo" / "1" / "logs"
    for flags in (["--set", "gamma=0.5"], ["--set", "num_timesteps=128"], ["--folders"]):
        if flags == ["--folders"]:
            experiment.write_text(SMALL.replace("xla: False", "xla: False, lr: 1e-4"))
        refused = sweep(*arguments, *flags, status=2)
        assert f"CartPole-v1, PPO, seed 1: {logs} is of a run with " in refused.stderr
    assert "with lr 0.0003, but 0.0001 is declared" in refused.stderr


def test_of_runs_that_are_the_same_one_that_teaches_stays(tmp_path: Path) -> None:
    chain = tmp_path / "chain.yaml"
    chain.write_text(f"{TWO_LENGTHS}{TAUGHT_BY_THE_LONGER}")
    quick = ["--seeds=0", "--set", "num_timesteps=128"]
    done = sweep(chain, "--out", tmp_path, "--folders", *quick)
    assert [Path(line).parts[-3] for line in done.stdout.split()] == ["ppo", "longer", "mlpp"]


LOGGED = """\
title: Logged
settings: {num_timesteps: 1e6, nsteps: 100000}
seeds: [0, 1]
methods: [PPO, MIKT]
panels:
  - name: Two
    env: CartPole-v1
    teachers: TEACHERS
"""


@pytest.fixture
def logged(tmp_path: Path) -> list[str]:
    """Arguments for an experiment whose PPO runs are logged: seed 0 wholly, seed 1 by half."""
    results = tmp_path / "results"
    for seed, rows in ((0, 10), (1, 5)):
        folder = results / "other" / "cartpole_v1" / "ppo" / str(seed)
        returns = straight(1.0)[:rows]
        write_run(folder, returns, env="CartPole-v1", seed=seed, num_timesteps=1_000_000)
    (results / "other" / "experiment.yaml").write_text(LOGGED)
    (tmp_path / "logged.yaml").write_text(LOGGED)
    (tmp_path / "TEACHERS").write_text("")
    return [
        str(tmp_path / "logged.yaml"), f"--results={results}", f"--out={tmp_path / 'runs'}",
        "--only", "PPO",
    ]  # fmt: skip


def test_a_run_whose_whole_log_is_among_the_results_is_not_trained(
    logged: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([*logged, "--seeds", "0"]) == 0
    told, board = capsys.readouterr().out.splitlines()
    assert told.startswith("1 run is not trained again")
    assert board == "1 done, 0 running, 0 waiting, 0 failed"
    assert not (tmp_path / "runs").exists()
    assert command.main([*logged, "--folders"]) == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "results" / "other" / "cartpole_v1" / "ppo" / "0"),
        str(tmp_path / "runs" / "cartpole_v1" / "ppo" / "1" / "logs"),
    ]


def test_it_is_trained_where_another_run_learns_from_it(
    logged: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    chain = LOGGED.replace("TEACHERS", "{run: 'CartPole-v1, PPO'}")
    (tmp_path / "logged.yaml").write_text(chain)
    boards = []
    monkeypatch.setattr(command, "run_all", lambda board, *_: boards.append(board))
    command.main([*logged[:3], "--seeds", "0"])
    assert [item.name for item in boards[0].waiting] == [
        "CartPole-v1, PPO, seed 0",
        "Two, MIKT, seed 0",
    ]
    why = capsys.readouterr().out.splitlines()[0]
    assert why.startswith("CartPole-v1, PPO, seed 0 is trained again")
    assert f"{tmp_path}/results/other/cartpole_v1/ppo/0, " in why
    assert why.endswith("Two, MIKT, seed 0")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere.yaml"], "EXPERIMENT: cannot read nowhere.yaml"),
        (["EXPERIMENT", "--only", "Ant"], "--only: no run of this name"),
        (["EXPERIMENT", "--seeds=9"], "--seeds: no run of this name and seed"),
        (["EXPERIMENT", "--array=2"], "--array: must be less than 2"),
        (
            ["EXPERIMENT", "--dry_run", "--folders"],
            "--folders: not allowed with argument --dry_run",
        ),
        (["EXPERIMENT", "--set", "lr"], "--set: must be SETTING=VALUE, not 'lr'"),
        (["EXPERIMENT", "--set", "lrr=1"], "--set: lrr=1: unknown setting; did you mean lr"),
        (["EXPERIMENT", "--jobs=0"], "--jobs: must be greater than 0"),
        (["TRANSFER"], "EXPERIMENT: .*there is no teacher nowhere/0"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], expected: str, experiment: Path, tmp_path: Path
) -> None:
    transfer = tmp_path / "transfer.yaml"
    text = SMALL.replace("[PPO]", "[MIKT]") + "    teachers: nowhere/{seed}\n"
    transfer.write_text(text.replace("num_timesteps: 256", "num_timesteps: 512"))
    places = {"EXPERIMENT": str(experiment), "TRANSFER": str(transfer)}
    done = sweep(
        *(places.get(argument, argument) for argument in arguments),
        f"--out={tmp_path / 'runs'}",
        status=2,
    )
    assert len(done.stderr.splitlines()) == 1
    assert re.search(expected, done.stderr), done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_place_where_no_run_could_be_is_told_before_any_is_begun(
    experiment: Path, tmp_path: Path
) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    done = sweep(experiment, f"--out={tmp_path / 'runs'}", status=2)
    assert re.fullmatch(r".*error: --out: cannot write to .* is not a folder\n", done.stderr)
