"""The table of the methods that gain by what their teachers have learned, by hand."""

from pathlib import Path
from typing import Any

import pytest
from handmade_logs import panels_in, straight, write_run

from baselines.analysis.gains import gains, measured_once
from baselines.analysis.runs.comparison import Comparison, compare
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


def compared(folder: Path, *names: str, seeds: int = 3) -> Comparison:
    for name in names:
        factor, settings = METHODS[name]
        for seed in range(seeds):
            sources = [] if name.startswith("ppo") else ["S-v0"]
            returns = straight(factor * (100 + 10 * seed))
            write_run(folder / name / str(seed), returns, seed=seed, sources=sources, **settings)
    [panel] = panels_in(folder)
    return compare(panel, mean, None)


def test_a_gain_is_above_all_three(tmp_path: Path) -> None:
    found = measured_once([("S → T", compared(tmp_path, *METHODS))])
    words, table = gains(found)
    assert words == (
        "Of 2 pairs of a method and its control, with at least 3 seeds, 1 is above PPO, PPO + KL"
        " and the control in area under the curve, each time with the whole 95 % interval:"
    )
    head, _, row = table.splitlines()
    assert head == (
        "| transfer | method | seeds | area under the curve | − PPO | − (PPO + KL) | − control |"
        " final return | − PPO | − (PPO + KL) | − control |"
    )
    # a factor of 1 ends at 104.5 ± 2.484 · 9.5 (over the last 100 episodes) and has 55.55 ± 2.484
    # · 5.05 on average
    assert row == (
        "| S → T | MIKT | 3 | 500 ± 113 | +444 ± 100 | +389 ± 88 | +278 ± 63 |"
        " 940 ± 212 | +836 ± 189 | +732 ± 165 | +522 ± 118 |"
    )


def test_without_a_gain_there_is_no_table(tmp_path: Path) -> None:
    found = measured_once([("S → T", compared(tmp_path, "ppo", "ppo_kl", "weak", "weak_random"))])
    [words] = gains(found)
    assert words.startswith("Of 1 pair of a method")
    assert " none is above PPO" in words
    assert words.endswith(" interval.")


@pytest.mark.parametrize("missing", ["ppo", "ppo_kl", "random"])
def test_what_lacks_one_of_the_three_is_not_counted(missing: str, tmp_path: Path) -> None:
    names = {"ppo", "ppo_kl", "mikt", "random"} - {missing}
    assert measured_once([("S → T", compared(tmp_path, *sorted(names)))]) == []


def test_nor_is_what_has_too_few_seeds(tmp_path: Path) -> None:
    few = compared(tmp_path, "ppo", "ppo_kl", "mikt", "random", seeds=2)
    assert measured_once([("S → T", few)]) == []


def test_runs_of_two_experiments_are_one_pair(tmp_path: Path) -> None:
    whole = compared(tmp_path, "ppo", "ppo_kl", "mikt", "random")
    [one] = measured_once([("here", whole), ("there", whole)])
    assert one.transfer == "here"


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
