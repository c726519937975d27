"""The package from a program: what the command line does, in two calls.

from baselines import ppo2

model = ppo2.learn(env="CentipedeEight-v1", teachers=["teacher_models/centipede_four/0/00970"])
action, _ = model.predict(obs)
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from baselines.flags import from_settings
from baselines.ppo2 import ppo2
from baselines.ppo2.saved import SavedPolicy, read_saved_policy

Path = str | os.PathLike[str]


def learn(env: str, teachers: Sequence[Path] = (), **settings: Any) -> SavedPolicy:
    """Train a policy.

    Args:
        env: a Gymnasium id, or `module:Id`.
        teachers: checkpoints of teachers; none: learn from scratch.
        settings: those of `python -m baselines.run --help` by name, such as `num_timesteps=2e6`.

    Returns:
        The policy at the end of the run.

    Raises:
        UserError: a setting or a file is wrong; nothing has been written then.
        Diverged: a value is not finite.
        KeyboardInterrupt: on Ctrl-C or SIGTERM, once what there is has been saved.
    """
    texts = {name: _text(value) for name, value in {"env": env, **settings}.items()}
    return ppo2.learn(from_settings(texts, tuple(os.fspath(path) for path in teachers)))


def _text(value: Any) -> str:
    """A value as one would type it."""
    return json.dumps(value) if isinstance(value, dict) else str(value)


def load(path: Path) -> SavedPolicy:
    """Read a checkpoint.

    Raises:
        CheckpointError: it cannot be used, and why.
    """
    return read_saved_policy(os.fspath(path), "load_path")
