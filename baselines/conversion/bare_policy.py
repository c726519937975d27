"""The networks in another program's file, as a policy that has no statistics to normalise with."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from baselines.common.errors import UserError
from baselines.common.networks.arrays import ACTIVATIONS
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.spaces import policy_for
from baselines.common.vec_env.answers import close_task, spaces_of
from baselines.common.vec_env.tasks import make_task
from baselines.conversion.limits import Refused, plain
from baselines.conversion.names import Arrays, Networks, find_networks
from baselines.conversion.reading import SB3_STATISTICS, Foreign

ACTIVATION = "tanh"
"""Of hidden layers whose file does not name one: that of Baselines."""


def bare_policy(foreign: Foreign, path: str, where: str) -> tuple[PlainPolicy, Arrays]:
    """The policy in a file that tells all by itself, and its variables under our names.

    Messages name the file at `path`; they begin with `where`, the argument that named it.

    Raises:
        UserError: it holds no policy, or only the user can say what its variables are.
    """
    networks = networks_in(foreign, path, where)
    activation = told_activation(foreign, path, where)
    if activation is None and "activation" in foreign.facts:
        raise UserError(
            f"{where}: {path} does not tell the activation of its layers; convert it with"
            " python -m baselines.convert, whose --activation says it"
        )
    if networks.unknown:
        raise UserError(
            f"{where}: {path} holds more than a policy, such as {plain(networks.unknown[0])};"
            " python -m baselines.convert takes over the policy alone"
        )
    return networks.policy(activation or ACTIVATION), networks.params


def told_activation(foreign: Foreign, path: str, where: str) -> str | None:
    """The activation that a file names; None: none, or (`Foreign.facts` has it as None) hidden.

    Raises:
        UserError: it is not known here.
    """
    told: str | None = foreign.facts.get("activation")
    if told is not None and told not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise UserError(f"{where}: {path} has the activation {plain(told)}; known here are {known}")
    return told


def networks_in(
    foreign: Foreign, path: str, where: str, pi_scope: str = "", vf_scope: str = ""
) -> Networks:
    """Policy and value function of a file; the scopes as in `find_networks`.

    Raises:
        UserError: they are not there, cannot be told apart, or have no match here.
    """
    if foreign.kind == SB3_STATISTICS:
        raise UserError(
            f"{where}: {path} holds statistics only, and no policy;"
            " python -m baselines.convert takes it as --normalize"
        )
    try:
        return find_networks(foreign.arrays, pi_scope, vf_scope)
    except Refused as error:
        raise UserError(f"{where}: {path} {error}") from None


def spaces_of_task(
    policy: PlainPolicy, path: str, env_id: str, kwargs: dict[str, Any], flag: str
) -> tuple[spaces.Space, spaces.Space]:
    """The spaces of observations and actions of a task, which the policy in the file must fit.

    Messages name the file at `path`, and the flag that names the task.

    Raises:
        UserError: there is no such task, or it has other sizes.
    """
    env = make_task(env_id, kwargs, flag)
    found = spaces_of(env)
    close_task(env)
    try:
        needed = policy_for(*found, policy.spec, policy.pi_scope, policy.vf_scope)
    except ValueError as error:
        raise UserError(f"--{flag}: {env_id} cannot be learned: {error}") from None
    if needed != policy:
        raise UserError(
            f"--{flag}: {env_id} has {_sizes(needed)}, and the policy in {path} has"
            f" {_sizes(policy)}"
        )
    return found


def _sizes(policy: PlainPolicy) -> str:
    kind = "Box" if isinstance(policy.distribution, DiagGaussian) else "Discrete"
    return f"{policy.obs_size} observations and {policy.distribution.num_outputs} {kind} actions"
