"""What methods are called follows from the settings of their runs."""

from pathlib import Path
from typing import Any

import pytest
from handmade_logs import panels_in, write_run

from baselines.analysis.runs.comparison import compare
from baselines.analysis.runs.curve_metrics import FINAL_RETURN
from baselines.analysis.runs.labels import label
from baselines.analysis.runs.runs import find_runs
from baselines.analysis.runs.statistics import mean
from baselines.coefs import COEFS, DEFAULT_COEFS

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


@pytest.mark.parametrize("called", RUNS)
def test_a_methods_label_comes_from_its_settings(tmp_path: Path, called: str) -> None:
    write_run(tmp_path / "a", CURVE, **RUNS[called])
    [run] = find_runs([str(tmp_path)])
    assert label(run) == called


@pytest.mark.parametrize(
    ("settings", "called"),
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
    tmp_path: Path, settings: dict[str, Any], called: str
) -> None:
    write_run(tmp_path / "a", CURVE, sources=["S-v0"], **settings)
    [panel] = panels_in(tmp_path)
    assert [method.label for method in panel.methods] == [called]


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
