"""States that were written otherwise than this package does are found damaged before they count."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baselines.common.checkpoint import CheckpointError, load, save
from baselines.common.errors import Diverged
from baselines.config import Config
from baselines.training.saved import read_saved_policy
from baselines.training.states import newest_state, roll_back, write_state

TEACHER = Path(__file__).resolve().parents[2] / "teacher_models" / "centipede_four" / "0" / "00970"
UPDATE = 970

Change = Callable[[dict[str, Any], dict[str, Any]], object]

DAMAGE: dict[str, Change] = {
    "another update": lambda state, _: state["progress"].update(updates=UPDATE - 1),
    "a rank too many": lambda state, _: state["ranks"].append({}),
    "rollbacks in words": lambda state, _: state.update(rollbacks="none"),
    "a negative rate": lambda state, _: state.update(lr_scale=-0.5),
    "a log of negative size": lambda state, _: state["log"].update({"progress.csv": -1}),
    "null versions": lambda state, _: state["provenance"].update(versions=None),
    "null versions of a later start": lambda state, _: state["provenance"].update(
        resumed=[{"versions": None}]
    ),
    "no start": lambda state, _: state["provenance"].pop("started"),
    "timesteps in words": lambda _, settings: settings.update(num_timesteps="many"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    state = {
        "progress": {"updates": UPDATE}, "ranks": [{}], "rollbacks": 0, "lr_scale": 1.0,
        "log": {"progress.csv": 7},
        "provenance": {"resumed": [], "started": "today", "versions": {"numpy": "2"}},
    }  # fmt: skip
    return write_state(tmp_path, read_saved_policy(str(TEACHER), "load_path"), state, keep=1)


def test_a_state_is_found_as_it_was_written(path: Path, tmp_path: Path) -> None:
    found = newest_state(tmp_path)
    assert found is not None
    assert (found.path, found.damaged) == (path, [])
    assert found.state["log"] == {"progress.csv": 7}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_state_is_refused(damage: str, path: Path, tmp_path: Path) -> None:
    content = load(path, "resume")
    DAMAGE[damage](content.metadata["state"], content.metadata["config"])
    save(path, content.arrays, content.metadata)
    with pytest.raises(CheckpointError, match=f"^--resume: no state can be read: {path} is damag"):
        newest_state(tmp_path)


@pytest.mark.parametrize(("saves", "why"), [(True, "it was too large"), (False, "for want of")])
def test_without_a_state_there_is_nothing_to_go_back_to(
    saves: bool, why: str, tmp_path: Path
) -> None:
    run = Config(save_path=str(tmp_path) if saves else "", on_divergence="rollback")
    with pytest.raises(Diverged, match=f"^update 3: the loss is NaN; nothing was saved, {why}"):
        roll_back(run, Diverged("update 3: the loss is NaN"))
