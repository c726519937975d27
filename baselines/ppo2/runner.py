"""Rollouts: the policy acts in the environments, which gives the batch of an update.

The advantages are those of generalised advantage estimation, `gae`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.errors import check_finite
from baselines.common.team import Team
from baselines.common.trees import Tree
from baselines.common.vec_env.vec_env import Episode, VecNormalize
from baselines.config import Config
from baselines.ppo2.model import Model
from baselines.ppo2.update_inputs import Batch


def of_all_ranks(
    batch: Batch, episodes: list[Episode], team: Team
) -> tuple[np.ndarray, np.ndarray, list[Episode]]:
    """The parts of a rollout that are logged, of all ranks, rank by rank.

    Returns:
        The values and the returns of `Batch`, and the episodes that ended.
    """
    values, returns, ended = zip(*team.gather((batch.values, batch.returns, episodes)), strict=True)
    return np.concatenate(values), np.concatenate(returns), [e for part in ended for e in part]


def explained_variance(values: np.ndarray, returns: np.ndarray) -> float:
    """1 − var(R − V) / var R: 1 is perfect, 0 no better than a constant; NaN if R is constant.

    Both arguments are float32 of [N], in units of the normalised return.
    """
    if np.ptp(returns) == 0:
        return float("nan")
    return float(1 - (returns - values).var() / returns.var())


def _by_environment(x: np.ndarray) -> np.ndarray:
    """[T, B, ...] to [T·B, ...], one environment after the other."""
    return x.swapaxes(0, 1).reshape(-1, *x.shape[2:])


@dataclass
class _Rollout:
    """A rollout of T steps of B environments, filled step by step and group by group.

    Attributes:
        noise: of the actions, float32 of [T, B, n] (`Distribution.noise`).
        obs: normalised observations, float32 of [T, B, d].
        rewards: raw rewards, float64 of [T, B].
        dones: whether the step ended an episode, bool of [T, B].
        actions: of each step and group, in their order.
        episodes: the episodes that ended.
    """

    noise: np.ndarray
    obs: np.ndarray
    rewards: np.ndarray
    dones: np.ndarray
    actions: list[np.ndarray] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)


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
        """Begin with new episodes.

        Raises:
            Diverged: an observation or a statistic of them is not finite.
        """
        self._obs = self._envs.reset()

    def state(self) -> Tree:
        """The states of the environments, and their last observations."""
        return {"obs": self._obs, "environments": self._envs.state()}

    def restore(self, state: Tree) -> None:
        """The inverse of `state`: begin where another runner was.

        Raises:
            DAMAGE: the state is that of other environments.
        """
        self._obs = checked_arrays(state, {"obs": self._envs.obs_shape})["obs"].astype(np.float32)
        self._envs.restore(state["environments"])

    def run(self) -> tuple[Batch, list[Episode]]:
        """Collect one batch with the model as it stands.

        Returns:
            It, and the episodes that ended.

        Raises:
            Diverged: an observation, a reward or a statistic of them is not finite.
        """
        steps, (num_env, obs_size) = self._config.nsteps, self._obs.shape
        rollout = _Rollout(
            noise=self._model.policy.distribution.noise(self._rng, (steps, num_env)),
            obs=np.zeros((steps, num_env, obs_size), np.float32),
            rewards=np.zeros((steps, num_env)),
            dones=np.empty((steps, num_env), bool),
        )
        try:
            for t in range(steps):
                for group in self._envs.groups:
                    if t:
                        self._observe(rollout, t - 1, group)
                    self._act(rollout, t, group)
            for group in self._envs.groups:
                self._observe(rollout, steps - 1, group)
        finally:  # a task may fail over what is not finite
            check_finite("the observations are", rollout.obs)
            check_finite("the rewards are", rollout.rewards)
        return self._batch(rollout), rollout.episodes

    def _act(self, rollout: _Rollout, t: int, group: slice) -> None:
        obs = rollout.obs[t, group] = self._obs[group]
        actions = self._model.step(obs, rollout.noise[t, group])
        rollout.actions.append(actions)
        self._envs.step_async(actions, group)

    def _observe(self, rollout: _Rollout, t: int, group: slice) -> None:
        obs, rewards, dones, ended = self._envs.step_wait(group)
        self._obs[group], rollout.rewards[t, group], rollout.dones[t, group] = obs, rewards, dones
        rollout.episodes += ended

    def _batch(self, rollout: _Rollout) -> Batch:
        """The batch; values and likelihoods are cheaper at once than step by step."""
        steps, num_env = rollout.rewards.shape
        rewards = self._envs.normalize_rewards(rollout.rewards, rollout.dones)
        actions = np.concatenate(rollout.actions)
        actions = actions.reshape(steps, num_env, *actions.shape[1:])
        flat_obs, flat_actions = _by_environment(rollout.obs), _by_environment(actions)
        flat_values = self._model.value(flat_obs)
        values = flat_values.reshape(num_env, steps).T
        last_values = self._model.value(self._obs)
        advantages = _by_environment(
            gae(rewards, values, rollout.dones, last_values, self._config.gamma, self._config.lam)
        )
        neglogp = self._model.neglogp(flat_obs, flat_actions)
        return Batch(
            obs=flat_obs,
            actions=flat_actions,
            returns=advantages + flat_values,
            advantages=advantages,
            values=flat_values,
            neglogp=neglogp,
        )


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
        rewards: normalised rewards r_t, float of [T, B].
        values: V(s_t), in units of the normalised return, float of [T, B].
        dones: whether step t ended its episode, bool of [T, B].
        last_values: V(s_T), float of [B].
        gamma: discount γ.
        lam: λ.

    Returns:
        float32 of [T, B], in units of the normalised return.
    """
    alive = 1.0 - dones
    next_values = np.concatenate([values[1:], last_values[None]])
    deltas = rewards + gamma * alive * next_values - values
    decay = gamma * lam * alive
    columns = zip(deltas.T.tolist(), decay.T.tolist(), strict=True)
    return np.array([_accumulated(*column) for column in columns], np.float32).T


def _accumulated(deltas: list[float], decay: list[float]) -> list[float]:
    """A_t = δ_t + decay_t A_{t+1} of one environment, from the last step back, where A_T is 0.

    On plain floats, since NumPy's take ten times as long.
    """
    advantages, following = [], 0.0
    for delta, factor in zip(reversed(deltas), reversed(decay), strict=True):
        following = delta + factor * following
        advantages.append(following)
    return advantages[::-1]
