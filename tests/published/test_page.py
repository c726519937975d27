"""The transfers in the summary of all experiments, and what they are called."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from baselines.published.page import _hand_over, transfers
from baselines.published.section import short


def section(name: str, *runs: str) -> Any:
    """An experiment with a transfer from Four to Six; the folders of its students."""
    method = SimpleNamespace(label="MIKT", folders=frozenset(map(Path, runs)))
    panel = SimpleNamespace(title="CentipedeFour-v1 → CentipedeSix-v1", methods=[method])
    return SimpleNamespace(
        results=SimpleNamespace(
            declared=True, study=False, title=name.title(), folder=Path(name)
        ),
        is_main=True, comparisons=[SimpleNamespace(panel=panel)],
    )  # fmt: skip


def test_other_students_of_the_same_tasks_are_another_transfer() -> None:
    """Such as those of a chain; a student that two experiments share is there once."""
    sections = [section("another", "a"), section("chain", "c"), section("sizes", "a", "b")]
    assert [line.name for line in transfers(sections)] == ["Four → Six", "Four → Six (Chain)"]


def test_a_short_title_still_tells_a_crippled_body() -> None:
    title = "CentipedeFour-v1 + CpCentipedeSix-v1 → AntS-v1"
    assert short(title) == "Four + CpSix → AntS"


def test_a_student_is_told_of_once_with_all_its_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other experiments have it, with as many or with fewer."""
    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        "baselines.published.page.hand_overs", lambda found: told.extend(found) or ()
    )
    assert not [
        *_hand_over([section("one", "a"), section("two", "a", "b"), section("3", "a", "b")])
    ]
    assert [method.folders for _, method in told] == [{Path("a"), Path("b")}]
