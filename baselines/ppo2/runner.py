"""Rollouts, and generalised advantage estimation (Schulman et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.divergence import check_finite
from baselines.common.trees import Tree
from baselines.common.vec_env import Episode, VecNormalize
from baselines.config import Config
from baselines.ppo2.model import Model


@dataclass(frozen=True)
class Batch:
    """One rollout, environment by environment: sample n is step n mod T of environment n // T.

    Attributes:
        obs: normalised observations, float32 of [T·B, d].
        actions: float32 of [T·B, k] for `Box`, int64 of [T·B] for `Discrete`.
        returns: advantages + values, the value function's targets, float32 of [T·B].
        advantages: GAE(λ), float32 of [T·B].
        values: V(s) when the sample was taken, float32 of [T·B].
        neglogp: negative log-likelihood of the action when it was taken, float32 of [T·B].
        episodes: the episodes that ended during the rollout.
    """

    obs: np.ndarray
    actions: np.ndarray
    returns: np.ndarray
    advantages: np.ndarray
    values: np.ndarray
    neglogp: np.ndarray
    episodes: list[Episode]


def gae(
    rewards: np.ndarray,
    values: np.ndarray,
    dones: np.ndarray,
    last_values: np.ndarray,
    gamma: float,
    lam: float,
) -> np.ndarray:
    """Advantages by GAE(λ), Schulman et al. 2016, equation 16.

    Args:
        rewards: float of [T, B].
        values: V(s_t), float of [T, B].
        dones: whether step t ended its episode, bool of [T, B].
        last_values: V(s_T), float of [B].
        gamma: discount γ.
        lam: λ.

    Returns:
        float32 of [T, B].
    """
    alive = 1.0 - dones
    next_values = np.concatenate([values[1:], last_values[None]])
    deltas = rewards + gamma * alive * next_values - values
    decay = gamma * lam * alive
    columns = zip(deltas.T[:, ::-1].tolist(), decay.T[:, ::-1].tolist(), strict=True)
    return np.array([_accumulated(*column)[::-1] for column in columns], np.float32).T


def _accumulated(deltas: list[float], decay: list[float]) -> list[float]:
    """x_t = deltas_t + decay_t · x_{t−1}; on plain floats, which NumPy's take ten times as long."""
    result, carried = [], 0.0
    for delta, factor in zip(deltas, decay, strict=True):
        carried = delta + factor * carried
        result.append(carried)
    return result


def _by_environment(x: np.ndarray) -> np.ndarray:
    """[T, B, ...] to [B·T, ...]."""
    return x.swapaxes(0, 1).reshape(-1, *x.shape[2:])


class Runner:
    """Collects rollouts of `nsteps` in each environment, going on where the last one ended.

    Begun by `start` or by `restore`.
    """

    def __init__(
        self, envs: VecNormalize, model: Model, config: Config, rng: np.random.Generator
    ) -> None:
        self._envs = envs
        self._model = model
        self._config = config
        self._rng = rng
        self._obs: np.ndarray

    def start(self) -> None:
        """Begin with new episodes."""
        self._obs = self._envs.reset()

    def state(self) -> Tree:
        """Where the environments are, and what they were last seen to be."""
        return {"obs": self._obs, "environments": self._envs.state()}

    def restore(self, state: Tree) -> None:
        """The inverse of `state`: begin where another runner was.

        Raises:
            DAMAGE: the state is that of other environments.
        """
        self._obs = checked_arrays(state, {"obs": self._envs.obs_shape})["obs"].astype(np.float32)
        self._envs.restore(state["environments"])

    def run(self) -> Batch:
        """Collect one batch with the model as it stands.

        Raises:
            Diverged: an observation, a reward or a statistic of them is not finite.
        """
        steps, (num_env, obs_size) = self._config.nsteps, self._obs.shape
        noise = self._model.policy.distribution.noise(self._rng, (steps, num_env))
        obs = np.empty((steps, num_env, obs_size), np.float32)
        rewards = np.empty((steps, num_env))
        dones = np.empty((steps, num_env), bool)
        actions = []
        episodes: list[Episode] = []
        for t in range(steps):
            obs[t] = self._obs
            actions.append(self._model.step(self._obs, noise[t]))
            self._obs, rewards[t], dones[t], ended = self._envs.step(actions[t])
            episodes += ended
        check_finite("the observations are", obs)
        check_finite("the rewards are", rewards)
        normalized = self._envs.normalize_rewards(rewards, dones)
        return self._batch(obs, np.stack(actions), normalized, dones, episodes)

    def _batch(
        self,
        obs: np.ndarray,
        actions: np.ndarray,
        rewards: np.ndarray,
        dones: np.ndarray,
        episodes: list[Episode],
    ) -> Batch:
        """What the update needs; values and likelihoods are cheaper at once than step by step."""
        steps, num_env = rewards.shape
        flat_obs, flat_actions = _by_environment(obs), _by_environment(actions)
        flat_values = self._model.value(flat_obs)
        values = flat_values.reshape(num_env, steps).T
        last_values = self._model.value(self._obs)
        advantages = _by_environment(
            gae(rewards, values, dones, last_values, self._config.gamma, self._config.lam)
        )
        neglogp = self._model.neglogp(flat_obs, flat_actions)
        return Batch(
            flat_obs,
            flat_actions,
            advantages + flat_values,
            advantages,
            flat_values,
            neglogp,
            episodes,
        )
