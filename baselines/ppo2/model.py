"""The model: a policy with its variables, laid out in one flat vector, and Adam's moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.common.checkpoint import checked_arrays, digest
from baselines.common.errors import check_finite
from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.policy import Policy
from baselines.common.team import ALONE, Team
from baselines.common.trees import count
from baselines.config import Config
from baselines.ppo2.update_inputs import (
    AdamState,
    Batch,
    LossInputs,
    UpdateInputs,
    UpdateSettings,
)

if TYPE_CHECKING:
    from baselines.ppo2.update import Update


class Layout:
    """Where each variable lies in the flat vector; variables stand in the order of their names.

    The optimiser sees one vector, the networks see names. One vector makes Adam, the gradient norm,
    a checkpoint and a copy between NumPy and TensorFlow one operation each.

    Attributes:
        shapes: of the variables by name, in their order.
        size: length of the flat vector.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes = {name: tuple(shapes[name]) for name in sorted(shapes)}
        self._slices: dict[str, slice] = {}
        self.size = 0
        for name, shape in self.shapes.items():
            end = self.size + int(np.prod(shape, dtype=int))
            self._slices[name] = slice(self.size, end)
            self.size = end

    def pack(self, params: Params) -> np.ndarray:
        """The variables of this layout, picked from `params` by name, as float32 of [size].

        Raises:
            KeyError: a variable is missing.
            ValueError: a variable has another shape.
        """
        flat = np.empty(self.size, np.float32)
        for name, shape in self.shapes.items():
            if np.shape(params[name]) != shape:
                raise ValueError(f"{name} has shape {np.shape(params[name])}, not {shape}")
            flat[self._slices[name]] = np.ravel(params[name])
        return flat

    def unpack(self, flat: Array) -> dict[str, Array]:
        """The variables by name; views, when `flat` is a NumPy array."""
        return {
            name: arrays.reshape(flat[self._slices[name]], shape)
            for name, shape in self.shapes.items()
        }


class Model:
    """A policy in training.

    Acting is plain NumPy on views of the flat parameter vector; learning is one compiled
    TensorFlow function, built at the first `train`, and with several ranks two and a loop.

    Attributes:
        policy: the policy; `reduce_to` puts another in its place.
        params: its trainable variables by name, views of one float32 vector; `train` makes a new
            one.
        step: actions sampled for normalised observations [B, d], shaped from noise.
        adam_steps: how many steps Adam has taken.
    """

    def __init__(
        self, policy: Policy, params: dict[str, np.ndarray], config: Config, team: Team = ALONE
    ) -> None:
        self._config = config
        self._team = team
        self.adam_steps = 0
        self._adopt(policy, params)
        self._m = np.zeros_like(self._flat)
        self._v = np.zeros_like(self._flat)

    def _adopt(self, policy: Policy, params: dict[str, np.ndarray]) -> None:
        self.policy = policy
        self._layout = Layout(policy.shapes())
        self._update: Update | None = None
        self._set_flat(self._layout.pack(params))

    def _set_flat(self, flat: np.ndarray) -> None:
        self._flat = flat
        self.params = self._layout.unpack(flat)
        self.step = self.policy.actor(self.params)

    def reduce_to(self, policy: Policy) -> None:
        """Go on with a policy whose variables are some of the present ones.

        Values and Adam's moments of those are kept, the others are dropped.

        Raises:
            KeyError: a variable of the new policy is not there.
        """
        m, v = self._layout.unpack(self._m), self._layout.unpack(self._v)
        self._adopt(policy, self.params)
        self._m, self._v = self._layout.pack(m), self._layout.pack(v)

    def state(self) -> dict[str, Any]:
        """Adam's moments, float32 of the length of the flat vector, and its count of steps."""
        return {"m": self._m, "v": self._v, "adam_steps": self.adam_steps}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`, for a model of the same policy.

        Raises:
            DAMAGE: the state is that of another policy.
        """
        moments = checked_arrays(state, dict.fromkeys("mv", self._flat.shape))
        self._m, self._v = (moments[name].astype(np.float32) for name in "mv")
        self.adam_steps = count(state["adam_steps"])

    def digest(self) -> str:
        """A hash of the variables and of Adam's moments."""
        return digest((self._flat, self._m, self._v))

    def value(self, obs: np.ndarray) -> np.ndarray:
        """Values [B], in units of the normalised return, of normalised observations [B, d]."""
        return self.policy.value(self.params, obs)

    def neglogp(self, obs: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Negative log-likelihood in nats, [B], of actions under the policy as it stands."""
        return self.policy.distribution.neglogp(self.policy.pi(self.params, obs), actions)

    def train(
        self, batch: Batch, rng: np.random.Generator, lr: float, coefs: dict[str, float]
    ) -> dict[str, float]:
        """One update: `noptepochs` passes over the batch in `nminibatches` each.

        Args:
            batch: the rollout, N samples.
            rng: draws the order of the samples, anew in each epoch.
            lr: Adam's learning rate.
            coefs: coefficients of the policy's own losses by name, of all of them.

        Returns:
            The losses and other metrics, averaged over the minibatches.

        Raises:
            Diverged: a loss, the gradient's norm or a parameter is not finite.
        """
        config = self._config
        epochs = [
            rng.permutation(len(batch.obs)).astype(np.int32) for _ in range(config.noptepochs)
        ]
        order = np.reshape(epochs, (config.noptepochs * config.nminibatches, -1))
        inputs = UpdateInputs(
            adam_steps=np.float32(self.adam_steps),
            batch=batch,
            order=order,
            lr=np.float32(lr),
            loss=LossInputs(
                clip_range=np.float32(config.clip_range),
                kl_coef=np.float32(config.kl_coef),
                coefs={name: np.float32(coef) for name, coef in coefs.items()},
            ),
        )
        state, logged = self._compiled()(AdamState(self._flat, self._m, self._v), inputs)
        metrics = {name: float(value) for name, value in logged.items()}
        for name, metric in metrics.items():
            check_finite(f"{name} is", metric)
        flat, self._m, self._v = map(np.array, state)
        check_finite("the parameters are", flat)
        self._set_flat(flat)
        self.adam_steps += int(metrics.get("minibatches", len(order)))
        return metrics

    @property
    def is_compiled(self) -> bool:
        """Whether `train` was called for the present policy, and need not be compiled any more."""
        return self._update is not None

    def _compiled(self) -> Update:
        if self._update is None:
            # Only now, since it loads TensorFlow.
            from baselines.ppo2.update import compile_update

            config = self._config
            settings = UpdateSettings(
                config.vf_coef, config.ent_coef, config.max_grad_norm, config.target_kl
            )
            what = self.policy, self._layout.unpack, settings, config.xla
            if self._team.size == 1:
                self._update = compile_update(*what)
            else:
                from baselines.ppo2.joint_update import joint_update

                self._update = joint_update(*what, self._team)
        return self._update
