"""Short trials of declared runs."""

from pathlib import Path

from baselines.checks import check
from baselines.config import Config
from baselines.experiments.forecast import kind, seconds_left, trial_in
from baselines.experiments.plan import Item
from baselines.experiments.running import Board


def test_a_trial_needs_no_folder_of_states(tmp_path: Path) -> None:
    config = Config(
        env="CartPole-v1", save_path="models", log_path="logs", resume=True,
        on_divergence="rollback",
    )  # fmt: skip
    trial = trial_in(tmp_path, Item("run", Path("run"), config))
    check(trial.config)
    assert (trial.config.save_path, trial.config.log_path) == ("", str(tmp_path / "logs"))
    assert trial.config.nupdates == config.nupdates


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
    assert seconds_left(Board(running={"begun": begun}), {}, 2) is None
