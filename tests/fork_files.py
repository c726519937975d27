"""Files laid out as the authors' own code, a fork of Baselines, writes its teachers."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np

Variables = dict[str, np.ndarray]


def fork_variables(
    obs_size: int,
    actions: int,
    width: int = 64,
    scopes: tuple[str, str] = ("teacher0", "vf_teacher0"),
) -> Variables:
    """Policy and value function of two hidden layers, with an optimiser's variables beside each.

    log σ, of [1, actions], stands in the policy's scope and not in its output layer's.
    """
    rng = np.random.default_rng(0)
    pi, vf = scopes
    shapes: dict[str, tuple[int, ...]] = {f"{pi}/logstd": (1, actions)}
    for scope, head, outputs in ((pi, "pi_out", actions), (vf, "vf_out", 1)):
        layers = {"mlp_fc0": (obs_size, width), "mlp_fc1": (width, width), head: (width, outputs)}
        for layer, shape in layers.items():
            shapes |= {f"{scope}/{layer}/w": shape, f"{scope}/{layer}/b": shape[1:]}
    result = {name: np.float32(0.2) * normal(rng, *shape) for name, shape in shapes.items()}
    for name, shape in shapes.items():
        result |= {f"{name}/{slot}": normal(rng, *shape) for slot in ("Adam", "Adam_1")}
    result |= {f"beta{i}_power": np.zeros((), np.float32) for i in (1, 2)}
    return {f"{name}:0": value for name, value in result.items()}


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def write_fork_file(path: Path, variables: Variables) -> str:
    """Write them as the fork does, with the folders above; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(variables, path)
    return str(path)


def hidden_sums(variables: Variables, scope: str, x: np.ndarray) -> list[np.ndarray]:
    """The hidden layers' values before tanh, worked out from the file's variables alone."""
    found = []
    for i in (0, 1):
        found.append(x @ variables[f"{scope}/mlp_fc{i}/w:0"] + variables[f"{scope}/mlp_fc{i}/b:0"])
        x = np.tanh(found[-1])
    return found
