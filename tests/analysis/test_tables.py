"""What stands in the Markdown page and in the CSV file."""

import csv
import io
from pathlib import Path

import pytest
from handmade_logs import panels_in, straight, write_run, write_transfer

from baselines.analysis.csv_file import as_csv
from baselines.analysis.formatting import Table, counted, number, whole
from baselines.analysis.runs.comparison import compare
from baselines.analysis.runs.statistics import mean
from baselines.analysis.tables import as_markdown, comparable_when_costed, costed_table, table


def page(folder: Path, title: str = "Title", notes: tuple[str, ...] = ()) -> str:
    return as_markdown(title, "mean", [compare(p, mean, None) for p in panels_in(folder)], notes)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_tables_of_a_transfer(tmp_path: Path) -> None:
    write_transfer(tmp_path)
    lines = page(tmp_path, notes=("a note",)).splitlines()
    assert lines[0] == "# Title"
    assert lines[-1] == "- a note"
    assert "## Source-v0 → Target-v0" in lines
    assert "Timesteps that all seeds have: PPO 1,000,000; MIKT 1,000,000." in lines
    rows = [cells(line) for line in lines if line.startswith("|")]
    assert rows[0] == ["", "method", "n", "value", "difference from PPO", "", "P(better)"]
    assert rows[2][:4] == ["final return", "PPO", "3", "1,900 [-459.9, 4,260]"]
    assert rows[3][:5] == ["", "MIKT", "3", "3,800 [-919.9, 8,520]", "+1,900 [-459.9, +4,260]"]
    assert rows[3][5] == "not shown"
    assert rows[3][6].startswith("0.83 [")
    assert rows[8][:4] == [
        "timesteps to 1,900", "PPO", "3", "≥ 900,000 [700,000, 1,000,000] (2 of 3 reach it)",
    ]  # fmt: skip
    assert rows[9][3:5] == ["633,333 [400,000, 1,000,000]", "-266,667 [-500,000, +0]"]
    costed = rows[10:]
    assert "timesteps of that training: MIKT 500,000." in "\n".join(lines)
    assert costed[3][:4] == ["", "MIKT", "3", "1,800 [-435.7, 4,036]"]
    assert costed[7][3:] == ["–", "–", "", "–"]  # no jump-start without a start
    assert costed[9][3] == "1,133,333 [900,000, 1,500,000]"


def test_few_or_unfinished_seeds_are_told(tmp_path: Path) -> None:
    for seed in range(2):
        write_run(tmp_path / f"a{seed}", straight(10.0), seed=seed)
    write_run(tmp_path / "b", straight(20.0), sources=["S"], num_timesteps=2_000_000)
    rows = [cells(line) for line in page(tmp_path).splitlines() if line.startswith("|")]
    assert rows[2][3] == "9.500"  # without an interval
    assert rows[3][1:] == [
        "MIKT (to 1,000,000)",
        "1",
        "19.00",
        "+9.500",
        "",
        "–",
    ]  # better by chance


def test_a_task_learned_from_scratch_only_has_one_table(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(10.0))
    text = page(tmp_path)
    assert text.count("| method |") == 1
    assert "counted" not in text


def test_names_from_logs_are_no_markdown(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(10.0), env="A|B*<b>`", lr=0.1)
    text = page(tmp_path, title="a | b\n# c")
    assert "# a \\| b # c\n" in text
    assert "## A\\|B\\*\\<b\\>\\`\n" in text


def test_the_csv_file_has_every_figure_in_full(tmp_path: Path) -> None:
    write_transfer(tmp_path)
    text = as_csv([compare(p, mean, None) for p in panels_in(tmp_path)])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [
        "panel", "metric", "method", "teachers_counted", "unit", "n", "timesteps", "threshold",
        "reached", "value", "value_low", "value_high", "baseline", "pairs", "difference",
        "difference_low", "difference_high", "probability_of_improvement",
        "probability_of_improvement_low", "probability_of_improvement_high",
    ]  # fmt: skip
    assert len(rows) == 2 * 4 * 2
    plain = {(r["metric"], r["method"]): r for r in rows if r["teachers_counted"] == "False"}
    final = plain["final_return", "MIKT"]
    assert final["panel"] == "Source-v0 → Target-v0"
    assert (final["n"], final["pairs"], final["baseline"]) == ("3", "3", "PPO")
    assert (final["unit"], final["timesteps"], final["threshold"]) == ("return", "1000000", "")
    assert float(final["value"]) == pytest.approx(3800)
    assert float(final["value_low"]) == pytest.approx(3800 - 4.302653 * 1900 / 3**0.5)
    assert float(final["difference"]) == pytest.approx(1900)
    assert float(final["probability_of_improvement"]) == pytest.approx(7.5 / 9)
    scratch = plain["timesteps_to_threshold", "PPO"]
    assert (scratch["reached"], scratch["unit"]) == ("2", "timesteps")
    assert float(scratch["threshold"]) == pytest.approx(1900)
    assert (scratch["difference"], scratch["baseline"]) == ("", "")
    costed = next(r for r in rows[8:] if (r["metric"], r["method"]) == ("jump_start", "MIKT"))
    assert costed["teachers_counted"] == "True"
    assert costed["value"] == ""


def test_the_csv_file_names_the_baseline_also_where_no_seed_pairs(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(10.0), seed=0)
    write_run(tmp_path / "b", straight(20.0, 8), seed=1, sources=["S-v0"])
    text = as_csv([compare(p, mean, None) for p in panels_in(tmp_path)])
    row = next(r for r in csv.DictReader(io.StringIO(text)) if r["method"] == "MIKT")
    assert row["timesteps"] == "800000"
    assert (row["baseline"], row["pairs"], row["difference"]) == ("PPO", "0", "")
    assert row["probability_of_improvement"] == "1.0"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (1234567.8, "1,234,568"), (2472.4, "2,472"), (-99.996, "-100.00"),
     (0.012346, "0.01235"), (1e-12, "0.000000"), (-35.0, "-35.00")],
)  # fmt: skip
def test_numbers_have_four_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_a_table_says_whom_it_compares_with_and_how_far(tmp_path: Path) -> None:
    """PPO ends at a million and, trained for longer, at two; teacher and student take two."""
    write_run(tmp_path / "short", straight(10.0))
    write_run(tmp_path / "long", straight(40.0, 20), kl_coef=0.0)
    write_run(tmp_path / "student", straight(20.0), sources=["S-v0"], teacher_timesteps=1_000_000)
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    assert comparable_when_costed(compared)
    plain, costed = table(compared), costed_table(compared)
    assert plain.header[4] == "difference from PPO"
    longer = next(row for row in plain.rows if row[1].startswith("PPO, "))
    # 39 over its own last hundred thousand; 19 - 9.5 over those of the first million
    assert [*longer[3:5]] == ["39.00", "+9.500 (up to 1,000,000 timesteps)"]
    assert costed.header[4] == "difference from PPO, num_timesteps=2000000"
    student = next(row for row in costed.rows if row[1] == "MIKT")
    assert student[4] == "-20.00"  # 19 at two million in all
    shorter = next(row for row in costed.rows if row[1] == "PPO")
    # 9.5 at the first million, where the longer one has 19, and 39 at the second
    assert [*shorter[3:5]] == ["9.500", "-9.500 (up to 1,000,000 timesteps)"]
    in_csv = {
        row["teachers_counted"]: (row["baseline"], float(row["difference"]))
        for row in csv.DictReader(io.StringIO(as_csv([compared])))
        if (row["metric"], row["method"]) == ("final_return", "MIKT")
    }
    assert in_csv["False"] == ("PPO", pytest.approx(9.5))
    assert in_csv["True"] == ("PPO, num_timesteps=2000000", pytest.approx(-20))


def test_without_time_for_a_teacher_there_is_nothing_to_count(tmp_path: Path) -> None:
    write_run(tmp_path / "short", straight(10.0))
    write_run(tmp_path / "student", straight(20.0), sources=["S-v0"], teacher_timesteps=1_000_000)
    [panel] = panels_in(tmp_path)
    assert not comparable_when_costed(compare(panel, mean, None))


def test_one_is_no_plural() -> None:
    assert [counted(n, "pair") for n in (0, 1, 2)] == ["0 pairs", "1 pair", "2 pairs"]


def test_a_whole_number_has_no_sign_where_it_is_zero() -> None:
    assert [whole(x) for x in (-0.4, 0.4, -0.6, 1234.4, -98765.6)] == [
        "0", "0", "-1", "1,234", "-98,766"
    ]  # fmt: skip


def test_a_table_in_markdown_and_for_a_terminal() -> None:
    table = Table(["a", "long name"], [["", r"x \| y\*"], ["**b**", "-"]])
    assert table.markdown() == (
        "| a | long name |\n| --- | --- |\n|  | x \\| y\\* |\n| **b** | - |"
    )
    assert table.aligned() == "a  long name\n-  ---------\n   x | y*\nb  -"
