"""A policy as the files of Stable-Baselines3, written without it and without torch.

The policy is a zip of what `PPO.save` writes: `data`, a JSON text in which Python objects are
pickled, and two files of `torch.save`. The statistics are in the pickle that `VecNormalize.save`
writes. How they are read back: `stable_baselines3.py`.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from baselines.common.errors import UserError
from baselines.common.vec_env.described_spaces import described_space
from baselines.common.vec_env.running_stats import CLIP, EPSILON, RunningMeanStd
from baselines.conversion.outgoing import Outgoing
from baselines.conversion.pickles import Global, Instance, Persistent
from baselines.conversion.pickling import MADE_EMPTY, pickled
from baselines.conversion.stable_baselines3 import ACTIVATIONS

ORDERED = Global("collections", "OrderedDict")

HIDDEN = {"pi": "mlp_extractor.policy_net", "vf": "mlp_extractor.value_net"}
"""Where the hidden layers are there, by our scope of the network."""


def policy_file(outgoing: Outgoing) -> bytes:
    """The archive that `PPO.load` reads.

    Raises:
        UserError: the layers have an activation that is not known there, or the actions do not
            begin with 0.
    """
    variables = torch_variables(outgoing)
    return _archive({
        "data": json.dumps(_data(outgoing), indent=4).encode(),
        "policy.pth": _state_file(variables),
        "policy.optimizer.pth": _torch_file(_optimizer(len(variables)), {}),
    })  # fmt: skip


def torch_variables(outgoing: Outgoing) -> dict[str, np.ndarray]:
    """The variables under the names of `ActorCriticPolicy`, in its order; matrices transposed."""
    layers: dict[str, str] = {}
    for scope, side in HIDDEN.items():
        # Every second module of theirs is an activation.
        layers |= {f"{side}.{2 * i}": ours for i, ours in enumerate(outgoing.hidden_layers(scope))}
    layers |= {"action_net": "pi/pi", "value_net": "vf/vf"}
    params = outgoing.params
    result = {"log_std": params["pi/pi/logstd"]} if "pi/pi/logstd" in params else {}
    for theirs, ours in layers.items():
        result[f"{theirs}.weight"] = np.ascontiguousarray(params[f"{ours}/w"].T)
        result[f"{theirs}.bias"] = params[f"{ours}/b"]
    return result


def statistics_file(outgoing: Outgoing) -> bytes:
    """The pickle that `VecNormalize.load` reads; statistics stay fixed until `training` is set."""
    normalizer = outgoing.normalizer
    state = _spaces(outgoing) | {
        "obs_rms": _statistics(normalizer.obs_rms),
        "ret_rms": _statistics(normalizer.ret_rms),
        "norm_obs": True, "norm_obs_keys": None, "norm_reward": True, "training": False,
        "clip_obs": CLIP, "clip_reward": CLIP, "epsilon": EPSILON,
        "gamma": outgoing.metadata.get("config", {}).get("gamma", 0.99),
        "num_envs": 1, "render_mode": None, "old_reward": None, "old_obs": None,
    }  # fmt: skip
    kind = Global("stable_baselines3.common.vec_env.vec_normalize", "VecNormalize")
    return pickled(_made(kind, state))


def _statistics(of: RunningMeanStd) -> Instance:
    kind = Global("stable_baselines3.common.running_mean_std", "RunningMeanStd")
    return _made(kind, of.state() | {"count": of.count})


def _made(kind: Global, state: dict[str, Any]) -> Instance:
    """An object as it is unpickled: made empty, then given its attributes."""
    return Instance(MADE_EMPTY, (kind,), state)


def _data(outgoing: Outgoing) -> dict[str, Any]:
    """The JSON text of a policy's zip; what is left out is as `PPO` has it by default."""
    spec = outgoing.policy.spec
    if spec.activation not in ACTIVATIONS:
        raise UserError(f"OUT: Stable-Baselines3 has no activation like {spec.activation}")
    if outgoing.first_action:
        raise UserError(
            f"OUT: in Stable-Baselines3 actions begin with 0, here with {outgoing.first_action}"
        )
    widths = [spec.num_hidden] * spec.num_layers
    activation = ACTIVATIONS[spec.activation]
    arguments = {"net_arch": {"pi": widths, "vf": widths}, "activation_fn": activation}
    policy = Global("stable_baselines3.common.policies", "ActorCriticPolicy")
    told = {"net_arch": str(arguments["net_arch"]), "activation_fn": f"<class '{activation}'>"}
    return {
        "policy_class": _serialized(policy, {"__module__": policy.module}),
        "policy_kwargs": _serialized(arguments, told),
        **{name: _serialized(space, {}) for name, space in _spaces(outgoing).items()},
        "num_timesteps": outgoing.origin["timesteps"],
        "n_envs": 1,
        "verbose": 0,
    }


def _spaces(outgoing: Outgoing) -> dict[str, spaces.Space]:
    names = ("observation_space", "action_space")
    return {name: described_space(outgoing.metadata[name]) for name in names}


def _serialized(value: Any, told: Mapping[str, str]) -> dict[str, str]:
    """An object in the JSON text: its pickle, and what a reader may want to know of it."""
    return {":serialized:": base64.b64encode(pickled(value)).decode(), **told}


def _optimizer(variables: int) -> dict[str, Any]:
    """Adam's state dict before its first step."""
    group = {
        "lr": 3e-4, "betas": (0.9, 0.999), "eps": 1e-5, "weight_decay": 0, "amsgrad": False,
        "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
        "fused": None, "params": list(range(variables)),
    }  # fmt: skip
    return {"state": {}, "param_groups": [group]}


def _state_file(variables: Mapping[str, np.ndarray]) -> bytes:
    """A state dict as `torch.save` writes it: a pickle, and the variables' values beside it."""
    pairs = [(name, _tensor(str(i), value)) for i, (name, value) in enumerate(variables.items())]
    values = {f"data/{i}": value.tobytes() for i, value in enumerate(variables.values())}
    return _torch_file(Instance(ORDERED, (), pairs=pairs), values)


def _tensor(key: str, value: np.ndarray) -> Instance:
    """A tensor of float32 whose values are in the file `data/<key>`."""
    storage = Persistent(("storage", Global("torch", "FloatStorage"), key, "cpu", value.size))
    strides = tuple(stride // value.itemsize for stride in value.strides)
    arguments = (storage, 0, value.shape, strides, False, Instance(ORDERED, ()))
    return Instance(Global("torch._utils", "_rebuild_tensor_v2"), arguments)


def _torch_file(content: Any, values: Mapping[str, bytes]) -> bytes:
    program = pickled(content, protocol=2)
    files = {"data.pkl": program, "byteorder": b"little", **values, "version": b"3\n"}
    return _archive({f"archive/{name}": part for name, part in files.items()})


def _archive(files: Mapping[str, bytes]) -> bytes:
    """A zip, not compressed; equal files give equal bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in files.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return content.getvalue()
