"""A policy on its way to another program: what the files of all of them are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.described_spaces import first_action
from baselines.common.vec_env.saved_policy import SavedPolicy

UNKNOWN_NETWORK = (
    "has another network than mlp, or is of a transfer method from outside and unfinished; other"
    " programs know neither"
)


@dataclass(frozen=True)
class Outgoing(SavedPolicy):
    """A policy without teachers: MLPs in the scopes `pi` and `vf`."""

    policy: PlainPolicy

    def hidden_layers(self, scope: str) -> list[str]:
        """Names of the hidden layers of `pi` or `vf`."""
        return [f"{scope}/mlp_fc{i}" for i in range(self.policy.spec.num_layers)]

    @property
    def first_action(self) -> int:
        """Number of the first `Discrete` action."""
        return first_action(self.metadata["action_space"])

    @property
    def origin(self) -> dict[str, Any]:
        """The origin of the policy, for the file."""
        facts = {name: self.metadata.get(name, 0) for name in ("update", "timesteps")}
        return {"env": self.metadata["env"]["id"]} | facts


def outgoing(saved: SavedPolicy) -> Outgoing:
    """Make a policy ready to go.

    Raises:
        UserError: it still needs its teachers, or its network is no MLP.
    """
    policy = saved.policy.plain
    if not saved.is_alone:
        raise UserError(
            "CHECKPOINT: this student still needs its teachers, or what else its transfer method"
            " keeps; give a later one, such as the last of its run"
        )
    if policy.spec.network != "mlp":
        raise UserError(f"CHECKPOINT: it {UNKNOWN_NETWORK}")
    renamed = replace(policy, pi_scope="pi", vf_scope="vf")
    theirs, ours = policy.shapes(), renamed.shapes()
    named = {
        new: saved.params[old].reshape(ours[new]) for old, new in zip(theirs, ours, strict=True)
    }
    return Outgoing(renamed, named, saved.normalizer, saved.metadata)
