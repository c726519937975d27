"""One measurement: everything that is compared, in turn, several times, in one process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from tempfile import TemporaryDirectory

from baselines.checks import check
from baselines.common import provenance
from baselines.common.machine import usable_cores
from baselines.common.vec_env.tasks import make_task
from baselines.config import Config
from benchmarks import sb3
from benchmarks.physics import Recording, record, seconds_of_physics
from benchmarks.statistics import Json, Samples, rates, ratios, shares
from benchmarks.training import ITERATION, PARTS, Training

BASELINES = (sb3.NAME,)

RUN_LENGTH = 10
"""A run of this many times the iterations is, with teachers, still in its first stage."""

Timed = Callable[[], Mapping[str, float]]
"""Does a piece of work once; returns the seconds it took, by name."""


def measure(config: Config, repeats: int, baseline: str = "") -> Json:
    """Measure the training of a configuration against the physics of its task.

    Args:
        config: the settings of the training; its length and its log folder do not count.
        repeats: how often each is timed, after one round that is not counted.
        baseline: one of `BASELINES` to be timed alongside, or nothing.

    Returns:
        JSON; `benchmarks/README.md` tells what its figures mean. Rates are in environment steps
        per second, over all environments.

    Raises:
        UserError: a setting or a file is wrong, or the baseline is not installed.
    """
    if baseline:
        sb3.require_installed()
    config = replace(config, num_timesteps=RUN_LENGTH * (repeats + 1) * config.nbatch)
    check(config)
    result = circumstances(config, repeats)  # now: the load before we make our own
    threads = thread_counts(config.num_env, usable_cores())
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        training = stack.enter_context(closing(Training(replace(config, log_path=folder))))
        recording = _record(config)
        theirs = [
            stack.enter_context(closing(sb3.PPO(config, vec_env)))
            for vec_env in (sb3.VEC_ENVS if baseline else ())
        ]
        import baselines.ppo2.update  # noqa: F401  (loads TensorFlow, which is no compilation)

        warm_up, samples = interleaved(
            [
                *(partial(_physics, recording, k) for k in threads),
                training.iteration,
                *(ppo.iteration for ppo in theirs),
            ],
            repeats,
        )
    result |= ours(config, threads, warm_up, samples)
    if baseline:
        result["versions"] |= sb3.versions()
        result["baseline"] = compared(config.nbatch, samples)
    return result


def interleaved(
    measurements: Sequence[Timed], repeats: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Take each in turn, so that the machine's changes of pace meet all of them.

    Returns:
        The seconds of a first round, by name, and those of each of the `repeats` after it.
    """
    warm_up = {name: seconds for timed in measurements for name, seconds in timed().items()}
    samples: dict[str, list[float]] = {name: [] for name in warm_up}
    for _ in range(repeats):
        for timed in measurements:
            for name, seconds in timed().items():
                samples[name].append(seconds)
    return warm_up, samples


def thread_counts(num_env: int, cores: int) -> list[int]:
    """Threads to time the physics on: one, as many as the environments can use, and all cores."""
    return sorted({1, limiting_threads(num_env, cores), cores})


def limiting_threads(num_env: int, cores: int) -> int:
    """Threads whose physics no training can beat: an environment is stepped by one at a time."""
    return min(num_env, cores)


def physics_name(threads: int) -> str:
    """What the time of the physics on some threads is called."""
    return f"physics_{threads}"


def ours(
    config: Config, threads: Sequence[int], warm_up: Mapping[str, float], samples: Samples
) -> Json:
    """The figures of the physics and of this package's training, from their times in seconds."""
    limit = limiting_threads(config.num_env, max(threads))
    timed = [*map(physics_name, threads), *PARTS, ITERATION]
    speeds = {name: rates(config.nbatch, samples[name]) for name in timed}
    typical_update = config.nbatch / speeds["update"]["median"]
    return {
        "steps_per_second": speeds,
        "shares": shares(samples, PARTS, ITERATION),
        "limit_threads": limit,
        "fraction_of_physics": ratios(samples[physics_name(limit)], samples[ITERATION]),
        "compilation_seconds": max(warm_up["update"] - typical_update, 0.0),
    }


def compared(steps: int, samples: Samples) -> Json:
    """The figures of Stable-Baselines3; the faster of its vectorised environments counts."""
    speeds = {
        vec_env: {
            part: rates(steps, samples[sb3.sample_name(vec_env, part)])
            for part in ("collect", "update", ITERATION)
        }
        for vec_env in sb3.VEC_ENVS
    }
    best = max(sb3.VEC_ENVS, key=lambda vec_env: speeds[vec_env][ITERATION]["median"])
    return {
        "name": sb3.NAME,
        "torch_threads": sb3.torch_threads(),
        "steps_per_second": speeds,
        "best": best,
        "speedup": ratios(samples[sb3.sample_name(best, ITERATION)], samples[ITERATION]),
    }


def _physics(recording: Recording, threads: int) -> dict[str, float]:
    return {physics_name(threads): seconds_of_physics(recording, threads)}


def _record(config: Config) -> Recording:
    with closing(make_task(config.env, config.env_arguments)) as env:
        return record(env, config.nbatch, config.seed)


def circumstances(config: Config, repeats: int) -> Json:
    """What was measured, on what, with what."""
    return {
        "settings": {
            "env": config.env,
            "env_kwargs": config.env_arguments,
            "num_env": config.num_env,
            "nsteps": config.nsteps,
            "teachers": len(config.teacher_paths),
            "repeats": repeats,
            "seed": config.seed,
        },
        "machine": {
            "cpu": provenance.processor(),
            "cores": usable_cores(),
            "load_average": os.getloadavg()[0],
        },
        "versions": provenance.versions(),
        "commit": provenance.commit(),
        "command": provenance.command(),
    }
