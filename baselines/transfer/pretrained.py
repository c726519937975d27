"""MLPP, "MLP pre-trained": a policy that starts from all weights of a teacher's that fit.

MIKT is compared with it (Wan et al. 2020; the name is that of Wang et al. 2018, NerveNet). Nothing
is frozen and nothing is mixed in: after its start the policy is trained as one from scratch.
"""

from __future__ import annotations

import numpy as np

from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.seeding import Streams
from baselines.config import Config
from baselines.transfer.method import NETWORK_SETTINGS, Beginning, TransferMethod
from baselines.transfer.teachers.teacher import Teacher


def copied_variables(teacher: Teacher, plain: PlainPolicy) -> dict[str, np.ndarray]:
    """The teacher's variables whose shape is that of the variable of the same name in `plain`.

    As in the authors' code. If the observations have another size, the weights of the first layer
    are not copied; if the actions have, the policy's output layer and log σ are not.

    Args:
        teacher: of the same `NetworkSpec` as `plain`.
        plain: the policy that is to start from them.

    Returns:
        Variables of the policy and of the value function under the names that they have in `plain`.
    """
    old = teacher.policy
    scopes = {plain.pi_scope: old.pi_scope, plain.vf_scope: old.vf_scope}
    copied: dict[str, np.ndarray] = {}
    for own, theirs in scopes.items():
        for name, shape in plain.shapes().items():
            value = teacher.params.get(theirs + name.removeprefix(own))
            if name.startswith(f"{own}/") and value is not None and value.shape == shape:
                copied[name] = value
    return copied


def start(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Beginning:
    """The student's own networks, starting from what fits of the teacher's.

    Raises:
        UserError: another σ was asked for than the one that is copied.
    """
    (teacher,) = teachers
    copied = copied_variables(teacher, plain)
    if config.init_logstd and plain.distribution_variables().keys() & copied.keys():
        raise UserError(
            "--init_logstd: --transfer=mlpp copies the σ of the teacher, which has as many actions;"
            " leave it out"
        )
    return Beginning(plain, plain.init(random.init) | copied)


def check(config: Config) -> None:
    """Check the settings of a run.

    Raises:
        UserError: there are several teachers, or `load_path` would overwrite the copied weights.
    """
    if len(config.teacher_paths) > 1:
        raise UserError(
            f"--teacher_paths: --transfer={config.transfer} copies the weights of one teacher; name"
            f" one file, not {len(config.teacher_paths)}"
        )
    if config.load_path:
        raise UserError(
            f"--load_path: its weights would overwrite those that --transfer={config.transfer}"
            " copies; leave one of the two out"
        )


MLPP = TransferMethod(start=start, in_common=NETWORK_SETTINGS, check=check)
