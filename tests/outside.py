"""What a user might add in a module of his own; named on command lines as `outside:...`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.interfaces import Layer
from baselines.common.networks.networks import Mlp, dense
from baselines.common.networks.plain_policy import Actor, PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.networks.variables import Variable, Variables, joined, orthogonal
from baselines.config import Config, setting
from baselines.transfer.method import Beginning, TransferMethod
from baselines.transfer.pretrained import MLPP, copied_variables
from baselines.transfer.stages import Stage
from baselines.transfer.student.mapping import MlpMap, StateMapping
from examples.l2_sp import L2_SP, Anchored
from examples.linear_mapping import LinearMap

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Twin:
    """The MLP once more, written otherwise: biases as matrices of one row, no faster acting."""

    num_layers: int
    num_hidden: int
    activation: str

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.num_hidden for _ in range(self.num_layers))

    def variables(self, scope: str, inputs: int) -> list[Variables]:
        n = self.num_hidden
        return [
            {
                f"{scope}/matrix{i}": Variable((n if i else inputs, n), _start),
                f"{scope}/row{i}": Variable((1, n), lambda _, shape: np.zeros(shape, np.float32)),
            }
            for i in range(self.num_layers)
        ]

    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        i = len(before) - 1
        return before[i] @ params[f"{scope}/matrix{i}"] + params[f"{scope}/row{i}"]

    def activate(self, z: Array) -> Array:
        if self.activation == "relu":
            return arrays.maximum(z, 0.0 * z)
        return 1.0 - 2.0 / (1.0 + arrays.exp(2.0 * z))


def _start(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return orthogonal(rng, shape, float(np.sqrt(2)))


def as_twin(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """An MLP policy's variables under the names and in the shapes of its twin."""
    twins = {}
    for name, value in params.items():
        scope, found, part = name.partition("/mlp_fc")
        if not found or scope.startswith("transfer/"):
            twins[name] = value
        elif part.endswith("/w"):
            twins[f"{scope}/matrix{part.removesuffix('/w')}"] = value
        else:
            twins[f"{scope}/row{part.removesuffix('/b')}"] = value[None]
    return twins


@dataclass(frozen=True)
class Tapering:
    """Each layer half as wide as the one before."""

    num_layers: int
    num_hidden: int
    activation: str

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.num_hidden >> i for i in range(self.num_layers))

    def variables(self, scope: str, inputs: int) -> list[Variables]:
        sizes = [inputs, *self.widths]
        shapes = [(sizes[i], sizes[i + 1]) for i in range(self.num_layers)]
        return [{f"{scope}/w{i}": Variable(shape, _start)} for i, shape in enumerate(shapes)]

    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        return before[-1] @ params[f"{scope}/w{len(before) - 1}"]

    def activate(self, z: Array) -> Array:
        return arrays.tanh(z)


def one_layer_more(num_layers: int, num_hidden: int, activation: str) -> Mlp:
    return Mlp(num_layers + 1, num_hidden, activation)


def no_network(num_layers: int, num_hidden: int, activation: str) -> dict[str, Any]:
    return {}


def only_even(num_layers: int, num_hidden: int, activation: str) -> Mlp:
    if num_hidden % 2:
        raise ValueError(f"num_hidden must be even, not {num_hidden}")
    return Mlp(num_layers, num_hidden, activation)


class DoublePrecision(Mlp):
    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        return super().layer(params, scope, before) * np.ones(1)


class Transposed(Mlp):
    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        return super().layer(params, scope, before).T


class WithoutScope(Mlp):
    def variables(self, scope: str, inputs: int) -> list[Variables]:
        return super().variables("mine", inputs)


class OfNumPy(Mlp):
    def activate(self, z: Array) -> Array:
        return np.sin(z)


class Silent(Mlp):
    def activate(self, z: Array) -> Array:
        assert arrays.is_numpy(z)
        return np.tanh(z)


def says_nothing(**sizes: object) -> Mlp:
    raise ValueError


class Flat(Mlp):
    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        z = super().layer(params, scope, before)
        return z if arrays.is_numpy(z) else _stopped(z)


def _stopped(z: Array) -> Array:
    from baselines.common.tensorflow_quietly import tf

    return tf.stop_gradient(z)


class InPlace(Mlp):
    """Writes over the values before the activation, which are a teacher's features."""

    def activate(self, z: Array) -> Array:
        return np.tanh(z, out=z) if arrays.is_numpy(z) else arrays.tanh(z)


class InPlaceInput(Mlp):
    """Writes over the observations."""

    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        x = before[0]
        x *= 2
        return super().layer(params, scope, before)


def misspelt(num_layers: int, num_hidden: int, activation: str) -> Mlp:
    return {"mlp": Mlp}["mpl"](num_layers, num_hidden, activation)


class OneWidth(Mlp):
    @property
    def widths(self) -> int:  # type: ignore[override]
        return self.num_hidden


class NoList(Mlp):
    def variables(self, scope: str, inputs: int) -> Variables:  # type: ignore[override]
        return joined(super().variables(scope, inputs))


class Twice(Mlp):
    def variables(self, scope: str, inputs: int) -> list[Variables]:
        return [super().variables(scope, inputs)[1]] * 2


class Started(Mlp):
    """Its biases start with something else than vectors of zeros."""

    def first(self, shape: tuple[int, ...]) -> np.ndarray:
        raise NotImplementedError

    def variables(self, scope: str, inputs: int) -> list[Variables]:
        parts = super().variables(scope, inputs)
        for part in parts:
            for name in [name for name in part if name.endswith("/b")]:
                part[name] = part[name]._replace(initial=lambda _, shape: self.first(shape))
        return parts


class Rows(Started):
    def first(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.zeros((1, *shape), np.float32)


class Infinite(Started):
    def first(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.full(shape, np.inf, np.float32)


def rows_map(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    return StateMapping(MlpMap(Rows(num_layers, num_hidden, activation)), LinearMap())


class Breaks(Mlp):
    """Raises an error."""

    def layer(self, params: Params, scope: str, before: Sequence[Array]) -> Array:
        raise KeyError("weights")


class OneLayer(LinearMap):
    """With a shorter way to act."""

    def dense_layers(self, params: Params, scope: str) -> list[Layer]:
        return [dense(params, scope)]


def one_layer_map(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    return StateMapping(OneLayer(), LinearMap())


class InPlaceMap(LinearMap):
    """Writes over its input."""

    def apply(self, params: Params, scope: str, x: Array) -> Array:
        x += 1
        return super().apply(params, scope, x)


def in_place_map(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    return StateMapping(InPlaceMap(), LinearMap())


class MapOfNumPy(LinearMap):
    def apply(self, params: Params, scope: str, x: Array) -> Array:
        return np.tanh(super().apply(params, scope, x))


def of_numpy(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    return StateMapping(MapOfNumPy(), LinearMap())


@dataclass(frozen=True)
class WithAList(Config):
    """A setting of a type that no flag can have."""

    several: list[int] = setting((), "numbers", group="own")  # noqa: RUF009


@dataclass(frozen=True)
class Bare(Config):
    """A setting without a meaning."""

    bare: int = 0


@dataclass(frozen=True)
class OfUnknownType(Config):
    """A setting whose type is imported for type checkers alone."""

    path: Path = setting("", "a file", group="own")  # noqa: RUF009


WITH_A_LIST = TransferMethod(start=MLPP.start, config=WithAList)
BARE = TransferMethod(start=MLPP.start, config=Bare)
OF_UNKNOWN_TYPE = TransferMethod(start=MLPP.start, config=OfUnknownType)
NO_CONFIG = TransferMethod(start=MLPP.start, config=dict)  # type: ignore[arg-type]


class Bumps(Mlp):
    """Another activation than the layers that it inherits for acting have."""

    def activate(self, z: Array) -> Array:
        return arrays.exp(-z * z)


class Doubled(Mlp):
    """Layers that are twice those that it inherits for acting, which seldom changes an action."""

    def layer(self, params: Params, scope: str, inputs: Sequence[Array]) -> Array:
        return 2.0 * super().layer(params, scope, inputs)


class BumpsAlone(Bumps):
    """The same, which offers no such layers."""

    dense_layers = None  # type: ignore[assignment]


class BoundedMap(MlpMap):
    """Its output has an activation, which the layers that it inherits for acting do not have."""

    def apply(self, params: Params, scope: str, x: Array) -> Array:
        return arrays.tanh(super().apply(params, scope, x))


def bounded_map(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
    mlp = Mlp(num_layers, num_hidden, activation)
    return StateMapping(BoundedMap(mlp), MlpMap(mlp))


@dataclass(frozen=True)
class Shifted(PlainPolicy):
    """Its distribution has another mean than what it inherits for acting."""

    def pi(self, params: Params, obs: Array) -> Any:
        mean, *spread = super().pi(params, obs)
        return (mean + 1.0, *spread)


def _shifted(plain: PlainPolicy, teachers: Any, config: Config, random: Any) -> Any:
    return Shifted.like(plain), plain.init(random.init)


SHIFTED = TransferMethod(start=_shifted)


def _with_statistics(plain: PlainPolicy, teachers: Any, config: Config, random: Any) -> Beginning:
    return Beginning(plain, plain.init(random.init), teachers[0].statistics)


OF_ANOTHER_BODY = TransferMethod(start=_with_statistics)
POLICY_ALONE = TransferMethod(start=lambda plain, *_: plain)  # type: ignore[arg-type,return-value]


def _beginning(answer: Callable[[PlainPolicy, dict[str, np.ndarray]], Any]) -> TransferMethod:
    """A method that begins with what this makes of the student's own networks."""
    return TransferMethod(
        start=lambda plain, _, config, random: answer(plain, plain.init(random.init))
    )


NOTHING = _beginning(lambda plain, params: None)
NO_POLICY = _beginning(lambda plain, params: Beginning(None, params))  # type: ignore[arg-type]
NO_VARIABLES = _beginning(lambda plain, params: Beginning(plain, None))  # type: ignore[arg-type]
IN_WRONG_ORDER = _beginning(lambda plain, params: (params, plain))
NO_STATISTICS = _beginning(lambda plain, params: (plain, params, (0.0, 1.0)))
OF_NO_VARIABLE = _beginning(lambda plain, params: (plain, {}))
OF_LISTS = _beginning(lambda plain, params: (plain, {k: v.tolist() for k, v in params.items()}))
OF_SEVEN = _beginning(lambda plain, params: (plain, params | {"pi/pi/b": np.zeros(7, np.float32)}))

OF_NO_NAME = _beginning(lambda plain, params: (plain, params | {"pi/pi/c": params["pi/pi/b"]}))


@dataclass(frozen=True)
class HasValueLoss(PlainPolicy):
    """Has a loss of its own that would be logged as PPO's."""

    def learning_outputs(self, params: Params, obs: Array, returns: Array) -> Any:
        pi, value, _ = super().learning_outputs(params, obs, returns)
        return pi, value, {"value": arrays.mean(value**2)}

    def describe(self) -> dict[str, Any]:
        return super().describe() | {"transfer": {}}


AS_PPO = TransferMethod(
    start=lambda plain, _, config, random: (HasValueLoss.like(plain), plain.init(random.init)),
    stages=lambda policy, config: [Stage(1, policy, lambda update: {"value": 0.1})],
    restore=lambda told, _: HasValueLoss.like(PlainPolicy.from_description(told)),
)


@dataclass(frozen=True)
class Held(PlainPolicy):
    """The student's own networks, some of whose variables stay as they are."""

    held: Mapping[str, np.ndarray] = field(default_factory=dict)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: s for name, s in super().shapes().items() if name not in self.held}

    def pi(self, params: Params, obs: Array) -> Any:
        return super().pi({**params, **self.held}, obs)

    def value(self, params: Params, obs: Array) -> Array:
        return super().value({**params, **self.held}, obs)

    def actor(self, params: Mapping[str, np.ndarray]) -> Actor:
        return super().actor({**params, **self.held})

    def frozen(self) -> dict[str, np.ndarray]:
        return {f"transfer/{name}": value for name, value in self.held.items()}

    def describe(self) -> dict[str, Any]:
        return super().describe() | {"transfer": {"held": sorted(self.held)}}

    @property
    def plain(self) -> PlainPolicy:
        return PlainPolicy.like(self)


def _holds(plain: PlainPolicy, teachers: Any, config: Config, random: Any) -> Any:
    """The teacher's second layers are not trained."""
    copied = copied_variables(teachers[0], plain)
    held = {name: value for name, value in copied.items() if name.endswith("/mlp_fc1/w")}
    return Held.like(plain, held=held), plain.init(random.init) | held


def _held_again(told: dict[str, Any], stored: Mapping[str, np.ndarray]) -> Held:
    plain = PlainPolicy.from_description(told)
    return Held.like(plain, held={n: stored[f"transfer/{n}"] for n in told["transfer"]["held"]})


HOLDS_LAYERS = TransferMethod(
    start=_holds, restore=_held_again, in_common=("num_layers", "num_hidden", "network")
)

IN_COMMON = replace(L2_SP, in_common=("num_layer",))
NO_TUPLE = replace(L2_SP, in_common="num_layers")  # type: ignore[arg-type]
SETTINGS = replace(L2_SP, settings=("teacher_fractoin",))
NO_SETTINGS = replace(L2_SP, settings=None)  # type: ignore[arg-type]


def _staged(answer: Callable[[list[Stage]], Any]) -> TransferMethod:
    """L2-SP with other stages, made of its own."""
    return replace(L2_SP, stages=lambda policy, config: answer(L2_SP.stages(policy, config)))


def _both_at_any_time(policy: Policy, config: Any) -> list[Stage]:
    """Both stages of L2-SP, also where a run is resumed that has the first behind it."""
    released = L2_SP.stages(policy.plain, config)
    return [Stage(1, policy, lambda _: {"l2_sp": np.float32(0.1)}, lambda *_: {}), *released]


NO_STAGE = _staged(lambda stages: [])
NO_LIST = _staged(lambda stages: None)
STAGE_ALONE = _staged(lambda stages: stages[0])
NO_STAGES = _staged(lambda stages: [stage.policy for stage in stages])
IN_A_TUPLE = _staged(tuple)
BACKWARDS = _staged(lambda stages: stages[::-1])
WEIGHTLESS = _staged(lambda stages: [replace(stages[0], coefs=stages[1].coefs), stages[1]])
WEIGHED_ALONE = _staged(lambda stages: [stages[0], replace(stages[1], coefs=stages[0].coefs)])
UNWEIGHED = _staged(lambda stages: [stages[0], replace(stages[1], coefs=lambda _: None)])
WEIGHED_IN_WORDS = _staged(
    lambda stages: [replace(stages[0], coefs=lambda _: {"l2_sp": "much"}), stages[1]]
)
AT_ANY_TIME = replace(L2_SP, stages=_both_at_any_time)
OF_NO_POLICY = _staged(lambda stages: [stages[0], replace(stages[1], policy=None)])


def _widened(stage: Stage) -> Stage:
    """The same for a policy of hidden layers that have one unit more."""
    plain = stage.policy.plain
    spec = replace(plain.spec, num_hidden=plain.spec.num_hidden + 1)
    return replace(stage, policy=replace(plain, spec=spec))


GROWING = _staged(lambda stages: [stages[0], _widened(stages[1])])
OTHER_SCOPE = _staged(
    lambda stages: [stages[0], replace(stages[1], policy=replace(stages[1].policy, pi_scope="new"))]
)
NO_RESTORE = replace(L2_SP, restore=TransferMethod(start=L2_SP.start).restore)
RESTORES_OTHER = replace(
    L2_SP, restore=lambda told, _: replace(PlainPolicy.from_description(told), pi_scope="new")
)
RESTORES_NONE = replace(L2_SP, restore=lambda *_: None)  # type: ignore[arg-type,return-value]
LOSES_ITS_ANCHOR = replace(
    L2_SP, restore=lambda told, _: Anchored.like(PlainPolicy.from_description(told))
)
RESTORE_FAILS = replace(L2_SP, restore=lambda told, _: told["lost"])


def _reads_all(described: dict[str, Any], stored: Any) -> Anchored:
    """As L2-SP's, after a look at all arrays that a checkpoint has."""
    plain = PlainPolicy.from_description(described)
    checked_arrays(stored, plain.shapes() | {"normalize/obs/mean": (plain.obs_size,)})
    return L2_SP.restore(described, stored)  # type: ignore[return-value]


READS_ALL = replace(L2_SP, restore=_reads_all)


def _described(describe: Callable[[Anchored], dict[str, Any]]) -> TransferMethod:
    """L2-SP with a policy that describes itself otherwise."""

    class Described(Anchored):
        def describe(self) -> dict[str, Any]:
            return describe(self)

    def start(*given: Any) -> Any:
        policy, params = L2_SP.start(*given)[:2]
        return Described(**vars(policy)), params

    return replace(L2_SP, start=start)


UNTOLD = _described(lambda policy: policy.plain.describe())
NO_JSON = _described(lambda policy: policy.plain.describe() | {"transfer": dict(policy.anchor)})
STAGES_TOLD: list[list[Stage]] = []
"""What `COUNTED` has answered."""


def _counted(stages: list[Stage]) -> list[Stage]:
    STAGES_TOLD.append(stages)
    return stages


COUNTED = _staged(_counted)


def _breaks(*_: Any) -> Any:
    return {}["mine"]


START_BREAKS = TransferMethod(start=_breaks)
CHECK_BREAKS = replace(L2_SP, check=_breaks)
STAGES_BREAK = replace(L2_SP, stages=_breaks)
