"""Short trials of declared runs."""

from pathlib import Path

from baselines.checks import check
from baselines.config import Config
from baselines.experiments.forecast import trial_in
from baselines.experiments.plan import Item


def test_a_trial_needs_no_folder_of_states(tmp_path: Path) -> None:
    config = Config(
        env="CartPole-v1", save_path="models", log_path="logs", resume=True,
        on_divergence="rollback",
    )  # fmt: skip
    trial = trial_in(tmp_path, Item("run", Path("run"), config))
    check(trial.config)
    assert (trial.config.save_path, trial.config.log_path) == ("", str(tmp_path / "logs"))
    assert trial.config.nupdates == config.nupdates
