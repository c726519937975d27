"""Runs are grouped into panels by transfer, and in them into methods by what they do."""

from pathlib import Path

import pytest
from handmade_logs import panels_in, write_run

from baselines.analysis.runs.panels import panels
from baselines.analysis.runs.runs import find_runs
from baselines.coefs import COEFS
from baselines.common.errors import UserError

CURVE = [1.0, 2.0]


def test_the_baseline_has_no_kl_term_though_the_students_have(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE, kl_coef=0.1)
    write_run(tmp_path / "c", CURVE, sources=["S-v0"], **COEFS["paper"].values)
    [panel] = panels_in(tmp_path)
    assert panel.baseline is not None
    assert panel.baseline.label == "PPO + KL"
    write_run(tmp_path / "b", CURVE)
    [panel] = panels_in(tmp_path)
    assert panel.baseline is not None
    assert panel.baseline.label == "PPO"


def test_panels_are_transfers_and_share_the_runs_from_scratch(tmp_path: Path) -> None:
    tasks: list[tuple[str, list[str]]] = [
        ("A-v0", []), ("A-v0", ["B-v0"]), ("A-v0", ["C-v0"]), ("A-v0", ["C-v0", "B-v0"]),
        ("D-v0", []), ("E-v0", ["B-v0"]),
    ]  # fmt: skip
    for i, (env, sources) in enumerate(tasks):
        write_run(tmp_path / str(i), CURVE, env=env, sources=sources)
    found = {p.title: [method.label for method in p.methods] for p in panels_in(tmp_path)}
    assert found == {
        "D-v0": ["PPO"],
        "B-v0 → A-v0": ["PPO", "MIKT"],
        "B-v0 + C-v0 → A-v0": ["PPO", "MIKT"],
        "C-v0 → A-v0": ["PPO", "MIKT"],
        "B-v0 → E-v0": ["MIKT"],
    }
    baselines = [panel.baseline for panel in panels_in(tmp_path)]
    assert [b.label if b else None for b in baselines] == ["PPO", "PPO", "PPO", "PPO", None]


def test_the_baseline_is_the_nearest_of_several(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE)
    write_run(tmp_path / "b", CURVE, num_env=4)
    write_run(tmp_path / "c", CURVE, num_env=4, sources=["S-v0"])
    [panel] = panels_in(tmp_path)
    assert panel.baseline is not None
    assert panel.baseline.label == "PPO, num_env=4"


def test_one_seed_twice_is_refused(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE, seed=4)
    write_run(tmp_path / "b", CURVE, seed=4)
    with pytest.raises(UserError, match=r"LOG_DIR: .*/a and .*/b are runs of one method .* 4;"):
        panels_in(tmp_path)


@pytest.mark.parametrize("logs", ["", "logs"])
def test_students_of_other_teachers_are_told_apart_by_their_folders(
    logs: str, tmp_path: Path
) -> None:
    """Where a seed would occur twice; the untrained twin stands beside both.

    A sweep has the logs of each run in a folder of their own.
    """

    def place(name: str, seed: int) -> Path:
        return tmp_path / name / str(seed) / logs

    for seed in range(3):
        teacher = {"sources": ["S-v0"], "sha256": f"teacher {seed}", "seed": seed}
        write_run(place("each_its_own", seed), CURVE, **teacher)
        write_run(place("untrained", seed), CURVE, teacher_weights="random", **teacher)
    [panel] = panels_in(tmp_path)
    assert [method.label for method in panel.methods] == ["MIKT", "random teacher"]
    for seed in range(2):
        write_run(
            place("one_for_all", seed), CURVE,
            sources=["S-v0"], sha256="teacher 2", seed=seed,
        )  # fmt: skip
    [panel] = panels_in(tmp_path)
    found = {
        method.label: [run.folder.relative_to(tmp_path).parts[0] for run in method.runs]
        for method in panel.methods
    }
    assert found == {
        "MIKT in each_its_own": ["each_its_own"] * 3,
        "MIKT in one_for_all": ["one_for_all"] * 2,
        "random teacher": ["untrained"] * 3,
    }
    for method in panel.methods[:2]:
        assert [twin.label for twin in panel.knowing_less(method)] == ["random teacher"]


def test_folders_of_one_name_are_told_apart_by_those_that_hold_them(tmp_path: Path) -> None:
    for name in ("six_eight/mikt", "four_six_eight/mikt", "more/other"):
        for seed in range(2):
            folder = tmp_path / name / str(seed)
            write_run(folder, CURVE, sources=["S-v0"], sha256=name, seed=seed)
    [panel] = panels_in(tmp_path)
    assert [(method.label, len(method.runs)) for method in panel.methods] == [
        ("MIKT in four_six_eight/mikt", 2),
        ("MIKT in more/other", 2),
        ("MIKT in six_eight/mikt", 2),
    ]


def test_runs_in_the_current_folder_are_told_apart_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        write_run(Path(name), CURVE, sources=["S-v0"], sha256=name)
    with pytest.raises(UserError, match="LOG_DIR: a and b are runs of one method with one seed, 0"):
        panels(find_runs(["a", "b"]))


def test_a_body_is_told_by_what_is_in_its_file(tmp_path: Path) -> None:
    for seed, place, body in ((0, "a", "1" * 64), (1, "/home/me/a", "1" * 64), (2, "a", "2" * 64)):
        write_run(tmp_path / str(seed), CURVE, seed=seed, env_xml=f"{place}/body.xml", body=body)
    [panel] = panels_in(tmp_path)
    assert [(method.label, len(method.runs)) for method in panel.methods] == [
        ("PPO, env_xml=body.xml 11111111", 2),
        ("PPO, env_xml=body.xml 22222222", 1),
    ]


def test_continued_runs_of_other_checkpoints_are_told_apart_by_their_folders(
    tmp_path: Path,
) -> None:
    for name in ("early", "late"):
        write_run(tmp_path / name / "0", CURVE, load_path=f"models/{name}")
    [panel] = panels_in(tmp_path)
    assert [m.label for m in panel.methods] == ["PPO, continued in early", "PPO, continued in late"]


def test_a_run_continued_twice_from_one_checkpoint_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_run(tmp_path / name / "0", CURVE, load_path="models/one")
    with pytest.raises(UserError, match=r"LOG_DIR: .*/a/0 and .*/b/0 are runs of one method .* 0;"):
        panels_in(tmp_path)


def test_folders_with_long_names_are_told_apart(tmp_path: Path) -> None:
    names = [f"{'students_of_the_teacher_of_seed_' * 2}{seed}" for seed in range(2)]
    for name in names:
        write_run(tmp_path / name / "0", CURVE, sources=["S-v0"], sha256=name)
    [panel] = panels_in(tmp_path)
    assert [method.label for method in panel.methods] == [f"MIKT in {name}" for name in names]


def test_one_seed_twice_in_a_folder_is_refused_whoever_taught_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_run(tmp_path / name, CURVE, sources=["S-v0"], sha256=name)
    with pytest.raises(UserError, match=r"LOG_DIR: .*/a and .*/b are runs of one method .* 0;"):
        panels_in(tmp_path)


def test_runs_of_two_lengths_are_two_methods(tmp_path: Path) -> None:
    for name, points in (("short", 3), ("long", 6)):
        write_run(tmp_path / name, [1.0] * points)
    write_run(tmp_path / "student", [1.0] * 3, sources=["S-v0"])
    [panel] = panels_in(tmp_path)
    labels = [method.label for method in panel.methods]
    assert labels == ["PPO", "PPO, num_timesteps=600000", "MIKT"]
    assert panel.baseline is panel.methods[0]
    assert panel.longest_baseline is panel.methods[1]


def test_of_two_lengths_the_longest_is_the_one_that_has_got_furthest(tmp_path: Path) -> None:
    """The other one is to be twice as long, and has hardly begun."""
    write_run(tmp_path / "begun", CURVE, num_timesteps=600_000)
    write_run(tmp_path / "whole", [1.0] * 3)
    write_run(tmp_path / "student", [1.0] * 3, sources=["S-v0"])
    [panel] = panels_in(tmp_path)
    assert len([method for method in panel.methods if method.from_scratch]) == 2
    assert panel.longest_baseline is not None
    assert panel.longest_baseline.stop == 300_000


@pytest.mark.parametrize(("coef", "control"), [(0.0, 0.1), (0.05, 0.05), (0.3, 0.2)])
def test_a_student_without_the_kl_term_has_ppo_with_the_papers_beside_it(
    tmp_path: Path, coef: float, control: float
) -> None:
    for ppo in (0.05, 0.1, 0.2):
        write_run(tmp_path / f"ppo{ppo}", CURVE, kl_coef=ppo)
    write_run(tmp_path / "student", CURVE, sources=["S-v0"], kl_coef=coef)
    [panel] = panels_in(tmp_path)
    [student] = [method for method in panel.methods if method.runs[0].teachers]
    found = panel.with_kl(student)
    assert found is not None
    assert found.settings["kl_coef"] == control


def test_of_two_with_one_kl_term_the_one_that_is_like_the_student_stands_beside_it(
    tmp_path: Path,
) -> None:
    for num_env in (1, 4):
        write_run(tmp_path / f"ppo{num_env}", CURVE, kl_coef=0.1, num_env=num_env)
        student = {"sources": ["S-v0"], "kl_coef": 0.1, "num_env": num_env}
        write_run(tmp_path / f"student{num_env}", CURVE, **student)
    [panel] = panels_in(tmp_path)
    students = [method for method in panel.methods if method.taught]
    beside = [panel.with_kl(student) for student in students]
    assert [ppo.settings["num_env"] for ppo in beside if ppo] == [
        student.settings["num_env"] for student in students
    ]
    assert len(students) == 2


def test_what_goes_on_from_a_checkpoint_is_no_baseline_however_long(tmp_path: Path) -> None:
    write_run(tmp_path / "ppo", [1.0] * 3)
    write_run(tmp_path / "continued", [1.0] * 6, load_path="models/00001")
    write_run(tmp_path / "student", [1.0] * 3, sources=["S-v0"])
    found = {panel.title: panel for panel in panels_in(tmp_path)}
    assert found.keys() == {"Target-v0", "S-v0 → Target-v0"}
    for panel in found.values():
        assert panel.baseline is not None
        assert panel.longest_baseline is panel.baseline
        assert panel.baseline.label == "PPO"
