"""Every metric of a run in MLflow, as it is logged, and the policy at its end.

pip install mlflow
python -m examples.mlflow_logging       # no account: into mlflow.db and mlruns/
mlflow ui                               # shows it
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import mlflow

from baselines import ppo2

TEACHER = "teacher_models/centipede_four/0/00970"


def log(progress: ppo2.SoFar) -> None:
    """Log the metrics in the run of MLflow that is open."""
    known = {name: x for name, x in progress.metrics.items() if not math.isnan(x)}
    mlflow.log_metrics(known, step=progress.timesteps)


def main(env: str = "CentipedeSix-v1", num_timesteps: float = 1e5) -> None:
    """Train a student."""
    with mlflow.start_run():
        mlflow.log_params({"env": env, "teacher": TEACHER, "num_timesteps": num_timesteps})
        student = ppo2.learn(env, TEACHER, num_timesteps=num_timesteps, verbose=0, callback=log)
        mlflow.log_metric("return", student.evaluate().mean)
        with tempfile.TemporaryDirectory() as folder:
            student.save(Path(folder) / "student")
            mlflow.log_artifact(str(Path(folder) / "student"))


if __name__ == "__main__":
    main()
