"""MLPP, "MLP pre-trained": a policy that starts from a teacher's hidden weights.

MIKT is compared with it (Wan et al. 2020; the name is that of Wang et al. 2018, NerveNet). Nothing
is frozen and nothing is mixed in: after its start the policy is trained as one from scratch.
"""

from __future__ import annotations

import numpy as np

from baselines.common.policies import MlpPolicy
from baselines.transfer.teacher import Teacher


def copied_layers(teacher: Teacher, body: MlpPolicy) -> dict[str, np.ndarray]:
    """The teacher's hidden layers after the first, of policy and value side.

    The first layer, the output layer and log σ are not among them: their sizes are those of the
    task's observations and actions, and those have changed.

    Args:
        teacher: of the same `MlpSpec` as `body`.
        body: the policy that is to start from them.

    Returns:
        Weights and biases under the names that they have in `body`.
    """
    theirs, own = teacher.policy, body
    copied: dict[str, np.ndarray] = {}
    for source, target in ((theirs.pi_scope, own.pi_scope), (theirs.vf_scope, own.vf_scope)):
        names = zip(theirs.spec.layer_names(source), own.spec.layer_names(target), strict=True)
        for old, new in list(names)[1:]:
            copied |= {f"{new}/{part}": teacher.params[f"{old}/{part}"] for part in ("w", "b")}
    return copied
