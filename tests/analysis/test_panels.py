"""Runs are grouped into panels by transfer, and in them into methods by what they do."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from handmade_logs import panels_in, write_run

from baselines.analysis.comparison import compare
from baselines.analysis.curve_metrics import FINAL_RETURN
from baselines.analysis.statistics import mean
from baselines.coefs import COEFS, DEFAULT_COEFS
from baselines.common.errors import UserError
from baselines.config import Config
from baselines.transfer.mikt import MIKT

CURVE = [1.0, 2.0]

RUNS: dict[str, dict[str, Any]] = {
    "PPO": {},
    "PPO, continued": {"load_path": "models/00001"},
    "MIKT": {"sources": ["S-v0"]},
    "MIKT, continued": {"sources": ["S-v0"], "load_path": "models/00001"},
    "MIKT, 2 teachers": {"sources": ["S-v0", "S-v0"]},
    "MIKT without MI": {"sources": ["S-v0"], "mutual_info_coef": 0.0},
    "frozen mapping": {"sources": ["S-v0"], "mapping": "frozen"},
    "MLPP": {"sources": ["S-v0"], "transfer": "mlpp"},
    "L2_SP": {"sources": ["S-v0"], "transfer": "examples.l2_sp:L2_SP", "mutual_info_coef": 0.0},
    "MIKT, linear": {"sources": ["S-v0"], "mapping": "somewhere.else:linear"},
    "random teacher": {"sources": ["S-v0"], "teacher_weights": "random"},
    "PPO + KL": {"kl_coef": 0.1},
    "random teacher, frozen mapping": {
        "sources": ["S-v0"], "teacher_weights": "random", "mapping": "frozen",
    },
}  # fmt: skip

VALUES = {name: dict(coefs.values) for name, coefs in COEFS.items()}
[OTHER] = COEFS.keys() - {DEFAULT_COEFS}


@pytest.mark.parametrize("label", RUNS)
def test_a_methods_label_comes_from_its_settings(tmp_path: Path, label: str) -> None:
    write_run(tmp_path / "a", CURVE, **RUNS[label])
    [panel] = panels_in(tmp_path)
    assert [method.label for method in panel.methods] == [label]


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        (VALUES[DEFAULT_COEFS], "MIKT"),
        (VALUES[OTHER], f"MIKT ({COEFS[OTHER].called})"),
        (VALUES[OTHER] | {"coefs": DEFAULT_COEFS}, f"MIKT ({COEFS[OTHER].called})"),
        (VALUES[OTHER] | {"mutual_info_coef": 0}, f"MIKT without MI ({COEFS[OTHER].called})"),
        (
            VALUES[OTHER] | {"teacher_weights": "random", "kl_coef": 7},
            f"random teacher ({COEFS[OTHER].called})",
        ),
    ],
)
def test_a_label_tells_the_set_of_coefficients_that_is_nearest(
    tmp_path: Path, settings: dict[str, Any], label: str
) -> None:
    write_run(tmp_path / "a", CURVE, sources=["S-v0"], **settings)
    [panel] = panels_in(tmp_path)
    assert [method.label for method in panel.methods] == [label]


def test_what_differs_from_the_nearest_set_is_said(tmp_path: Path) -> None:
    other = VALUES[OTHER]
    for name, settings in {
        "a": other, "b": other | {"kl_coef": 0.05}, "c": VALUES[DEFAULT_COEFS],
    }.items():  # fmt: skip
        write_run(tmp_path / name, CURVE, sources=["S-v0"], **settings)
    for kl_coef in (0, 0.05, 0.1):
        write_run(tmp_path / f"ppo{kl_coef}", CURVE, kl_coef=kl_coef)
    [panel] = panels_in(tmp_path)
    assert {method.label for method in panel.methods} == {
        "PPO", "PPO + KL", "PPO + KL, kl_coef=0.05", "MIKT", f"MIKT ({COEFS[OTHER].called})",
        f"MIKT ({COEFS[OTHER].called}), kl_coef=0.05",
    }  # fmt: skip
    assert panel.baseline is not None
    assert panel.baseline.label == "PPO"


def test_the_baseline_has_no_kl_term_though_the_students_have(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE, kl_coef=0.1)
    write_run(tmp_path / "c", CURVE, sources=["S-v0"], **VALUES["paper"])
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


def test_seeds_and_files_make_no_other_method(tmp_path: Path) -> None:
    for seed in (3, 1, 2):
        write_run(
            tmp_path / str(seed), CURVE, sources=["S-v0"], seed=seed, log_path=f"logs/{seed}",
            save_path=f"models/{seed}", pi_scope=f"student{seed}", xla=seed > 1,
        )  # fmt: skip
    [panel] = panels_in(tmp_path)
    [method] = panel.methods
    assert [run.seed for run in method.runs] == [1, 2, 3]


def test_other_settings_make_other_methods_named_by_what_is_no_default(tmp_path: Path) -> None:
    for name, settings in {
        "default": {},
        "told": {"mutual_info_coef": VALUES[DEFAULT_COEFS]["mutual_info_coef"]},
        "weak": {"mutual_info_coef": 0.1},
        "both": {"mutual_info_coef": 0.1, "lr": 0.001},
    }.items():
        seed = 1 if name == "told" else 0
        write_run(tmp_path / name, CURVE, sources=["S-v0"], seed=seed, **settings)
    [panel] = panels_in(tmp_path)
    assert {method.label: len(method.runs) for method in panel.methods} == {
        "MIKT": 2,
        "MIKT, lr=0.001, mutual_info_coef=0.1": 1,
        "MIKT, mutual_info_coef=0.1": 1,
    }


NETWORKS = "my_project.networks.policies:residual_"
TRANSFERS = "my_project.transfers:Distillation_from_the_teachers_on_the_"


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        (
            [{"network": f"{NETWORKS}small"}, {"network": f"{NETWORKS}large"}],
            {f"MIKT, network={NETWORKS}large", f"MIKT, network={NETWORKS}small"},
        ),
        (
            [{"network": f"{NETWORKS}small"}, {"network": "mlp"}],
            {"MIKT", f"MIKT, network={NETWORKS[:27]}..."},
        ),
        (
            [{"transfer": "a.b:Mine"}, {"transfer": "c:Mine"}],
            {"Mine, transfer=a.b:Mine", "Mine, transfer=c:Mine"},
        ),
        ([{"transfer": "a:MLPP"}, {"transfer": "mlpp"}], {"MLPP, transfer=a:MLPP", "MLPP"}),
        (
            [{"transfer": f"{TRANSFERS}left"}, {"transfer": f"{TRANSFERS}right"}],
            {
                f"Distillation_from_the_teach..., transfer={TRANSFERS}{side}"
                for side in ("left", "right")
            },
        ),
    ],
)
def test_two_methods_have_two_labels_and_numbers_of_their_own(
    tmp_path: Path, settings: list[dict[str, Any]], labels: set[str]
) -> None:
    for height, one in enumerate(settings):
        write_run(tmp_path / str(height), [float(height)] * 2, sources=["S-v0"], **one)
    [panel] = panels_in(tmp_path)
    assert {method.label for method in panel.methods} == labels
    measured = {
        row.method.runs[0].folder.name: row.value.value
        for row in compare(panel, mean, None).rows
        if row.metric is FINAL_RETURN
    }
    assert measured == {"0": 0.0, "1": 1.0}


def test_settings_of_the_transfer_do_not_matter_from_scratch(tmp_path: Path) -> None:
    write_run(tmp_path / "old", CURVE, seed=0, mutual_info_coef=0.1)
    write_run(tmp_path / "new", CURVE, seed=1, mutual_info_coef=10.0)
    [panel] = panels_in(tmp_path)
    assert [(method.label, len(method.runs)) for method in panel.methods] == [("PPO", 2)]


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


def test_students_of_other_teachers_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """Where a seed would occur twice; the untrained twin stands beside both."""
    for seed in range(3):
        teacher = {"sources": ["S-v0"], "sha256": f"teacher {seed}", "seed": seed}
        write_run(tmp_path / "each_its_own" / str(seed), CURVE, **teacher)
        write_run(tmp_path / "untrained" / str(seed), CURVE, teacher_weights="random", **teacher)
    [panel] = panels_in(tmp_path)
    assert [method.label for method in panel.methods] == ["MIKT", "random teacher"]
    for seed in range(2):
        write_run(
            tmp_path / "one_for_all" / str(seed), CURVE,
            sources=["S-v0"], sha256="teacher 2", seed=seed,
        )  # fmt: skip
    [panel] = panels_in(tmp_path)
    found = {
        method.label: [run.folder.parent.name for run in method.runs] for method in panel.methods
    }
    assert found == {
        "MIKT in each_its_own": ["each_its_own"] * 3,
        "MIKT in one_for_all": ["one_for_all"] * 2,
        "random teacher": ["untrained"] * 3,
    }
    for method in panel.methods[:2]:
        assert [twin.label for twin in panel.knowing_less(method)] == ["random teacher"]


def test_continued_runs_of_other_checkpoints_are_told_apart_by_their_folders(
    tmp_path: Path,
) -> None:
    for name in ("early", "late"):
        write_run(tmp_path / name / "0", CURVE, load_path=f"models/{name}")
    [panel] = panels_in(tmp_path)
    assert [m.label for m in panel.methods] == ["PPO, continued in early", "PPO, continued in late"]


def test_one_seed_twice_in_a_folder_is_refused_whoever_taught_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_run(tmp_path / name, CURVE, sources=["S-v0"], sha256=name)
    with pytest.raises(UserError, match=r"LOG_DIR: .*/a and .*/b are runs of one method .* 0;"):
        panels_in(tmp_path)


@pytest.mark.parametrize("method", [{}, {"sources": ["S-v0"], "transfer": "mlpp"}])
def test_settings_that_a_run_does_not_read_make_no_other_method(
    tmp_path: Path, method: dict[str, Any]
) -> None:
    for seed in range(2):
        write_run(tmp_path / str(seed), CURVE, seed=seed, ps_coef=1.0 + seed, **method)
    [panel] = panels_in(tmp_path)
    assert [len(method.runs) for method in panel.methods] == [2]


def test_mikt_reads_all_of_its_settings() -> None:
    """As the grouping takes for granted, which does not import it."""
    assert {f.name for f in fields(Config) if f.metadata["group"] == "mikt"} == set(MIKT.settings)


def test_runs_of_two_lengths_are_two_methods(tmp_path: Path) -> None:
    for name, points in (("short", 3), ("long", 6)):
        write_run(tmp_path / name, [1.0] * points)
    write_run(tmp_path / "student", [1.0] * 3, sources=["S-v0"])
    [panel] = panels_in(tmp_path)
    labels = [method.label for method in panel.methods]
    assert labels == ["PPO", "PPO, num_timesteps=600000", "MIKT"]
    assert panel.baseline is panel.methods[0]
    assert panel.longest_baseline is panel.methods[1]


@pytest.mark.parametrize(("weight", "control"), [(0.0, 0.1), (0.05, 0.05), (0.3, 0.2)])
def test_a_student_without_the_kl_term_has_ppo_with_the_papers_beside_it(
    tmp_path: Path, weight: float, control: float
) -> None:
    for ppo in (0.05, 0.1, 0.2):
        write_run(tmp_path / f"ppo{ppo}", CURVE, kl_coef=ppo)
    write_run(tmp_path / "student", CURVE, sources=["S-v0"], kl_coef=weight)
    [panel] = panels_in(tmp_path)
    [student] = [method for method in panel.methods if method.runs[0].teachers]
    found = panel.with_kl(student)
    assert found is not None
    assert found.settings["kl_coef"] == control
