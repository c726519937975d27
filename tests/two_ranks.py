"""What `test_mpi.py` has two ranks do: `mpiexec -n 2 python tests/two_ranks.py FOLDER FLAG ...`.

They train together with the flags, and go on in FOLDER/killed with a run that was killed there.
Each rank writes what it came to, `FOLDER/rank0.npz` and `FOLDER/rank1.npz`. At the end they train
in a faulty task, which ends both. The test imports this module too, for what the ranks are given.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from called import Done, ended
from conftest import _batch, _perturbed, _signal_after, _student, updates_compiled_once

from baselines import run
from baselines.common.command_line import outcome, run_command
from baselines.common.errors import Drifted, UserError
from baselines.common.mpi import team
from baselines.common.team import Team
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.shared_stats import SharedStatistics
from baselines.config import Config
from baselines.evaluation import while_training
from baselines.ppo2.model import Model
from baselines.ppo2.update_inputs import Batch
from baselines.transfer.student.student import Student

ROUNDS, SAMPLES = 3, 24
COEFS = {"ps": 0.5, "vf_ps": 0.25, "mutual_info": 0.1}
LR = 1e-2

Arrays = dict[str, np.ndarray]


def observations(rank: int, turn: int) -> np.ndarray:
    """What a rank sees in a round: more of them and other ones than the other rank."""
    rng = np.random.default_rng([rank, turn])
    return rng.normal([1.0, -50.0, 3.0], [0.1, 7.0, 0.0], (5 + 3 * rank, 3))


def start() -> tuple[Student, Arrays]:
    student = _student()
    return student, _perturbed(student.init(np.random.default_rng(0)), 1)


def batch(rank: int) -> Arrays:
    """A rank's rollout; the ranks' advantages differ in mean and spread."""
    student, params = start()
    found = _batch(student, params, SAMPLES + rank)
    found = {name: x[:SAMPLES] for name, x in found.items()}
    return found | {"advantages": found["advantages"] * (1 + 4 * rank) + 10 * rank}


def settings(nminibatches: int, noptepochs: int, **others: Any) -> Config:
    return Config(
        env="Any-v0", nsteps=SAMPLES, nminibatches=nminibatches, noptepochs=noptepochs, xla=False,
        kl_coef=0.1,
        **others,
    )  # fmt: skip


def statistics(ranks: Team) -> Arrays:
    """Running statistics after some rounds."""
    normalizer = Normalizer.fresh(3)
    shared = SharedStatistics(normalizer, ranks)
    for turn in range(ROUNDS):
        normalizer.obs_rms.update(observations(ranks.rank, turn))
        normalizer.ret_rms.update_each(observations(ranks.rank, turn)[:, :2])
        shared.exchange()
    return {name.replace("/", "."): x for name, x in normalizer.arrays().items()}


def first_step(ranks: Team) -> Arrays:
    """Adam's first moment after one step: a tenth of the clipped gradient."""
    model = Model(*start(), settings(1, 1), ranks)
    model.train(Batch(**batch(ranks.rank)), np.random.default_rng(0), LR, COEFS)
    return {"m": model.state()["m"]}


FAST, TARGET_KL = 5 * LR, 0.1
"""With this rate, the mean of the ranks' estimates exceeds 1.5 times this after four steps."""


def update(ranks: Team) -> Arrays:
    """A whole update: the parameters, and what is logged of it."""
    return _trained(settings(3, 2), ranks, LR)


def ended_update(ranks: Team) -> Arrays:
    """The same, ended early."""
    return _trained(settings(3, 2, target_kl=TARGET_KL), ranks, FAST)


def _trained(config: Config, ranks: Team, lr: float) -> Arrays:
    model = Model(*start(), config, ranks)
    logged = model.train(Batch(**batch(ranks.rank)), np.random.default_rng(ranks.rank), lr, COEFS)
    return {f"params.{k.replace('/', '.')}": v for k, v in model.params.items()} | {
        f"logged.{k}": np.array(v) for k, v in logged.items()
    }


def failures(ranks: Team) -> Arrays:
    """What each rank is told when another one fails, and when they differ."""
    told = []
    for culprits in ([1], [0], [0, 1]):
        try:
            with ranks.united():
                if ranks.rank in culprits:
                    raise UserError(f"--env: {ranks.rank} is wrong")
        except UserError as error:
            told.append(str(error))
    with ranks.united():
        pass
    told += [ranks.unlike("same"), ranks.unlike(str(ranks.rank))]
    return {"told": np.array(told)}


def without_files(flags: list[str]) -> list[str]:
    """The flags of a run that is not to write anything."""
    return [flag for flag in flags if not flag.startswith(("--save_path=", "--log_path="))]


def drifted(flags: list[str]) -> Arrays:
    """What is told of a run in which the second rank's statistics are changed a little."""
    exchange = SharedStatistics.exchange

    def drift(shared: SharedStatistics) -> None:
        exchange(shared)
        statistics = shared.normalizer.obs_rms
        statistics.mean = statistics.mean + 1e-15 * shared.team.rank

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Drifted) as end:
        patch.setattr(SharedStatistics, "exchange", drift)
        run.main(without_files(flags))
    return {"drifted": np.array(outcome(end.value))}


def unmeasured(flags: list[str]) -> Arrays:
    """What is told where the first rank cannot make a task to measure the policy with."""

    def only_one(*_: Any) -> None:
        raise UserError("--env: only one")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(UserError) as end:
        patch.setattr(while_training, "make_task", only_one)
        run.main([*without_files(flags), "--eval_interval=1"])
    return {"unmeasured": np.array(str(end.value))}


BAD_INPUT: dict[str, tuple[list[str], list[str], str]] = {
    "an unknown task": (
        ["--env=CartPol-v1"], [], "--env: unknown environment 'CartPol-v1'; did you mean"
    ),
    "three ranks": (
        ["--num_ranks=3"], [], "--num_ranks: 3 processes were to train together, but mpiexec"
    ),
    "no number": (["--nsteps=abc"], [], "--nsteps: must be a whole number"),
    "another seed": (
        [], ["--seed=1"], "mpiexec: rank 1, unlike rank 0, would start from other settings"
    ),
}  # fmt: skip
"""Flags of both ranks, those of the second one besides, and what is told."""


def as_array(done: Done) -> np.ndarray:
    return np.array([str(done.returncode), done.stdout, done.stderr])


def refused(ranks: Team, flags: list[str], folder: Path) -> Arrays:
    """How the command ends with bad input, by case."""
    places = [f"--save_path={folder}/models", f"--log_path={folder}/logs"]
    return {
        f"refused.{case}": as_array(
            ended("baselines.run", [*flags, *places, *of_both, *(of_second if ranks.rank else [])])
        )
        for case, (of_both, of_second, _) in BAD_INPUT.items()
    }


def newest_update(folder: Path) -> int:
    """That of the newest state of a run in a folder; 0 where there is none."""
    return max([int(p.name) for p in (folder / "models" / "resume").glob("?????")], default=0)


def stopped(ranks: Team, flags: list[str], folder: Path) -> Arrays:
    """How a killed run goes on and ends when the second rank is sent SIGTERM, two updates later."""
    places = [f"--save_path={folder}/models", f"--log_path={folder}/logs"]
    with pytest.MonkeyPatch.context() as patch:
        if ranks.rank:
            _signal_after(patch, newest_update(folder) + 2, signal.SIGTERM)
        return {"stopped": as_array(ended("baselines.run", [*flags, *places, "--resume"]))}


FAULTY = """
import os
import gymnasium as gym
import numpy as np
from gymnasium.envs.classic_control import CartPoleEnv

class Burning(CartPoleEnv):
    age = 0

    def step(self, action):
        obs, *rest = super().step(action)
        Burning.age += os.environ["PMI_RANK"] == "1"
        if Burning.age == 250:
            raise RuntimeError("the motor is on fire")
        return obs * np.float32(np.nan if Burning.age == 150 else 1), *rest

gym.register("Burning-v0", Burning)
"""
"""On the second rank the 150th step is not finite, and the 250th fails."""


def burn(flags: list[str]) -> None:
    """Train in the faulty task, whose module is found where this process was started."""
    sys.path.append("")
    faults = ["--env=faulty:Burning-v0", "--on_divergence=rollback"]
    sys.argv[1:] = [*flags, *faults, "--save_path=burnt/models", "--log_path=burnt/logs"]
    run_command(run.main, run.PROGRAM)


def main(folder: Path, flags: list[str]) -> None:
    ranks = team()
    results = {"size": np.array(ranks.size), "cores": np.array(ranks.cores)}
    for part in (statistics, first_step, update, ended_update, failures):
        results |= {f"{part.__name__}.{name}": value for name, value in part(ranks).items()}
    with updates_compiled_once():
        run.main(flags)
        results |= drifted(flags) | unmeasured(flags)
        results |= refused(ranks, flags, folder / "refused")
        if (folder / "killed").exists():
            results |= stopped(ranks, flags, folder / "killed")
        results["keras"] = np.array("keras" in sys.modules)
        np.savez(folder / f"rank{ranks.rank}.npz", **results)  # type: ignore[arg-type]
        burn(flags)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
