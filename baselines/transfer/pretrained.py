"""MLPP, "MLP pre-trained": a policy that starts from a teacher's hidden weights.

MIKT is compared with it (Wan et al. 2020; the name is that of Wang et al. 2018, NerveNet). Nothing
is frozen and nothing is mixed in: after its start the policy is trained as one from scratch.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from baselines.common.errors import UserError
from baselines.common.networks.networks import NetworkSpec
from baselines.common.networks.policies import PlainPolicy
from baselines.common.networks.variables import joined
from baselines.common.seeding import Streams
from baselines.config import Config
from baselines.transfer.method import TransferMethod
from baselines.transfer.teacher import Teacher


def copied_layers(teacher: Teacher, body: PlainPolicy) -> dict[str, np.ndarray]:
    """The teacher's hidden layers after the first, of policy and value side.

    The first layer, the output layer and log σ are not among them: their sizes are those of the
    task's observations and actions, and those have changed. Nor are other variables of another
    shape, in a network whose later layers read the observation too.

    Args:
        teacher: of the same `NetworkSpec` as `body`.
        body: the policy that is to start from them.

    Returns:
        Weights and biases under the names that they have in `body`.
    """
    old = teacher.policy
    copied: dict[str, np.ndarray] = {}
    for theirs, own in ((old.pi_scope, body.pi_scope), (old.vf_scope, body.vf_scope)):
        _, *layers = body.network.variables(own, body.obs_size)
        for name, variable in joined(layers).items():
            value = teacher.params[theirs + name.removeprefix(own)]
            if value.shape == variable.shape:
                copied[name] = value
    return copied


def start(
    body: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> tuple[PlainPolicy, dict[str, np.ndarray]]:
    """The student's own networks, starting from the hidden layers of the teacher."""
    (teacher,) = teachers
    return body, body.init(random.init) | copied_layers(teacher, body)


def check(config: Config) -> None:
    """Check the settings of a run.

    Raises:
        UserError: there are several teachers, or nothing could be copied, or would be kept.
    """
    if len(config.teacher_paths) > 1:
        raise UserError(
            "--teacher_paths: --transfer=mlpp copies the weights of one teacher; name one"
            f" file, not {len(config.teacher_paths)}"
        )
    if config.num_layers == 1:
        raise UserError(
            "--num_layers: --transfer=mlpp copies the hidden layers after the first; there"
            " must be at least 2, not 1"
        )
    if config.load_path:
        raise UserError(
            "--load_path: its weights would overwrite those that --transfer=mlpp copies;"
            " leave one of the two out"
        )


MLPP = TransferMethod(
    start=start, in_common=tuple(f.name for f in fields(NetworkSpec)), check=check
)
