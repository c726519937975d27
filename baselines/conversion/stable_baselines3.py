"""Policies and `VecNormalize` statistics of Stable-Baselines3, read without it and without torch.

A policy's zip holds `data`, a JSON text in which Python objects are pickled beside a readable
`repr`, of which only the latter is read; and `policy.pth`, a zip of its own with a pickle of the
variables' sizes and their bytes beside it.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from baselines.common.vec_env.running_stats import STATISTICS_SCOPE
from baselines.conversion.archives import read_zip
from baselines.conversion.limits import MALFORMED, Refused, plain
from baselines.conversion.numpy_data import array_of, is_shape
from baselines.conversion.pickles import Global, Instance, Persistent, parse

STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2"}

TORCH_ADMITTED = frozenset(
    {"torch._utils._rebuild_tensor_v2", "collections.OrderedDict"}
    | {f"torch.{storage}" for storage in STORAGES}
)

ACTIVATIONS = {
    ours: Global("torch.nn.modules.activation", theirs)
    for ours, theirs in {
        "tanh": "Tanh", "relu": "ReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU",
        "silu": "SiLU", "softplus": "Softplus", "softsign": "Softsign", "sigmoid": "Sigmoid",
    }.items()
}  # fmt: skip
"""Our activations by the classes there that are the same without arguments."""

OURS = {f"<class '{theirs}'>": ours for ours, theirs in ACTIVATIONS.items()}
"""Our activations by the `repr` of theirs."""

SETTINGS = {"norm_obs": bool, "clip_obs": float, "epsilon": float}
"""Attributes of a `VecNormalize` that are read, besides its statistics."""

POLICIES = "stable_baselines3.common.policies"


def is_policy(entries: dict[str, bytes]) -> bool:
    """Whether these are the files of a Stable-Baselines3 zip."""
    return {"data", "policy.pth"} <= entries.keys()


def read_variables(entries: dict[str, bytes]) -> dict[str, np.ndarray]:
    """The policy's variables under torch's names.

    Raises:
        Refused: damaged, or holding anything but tensors of real numbers.
    """
    files = read_zip(entries["policy.pth"], "policy.pth")
    programs = [name for name in files if name.split("/")[1:] == ["data.pkl"]]
    if len(programs) != 1:
        raise Refused("holds policy.pth in another format than that of torch 1.6 and later")
    folder = programs[0].split("/")[0]
    if files.get(f"{folder}/byteorder", b"little") != b"little":
        raise Refused("holds policy.pth in the byte order of another kind of machine")
    parsed = parse(files[programs[0]])
    for named in sorted(parsed.globals):
        if str(named) not in TORCH_ADMITTED:
            raise Refused(f"names {plain(named)} in policy.pth; only tensors are admitted")
    if not isinstance(parsed.root, Instance):
        raise Refused("holds no variables in policy.pth")
    pairs = parsed.root.pairs
    if not all(isinstance(name, str) for name, _ in pairs):
        raise Refused("holds variables without names in policy.pth")
    return {name: _tensor(value, name, files, folder) for name, value in pairs}


def _tensor(value: Any, name: str, files: dict[str, bytes], folder: str) -> np.ndarray:
    """The array that `_rebuild_tensor_v2(storage, offset, size, stride, ...)` would have made."""
    if not isinstance(value, Instance) or not isinstance(value.arguments[0], Persistent):
        raise Refused(f"holds something else than a tensor as {plain(name)}")
    reference, offset, size, stride, *_ = value.arguments
    _, kind, key, *_ = reference.id
    if not isinstance(kind, Global) or kind.name not in STORAGES or not isinstance(key, str):
        raise Refused(f"holds {plain(name)} as something else than real numbers")
    flat = np.frombuffer(files[f"{folder}/data/{key}"], STORAGES[kind.name])
    if not (is_shape((offset,)) and is_shape(size) and is_shape(stride)):
        raise Refused(f"holds {plain(name)} with an impossible shape")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) > len(flat) or last >= len(flat) or 0 in size:
        raise Refused(f"holds {plain(name)} with a shape that does not fit its values")
    strides = [step * flat.itemsize for step in stride]
    return np.array(np.lib.stride_tricks.as_strided(flat[offset:], size, strides, writeable=False))


def read_facts(entries: dict[str, bytes]) -> dict[str, Any]:
    """The description of the policy, without its variables.

    Returns:
        `activation` (None where the file does not tell it in words), `timesteps`, `version`.

    Raises:
        Refused: not the description of an MLP policy.
    """
    try:
        told = json.loads(entries["data"])
        arguments = told.get("policy_kwargs") or {}
        module = told["policy_class"].get("__module__")
        timesteps = told.get("num_timesteps")
        noise = told.get("use_sde", False)
        version = entries.get("_stable_baselines3_version", b"").decode().strip()
        activation = arguments.get("activation_fn")
    except MALFORMED as error:
        raise Refused(f"holds a damaged description ({plain(error)})") from None
    if noise is not False:
        raise Refused("is a policy with state-dependent exploration (use_sde), which has no match")
    if activation is None and module == POLICIES:
        activation = f"<class '{ACTIVATIONS['tanh']}'>"
    if isinstance(activation, str) and activation not in OURS:
        known = ", ".join(theirs.name for theirs in ACTIVATIONS.values())
        raise Refused(f"has the activation {plain(activation)}; known here are {known}")
    return {
        "activation": OURS.get(activation) if isinstance(activation, str) else None,
        "timesteps": timesteps if type(timesteps) is int and timesteps >= 0 else 0,
        "version": plain(version),
    }


def is_statistics(root: Any) -> bool:
    """Whether a pickle's content is a `VecNormalize`."""
    return (
        isinstance(root, Instance)
        and isinstance(root.kind, Global)
        and root.kind.name == "VecNormalize"
        and isinstance(root.state, dict)
    )


def read_statistics(root: Instance) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The statistics of a `VecNormalize`, and its settings; all else of it is left unread.

    Returns:
        `normalize/<obs or ret>/<mean, var or count>`; and those of `norm_obs`, `clip_obs`,
        `epsilon` that it has.

    Raises:
        Refused: the observations are not one vector, or of the statistics a part is missing.
    """
    state = root.state
    arrays: dict[str, np.ndarray] = {}
    for ours, theirs in (("obs", ("obs_rms", "ob_rms")), ("ret", ("ret_rms",))):
        statistics = next((state[name] for name in theirs if name in state), None)
        if ours == "obs" and isinstance(statistics, dict):
            raise Refused("normalises observations of several parts; only vectors are known here")
        if isinstance(statistics, Instance) and isinstance(statistics.state, dict):
            for name in ("mean", "var", "count"):
                arrays[f"{STATISTICS_SCOPE}/{ours}/{name}"] = array_of(
                    statistics.state.get(name), f"{theirs[0]}.{name}"
                )
    facts: dict[str, Any] = {}
    for name, kind in SETTINGS.items():
        value = state.get(name)
        if isinstance(value, Instance):
            value = array_of(value, name).item()
        if isinstance(value, bool | int | float):
            facts[name] = kind(value)
    return arrays, facts
