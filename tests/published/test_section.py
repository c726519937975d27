"""What a section of the page of all results shows of its runs."""

from collections.abc import Iterable
from pathlib import Path

from handmade_logs import panels_in, write_method

from baselines.analysis.runs.comparison import compare
from baselines.analysis.runs.statistics import mean
from baselines.published.folder import Results
from baselines.published.section import Section, parts_of


def parts(folder: Path, name: str, seeds: Iterable[int] = range(3)) -> list[str]:
    """Of an experiment with this name, in which MIKT ends at six times the return of PPO."""
    for method, factor, settings in (
        ("ppo", 1, {}),
        ("ppo_kl", 2, {"kl_coef": 0.1}),
        ("mikt", 6, {}),
    ):
        write_method(folder / name, method, factor, seeds, **settings)
    [panel] = panels_in(folder / name)
    runs = [run for method in panel.methods for run in method.runs]
    results = Results(Path(name), "A title", False, runs, [panel], (), declared=True, missing=())
    return list(parts_of(Section(results, [compare(panel, mean, None)], (), (), ())))


def test_a_panel_has_a_table_of_its_values_its_controls_and_its_costs(tmp_path: Path) -> None:
    found = parts(tmp_path, "sizes")
    start = found.index("### S-v0 → Target-v0")
    values, controls, words, costed = found[start + 1 : start + 5]
    # the last tenth has 95 % of 660 on average; once the teacher's half a run is counted, 45 %
    assert "| MIKT | 3 | 627.0 [" in values
    assert "| MIKT | PPO + KL | 3 | +418.0 [" in controls
    assert words == "With the teachers' training counted:"
    assert "| MIKT | 3 | 297.0 [" in costed
    assert "] | **gain** | " in controls


def test_the_study_of_the_coefficients_begins_with_their_table(tmp_path: Path) -> None:
    told = "The measure is the area under the curve."
    explained, table = parts(tmp_path, "coefficients")[2:4]
    assert explained.startswith(told)
    assert "\n| MIKT | 3 | 333.3 [" in table  # 50.5 % of 660
    assert not [part for part in parts(tmp_path, "sizes") if part.startswith(told)]


def test_what_has_too_few_seeds_is_named(tmp_path: Path) -> None:
    told = (
        "Some differences of these methods have fewer than 3 pairs of seeds, from which nothing can"
        " be concluded. S → Target: PPO + KL; MIKT."
    )
    assert told in parts(tmp_path, "few", range(2))
    assert not [part for part in parts(tmp_path, "enough") if part.startswith("Some differences")]
