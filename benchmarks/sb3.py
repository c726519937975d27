"""PPO of Stable-Baselines3 on the same task with the same settings, one iteration at a time.

The library is an optional extra; this module can be imported without it.
"""

from __future__ import annotations

import time
from functools import partial
from importlib import metadata
from importlib.util import find_spec
from typing import Any

import gymnasium as gym

from baselines.common.errors import UserError
from baselines.common.vec_env.running_stats import CLIP
from baselines.common.vec_env.tasks import make_task
from baselines.config import Config

NAME = "stable-baselines3"
MODULES = ("stable_baselines3", "torch")
VEC_ENVS = ("DummyVecEnv", "SubprocVecEnv")
"""Its ways to step several environments: one after the other, or in a process each."""


def require_installed() -> None:
    """Raises UserError, with what to type, where the library is missing."""
    if not all(find_spec(module) for module in MODULES):
        raise UserError(
            f"--baseline: {NAME} is not installed; install it with"
            " python -m pip install -e '.[benchmark]'"
        )


def versions() -> dict[str, str]:
    """Versions of the library and of what it computes with."""
    return {package: metadata.version(package) for package in (NAME, "torch")}


def torch_threads() -> int:
    """Threads of an operation, as torch chose them."""
    import torch

    return int(torch.get_num_threads())


def _monitored_task(env: str, arguments: dict[str, Any]) -> gym.Env:
    from stable_baselines3.common.monitor import Monitor

    return Monitor(make_task(env, arguments))


class PPO:
    """The library's PPO, which pauses after each iteration.

    As it comes: on the processor, with as many threads as torch chooses, and with the wrapper
    around each environment that counts returns.
    """

    def __init__(self, config: Config, vec_env: str) -> None:
        """Make the environments, one of `VEC_ENVS`, and the model."""
        import stable_baselines3
        import torch
        from stable_baselines3.common import vec_env as library

        task = partial(_monitored_task, config.env, config.env_arguments)
        self._envs = library.VecNormalize(
            getattr(library, vec_env)([task] * config.num_env),
            gamma=config.gamma, clip_obs=CLIP, clip_reward=CLIP,
        )  # fmt: skip
        layers = [config.num_hidden] * config.num_layers
        activations = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
        self._model = stable_baselines3.PPO(
            "MlpPolicy", self._envs, device="cpu", seed=config.seed,
            n_steps=config.nsteps, batch_size=config.nbatch // config.nminibatches,
            n_epochs=config.noptepochs, gamma=config.gamma, gae_lambda=config.lam,
            learning_rate=config.lr, clip_range=config.clip_range,
            clip_range_vf=config.clip_range, ent_coef=config.ent_coef, vf_coef=config.vf_coef,
            max_grad_norm=config.max_grad_norm,
            policy_kwargs={
                "net_arch": {"pi": layers, "vf": layers},
                "activation_fn": activations[config.activation],
                "ortho_init": True,
            },
        )  # fmt: skip
        self._steps = config.nbatch
        self._name = vec_env

    def iteration(self) -> dict[str, float]:
        """Seconds of the next iteration and of its collecting, by the vectorised environment."""
        collecting = _rollout_clock()
        start = time.perf_counter()
        self._model.learn(
            self._steps, callback=collecting, reset_num_timesteps=self._model.num_timesteps == 0
        )
        whole = time.perf_counter() - start
        parts = {"collect": collecting.seconds, "update": whole - collecting.seconds}
        return {sample_name(self._name, k): v for k, v in (parts | {"iteration": whole}).items()}

    def close(self) -> None:
        """Close the environments."""
        self._envs.close()


def sample_name(vec_env: str, part: str) -> str:
    """What a time of `PPO.iteration` is called."""
    return f"{vec_env} {part}"


def _rollout_clock() -> Any:
    """A callback whose `seconds` is the time between a rollout's start and its end."""
    from stable_baselines3.common.callbacks import BaseCallback

    class RolloutClock(BaseCallback):
        seconds = 0.0

        def _on_rollout_start(self) -> None:
            self.seconds -= time.perf_counter()

        def _on_rollout_end(self) -> None:
            self.seconds += time.perf_counter()

        def _on_step(self) -> bool:
            return True

    return RolloutClock()
