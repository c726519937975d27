"""Published logs are read with their source, laid beside our runs, and compared by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from handmade_logs import panels_in, write_run

from baselines.analysis.agreement import (
    HIGHER,
    LAST,
    LOWER,
    NO_DIFFERENCE,
    STAGES,
    lines,
    sections,
)
from baselines.analysis.beside import beside
from baselines.analysis.report import ReportOptions
from baselines.analysis.runs.panels import Method, Panel
from baselines.analysis.runs.published_logs import laid_beside, read_published
from baselines.analysis.runs.statistics import STATISTICS, Statistic
from baselines.common.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
HEADER = "sources,task,seed,nupdates,total_timesteps,eprewmean,policy_entropy,approxkl\n"
STEP = 102_400


def table(folder: Path, *rows: str, source: str = "# From a\n# place.\n") -> Path:
    path = folder / "others.csv"
    path.write_text(source + HEADER + "".join(f"{row}\n" for row in rows))
    return path


def rows_of(task: str, finals: list[float], sources: str = "") -> list[str]:
    """Three rows a seed; the return over the last two stands at `finals`."""
    heights = [(1, 0.0), (2, 1.0), (3, 1.0)]
    return [
        f"{sources},{task},{seed},{i},{STEP * i},{final * height},{10 * i},{0.1 * i}"
        for seed, final in enumerate(finals)
        for i, height in heights
    ]


def test_rows_become_methods_with_their_source(tmp_path: Path) -> None:
    students = rows_of("C", [5.0], "B + A")
    path = table(tmp_path, *rows_of("C", [1.0, 2.0])[::-1], *students)
    found = read_published(path, "--beside")
    assert (found.name, found.source) == ("others", "From a place.")
    assert list(found.methods) == ["C", "A + B → C"]
    ppo = found.methods["C"]
    assert ppo.label == "published (others)"
    by_seed = {run.seed: run for run in ppo.runs}
    np.testing.assert_array_equal(by_seed[1].columns["eprewmean"], [0.0, 2.0, 2.0])
    np.testing.assert_array_equal(by_seed[1].timesteps, [STEP, 2 * STEP, 3 * STEP])
    assert by_seed[0].finished


BAD = {
    "no column": ("approxkl", "kl", "line 3: no column approxkl"),
    "no number": (",10,0.1", ",ten,0.1", r"line 4: policy_entropy is '.*ten', not a number"),
    "no seed": ("C,0,1", "C,,1", "line 4: seed is '', not a number"),
}


@pytest.mark.parametrize("case", BAD)
def test_damage_is_told_with_its_line(tmp_path: Path, case: str) -> None:
    old, new, message = BAD[case]
    path = table(tmp_path, *rows_of("C", [1.0]))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(UserError, match=rf"--beside: .*others.csv, {message}"):
        read_published(path, "--beside")


@pytest.mark.parametrize("line", [0, 1])
def test_what_is_no_csv_is_told(tmp_path: Path, line: int) -> None:
    """A quotation mark makes all that follows one cell, which may be too long."""
    path = table(tmp_path, *rows_of("C", [1.0]), *["x" * 99] * 2000, source="")
    lines = path.read_text().splitlines(keepends=True)
    lines[line] = f'"{lines[line]}'
    path.write_text("".join(lines))
    with pytest.raises(UserError, match=r"--beside: .*others\.csv: field larger than"):
        read_published(path, "--beside")


def test_nothing_published(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"others\.csv has no row"):
        read_published(table(tmp_path), "--beside")


def methods_in(folder: Path) -> list[Method]:
    return [method for panel in panels_in(folder) for method in panel.methods]


def ours(folder: Path, finals: list[float], task: str = "C", **settings: object) -> None:
    for seed, final in enumerate(finals):
        write_run(
            folder / f"{task}{seed}{settings}", [0.0, final, final], step=STEP, env=task,
            seed=seed, columns={"policy_entropy": [10, 20, 30], "approxkl": [0.1, 0.2, 0.3]},
            **settings,
        )  # fmt: skip


def test_each_is_laid_beside_its_like(tmp_path: Path) -> None:
    ours(tmp_path / "runs", [1.0, 2.0, 3.0])
    ours(tmp_path / "runs", [4.0], sources=["A"])
    ours(tmp_path / "runs", [7.0], sources=["B", "A"])
    path = table(
        tmp_path, *rows_of("C", [1.0]), *rows_of("D", [1.0]), *rows_of("C", [1.0], "A + B")
    )
    laid = laid_beside(methods_in(tmp_path / "runs"), read_published(path, "--beside").methods)
    told = [(one.title, [(m.label, len(m.runs)) for m in one.panel.methods]) for one in laid]
    assert told == [
        ("C", [("PPO", 3), ("published (others)", 1)]),
        ("D", [("published (others)", 1)]),
        ("A + B → C", [("MIKT", 1), ("published (others)", 1)]),
    ]
    assert [one.ours and one.ours.label for one in laid] == ["PPO", None, "MIKT"]
    assert {one.published.label for one in laid} == {"published (others)"}


def test_what_is_laid_beside_has_the_defaults_then_the_length_then_most_seeds(
    tmp_path: Path,
) -> None:
    path = table(tmp_path, *rows_of("C", [1.0]))
    length = 3 * STEP
    chosen = []
    for seeds, settings, told in (
        (4, {"init_logstd": -1.0}, "not the defaults: init_logstd=-1.0, nsteps=102400.\n\n|"),
        (3, {"num_timesteps": 2 * length}, "have 614,400 timesteps, the published ones 307,200."),
        (2, {"num_timesteps": 2 * STEP}, "have 204,800 timesteps, the published ones 307,200."),
        (1, {}, "not the defaults: nsteps=102400.\n\n|"),
    ):
        ours(tmp_path / "runs", [1.0] * seeds, **settings)
        methods = methods_in(tmp_path / "runs")
        [one] = laid_beside(methods, read_published(path, "--beside").methods)
        assert one.ours
        chosen.append(len(one.ours.runs))
        assert told in "\n\n".join(sections([one]))
    assert chosen == [4, 3, 2, 1]  # each is a better match than those before
    assert one.ours
    more = replace(one.ours, runs=one.ours.runs * 2)
    [one] = laid_beside([*methods, more], read_published(path, "--beside").methods)
    assert one.ours is more


def test_of_students_of_two_lengths_the_nearest_is_laid_beside(tmp_path: Path) -> None:
    """They stand in one panel, so the label of the longer ones tells their length."""
    ours(tmp_path / "runs", [1.0], sources=["A"], num_timesteps=2 * STEP)
    ours(tmp_path / "runs", [1.0], sources=["A"], num_timesteps=3 * STEP)
    published = read_published(table(tmp_path, *rows_of("C", [1.0], "A")), "--beside")
    [one] = laid_beside(methods_in(tmp_path / "runs"), published.methods)
    assert one.ours
    assert one.ours.label == "MIKT, num_timesteps=307200"


def both(folder: Path, mine: list[float], theirs: list[float]) -> tuple[Method, Method]:
    ours(folder / "runs", mine)
    path = table(folder, *rows_of("C", theirs))
    [one] = laid_beside(methods_in(folder / "runs"), read_published(path, "--beside").methods)
    assert one.ours
    return one.ours, one.published


def test_lines_are_read_where_they_should_be(tmp_path: Path) -> None:
    found = {line.name: line for line in lines(*both(tmp_path, [1.0, 2.0, 4.0], [1.0, 2.0]))}
    # the run has 307,200 timesteps: only the first of the stages, 206,848, at two rows and 0.02
    returned, *rest = found
    assert returned == "return, 102,400 to 307,200"
    assert rest == ["policy_entropy at 206,848", "approxkl at 206,848"]
    returns = found["return, 102,400 to 307,200"]
    assert LAST == 2 * STEP
    np.testing.assert_allclose(returns.ours, [0.75, 1.5, 3.0])  # it rises for half of that time
    np.testing.assert_allclose(returns.published, [0.75, 1.5])
    np.testing.assert_allclose(found["approxkl at 206,848"].published, [0.202, 0.202])


def test_a_run_without_a_figure_at_a_stage_is_left_out_there(tmp_path: Path) -> None:
    """The entropy of the first published run ends before 206,848, that of the second after it."""
    ours(tmp_path / "runs", [1.0, 2.0])
    rows = [row.split(",") for row in rows_of("C", [1.0, 2.0])]
    rows[2][6] = ""
    path = table(tmp_path, *map(",".join, rows))
    [one] = laid_beside(methods_in(tmp_path / "runs"), read_published(path, "--beside").methods)
    assert one.ours
    found = {line.name: line for line in lines(one.ours, one.published)}
    np.testing.assert_allclose(found["policy_entropy at 206,848"].published, [20.2])
    assert len(found["approxkl at 206,848"].published) == 2


def test_a_stage_at_which_the_runs_end_is_told(tmp_path: Path) -> None:
    columns = {"policy_entropy": [10, 20], "approxkl": [0.1, 0.2]}
    write_run(tmp_path / "a", [0.0, 1.0], step=STAGES[0] // 2, columns=columns)
    [method] = methods_in(tmp_path)
    told = {line.name: line.ours.tolist() for line in lines(method, method)}
    assert told["policy_entropy at 206,848"] == [20]


def test_a_stage_before_the_first_row_is_not_told(tmp_path: Path) -> None:
    columns = {"policy_entropy": [10, 20], "approxkl": [0.1, 0.2]}
    write_run(tmp_path / "a", [0.0, 1.0], step=STAGES[0] + 1, columns=columns)
    [method] = methods_in(tmp_path)
    told = {line.name: line.ours.tolist() for line in lines(method, method)}
    assert told["policy_entropy at 206,848"] == []


def test_of_short_runs_the_return_is_that_of_the_whole_run(tmp_path: Path) -> None:
    write_run(tmp_path / "short", [2.0, 4.0], step=10_000)
    [panel] = panels_in(tmp_path)
    [method] = panel.methods
    [line] = lines(method, method)
    assert line.name == "return, 0 to 20,000"
    assert list(line.ours) == [2.5]  # 2 up to the first row, then rising to 4


def test_the_return_is_that_at_the_end_of_what_both_have(tmp_path: Path) -> None:
    found = []
    for rows in (3, 4):
        write_run(tmp_path / str(rows), [1.0] * rows)
        [panel] = panels_in(tmp_path / str(rows))
        found += panel.methods
    for pair in (found, found[::-1]):
        assert next(lines(*pair)).name == "return, 95,200 to 300,000"  # over 204,800


@pytest.mark.parametrize(
    ("mine", "theirs", "words"),
    [
        ([1.0, 2.0, 3.0], [1.1, 2.1, 3.1], NO_DIFFERENCE),
        ([11.0, 12.0, 13.0], [1.0, 2.0, 3.0], HIGHER),
        ([1.0, 2.0, 3.0], [11.0, 12.0, 13.0], LOWER),
        ([1.0, 2.0], [11.0, 12.0, 13.0], "too few seeds"),
        ([500.0, 500.0, 500.0], [500.0, 500.0, 500.0], NO_DIFFERENCE),  # a task that all solve
    ],
)
def test_words(tmp_path: Path, mine: list[float], theirs: list[float], words: str) -> None:
    assert next(lines(*both(tmp_path, mine, theirs))).words == words


def test_the_page_says_what_is_missing(tmp_path: Path) -> None:
    ours(tmp_path / "runs", [1.0, 2.0, 3.0])
    path = table(tmp_path, *rows_of("C", [1.0, 2.0, 3.0]), *rows_of("D", [8.0]))
    published = read_published(path, "--beside")
    laid = laid_beside(methods_in(tmp_path / "runs"), published.methods)
    files = beside(published, laid, ReportOptions(formats=("png",)))
    assert files[".png"].startswith(b"\x89PNG")
    page = files[".md"].decode()
    assert page.startswith("# others\n\nFrom a place.\n\n")
    assert "## C\n\nSettings of ours that are not the defaults: nsteps=102400.\n\n| times" in page
    assert "\n| timesteps | ours, n = 3 | published, n = 3 | difference |  |\n" in page
    assert "1.500 (0.7500 to 2.250) | 1.500 (0.7500 to 2.250) | +0.000 [-" in page
    assert page.endswith(
        "## Without a run of ours so far\n\n"
        "|  | n | return at the end |\n| --- | --- | --- |\n| D | 1 | 6.000 |\n"
    )


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("tasks", "drawn"), [(["C"], ["C"]), ([], ["C", "D"])])
def test_where_there_are_runs_of_ours_what_has_none_is_not_drawn(
    tasks: list[str], drawn: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[list[str], str]] = []

    def draw(panels: list[Panel], _: object, statistic: Statistic, *__: object) -> None:
        found.append(([panel.title for panel in panels], statistic.words))

    monkeypatch.setattr("baselines.analysis.beside.logged_metrics", draw)
    for task in tasks:
        ours(tmp_path / "runs", [1.0], task)
    published = read_published(
        table(tmp_path, *rows_of("C", [1.0]), *rows_of("D", [8.0])), "--beside"
    )
    laid = laid_beside(methods_in(tmp_path / "runs") if tasks else [], published.methods)
    beside(published, laid, ReportOptions(statistic="iqm"))
    assert found == [(drawn, STATISTICS["iqm"].words)]


@pytest.mark.parametrize("name", ["ppo_from_scratch", "cat_students"])
def test_the_tables_that_are_kept_can_be_read(name: str) -> None:
    found = read_published(ROOT / "results" / "published" / f"{name}.csv", "--beside")
    assert found.source
    assert all(run.timesteps[-1] == 976 * 2048 for m in found.methods.values() for run in m.runs)
