"""A run's outlook, in lines for the user: sizes, teachers, coefficients, files, expected time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gymnasium as gym
import numpy as np

from baselines.common.durations import duration
from baselines.common.errors import TaskError, UserError
from baselines.common.logged_metric import COEF
from baselines.common.vec_env.env_state import layers
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.state_trial import obstacle_to_restoring
from baselines.common.vec_env.tasks import make_task
from baselines.config import Config
from baselines.training.setup import Setup
from baselines.transfer.settings_read import coefs_in_force

PROBE_STEPS = 30
"""Steps of the task that are timed."""

NORMALISING = ("NormalizeObservation", "NormalizeReward")
"""Wrappers of Gymnasium with running statistics of their own."""


def report(setup: Setup) -> Iterator[str]:
    """The lines that the user reads before the run.

    Raises:
        UserError: the task, of which some steps are tried, returned something that it should not.
    """
    config, policy = setup.config, setup.policy
    kind, space = policy.distribution, setup.provenance["action_space"]["kind"]
    one = "action" if space == "Discrete" else "action dimension"
    actions = f"{kind.num_outputs} {one}{'s' if kind.num_outputs > 1 else ''}"
    ranks = (
        f", {config.nrollout} of each of {config.num_ranks} ranks" if config.num_ranks > 1 else ""
    )
    body = f" with the body {config.env_xml}" if config.env_xml else ""
    yield (
        f"task: {config.env}{body}, {policy.obs_size} observation dimensions, {actions};"
        f" {config.nupdates} updates of {config.nbatch} steps{ranks}"
    )
    for task in setup.envs.tasks[:1]:  # they are alike
        yield from _wrappers(config.env, task.env)
    for teacher in setup.provenance["teachers"]:
        yield f"teacher: {teacher['path']}, trained on {teacher['env']['id']}"
    yield from policy.outline()
    yield from _coefs(config)
    counts = policy.variable_counts()
    parts = ", ".join(f"{part} {count:,}" for part, count in counts.items())
    yield f"trainable variables: {parts}; {sum(counts.values()):,} in all"
    yield _files(config)
    yield _expected_time(config)
    if config.save_path:
        yield from _resuming(config)


def _files(config: Config) -> str:
    """The folders that the run writes to, so that a forgotten one is seen before the run."""
    kept = f"checkpoints in {config.save_path}" if config.save_path else "no --save_path"
    return f"files: {kept}; {f'logs in {config.log_path}' if config.log_path else 'no --log_path'}"


def _resuming(config: Config) -> Iterator[str]:
    obstacle = obstacle_to_restoring(
        lambda: make_task(config.env, config.env_arguments), config.num_env * config.num_ranks
    )
    if obstacle:
        yield f"WARNING: resumed, a run of {config.env} may differ: {obstacle}"


def _wrappers(task: str, env: gym.Env) -> Iterator[str]:
    """A line for each wrapper that normalises too, as none of its statistics are ever saved."""
    for layer in layers(env):
        if (name := type(layer).__name__) in NORMALISING:
            yield (
                f"WARNING: {task} has the wrapper {name}, whose statistics are in no checkpoint and"
                " begin anew in each evaluation; leave it out: observations and rewards are"
                " normalised here, and the statistics saved"
            )


def _coefs(config: Config) -> Iterator[str]:
    """What `--coefs` sets, by its sources; nothing of PPO without the KL term."""
    given = coefs_in_force(config) if config.has_student or config.kl_coef else {}
    told: dict[tuple[str, str], list[str]] = {}
    for name, coef in given.items():
        what = "coefficients of the losses" if name.endswith(COEF) else "noise of the decoder"
        told.setdefault((what, coef["source"]), []).append(f"{name} {coef['value']:g}")
    for (what, source), alike in told.items():
        yield f"{what}: {', '.join(alike)} ({source})"


def _expected_time(config: Config) -> str:
    """The least time that the run takes; or why no second task could be timed for it."""
    try:
        trial = ForeignTask(make_task(config.env, config.env_arguments))
    except UserError as error:
        return f"time: not known, for want of a second {config.env} to measure ({error})"
    try:
        step = _seconds_per_step(trial)
    except TaskError as error:
        return f"time: not known, for the trial of some random actions ended: {error}"
    finally:
        trial.close()
    left = config.nupdates * config.nrollout * step
    cores = "one core" if config.num_ranks == 1 else "one core for each rank"
    return (
        f"time: at least {duration(left)} on {cores}, {step * 1e6:.0f} µs for each step of the task"
        " alone"
    )


def _seconds_per_step(task: ForeignTask) -> float:
    """The median over a few steps with random actions."""
    task.reset(seed=0)
    task.action_space.seed(0)
    times = []
    for _ in range(PROBE_STEPS):
        action = task.sample()
        begun = time.perf_counter()
        _, _, done = task.step(action)
        times.append(time.perf_counter() - begun)
        if done:
            task.reset()
    return float(np.median(times))
