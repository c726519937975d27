"""Measuring a policy while it trains."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toys

from baselines import ppo2
from baselines.common.checkpoint import read
from baselines.common.vec_env.vec_env import Episode
from baselines.config import Config
from baselines.evaluation import while_training
from baselines.evaluation.while_training import Measuring, keep_better, measuring_for
from baselines.training.setup import prepare
from baselines.transfer.kickstart import Kickstarted

SMALL: dict[str, Any] = {
    "nsteps": 64, "nminibatches": 2, "noptepochs": 2, "num_hidden": 8, "xla": False, "verbose": 0,
    "lr": 1e-2, "seed": 4,
}  # fmt: skip

toys.register()

pytestmark = [pytest.mark.usefixtures("compiled_once"), pytest.mark.xdist_group("while_training")]


def trained(folder: Path | None, updates: int, **settings: Any) -> ppo2.TrainedPolicy:
    return ppo2.learn(
        "BoxToy-v0", num_timesteps=64 * updates, lr_schedule="constant", save_path=folder,
        **SMALL, **settings,
    )  # fmt: skip


def same(one: ppo2.TrainedPolicy, other: ppo2.TrainedPolicy) -> bool:
    params = other.saved.params
    return all(np.array_equal(params[name], x) for name, x in one.saved.params.items())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ppo2.TrainedPolicy]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, trained(folder, 8, eval_interval=2, eval_episodes=3, save_interval=2)


def test_the_last_policy_is_measured_whatever_the_interval() -> None:
    measured = trained(None, 5, eval_interval=2, eval_episodes=1).history["eval_return"]
    assert np.isfinite(measured).tolist() == [False, True, False, True, True]


def test_a_row_tells_the_last_evaluation_since_the_one_before() -> None:
    each = trained(None, 5, eval_interval=1, eval_episodes=1).history["eval_return"]
    found = trained(None, 5, eval_interval=1, eval_episodes=1, log_interval=2).history
    assert found["eval_return"].tolist() == each[[1, 3, 4]].tolist()


def test_a_policy_without_teachers_replaces_one_that_needs_them(
    whole: tuple[Path, ppo2.TrainedPolicy], tmp_path: Path
) -> None:
    alone, path = whole[1].saved, tmp_path / "best"
    taught = replace(alone, policy=Kickstarted.like(alone.policy.plain))
    kept = []
    for policy, mean_return in ((taught, 9.0), (alone, 5.0), (alone, 4.0), (taught, 6.0)):
        keep_better(path, policy, mean_return)
        kept.append(read(path, "--load_path").metadata["eval_return"])
    assert kept == [9.0, 5.0, 5.0, 5.0]


def test_a_return_over_other_episodes_is_not_compared(
    whole: tuple[Path, ppo2.TrainedPolicy], tmp_path: Path
) -> None:
    policy, path = whole[1].saved, tmp_path / "best"
    kept = []
    for episodes, mean_return in ((1, 9.0), (1, 8.0), (20, 5.0), (20, 4.0), (20, 6.0)):
        settings = policy.metadata["config"] | {"eval_episodes": episodes}
        measured = replace(policy, metadata=policy.metadata | {"config": settings})
        keep_better(path, measured, mean_return)
        kept.append(read(path, "--load_path").metadata["eval_return"])
    assert kept == [9.0, 9.0, 5.0, 5.0, 6.0]


def test_the_best_is_kept_and_training_stays_as_it_is(
    whole: tuple[Path, ppo2.TrainedPolicy], tmp_path: Path
) -> None:
    folder, model = whole
    measured = model.history["eval_return"]
    assert np.isnan(measured[::2]).all()
    assert np.isfinite(measured[1::2]).all()
    best = ppo2.load(folder / "best")
    at = int(np.nanargmax(measured))
    assert best.saved.metadata["update"] == at + 1
    assert best.saved.metadata["eval_return"] == measured[at]
    assert same(best, ppo2.load(folder / f"{at + 1:05d}"))
    again = best.evaluate(3, seed=(1 << 32) + 4)
    assert again.mean == pytest.approx(measured[at])
    unmeasured = trained(tmp_path, 8)
    assert same(unmeasured, model)
    assert "eval_return" not in unmeasured.history


def test_a_run_that_goes_on_measures_the_same(
    whole: tuple[Path, ppo2.TrainedPolicy], tmp_path: Path
) -> None:
    def stop(progress: ppo2.SoFar) -> bool:
        return progress.update < 5

    settings = {"eval_interval": 2, "eval_episodes": 3, "log_path": tmp_path / "logs"}
    trained(tmp_path, 8, callback=stop, state_interval=3, **settings)
    parts = trained(tmp_path, 8, resume=True, **settings)
    folder, model = whole
    np.testing.assert_array_equal(parts.history["eval_return"], model.history["eval_return"])
    assert same(parts, model)
    one, other = (ppo2.load(path / "best") for path in (folder, tmp_path))
    assert same(one, other)
    assert one.saved.metadata["update"] == other.saved.metadata["update"]


def test_a_new_run_does_not_compare_itself_with_an_earlier_one(tmp_path: Path) -> None:
    for _ in range(2):
        trained(tmp_path, 1, eval_interval=1, eval_episodes=1)
        first = ppo2.load(tmp_path / "best")
        first.saved.metadata["eval_return"] = 1e9
        first.save(tmp_path / "best")
    assert ppo2.load(tmp_path / "earlier" / "1" / "best").saved.metadata["eval_return"] == 1e9


def test_a_best_that_cannot_be_read_is_made_anew(box_policy: Any, tmp_path: Path) -> None:
    (tmp_path / "best").write_bytes(b"damaged")
    measuring = Measuring(
        Config(env="BoxToy-v0", save_path=str(tmp_path), eval_episodes=1, eval_interval=1)
    )
    found = measuring.mean_return(box_policy)
    measuring.close()
    assert ppo2.load(tmp_path / "best").saved.metadata["eval_return"] == found


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_return_that_is_not_finite_is_told_and_never_the_best(
    wrong: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    returns = iter([7.0, wrong, 5.0, 7.0, wrong])  # one that is as good takes no place
    monkeypatch.setattr(while_training, "run_episode", lambda *_: Episode(next(returns), 1))
    trained(tmp_path, 5, eval_interval=1, eval_episodes=1)
    said = "WARNING: the evaluation after update {} gave a mean return of {}\n"
    assert capsys.readouterr().out == said.format(2, wrong) + said.format(5, wrong)
    best = ppo2.load(tmp_path / "best").saved.metadata
    assert (best["update"], best["eval_return"]) == (1, 7.0)


def test_the_task_that_measures_is_closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[toys.BoxToy] = []
    monkeypatch.setattr(toys.BoxToy, "close", lambda self: closed.append(self))
    setup = prepare(Config(env="BoxToy-v0", num_timesteps=4096, eval_interval=1))
    setup.envs.close()
    assert len(closed) == 1
    with measuring_for(setup) as measuring:
        assert measuring is not None
    assert len(closed) == 2


@pytest.fixture
def box_policy(whole: tuple[Path, ppo2.TrainedPolicy]) -> Any:
    return whole[1].saved
