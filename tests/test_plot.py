"""The command that draws: its files, its notes, and its errors."""

import csv
import json
import os
from pathlib import Path

import called
import pytest
from called import ROOT, heavy_imports, python
from handmade_logs import straight, write_run, write_transfer

from baselines import plot
from baselines.common.errors import UserError


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_transfer(tmp_path / "logs")
    return tmp_path / "logs"


def call(*arguments: object) -> None:
    plot.main([str(argument) for argument in arguments])


def test_it_writes_figures_and_tables(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "new" / "eight.v1"
    call(logs, "--out", out, "--title", "Eight legs", "--seeds", "--statistic=iqm")
    files = {path.name: path.read_bytes() for path in out.parent.iterdir()}
    assert set(files) == {
        "eight.v1.png", "eight.v1.svg", "eight.v1.md", "eight.v1.csv",
        "eight.v1_teachers.png", "eight.v1_teachers.svg",
    }  # fmt: skip
    for name, content in files.items():
        start = {".png": b"\x89PNG", ".svg": b"<?xml", ".md": b"# Eight legs\n", ".csv": b"panel,"}
        assert content.startswith(start[Path(name).suffix])
    assert "interquartile mean over n seeds" in files["eight.v1.md"].decode()
    printed = capsys.readouterr().out
    assert printed.count("wrote ") == 6
    assert "note: mi_explained: not drawn" in printed


def test_the_same_bytes_in_another_process_without_tensorflow(logs: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from baselines import plot; plot.main(sys.argv[1:]);"
        "print(*{'tensorflow', 'gymnasium', 'mujoco', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    done = python("-c", program, logs, "--out", tmp_path / "there" / "x", "--format=pdf")
    assert done.stdout.splitlines()[-1] == ""
    call(logs, "--out", tmp_path / "here" / "x", "--format=pdf")
    here, there = (
        {path.name: path.read_bytes() for path in (tmp_path / where).iterdir()}
        for where in ("here", "there")
    )
    assert len(here) == 6
    assert here == there


def test_help_and_errors_answer_at_once() -> None:
    program = (
        "from baselines import plot\n"
        "for argument in ('--help', '/missing'):\n"
        "    try: plot.main([argument])\n"
        "    except (SystemExit, ValueError): pass"
    )
    assert not heavy_imports(program)


@pytest.mark.usefixtures("undrawn")
def test_without_students_there_is_no_picture_of_teachers(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(1.0))
    call(tmp_path / "a", "--out", tmp_path / "out" / "x.png")
    found = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert found == ["x.csv", "x.md", "x.png", "x.svg"]


@pytest.mark.usefixtures("undrawn")
def test_an_ending_seed_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    write_run(tmp_path / "a", straight(1.0), seed=0)
    write_run(tmp_path / "b", straight(1.0)[:4], seed=1, num_timesteps=1_000_000)
    write_run(tmp_path / "c", straight(1.0), sources=["S-v0"], teacher_timesteps=None)
    call(tmp_path, "--out", tmp_path / "x")
    notes = [
        "S-v0 → Target-v0: PPO, seed 1 ends at 400,000 of 1,000,000 timesteps",
        "S-v0 → Target-v0: PPO: all its seeds are used up to 400,000 timesteps",
        "S-v0 → Target-v0: MIKT: the logs do not tell how long the teachers were trained",
    ]
    printed = capsys.readouterr().out.splitlines()
    page = (tmp_path / "x.md").read_text().splitlines()
    for note in notes:
        assert f"note: {note}" in printed
        assert f"- {note}" in page


@pytest.mark.usefixtures("undrawn")
def test_a_run_from_scratch_whose_log_names_no_teachers_is_plotted(tmp_path: Path) -> None:
    path = write_run(tmp_path / "logs", straight(10.0)) / "config.json"
    header = json.loads(path.read_text())
    del header["config"]["teacher_paths"]
    path.write_text(json.dumps(header))
    call(tmp_path / "logs", "--out", tmp_path / "x")
    assert "| PPO | 1 | 9.500 |" in (tmp_path / "x.md").read_text()


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("statistic", "expected"), [("mean", 40.0), ("iqm", 25.0)])
def test_the_statistic_that_is_asked_for_is_that_of_the_tables(
    statistic: str, expected: float, tmp_path: Path
) -> None:
    for seed, final in enumerate((10.0, 20.0, 30.0, 100.0)):
        write_run(tmp_path / "logs" / str(seed), straight(final), seed=seed)
    call(tmp_path / "logs", "--out", tmp_path / "x", f"--statistic={statistic}")
    with open(tmp_path / "x.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "final_return"]
    values = {row["teachers_counted"]: float(row["value"]) for row in rows}
    assert values == pytest.approx(dict.fromkeys(("False", "True"), 0.95 * expected))


def test_the_threshold_may_be_given(logs: Path, tmp_path: Path) -> None:
    call(logs, "--out", tmp_path / "x", "--threshold", "-50.5")
    assert "| timesteps to -50.50 |" in (tmp_path / "x.md").read_text()


def test_a_damaged_log_is_one_line_and_nothing_is_written(tmp_path: Path) -> None:
    path = write_run(tmp_path / "a", straight(1.0)) / "progress.csv"
    path.write_text(path.read_text().replace("300000,", "300000,5,"))
    done = called.call("baselines.plot", tmp_path, "--out", tmp_path / "new" / "x", status=2)
    assert done.stdout == ""
    assert done.stderr == (
        f"python -m baselines.plot: error: LOG_DIR: {path}, line 4: 3 cells under 2 columns\n"
    )
    assert os.listdir(tmp_path) == ["a"]


BAD = {
    ("--statistic=men",): "--statistic: unknown name 'men' .*mean, iqm.*did you mean mean",
    ("--format=png",): "--format: unknown name 'png' .*svg, pdf",
    ("--threshold=high",): "--threshold: must be a number, not 'high'",
    ("--out=",): "--out: must name something, not ''",
    ("--out=figures/",): "--out: must name the files",
    ("--out=..",): "--out: must name the files",
    ("--out=figures/..",): "--out: must name the files",
    ("--title=\udcff",): "--title: must be text in UTF-8",
    ("--out=README.md/x",): "--out: cannot write to .*README.md is not a folder",
    (
        "--seeds",
        "logs",
    ): "^logs: unknown argument; give all LOG_DIR together, before the flags, and quote",
    ("--sedes",): "--sedes: unknown argument; did you mean --seeds",
}


@pytest.mark.parametrize("arguments", BAD, ids=str)
def test_bad_arguments(logs: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str]) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError, match=BAD[arguments]):
        call(logs, *arguments)


def test_no_folder_is_named() -> None:
    with pytest.raises(UserError, match="LOG_DIR"):
        call()


def write_published(table: Path) -> Path:
    rows = [f",Target-v0,{seed},{i},{i * 1e5},{i},{i},{i}" for seed in range(3) for i in (1, 4, 10)]
    header = "sources,task,seed,nupdates,total_timesteps,eprewmean,policy_entropy,approxkl"
    table.write_text("\n".join([header, *rows, ""]))
    return table


@pytest.mark.usefixtures("undrawn")
def test_published_logs_are_laid_beside(logs: Path, tmp_path: Path) -> None:
    table = write_published(tmp_path / "others.csv")
    call(logs, "--out", tmp_path / "out" / "x", "--beside", table)
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"x_others.png", "x_others.svg", "x_others.md"} < found
    assert "ours, n = 3" in (tmp_path / "out" / "x_others.md").read_text()


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", ["others", "teachers"])
def test_no_file_takes_the_place_of_another(logs: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "more").mkdir()
    tables = [write_published(tmp_path / "others.csv"), tmp_path / "more" / f"{name}.csv"]
    write_published(tables[1])
    with pytest.raises(UserError, match=f"--beside: other files end in _{name} too"):
        call(logs, "--out", tmp_path / "out" / "x", "--beside", *tables)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("undrawn")
def test_where_one_file_cannot_be_written_none_is(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "x.svg").mkdir()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UserError, match=r"--out: .*x\.svg is a folder"):
        call(logs, "--out", tmp_path / "x")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("undrawn")
def test_published_logs_in_a_file_whose_name_is_no_text(logs: Path, tmp_path: Path) -> None:
    table = write_published(tmp_path / os.fsdecode(b"\xff.csv"))
    call(logs, "--out", tmp_path / "out" / "x", "--beside", table)
    assert "published" in (tmp_path / "out" / "x_\\udcff.md").read_text()
