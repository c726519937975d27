"""Sets of coefficients are compared by area under the curve with the paper's."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade_logs import panels_in, straight, write_run
from scipy import stats

from baselines.analysis.coefficient_sets import coefficients_table
from baselines.analysis.runs.comparison import Comparison, compare
from baselines.analysis.runs.statistics import mean
from baselines.coefs import COEFS

PAPER, TUNED = (dict(COEFS[name].values) for name in ("paper", "tuned"))


def study(folder: Path, finals: dict[str, tuple[dict[str, Any], list[float]]]) -> Comparison:
    """Straight curves to a height for each seed, of students and of PPO (where it is so called)."""
    for name, (settings, heights) in finals.items():
        sources = [] if name.startswith("PPO") else ["Source-v0"]
        for seed, height in enumerate(heights):
            write_run(
                folder / f"{name}{seed}", straight(height), seed=seed, sources=sources, **settings
            )
    [panel] = panels_in(folder)
    return compare(panel, mean, None)


def rows(told: str) -> dict[str, list[str]]:
    table, *_ = told.split("\n\n")
    cells = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {cell[0].strip(): [c.strip() for c in cell[1:]] for cell in cells}


@pytest.mark.parametrize(
    ("lead", "words", "chosen"),
    [
        ([100.0, 140.0, 120.0], "**gain**", "tuned"),
        ([140.0, -100.0, 20.0], "not shown", "paper"),
        ([-100.0, -140.0, -120.0], "**loss**", "paper"),
    ],
)
def test_the_sets_are_compared_by_area(
    tmp_path: Path, lead: list[float], words: str, chosen: str
) -> None:
    paper = [1000.0, 1500.0, 1100.0]
    tuned = [one + more for one, more in zip(paper, lead, strict=True)]
    told = coefficients_table(study(tmp_path, {"paper": (PAPER, paper), "tuned": (TUNED, tuned)}))
    [best, *_] = found = rows(told)
    assert ("tuned" if sum(lead) > 0 else "paper") in best or best == "MIKT"
    [row] = [cells for label, cells in found.items() if cells[2] != "–"]
    # The curve is level to the first tenth, then straight: its mean is 0.505 of its end.
    areas = 0.505 * np.array(lead)
    low, high = stats.t.interval(0.95, 2, areas.mean(), stats.sem(areas))
    value, brackets = row[2].replace(",", "").split(" [")
    assert float(value) == pytest.approx(areas.mean(), abs=0.06)
    assert [float(x) for x in brackets.strip("]").split()] == pytest.approx([low, high], abs=0.06)
    assert row[3] == words
    assert f"The rule chooses `--coefs={chosen}`." in told


def test_ppo_beside_a_student_has_its_kl_term_and_no_other(tmp_path: Path) -> None:
    heights = [1000.0, 1200.0, 1100.0]
    found = rows(
        coefficients_table(
            study(
                tmp_path,
                {
                    "PPO": ({"kl_coef": 0.0}, [h - 500 for h in heights]),
                    "PPO + KL": ({"kl_coef": 0.1}, [h - 300 for h in heights]),
                    "paper": (PAPER, heights),
                    "none": (PAPER | {"kl_coef": 0.0}, heights),
                    "stronger": (PAPER | {"kl_coef": 0.2}, heights),
                },
            )
        )
    )
    beside = {label.partition("kl_coef=")[2]: cells[4] for label, cells in found.items()}
    assert beside[""].startswith("+151.5 ")  # 0.505 · 300; all alike, so without an interval
    assert beside["0.0"].startswith("+252.5 ")
    assert beside["0.2"] == "–"


def test_a_student_without_the_kl_term_is_not_set_against_ppo_with_it(tmp_path: Path) -> None:
    heights = [1000.0, 1200.0, 1100.0]
    methods = {"PPO": {"kl_coef": 0.1}, "paper": PAPER, "none": PAPER | {"kl_coef": 0.0}}
    compared = study(tmp_path, {name: (own, heights) for name, own in methods.items()})
    beside = {label: cells[4] for label, cells in rows(coefficients_table(compared)).items()}
    assert (beside["MIKT"][0], beside["MIKT, kl_coef=0.0"]) == ("+", "–")


def test_nothing_is_chosen_of_unfinished_or_too_few_runs(tmp_path: Path) -> None:
    heights = {"paper": (PAPER, [1000.0, 1100.0]), "tuned": (TUNED, [1200.0, 1400.0])}
    told = coefficients_table(study(tmp_path / "few", heights))
    assert "nothing can be concluded" in told
    assert "The rule chooses" not in told
    longer = {"num_timesteps": 2_000_000}
    half = {"paper": (PAPER | longer, [1.0] * 3), "tuned": (TUNED | longer, [2.0] * 3)}
    assert "The rule chooses" not in coefficients_table(study(tmp_path / "half", half))
    whole = study(tmp_path / "whole", {"paper": (PAPER, [1.0] * 3), "tuned": (TUNED, [2.0, 4, 6])})
    assert "The rule chooses" in coefficients_table(whole)
    awaited = tuple(replace(method, awaited=1) for method in whole.panel.methods)
    told = coefficients_table(replace(whole, panel=replace(whole.panel, methods=awaited)))
    assert "The rule chooses" not in told
    fewer = {"paper": (PAPER, [1.0] * 4), "tuned": (TUNED, [2.0, 4.0, 6.0])}
    assert "The rule chooses" not in coefficients_table(study(tmp_path / "fewer", fewer))


def test_without_the_papers_set_there_is_no_table(tmp_path: Path) -> None:
    assert coefficients_table(study(tmp_path, {"tuned": (TUNED, [1.0, 2.0, 3.0])})) == ""
