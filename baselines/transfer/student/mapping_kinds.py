"""The mappings that `--mapping` names, and one of them as settings and files describe it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.networks import Mlp
from baselines.common.networks.sizes import Sizes
from baselines.common.networks.specs import built, errors_of
from baselines.common.networks.trials import TRIAL, check_on_tensors, lent, trial_values, tried
from baselines.common.networks.variables import Variable, Variables, joined, zeros
from baselines.config import MAPPINGS
from baselines.transfer.student.mapping import SELECTION, Map, MlpMap, StateMapping


@dataclass(frozen=True)
class NamedMap(MlpMap):
    """φ(s) = s S + MLP(s): the entries of the same names, and a learned correction.

    S picks the entries (`correspondence.selection`). The MLP's output layer starts at 0, so that φ
    starts as S alone.
    """

    def variables(self, scope: str, inputs: int, outputs: int) -> Variables:
        """S, whose value the user of the map must give, and the variables of the MLP."""
        shapes = {"out/w": (self.hidden.num_hidden, outputs), "out/b": (outputs,)}
        return joined([
            {f"{scope}/{SELECTION}": Variable((inputs, outputs), zeros)},
            *self.hidden.variables(scope, inputs),
            {f"{scope}/{name}": Variable(shape, zeros) for name, shape in shapes.items()},
        ])  # fmt: skip

    def apply(self, params: Params, scope: str, x: Array) -> Array:
        """[B, inputs] to [B, outputs]."""
        return x @ params[f"{scope}/{SELECTION}"] + super().apply(params, scope, x)


def learned(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    """The mapping of the paper: φ and its decoder are MLPs."""
    mlp = MlpMap(Mlp(num_layers, num_hidden, activation))
    return StateMapping(mlp, mlp)


def frozen(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    """The mapping of the paper with a φ that stays at its random start."""
    mlp = MlpMap(Mlp(num_layers, num_hidden, activation))
    return StateMapping(mlp, mlp, is_learned=False)


def named(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    """A φ that starts as the choice of the entries of the same names."""
    mlp = Mlp(num_layers, num_hidden, activation)
    return StateMapping(NamedMap(mlp), MlpMap(mlp), is_named=True)


@dataclass(frozen=True)
class MappingSpec(Sizes):
    """A mapping as the command line and checkpoints describe it: its name in `MAPPINGS`, sizes."""

    mapping: str = "learned"

    def build(self) -> StateMapping:
        """The mapping, made anew: its name may stand for another one by now.

        Raises:
            NotKnown: the name is not known here.
            UserError: the name belongs to something that makes no mapping.
        """
        mapping: StateMapping = built(MAPPINGS, self.mapping, self, StateMapping)
        return mapping


def check_mapping(spec: MappingSpec, obs_size: int, source_size: int) -> None:
    """Try a mapping on zeros.

    Raises:
        UserError: the trial fails.
    """
    mapping = spec.build()
    ways = {
        "embedding": (mapping.embedding, obs_size, source_size),
        "decoder": (mapping.decoder, source_size, obs_size),
    }
    for name, (way, inputs, outputs) in ways.items():
        where = f"--mapping: the {name} of {spec.mapping}"
        with errors_of(where):
            params = trial_values(where, way.variables(TRIAL, inputs, outputs))
        given = lent(np.zeros((2, inputs), np.float32))
        tried(where, outputs, way.apply, params, TRIAL, given)
        if spec.mapping in MAPPINGS.from_outside():
            check_on_tensors(where, partial(_applied, way), params, inputs)


def _applied(way: Map, params: Params, x: Array) -> Array:
    return way.apply(params, TRIAL, x)
