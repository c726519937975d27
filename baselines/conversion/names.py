"""Which variable is which: from the names of other programs to our own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NetworkSpec
from baselines.common.vec_env.running_stats import STATISTICS_SCOPE
from baselines.conversion.limits import Refused, plain

HIDDEN = re.compile(r"(?:(?P<scope>.+)/)?mlp_fc(?P<layer>[0-9]{1,3})/w")
OPTIMIZER = re.compile(r"(?:.+/)?(?:Adam|RMSProp|Momentum|beta[12]_power)(?:_[0-9]+)?")
"""Names that TensorFlow 1 gives an optimiser's variables."""
STATISTICS = {
    "obs": re.compile(rf"({STATISTICS_SCOPE}/obs|(.+/)?obs?_rms)/[a-z]+"),
    "ret": re.compile(rf"({STATISTICS_SCOPE}/ret|(.+/)?ret_rms)/[a-z]+"),
}
"""Names of statistics of the observations and of the return."""
TORCH_MARK = "action_net.weight"

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Networks:
    """The two MLPs of a policy.

    Attributes:
        params: variables under our names in the scopes `pi` and `vf`, float32.
        sizes: our policy of these sizes; its activation means nothing.
        unused: names of variables that belong to neither network and are no statistics.
    """

    params: Arrays
    sizes: PlainPolicy
    unused: list[str]

    @property
    def unknown(self) -> list[str]:
        """The unused variables that are not an optimiser's."""
        return [name for name in self.unused if not OPTIMIZER.fullmatch(name)]

    def policy(self, activation: str) -> PlainPolicy:
        """Our policy of these sizes."""
        return replace(self.sizes, spec=replace(self.sizes.spec, activation=activation))


def without_suffix(arrays: Arrays) -> Arrays:
    """The arrays under their names without TensorFlow's `:0`.

    Raises:
        Refused: two names become one.
    """
    result = {name.removesuffix(":0"): value for name, value in arrays.items()}
    if len(result) < len(arrays):
        raise Refused("holds a variable both with and without :0 at the end of its name")
    return result


def find_networks(arrays: Arrays, pi_scope: str = "", vf_scope: str = "") -> Networks:
    """Find policy and value function among variables, by their names.

    Args:
        arrays: variables under their own names, `docs/checkpoints.md` tells which are understood.
        pi_scope: scope of the policy's hidden layers, where it is not plain.
        vf_scope: the same of the value function.

    Raises:
        Refused: they cannot be told apart, or do not fit one another or our networks.
    """
    known = [pattern.fullmatch for pattern in STATISTICS.values()]
    named = {
        name: value
        for name, value in without_suffix(arrays).items()
        if not any(is_statistic(name) for is_statistic in known)
    }
    if TORCH_MARK in named:
        named = from_torch(named)
    scopes = _hidden_scopes(named)
    sides = {"pi": pi_scope, "vf": vf_scope}
    heads = {
        kind: [n[:-2] for n in named if re.search(f"(^|/){kind}(_out)?/w$", n)] for kind in sides
    }
    used: dict[str, str] = {}
    for kind, given in sides.items():
        scope = _scope_of(kind, given.strip("/"), scopes, heads)
        head = _head_of(kind, scope, heads[kind])
        for i in range(len(scopes[scope])):
            for part in "wb":
                used[f"{kind}/mlp_fc{i}/{part}"] = _below(scope, f"mlp_fc{i}/{part}")
        used |= {f"{kind}/{kind}/{part}": f"{head}/{part}" for part in "wb"}
        if kind == "pi" and (logstd := _logstd_of(head, named)):
            used["pi/pi/logstd"] = logstd
    missing = sorted(set(used.values()) - named.keys())
    if missing:
        raise Refused(f"has no variable {plain(missing[0])}")
    params = {ours: real(named[theirs], theirs) for ours, theirs in used.items()}
    return _checked(params, sorted(named.keys() - set(used.values())))


def _logstd_of(head: str, named: Arrays) -> str:
    """The name of log σ, in the scope of the output layer or in the one above; empty: none."""
    above = _below(head.rpartition("/")[0], "logstd")
    return next((name for name in (f"{head}/logstd", above) if name in named), "")


def _below(scope: str, name: str) -> str:
    """The name in a scope, which may be none."""
    return f"{scope}/{name}" if scope else name


def _hidden_scopes(named: Arrays) -> dict[str, set[int]]:
    """The scopes that hold hidden layers, with the numbers of these."""
    scopes: dict[str, set[int]] = {}
    for name in named:
        match = HIDDEN.fullmatch(name)
        if match:
            scopes.setdefault(match["scope"] or "", set()).add(int(match["layer"]))
    if not scopes:
        raise Refused(
            "has no hidden layers under a name that is known here, such as pi/mlp_fc0/w; only MLPs"
            " can be read, and docs/checkpoints.md has their names"
        )
    return scopes


def _scope_of(
    kind: str, given: str, scopes: dict[str, set[int]], heads: dict[str, list[str]]
) -> str:
    """The scope of one side's hidden layers."""
    if given:
        if given not in scopes:
            raise Refused(f"has no hidden layers in the scope {plain(given)}; {_listed(scopes)}")
        return given
    beside = [s for s in scopes if _heads_of(kind, s, heads[kind])]
    if len(beside) == 1:
        return beside[0]
    if len(scopes) == 1:  # Baselines' value_network="shared": both stand on the same layers
        return next(iter(scopes))
    by_name = [s for s in scopes if s.split("/")[-1].startswith("vf") == (kind == "vf")]
    if len(scopes) == 2 and len(by_name) == 1:
        return by_name[0]
    raise Refused(
        f"holds several networks; name one to baselines.convert with --{kind}_scope;"
        f" {_listed(scopes)}"
    )


def _listed(scopes: Iterable[str]) -> str:
    names = [plain(scope) for scope in sorted(scopes)]
    return "there are " + ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")


def _head_of(kind: str, scope: str, heads: list[str]) -> str:
    """The output layer that belongs to a scope's hidden layers."""
    near = _heads_of(kind, scope, heads)
    found = near if len(near) == 1 else heads
    if len(found) != 1:
        raise Refused(f"has {len(found)} output layers {kind}/w or {kind}_out/w; there must be one")
    return found[0]


def _heads_of(kind: str, scope: str, heads: list[str]) -> list[str]:
    """The output layers that stand beside a scope's hidden layers."""
    return [head for head in heads if head in (scope, f"{scope}/{kind}", f"{scope}/{kind}_out")]


def from_torch(arrays: Arrays) -> Arrays:
    """Variables of a Stable-Baselines3 MLP policy under our names; matrices are transposed.

    Raises:
        Refused: it has other parts than separate MLPs for policy and value.
    """
    heads = {"action_net": "pi/pi", "value_net": "vf/vf"}
    sides = {"policy_net": "pi", "value_net": "vf"}
    result: Arrays = {}
    for name, value in arrays.items():
        layer = re.fullmatch(r"mlp_extractor\.(\w+)\.([0-9]{1,3})\.(weight|bias)", name)
        head = re.fullmatch(r"(action_net|value_net)\.(weight|bias)", name)
        if name == "log_std":
            result["pi/pi/logstd"] = value
            continue
        if layer and layer[1] in sides and int(layer[2]) % 2 == 0:  # activations stand between
            target, part = f"{sides[layer[1]]}/mlp_fc{int(layer[2]) // 2}", layer[3]
        elif head:
            target, part = heads[head[1]], head[2]
        else:
            raise Refused(f"has the variable {plain(name)}, which no plain MLP policy has")
        result[f"{target}/{part[0]}"] = value.T
    return result


def real(value: np.ndarray, name: str) -> np.ndarray:
    """The array as float32.

    Raises:
        Refused: other numbers, or not finite.
    """
    if value.dtype.kind != "f":
        raise Refused(f"holds {plain(name)} as {value.dtype}, not as real numbers")
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(value, np.float32).reshape(value.shape)
    if not np.isfinite(result).all():
        raise Refused(f"holds values in {plain(name)} that are not finite")
    return result


def _checked(params: Arrays, unused: list[str]) -> Networks:
    """The networks, if all shapes fit one another."""
    first, head = params["pi/mlp_fc0/w"], params["pi/pi/w"]
    layers, vf_layers = (
        sum(name.startswith(f"{side}/mlp_fc") for name in params) // 2 for side in ("pi", "vf")
    )
    if layers != vf_layers:
        raise Refused(
            f"has {layers} hidden layers in the policy and {vf_layers} in the value"
            " function; the numbers must be the same here"
        )
    if first.ndim != 2 or head.ndim != 2:
        raise Refused("holds layers that are no matrices")
    (obs_size, width), outputs = first.shape, head.shape[1]
    if "pi/pi/logstd" in params:  # [1, k] in Baselines
        params["pi/pi/logstd"] = params["pi/pi/logstd"].reshape(-1)
    kind = DiagGaussian if "pi/pi/logstd" in params else Categorical
    policy = PlainPolicy(obs_size, kind(outputs), NetworkSpec(layers, width))
    for name, shape in policy.shapes().items():
        if params[name].shape != shape:
            raise Refused(
                "does not fit our networks, whose hidden layers all have the same width, and whose"
                f" matrices are [inputs, outputs]: {name} would be {shape}, not"
                f" {params[name].shape}"
            )
    if 0 in (obs_size, width, outputs):
        raise Refused("holds layers without units")
    return Networks(params, policy, unused)


def find_statistics(arrays: Arrays) -> dict[str, Arrays]:
    """Statistics of normalised observations (`obs`) and returns (`ret`), those that are there.

    Understood are `normalize/obs/mean`, `.../var`, `.../count` (ours) and the same below a scope
    that ends in `ob_rms` or `obs_rms`; `ret` likewise. Baselines names the variance `std`.

    Returns:
        For `obs` and `ret`: `mean`, `var`, `count`, float64.

    Raises:
        Refused: incomplete, ambiguous, or not statistics.
    """
    named = without_suffix(arrays)
    found: dict[str, Arrays] = {}
    for kind, pattern in STATISTICS.items():
        scopes = {n.rpartition("/")[0] for n in named if pattern.fullmatch(n)}
        if len(scopes) > 1:
            raise Refused(f"holds several statistics of {kind}: {_listed(scopes)}")
        for scope in scopes:
            found[kind] = _statistics(named, scope)
    return found


def _statistics(named: Arrays, scope: str) -> Arrays:
    """Mean, variance and count below a scope, checked."""
    spread = [part for part in ("var", "std") if f"{scope}/{part}" in named]
    sources = {"mean": "mean", "var": spread[0] if len(spread) == 1 else "var", "count": "count"}
    if len(spread) > 1 or not all(f"{scope}/{part}" in named for part in sources.values()):
        raise Refused(f"holds statistics {plain(scope)} without one mean, one variance, one count")
    values = {ours: named[f"{scope}/{theirs}"] for ours, theirs in sources.items()}
    for part, value in values.items():
        if value.dtype.kind not in "fiu" or not np.isfinite(value).all():
            raise Refused(f"holds a {part} in {plain(scope)} that is not finite")
    if values["mean"].shape != values["var"].shape or values["count"].size != 1:
        raise Refused(f"holds statistics {plain(scope)} whose shapes do not fit one another")
    if (values["var"] < 0).any() or (values["count"] < 0).any():
        raise Refused(f"holds a negative variance or count in {plain(scope)}")
    result = {part: value.astype(np.float64) for part, value in values.items()}
    return result | {"count": result["count"].reshape(())}
