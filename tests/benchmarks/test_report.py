"""Page, picture and curves from results whose figures are known."""

import json
from pathlib import Path
from typing import Any

import pytest

from baselines.checks import check
from baselines.common.errors import UserError
from benchmarks import curves, report, throughput
from benchmarks.results_folder import write_result
from benchmarks.statistics import summary
from benchmarks.table import text


def result(num_env: int = 2, legs: int | None = None, scale: float = 1.0) -> dict[str, Any]:
    """A measurement as a file holds it; medians by hand: the middle of three."""

    def figure(low: float, median: float, high: float) -> dict[str, Any]:
        return summary([scale * high, scale * low, scale * median])

    return {
        "settings": {
            "env": "CentipedeEight-v1" if legs is None else "Centipede-v1",
            "env_kwargs": {} if legs is None else {"legs": legs},
            "num_env": num_env, "nsteps": 2048 // num_env, "teachers": 0, "repeats": 3, "seed": 0,
        },
        "machine": {"cpu": "Abacus 9", "cores": 2, "load_average": 0.04},
        "versions": {"python": "3.11.7", "mujoco": "4.0.0"},
        "commit": "abc",
        "command": "python -m benchmarks.throughput --json",
        "steps_per_second": {
            "physics_1": figure(2900, 3000, 3100),
            "physics_2": figure(5000, 5500, 5600),
            "collect": figure(4000, 4100, 4200),
            "update": figure(10000, 20000, 30000),
            "rest": figure(800000, 900000, 1000000),
            "iteration": figure(3000, 3300, 3400),
        },
        "shares": {"collect": 0.78, "update": 0.213, "rest": 0.007},
        "limit_threads": min(num_env, 2),
        "fraction_of_physics": summary([0.61, 0.5, 0.6]),
        "compilation_seconds": 2.71,
    }  # fmt: skip


BASELINE = {
    "name": "stable-baselines3",
    "torch_threads": 1,
    "best": "SubprocVecEnv",
    "steps_per_second": {
        vec_env: {part: summary([speed]) for part in ("collect", "update", "iteration")}
        for vec_env, speed in (("DummyVecEnv", 900.0), ("SubprocVecEnv", 1234.0))
    },
    "speedup": summary([2.0, 2.75, 4.0]),
}

TABLE = """\
CentipedeEight-v1, 2 environments, 2,048 steps an iteration, 3 repeats

                        steps/s      min        max  share
physics alone, 1 core     3,000    2,900      3,100
physics alone, 2 cores    5,500    5,000      5,600  0.600
collecting                4,100    4,000      4,200  0.780
update                   20,000   10,000     30,000  0.213
bookkeeping and logs    900,000  800,000  1,000,000  0.007
whole iteration           3,300    3,000      3,400  1.000

fraction of the physics limit (2 cores): 0.600 (0.500 to 0.610)
compilation of the update, once a run: 2.7 s
load average before: 0.0"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_result(tmp_path / "results" / "plain.json", result())
    write_result(tmp_path / "results" / "compared.json", result() | {"baseline": BASELINE})
    return tmp_path


def test_the_table_on_the_terminal() -> None:
    assert text(result()) == TABLE


def test_the_table_with_a_baseline() -> None:
    lines = text(result() | {"baseline": BASELINE}).splitlines()
    assert [line.split()[-3:] for line in lines if "SubprocVecEnv: whole" in line] == [
        ["1,234"] * 3
    ]
    assert (
        "speed-up over stable-baselines3 (SubprocVecEnv, 1 torch thread): 2.75 (2.00 to 4.00)"
        in lines
    )


def test_the_page_holds_the_printed_tables_and_where_they_come_from(folder: Path) -> None:
    report.main([f"--folder={folder}"])
    page = (folder / "README.md").read_text()
    assert f"```\n{TABLE}\n```" in page
    assert page.count("- Abacus 9, 2 cores; python 3.11.7, mujoco 4.0.0; commit abc\n") == 1
    rows = [line for line in page.splitlines() if line.startswith("| CentipedeEight-v1, 2 env")]
    figures = "3,000 | 5,500 (2) | 4,100 | 20,000 | **3,300** | 0.60 (0.50 to 0.61)"
    name = "CentipedeEight-v1, 2 environments, 2,048 steps an iteration, 3 repeats"
    assert rows == [f"| {name} | {figures} | 1,234 (2.8) |", f"| {name} | {figures} | – |"]
    assert not (folder / "curves.png").exists()


def test_curves_come_in_the_order_of_their_numbers(folder: Path) -> None:
    for n in (16, 2, 1):
        write_result(folder / "results" / "curves" / f"num_env_{n}.json", result(num_env=n))
    for n in (10, 4):
        write_result(
            folder / "results" / "curves" / f"legs_{n}.json", result(1, legs=n, scale=1 / n)
        )
    report.main([f"--folder={folder}"])
    page = (folder / "README.md").read_text()
    first_cells = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| ")]
    assert first_cells[-7:] == [
        "| 1", "| 2", "| 16", "| legs (Centipede-v1, 1 environment)", "| ---", "| 4", "| 10",
    ]  # fmt: skip
    assert "| 10 | 300 | 300 (1) | 410 | 2,000 | **330** | 0.60 (0.50 to 0.61) |" in page
    assert "![speed over environments and legs](curves.png)" in page
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_without_results_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^--folder: there are no results"):
        report.main([f"--folder={tmp_path}"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\x00"])
def test_a_file_that_is_no_result_is_named(folder: Path, content: str) -> None:
    (folder / "results" / "other.json").write_text(content)
    with pytest.raises(UserError, match=r"other\.json: is not what"):
        report.main([f"--folder={folder}"])
    assert not (folder / "README.md").exists()


def test_each_point_of_the_curves_is_measured_and_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[list[str]] = []

    def fake(flags: list[str]) -> dict[str, Any]:
        measured.append(flags)
        return result()

    monkeypatch.setattr(curves, "measured", fake)
    curves.main(["--repeats=2", f"--folder={tmp_path}"])
    configs = [throughput.config_of(throughput.parser().parse_args(flags)) for flags in measured]
    for config in configs:
        check(config)
    assert [c.num_env for c in configs[:6]] == [1, 2, 4, 8, 16, 32]
    assert {c.nbatch for c in configs} == {2048}
    assert [c.env_arguments["legs"] for c in configs[6:]] == [4, 6, 8, 10, 14, 20, 30, 40]
    assert all("--repeats=2" in flags for flags in measured)
    files = sorted((tmp_path / "results" / "curves").iterdir())
    assert len(files) == 14
    assert json.loads(files[0].read_text()) == result()
    assert capsys.readouterr().out.count("3,300 (3,000 to 3,400) steps/s\n") == 14
