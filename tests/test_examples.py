"""The examples for other programs, where these are installed, and the notebook."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"num_timesteps": 6144}
"""Three updates."""

pytestmark = pytest.mark.slow


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which an example may write, with the teachers beside it."""
    (tmp_path / "teacher_models").symlink_to(ROOT / "teacher_models")
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def test_weights_and_biases(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    from examples import wandb_logging

    monkeypatch.setenv("WANDB_MODE", "offline")
    wandb_logging.main(**SIZES)
    [log] = workplace.glob("wandb/offline-run-*/run-*.wandb")
    assert b"student_ps" in log.read_bytes()


def test_mlflow(workplace: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    from examples import mlflow_logging

    mlflow.set_tracking_uri(f"sqlite:///{workplace}/mlflow.db")
    mlflow_logging.main(**SIZES)
    [run] = mlflow.search_runs(output_format="list")
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "student_ps")
    assert [metric.step for metric in history] == [2048, 4096, 6144]
    assert run.data.metrics["return"] != 0


def test_optuna() -> None:
    pytest.importorskip("optuna")
    from examples import optuna_search

    study = optuna_search.main(num_timesteps=4096, trials=3)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3
    assert study.best_value == max(trial.value for trial in study.trials)


def test_the_notebook_runs_to_its_end(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cell by cell, as Jupyter does; without IPython, but for what only shows a film."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    (workplace / "examples").mkdir()
    os.chdir("examples")
    notebook = json.loads((ROOT / "examples" / "transfer.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in cells:
        if "IPython" not in cell:
            exec(compile(cell.replace("20 * 2048", "10 * 2048"), "cell", "exec"), names)
    assert (workplace / "figures" / "teacher.mp4").stat().st_size > 1000
    assert names["action"].shape == (16,)  # type: ignore[attr-defined]
    outputs = [o for c in notebook["cells"] if c["cell_type"] == "code" for o in c["outputs"]]
    assert outputs, "the notebook was not run before it was committed"
    assert "error" not in {output["output_type"] for output in outputs}
