"""A search with Optuna for a learning rate and a width; trials that fall behind end early.

pip install optuna
python -m examples.optuna_search
"""

from __future__ import annotations

import math

import optuna

from baselines import ppo2


def objective(trial: optuna.Trial, env: str, num_timesteps: float) -> float:
    """The mean return of a policy that was trained with what the trial suggests.

    Raises:
        optuna.TrialPruned: it has fallen behind the other trials.
    """

    def goes_on(progress: ppo2.SoFar) -> bool:
        mean_return = progress.metrics.get("eprewmean", math.nan)
        if not math.isnan(mean_return):
            trial.report(mean_return, progress.update)
        return not trial.should_prune()

    policy = ppo2.learn(
        env,
        num_timesteps=num_timesteps,
        lr=trial.suggest_float("lr", 1e-4, 3e-3, log=True),
        num_hidden=trial.suggest_categorical("num_hidden", [32, 64, 128]),
        verbose=0,
        callback=goes_on,
    )
    if trial.should_prune():
        raise optuna.TrialPruned
    return policy.evaluate().mean


def main(env: str = "CartPole-v1", num_timesteps: float = 2e4, trials: int = 10) -> optuna.Study:
    """Search."""
    study = optuna.create_study(
        direction="maximize", pruner=optuna.pruners.MedianPruner(n_startup_trials=3)
    )
    study.optimize(lambda trial: objective(trial, env, num_timesteps), n_trials=trials)
    print(study.best_params, study.best_value)
    return study


if __name__ == "__main__":
    main()
