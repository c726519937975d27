"""Surgery: a policy that starts as its teacher, in the parts that both bodies have.

A trained policy is carried over to other observations and actions, and at first it acts as before
(Berner et al. 2019, arXiv 1912.06680, appendix B; Raiman et al. 2019, arXiv 1912.06719). MLPP draws
the first and the last layer afresh, whose sizes have changed. Here they are copied too, entry by
entry, by the names of joints and bodies (`correspondence`):

- the weights of an entry of the observation that the teacher does not have are 0;
- so are those of a motor that the teacher does not have, and its mean is 0.

Where the teacher's body is found in several places of the student's, the first counts. σ is that
of the student's start, and the statistics of the observations begin with the teacher's. After its
start the policy is trained as one from scratch.
"""

from __future__ import annotations

import numpy as np

from baselines.common.errors import UserError
from baselines.common.networks.networks import Mlp
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.seeding import Streams
from baselines.config import Config
from baselines.transfer.method import NETWORK_SETTINGS, Beginning, TransferMethod
from baselines.transfer.pretrained import check
from baselines.transfer.teachers.correspondence import Window, motor_matrix, selection
from baselines.transfer.teachers.places import known_statistics, placed_teachers
from baselines.transfer.teachers.teacher import Teacher


def carried_over(teacher: Teacher, window: Window, plain: PlainPolicy) -> dict[str, np.ndarray]:
    """Variables with which a policy acts, and values states, as its teacher does in a window.

    Args:
        teacher: of the same `NetworkSpec` as `plain`, an MLP.
        window: the place of the teacher's body.
        plain: the policy that is to start from them.

    Returns:
        The variables of all layers of both sides, under the names that they have in `plain`; σ is
        not among them.
    """
    old, network = teacher.policy, plain.network
    assert isinstance(network, Mlp)
    entries = selection(window.entries, plain.obs_size)
    motors = motor_matrix(window, plain.distribution.num_outputs, old.distribution.num_outputs)
    carried: dict[str, np.ndarray] = {}
    for scope, its_scope, head, outputs in (
        (plain.pi_scope, old.pi_scope, "pi", motors),
        (plain.vf_scope, old.vf_scope, "vf", np.eye(1, dtype=np.float32)),
    ):
        layers, its_layers = (
            [*network.layer_names(name), f"{name}/{head}"] for name in (scope, its_scope)
        )
        for layer, its_layer in zip(layers, its_layers, strict=True):
            for part in ("w", "b"):
                carried[f"{layer}/{part}"] = teacher.params[f"{its_layer}/{part}"]
        carried[f"{layers[0]}/w"] = entries @ carried[f"{layers[0]}/w"]
        for part in ("w", "b"):
            carried[f"{layers[-1]}/{part}"] = carried[f"{layers[-1]}/{part}"] @ outputs
    return carried


def start(
    plain: PlainPolicy, teachers: tuple[Teacher, ...], config: Config, random: Streams
) -> Beginning:
    """The student's own networks, starting as the teacher's.

    Raises:
        UserError: the networks are no MLPs, actions are not vectors, entries have no names, or the
            teacher shares no motor.
    """
    if type(plain.network) is not Mlp:  # a subclass may compute something else
        raise UserError(
            f"--network: {config.network}, and --transfer=surgery knows only the layers of an mlp"
        )
    [(teacher, [window, *_])] = placed_teachers(plain, teachers, config, random)
    params = plain.init(random.init) | carried_over(teacher, window, plain)
    return Beginning(plain, params, known_statistics(plain.obs_size, [(teacher, [window])]))


SURGERY = TransferMethod(
    start=start,
    in_common=NETWORK_SETTINGS,
    settings=("teacher_weights",),
    check=check,
)
