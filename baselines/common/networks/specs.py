"""Networks by name, as the command line and checkpoints tell them (`docs/extending.md`)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any

from baselines.common.errors import UserError, told
from baselines.common.networks.interfaces import Network
from baselines.common.networks.sizes import Sizes
from baselines.common.registry import Registry


@dataclass(frozen=True)
class NetworkSpec(Sizes):
    """A network as the command line and checkpoints describe it: its name in `NETWORKS`, sizes."""

    network: str = "mlp"

    def build(self) -> Network:
        """The network, made anew: its name may stand for another one by now.

        Raises:
            NotKnown: the name is not known here.
            UserError: the name stands for something that does not make such a network.
        """
        network: Network = built(NETWORKS, self.network, self, Network)
        with errors_of(f"--network: {self.network}"):
            layers = len(network.widths)
        if layers != self.num_layers:
            raise UserError(
                f"--network: {self.network} makes {layers} hidden layers, not"
                f" --num_layers={self.num_layers}"
            )
        return network


@contextmanager
def errors_of(where: str) -> Iterator[None]:
    """Tell an error of a user's code in one line that begins with `where`, as a UserError."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # a user's code may raise anything
        says_it = isinstance(error, ValueError) and str(error)
        raise UserError(f"{where}: {error if says_it else told(error)}") from None


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
    """The network or mapping that a registered function makes of these sizes.

    Raises:
        NotKnown: the name is not known here.
        UserError: the function raises an error, or makes something of another kind.
    """
    make = registry.known(name)
    with errors_of(f"--{registry.flag}: {name}"):
        made = make(**{f.name: getattr(sizes, f.name) for f in fields(Sizes)})
        is_right = isinstance(made, kind)
    if not is_right:
        raise UserError(
            f"--{registry.flag}: {name} makes a {type(made).__name__}, which is no"
            f" {kind.__name__}; docs/extending.md says what that needs"
        )
    return made
