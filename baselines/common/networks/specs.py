"""Networks by name, as the command line and checkpoints tell them (`docs/extending.md`)."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

from baselines.common.errors import UserError
from baselines.common.networks.interfaces import Network
from baselines.common.networks.sizes import Sizes
from baselines.common.registry import Registry


@dataclass(frozen=True)
class NetworkSpec(Sizes):
    """A network as the command line and checkpoints describe it: its name in `NETWORKS`, sizes."""

    network: str = "mlp"

    @cache  # noqa: B019 (a handful of specs)
    def build(self) -> Network:
        """The network.

        Raises:
            NotKnown: the name is not known here.
            UserError: the name stands for something that does not make such a network.
        """
        network: Network = built(NETWORKS, self.network, self, Network)
        if len(network.widths) != self.num_layers:
            raise UserError(
                f"--network: {self.network} makes {len(network.widths)} hidden layers, not"
                f" --num_layers={self.num_layers}"
            )
        return network


def not_of_sizes(entry: Any) -> str:
    """The complaint of a registry whose entries are functions of `Sizes`, by keyword."""
    try:
        inspect.signature(entry).bind(**asdict(Sizes()))
    except (TypeError, ValueError):
        return f"is no function of {', '.join(asdict(Sizes()))}"
    return ""


NETWORKS = Registry("network", not_of_sizes, mlp="baselines.common.networks.networks:Mlp")
"""What `--network` may name: functions that make a `Network` of `Sizes`."""


def built(registry: Registry, name: str, sizes: Sizes, kind: type) -> Any:
    """What a registered function makes of these sizes.

    Raises:
        NotKnown: the name is not known here.
        UserError: the function refuses the sizes, or makes something of another kind.
    """
    make = registry.known(name)
    try:
        made = make(**{f.name: getattr(sizes, f.name) for f in fields(Sizes)})
    except ValueError as error:
        raise UserError(f"--{registry.flag}: {name}: {error}") from None
    if not isinstance(made, kind):
        raise UserError(
            f"--{registry.flag}: {name} makes a {type(made).__name__}, which is no"
            f" {kind.__name__}; docs/extending.md says what that needs"
        )
    return made
