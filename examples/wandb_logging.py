"""Every metric of a run in Weights & Biases, as it is logged.

pip install wandb
wandb login                                               # it needs an account, or else
WANDB_MODE=offline python -m examples.wandb_logging       # writes into the folder wandb/
"""

from __future__ import annotations

import math
from typing import Any

import wandb

from baselines import ppo2

TEACHER = "teacher_models/centipede_four/0/00970"


def logging_to(run: Any) -> ppo2.Callback:
    """A callback that logs the metrics in a run of Weights & Biases."""

    def log(progress: ppo2.SoFar) -> None:
        known = {name: x for name, x in progress.metrics.items() if not math.isnan(x)}
        run.log(known, step=progress.timesteps)

    return log


def main(env: str = "CentipedeSix-v1", num_timesteps: float = 1e5) -> None:
    """Train a student."""
    with wandb.init(project="mikt", config={"env": env, "teacher": TEACHER}) as run:
        student = ppo2.learn(
            env, TEACHER, num_timesteps=num_timesteps, verbose=0, callback=logging_to(run)
        )
        run.summary["return"] = student.evaluate().mean


if __name__ == "__main__":
    main()
