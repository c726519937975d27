"""Short trials of declared runs."""

import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from baselines.checks import check
from baselines.common.stopping import StopRequests, Terminated
from baselines.config import Config
from baselines.experiments import forecast
from baselines.experiments.forecast import kind, measured_speeds, seconds_left, trial_in
from baselines.experiments.items import Item
from baselines.experiments.running import Board


def test_a_trial_needs_no_folder_of_states(tmp_path: Path) -> None:
    config = Config(
        env="CartPole-v1", save_path="models", log_path="logs", resume=True,
        on_divergence="rollback", save_video_interval=100,
    )  # fmt: skip
    trial = trial_in(tmp_path, Item("run", Path("run"), config))
    check(trial.config)
    assert (trial.config.save_path, trial.config.log_path) == ("", str(tmp_path / "logs"))
    assert trial.config.nupdates == config.nupdates
    assert trial.config.save_video_interval == 0


def run_at(folder: Path, name: str, env: str, updates: int, fps: float) -> Item:
    """A run of ten updates of 2048 steps, of which some are done."""
    rows = "".join(f"{n},{fps}\n" for n in range(1, updates + 1))
    (folder / name / "logs").mkdir(parents=True)
    (folder / name / "logs" / "progress.csv").write_text(f"nupdates,fps\n{rows}")
    return Item(name, folder / name, Config(env=env, num_timesteps=20480))


def test_the_time_left_is_told_from_the_runs_that_have_a_speed(tmp_path: Path) -> None:
    slow = run_at(tmp_path, "slow", "CartPole-v1", 5, 100.0)
    fast = run_at(tmp_path, "fast", "CartPole-v1", 8, 300.0)
    begun = run_at(tmp_path, "begun", "CartPole-v1", 0, 0.0)
    other = run_at(tmp_path, "other", "Pendulum-v1", 0, 0.0)
    board = Board(waiting=[other], running={item.name: item for item in (slow, fast, begun)})
    # 5 + 2 + 10 + 10 updates at 200 steps a second, two at once
    assert seconds_left(board, {}, 2) == 27 * 2048 / 200 / 2
    # the other task was measured
    measured = {kind(other): 50.0}
    assert seconds_left(board, measured, 4) == 10 * 2048 / 50  # the longest run alone
    # a speed of now comes before one that was measured, and 0 is none
    measured = {kind(slow): 1.0, kind(other): 0.0}
    assert seconds_left(board, measured, 2) == 27 * 2048 / 200 / 2
    assert seconds_left(Board(running={"begun": begun}), {}, 2) is None


def test_runs_with_teachers_or_of_another_body_have_a_speed_of_their_own() -> None:
    """A student's update takes longer, and so do the steps of a longer body."""
    plain = Config(env="Centipede-v1")
    alike = [plain, replace(plain, seed=1, lr=1e-4), replace(plain, num_timesteps=20480)]
    others = [
        replace(plain, teacher_paths=("t",)),
        replace(plain, env_kwargs='{"legs": 40}'),
        replace(plain, env_xml="body.xml"),
    ]
    kinds = [kind(Item("run", Path("run"), config)) for config in (*alike, *others)]
    assert len(set(kinds[:3])) == 1
    assert len(set(kinds)) == 4


class Training:
    """A process that logs one update more whenever it is looked at, the first one slowly."""

    def __init__(self, config: Config, fps: float, updates: int) -> None:
        self._log = Path(config.log_path) / "progress.csv"
        self._fps, self._updates = fps, updates
        self._rows = ["nupdates,fps"]
        self.ended: list[str] = []

    def poll(self) -> int | None:
        if len(self._rows) > self._updates:
            return 1
        self._rows.append(f"{len(self._rows)},{self._fps if len(self._rows) > 1 else 0.5}")
        self._log.parent.mkdir(exist_ok=True)
        self._log.write_text("\n".join(self._rows) + "\n")
        return None

    def kill(self) -> None:
        self.ended.append("killed")

    def wait(self) -> None:
        self.ended.append("waited for")


def test_each_kind_of_run_is_tried_once_until_its_speed_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two tasks with two seeds each, and one whose training ends in its first update."""
    fps = {"CartPole-v1": 700.0, "Pendulum-v1": 90.0, "Acrobot-v1": 80.0}
    items = [
        Item(f"{env}, {seed}", Path("runs", env, str(seed)), Config(env=env, seed=seed))
        for seed in (0, 1)
        for env in fps
    ]
    begun: dict[str, Training] = {}

    def start(config: Config, _: int) -> Training:
        assert config.env not in begun
        begun[config.env] = Training(config, fps[config.env], 1 if config.env[0] == "A" else 99)
        return begun[config.env]

    monkeypatch.setattr(forecast, "start_training", start)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    speeds = measured_speeds(items, 0.0, StopRequests(tells=False))
    assert speeds == {kind(items[0]): 700.0, kind(items[1]): 90.0, kind(items[2]): 0.0}
    assert {tuple(one.ended) for one in begun.values()} == {("killed", "waited for")}


@pytest.mark.parametrize("late", [False, True], ids=["while it runs", "while it is ended"])
def test_a_stop_leaves_no_trial_and_no_folder(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, begun, folders = StopRequests(tells=False), [], []

    def start(config: Config, _: int) -> Training:
        folders.append(Path(config.log_path).parent)
        begun.append(Training(config, 700.0, 99))
        return begun[-1]

    def receive(*_: object) -> None:
        stop.receive(signal.SIGTERM)

    monkeypatch.setattr(forecast, "start_training", start)
    monkeypatch.setattr(time, "sleep", (lambda _: None) if late else receive)
    if late:
        kill = Training.kill
        monkeypatch.setattr(Training, "kill", lambda self: (receive(), kill(self)))
    items = [Item(env, Path(env), Config(env=env)) for env in ("CartPole-v1", "Pendulum-v1")]
    with pytest.raises(Terminated):
        measured_speeds(items, 0.0 if late else 20.0, stop)
    assert [one.ended for one in begun] == [["killed", "waited for"]]
    assert not any(folder.exists() for folder in folders)
