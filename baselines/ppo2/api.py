"""The package from a program: what the command line does, in two calls.

from baselines import ppo2

model = ppo2.learn(env="CentipedeEight-v1", teachers=["teacher_models/centipede_four/0/00970"])
action, _ = model.predict(obs)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from baselines.common.files import expanded
from baselines.common.registry import place_of
from baselines.config import MAPPINGS, NETWORKS, TRANSFERS
from baselines.flags import from_settings
from baselines.ppo2 import ppo2
from baselines.training.saved import SavedPolicy, read_saved_policy

Path = str | os.PathLike[str]


def learn(env: str, teachers: Sequence[Path] = (), **settings: Any) -> SavedPolicy:
    """Train a policy.

    Args:
        env: a Gymnasium id, or `module:Id`.
        teachers: files of teachers; none: learn from scratch.
        settings: those of `python -m baselines.run --help` by name, such as `num_timesteps=2e6`.
            A function stands for its name, `module:name`: `network=my_mlp`.

    Returns:
        The policy at the end of the run.

    Raises:
        UserError: a setting or a file is wrong; nothing has been written then.
        Diverged: a value is not finite.
        KeyboardInterrupt: on Ctrl-C or SIGTERM, once what there is has been saved.
    """
    texts = {name: _text(name, value) for name, value in {"env": env, **settings}.items()}
    return ppo2.learn(from_settings(texts, tuple(os.fspath(path) for path in teachers)))


def _text(name: str, value: Any) -> str:
    """A value as one would type it."""
    if callable(value):
        return place_of(value, name)
    return json.dumps(value) if isinstance(value, dict) else str(value)


Outside = str | Callable[..., Any]
"""Something from outside this package: a function, or its name."""


def load(
    path: Path,
    networks: Sequence[Outside] = (),
    mappings: Sequence[Outside] = (),
    transfers: Sequence[Outside] = (),
) -> SavedPolicy:
    """Read a checkpoint.

    Args:
        path: the file.
        networks: those from outside this package that it may name.
        mappings: the same of mappings.
        transfers: the same of transfer methods.

    Raises:
        UserError: one of these is not there.
        CheckpointError: it cannot be used, and why.
    """
    allowed = ((NETWORKS, networks), (MAPPINGS, mappings), (TRANSFERS, transfers))
    for registry, entries in allowed:
        for entry in entries:
            registry.lookup(_text(registry.flag, entry))
    return read_saved_policy(expanded(os.fspath(path), "load_path"), "load_path")
