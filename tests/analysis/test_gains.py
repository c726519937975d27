"""The table of the methods that gain by what their teachers have learned, by hand."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from handmade_logs import panels_in, write_method, write_run

from baselines.analysis.gains import gains, measured_once
from baselines.analysis.knowledge import Knowledge, pairs
from baselines.analysis.runs.comparison import compare
from baselines.analysis.runs.statistics import mean

UNTRAINED = {"teacher_weights": "random"}
WEAK = {"mutual_info_coef": 0.0}
METHODS: dict[str, tuple[float, dict[str, Any]]] = {
    "ppo": (1, {}),
    "ppo_kl": (2, {"kl_coef": 0.1}),
    "mikt": (9, {}),
    "random": (4, UNTRAINED),
    "weak": (3, WEAK),
    "weak_random": (3.5, WEAK | UNTRAINED),
}
"""What the runs end at, a factor of 100, 110 and 120, and their settings."""


def compared(folder: Path, *names: str, seeds: Iterable[int] = range(3)) -> Knowledge:
    """The pairs of all runs in a folder, once these are written there."""
    for name in names:
        factor, settings = METHODS[name]
        write_method(folder, name, factor, seeds, **settings)
    [panel] = panels_in(folder)
    comparison = compare(panel, mean, None)
    return Knowledge(comparison, pairs(comparison))


def test_a_gain_is_above_all_three(tmp_path: Path) -> None:
    found = measured_once([("S → T", compared(tmp_path, *METHODS))])
    words, table, others = gains(found)
    assert words.endswith(
        " Of 2 comparisons in which a method has at least 3 seeds in common with all three,"
        " knowledge is passed on in 1, and 1 is a gain over all three."
    )
    head, _, row = table.splitlines()
    assert head == (
        "| transfer | method | seeds | area under the curve | − PPO | − (PPO + KL) | − control |"
        " final return | − PPO | − (PPO + KL) | − control | control: area − PPO |"
    )
    # a factor of 1 ends at 104.5 ± 2.484 · 9.5 (over the last 100 episodes) and has 55.55 ± 2.484
    # · 5.05 on average
    assert row == (
        "| S → T | MIKT | 3 | 500 ± 113 | +444 ± 100: **gain** | +389 ± 88: **gain** |"
        " +278 ± 63: **gain** | 940 ± 212 | +836 ± 189: **gain** | +732 ± 165: **gain** |"
        " +522 ± 118: **gain** | +167 ± 38: **gain** |"
    )
    opening, _, head_of_others, _, other, *_ = others.splitlines()
    assert opening.endswith("<summary>The others</summary>")
    assert head_of_others == head
    assert other.startswith(
        "| S → T | MIKT without MI | 3 | 167 ± 38 | +111 ± 25: **gain** | +56 ± 13: **gain** | -28 "
    )


def test_a_gain_over_the_control_alone_passes_knowledge_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "ppo", (20, {}))
    words, _ = gains(measured_once([("S → T", compared(tmp_path, *METHODS))]))
    assert words.endswith(" knowledge is passed on in 1, and 0 are gains over all three.")


def test_without_a_gain_all_are_folded(tmp_path: Path) -> None:
    found = measured_once([("S → T", compared(tmp_path, "ppo", "ppo_kl", "weak", "weak_random"))])
    words, others = gains(found)
    assert " Of 1 comparison in which " in words
    assert words.endswith(" knowledge is passed on in 0, and 0 are gains over all three.")
    assert "<summary>All comparisons</summary>" in others


@pytest.mark.parametrize(("ppo", "with_kl"), [(2, 10), (10, 2)])
def test_above_the_control_alone_is_no_gain(
    ppo: float, with_kl: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "ppo", (ppo, {}))
    monkeypatch.setitem(METHODS, "ppo_kl", (with_kl, {"kl_coef": 0.1}))
    [one] = measured_once([("S → T", compared(tmp_path, "ppo", "ppo_kl", "mikt", "random"))])
    assert not one.is_gain()


@pytest.mark.parametrize(("early", "late"), [("mikt", "ppo"), ("ppo", "mikt")])
def test_the_area_decides_and_not_the_end(early: str, late: str, tmp_path: Path) -> None:
    """MIKT is ahead of the others at first and ends as they do, or the other way round."""
    for name in ("ppo", "ppo_kl", "mikt", "random"):
        _, settings = METHODS[name]
        sources = [] if name.startswith("ppo") else ["S-v0"]
        for seed in range(3):
            ahead = 900.0 + 10 * seed
            parts = [ahead if name == one else 100.0 for one in (early, late)]
            write_run(
                tmp_path / name / str(seed), [parts[0]] * 8 + [parts[1]] * 2, seed=seed,
                sources=sources, **settings,
            )  # fmt: skip
    [one] = measured_once([("S → T", compared(tmp_path))])
    assert one.is_gain() == (early == "mikt")


def test_of_unfinished_runs_a_gain_is_one_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ppo", "ppo_kl", "mikt", "random")
    for name in names:
        factor, settings = METHODS[name]
        monkeypatch.setitem(METHODS, name, (factor, settings | {"num_timesteps": 2_000_000}))
    _, table = gains(measured_once([("S → T", compared(tmp_path, *names))]))
    *_, row = table.splitlines()
    assert row.startswith("| S → T | MIKT (to 1,000,000) | 3 | ")
    assert row.count(": **gain so far** |") == 7


@pytest.mark.parametrize("missing", ["ppo", "ppo_kl", "random"])
def test_what_lacks_one_of_the_three_is_not_counted(missing: str, tmp_path: Path) -> None:
    names = {"ppo", "ppo_kl", "mikt", "random"} - {missing}
    assert measured_once([("S → T", compared(tmp_path, *sorted(names)))]) == []


@pytest.mark.parametrize("few", ["ppo", "ppo_kl", "mikt", "random"])
def test_nor_is_what_has_too_few_seeds(few: str, tmp_path: Path) -> None:
    compared(tmp_path, *sorted({"ppo", "ppo_kl", "mikt", "random"} - {few}))
    assert measured_once([("S → T", compared(tmp_path, few, seeds=range(2)))]) == []


def test_two_weights_of_the_kl_term_are_no_ppo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "ppo", (1, {"kl_coef": 0.5}))
    found = measured_once([("S → T", compared(tmp_path, "ppo", "ppo_kl", "mikt", "random"))])
    assert found == []


def test_runs_of_two_experiments_are_one_pair(tmp_path: Path) -> None:
    whole = compared(tmp_path, "ppo", "ppo_kl", "mikt", "random")
    [one] = measured_once([("here", whole), ("there", whole)])
    assert one.transfer == "here"


def test_the_same_pair_with_fewer_seeds_is_left_out(tmp_path: Path) -> None:
    names = ("ppo", "ppo_kl", "mikt", "random")
    fewer = compared(tmp_path, *names)
    more = compared(tmp_path, *names, seeds=[3])
    [one] = measured_once([("fewer", fewer), ("more", more)])
    assert one.transfer == "more"


def test_a_control_is_no_method_with_a_control_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "part", (6, {"teacher_weights": "random_networks"}))
    found = measured_once([("S → T", compared(tmp_path, *METHODS))])
    controls = [(one.pair.method.label, one.pair.control.label) for one in found]
    part = "MIKT, teacher_weights=random_networks"
    assert sorted(controls) == [
        ("MIKT", part),
        ("MIKT", "random teacher"),
        ("MIKT without MI", "random teacher, MIKT without MI"),
    ]
