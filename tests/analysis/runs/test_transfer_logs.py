"""What is drawn of students: columns, phases, and a line for what is missing."""

from pathlib import Path

import pytest
from handmade_logs import panels_in, straight, student_columns, write_run, write_transfer

from baselines.analysis.runs.panels import Panel
from baselines.analysis.runs.runs import find_runs, read_run
from baselines.analysis.runs.transfer_logs import (
    COUPLING,
    DRAWN,
    MUTUAL_INFORMATION,
    coupling_begins,
    curves_of,
    hand_over,
    metrics_named,
    shown_and_missing,
    student_panels,
)
from baselines.transfer.student.metric_table import METRICS

REAL = Path(__file__).resolve().parents[2] / "fixtures" / "logs"
BY_NAME = {metric.name: metric for metric in DRAWN}


def write_student(folder: Path, **columns: list[float | None]) -> Panel:
    write_run(folder / "0", straight(1.0), sources=["S-v0"], columns=student_columns() | columns)
    [panel] = student_panels(panels_in(folder))
    return panel


def test_the_columns_are_those_which_the_trainer_writes() -> None:
    assert {MUTUAL_INFORMATION, COUPLING} <= set(METRICS)


def test_only_students_are_shown(tmp_path: Path) -> None:
    write_transfer(tmp_path)
    write_run(tmp_path / "mlpp", straight(1.0), sources=["Source-v0"], transfer="mlpp")
    write_run(tmp_path / "other", straight(1.0), env="Other-v0")
    found = {p.title: [m.label for m in p.methods] for p in student_panels(panels_in(tmp_path))}
    assert found == {"Source-v0 → Target-v0": ["MIKT"]}


def test_phases_are_read_from_the_columns(tmp_path: Path) -> None:
    run = write_student(tmp_path / "a").methods[0].runs[0]
    assert coupling_begins(run) == 400_000
    assert hand_over(run) == 900_000
    scratch = read_run(write_run(tmp_path / "b", straight(1.0)))
    assert (coupling_begins(scratch), hand_over(scratch)) == (None, None)


def test_students_of_any_method_are_handed_over_when_their_own_losses_end(tmp_path: Path) -> None:
    """A loss without a coefficient of its name, as `value_loss` of PPO, is none of their own."""
    columns: dict[str, list[float | None]] = {
        "kickstart_coef": [1.0 - i / 8 for i in range(8)] + [0.0] * 2,
        "kickstart_loss": [2.0] * 8 + [None] * 2,
        "value_loss": [0.5] * 3 + [None] * 7,
    }
    place, sources = tmp_path / "kickstart", ["S-v0"]
    run = read_run(write_run(place, straight(1.0), sources=sources, columns=columns))
    assert (coupling_begins(run), hand_over(run)) == (None, 800_000)
    columns.pop("kickstart_coef")
    run = read_run(write_run(tmp_path / "none", straight(1.0), sources=sources, columns=columns))
    assert hand_over(run) is None


def test_a_student_that_still_has_its_teachers_was_not_handed_over(tmp_path: Path) -> None:
    cut = {name: column[:3] for name, column in student_columns().items()}
    run = read_run(write_run(tmp_path / "a", [1.0] * 3, sources=["S"], columns=cut))
    assert (coupling_begins(run), hand_over(run)) == (None, None)


def test_a_row_without_a_loss_is_no_hand_over_if_the_loss_comes_again(tmp_path: Path) -> None:
    columns = {name: column[:5] for name, column in student_columns().items()}
    columns["mutual_info_loss"][2] = None
    run = read_run(write_run(tmp_path / "a", straight(1.0)[:5], sources=["S"], columns=columns))
    assert hand_over(run) is None


def test_phases_of_a_real_run() -> None:
    runs = {run.folder.name: run for run in find_runs([str(REAL)])}
    run = runs["mikt_mutual_info_10"]  # every tenth row: the coupling at 440, alone from 879
    assert coupling_begins(run) == 2048 * 431
    assert hand_over(run) == 2048 * 871
    assert hand_over(runs["mikt_without_noise"]) is None


def test_shares_are_told_by_layer(tmp_path: Path) -> None:
    panel = write_student(tmp_path, student_ps_1=[0.25] * 10)
    by_layer = curves_of(panel.methods[0], BY_NAME["student_ps_0, …"])
    assert list(by_layer) == [0, 1]
    assert by_layer[0][0].values.tolist() == [0.5] * 9 + [1.0]
    assert by_layer[1][0].values.tolist() == [0.25] * 10


def test_the_bound_is_minus_the_loss_and_ends_with_the_teachers(tmp_path: Path) -> None:
    panel = write_student(tmp_path)
    [[curve]] = curves_of(panel.methods[0], BY_NAME["mutual_info_loss"]).values()
    assert curve.values.tolist() == [0.25 * i for i in range(9)]
    assert curve.stop == 900_000


@pytest.mark.parametrize("column", ["mi_explained", "mi_explained_0"])
def test_a_share_is_shown_in_percent(tmp_path: Path, column: str) -> None:
    panel = write_student(tmp_path, **{column: [0.5] * 9 + [None]})
    [[curve]] = curves_of(panel.methods[0], BY_NAME["mi_explained"]).values()
    assert curve.values.tolist() == [50.0] * 9


def test_source_tasks_are_told_by_number(tmp_path: Path) -> None:
    columns: dict[str, list[float | None]] = {
        f"embedding_std_{i}": [float(i)] * 10 for i in (0, 2, 10)
    }
    panel = write_student(tmp_path, **columns)
    found = curves_of(panel.methods[0], BY_NAME["embedding_std"])
    assert list(found) == [0, 2, 10]
    assert found[10][0].values.tolist() == [10.0] * 10


def test_the_shares_of_several_teachers_are_shown(tmp_path: Path) -> None:
    columns: dict[str, list[float | None]] = {f"teacher_ps_{j}": [0.1 * j] * 10 for j in (0, 1)}
    panel = write_student(tmp_path, **columns)
    found = curves_of(panel.methods[0], BY_NAME["teacher_ps_0, …"])
    assert [found[j][0].values[0] for j in (0, 1)] == [0.0, 0.1]
    shown, _ = shown_and_missing([panel])
    assert "teacher_ps_0, …" in [metric.name for metric in shown]
    assert "vf_teacher_ps_0, …" not in [metric.name for metric in shown]


def test_a_missing_column_is_left_out_with_a_line(tmp_path: Path) -> None:
    write_student(tmp_path / "a", mi_explained=[0.5] * 10)
    write_run(
        tmp_path / "b", straight(1.0), sources=["S-v0"], columns=student_columns(),
        mutual_info_coef=0,
    )  # fmt: skip
    shown, notes = shown_and_missing(student_panels(panels_in(tmp_path)))
    assert [metric.name for metric in shown] == [
        "student_ps_0, …", "vf_student_ps_0, …", "mutual_info_loss", "mi_explained"
    ]  # fmt: skip
    assert notes == [
        "mi_explained: not drawn, for it is not in the logs of MIKT without MI",
        "embedding_mean: not drawn, for it is not in the logs of MIKT; MIKT without MI",
        "embedding_std: not drawn, for it is not in the logs of MIKT; MIKT without MI",
    ]


def test_a_column_that_one_seed_lacks_is_missing(tmp_path: Path) -> None:
    for seed in range(2):
        more: dict[str, list[float | None]] = {"mi_explained": [0.5] * 10} if seed else {}
        write_run(
            tmp_path / str(seed), straight(1.0), sources=["S-v0"], seed=seed,
            columns=student_columns() | more,
        )  # fmt: skip
    [panel] = student_panels(panels_in(tmp_path))
    assert curves_of(panel.methods[0], BY_NAME["mi_explained"]) == {}


def test_a_metric_that_is_named_is_that_column_and_none_of_its_parts(tmp_path: Path) -> None:
    panel = write_student(tmp_path, student_ps=[0.25] * 10)
    [metric] = metrics_named(["student_ps"], [panel])
    [[curve]] = curves_of(panel.methods[0], metric).values()
    assert curve.values.tolist() == [0.25] * 10
