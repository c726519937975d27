"""States that were written otherwise than this package does are found damaged before they count."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baselines.common.checkpoint import CheckpointError, read, save
from baselines.common.errors import Diverged, UserError
from baselines.config import Config
from baselines.training.saved import read_saved_policy
from baselines.training.states import check_is_newest, newest_state, roll_back, write_state

TEACHER = Path(__file__).resolve().parents[2] / "teacher_models" / "centipede_four" / "0" / "00970"
UPDATE = 970

Change = Callable[[dict[str, Any], dict[str, Any]], object]

DAMAGE: dict[str, Change] = {
    "another update": lambda state, _: state["progress"].update(updates=UPDATE - 1),
    "a rank too many": lambda state, _: state["ranks"].append({}),
    "a rank too few": lambda state, _: state["ranks"].clear(),
    "rollbacks in words": lambda state, _: state.update(rollbacks="none"),
    "a negative rate": lambda state, _: state.update(lr_scale=-0.5),
    "a rate that is no number": lambda state, _: state.update(lr_scale=float("nan")),
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
    content = read(path, "--resume")
    DAMAGE[damage](content.metadata["state"], content.metadata["config"])
    save(path, content.arrays, content.metadata)
    with pytest.raises(CheckpointError, match=f"^--resume: no state can be read: {path} is damag"):
        newest_state(tmp_path)


def test_a_folder_that_cannot_be_looked_into_is_told(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that began anew there would move it away."""

    def denied(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    told = f"^--resume: cannot look into {tmp_path}: Permission denied$"
    with pytest.raises(CheckpointError, match=told):
        newest_state(tmp_path)


def test_a_rollback_keeps_what_belongs_to_its_state_and_before(path: Path, tmp_path: Path) -> None:
    found = newest_state(tmp_path)
    assert found is not None
    earlier = replace(found.policy, metadata=found.policy.metadata | {"update": UPDATE - 10})
    write_state(tmp_path, found.policy, found.state, keep=2)
    for update in (UPDATE - 10, UPDATE, UPDATE + 10):
        replace(earlier, metadata=earlier.metadata | {"update": update}).write(tmp_path)
    (tmp_path / "resume" / "00960").write_bytes((tmp_path / "00960").read_bytes())
    run = Config(save_path=str(tmp_path), on_divergence="rollback", keep=2)
    roll_back(run, Diverged("update 971: the loss is NaN"))
    assert sorted(path.name for path in tmp_path.glob("0*")) == ["00960", "00970"]
    assert sorted(path.name for path in path.parent.iterdir()) == ["00960", "00970"]
    again = newest_state(tmp_path)
    assert again is not None
    assert (again.state["lr_scale"], again.state["rollbacks"]) == (0.5, 1)


@pytest.mark.parametrize("found_before", [True, False])
def test_a_state_that_another_process_has_written_since_is_told(
    found_before: bool, path: Path, tmp_path: Path
) -> None:
    found = newest_state(tmp_path)
    assert found is not None
    check_is_newest(found, tmp_path)
    check_is_newest(None, tmp_path / "elsewhere")
    earlier = replace(found, path=path.with_name("00960")) if found_before else None
    with pytest.raises(UserError, match=r"^--save_path: another process was training in"):
        check_is_newest(earlier, tmp_path)


@pytest.mark.parametrize(("saves", "why"), [(True, "it was too large"), (False, "for want of")])
def test_without_a_state_there_is_nothing_to_go_back_to(
    saves: bool, why: str, tmp_path: Path
) -> None:
    run = Config(save_path=str(tmp_path) if saves else "", on_divergence="rollback")
    with pytest.raises(Diverged, match=f"^update 3: the loss is NaN; nothing was saved, {why}"):
        roll_back(run, Diverged("update 3: the loss is NaN"))
