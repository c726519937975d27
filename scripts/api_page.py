#!/usr/bin/env python3
"""Write docs/api.md, every function for programs, from the docstrings of `baselines.ppo2`.

python scripts/api_page.py
"""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from baselines import ppo2
from baselines.common.files import write_atomically
from baselines.evaluation.evaluation import Evaluation
from baselines.ppo2.trained import TrainedPolicy

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"

HEAD = """\
# Python functions

The commands as functions, for programs and notebooks. [From Python and notebooks](python.md)
explains them with examples.

```python
from baselines import ppo2

model = ppo2.learn(env="CentipedeFour-v1", num_timesteps=1e5, save_path="models/api", verbose=0)
print(model.history["eprewmean"][-1])
print(model.evaluate(episodes=2))
model.save("models/four")
model = ppo2.load("models/four")
```

Bad input raises `ppo2.UserError`, a `ValueError` with a message of one line, of which
`ppo2.CheckpointError` is the kind for files. Errors of other kinds are `ppo2.TaskError`,
`ppo2.Diverged` and `ppo2.Drifted`.
`scripts/api_page.py` writes this page from the docstrings.
"""

FUNCTIONS = (ppo2.learn, ppo2.load, ppo2.history)
CLASSES = (TrainedPolicy, Evaluation, ppo2.SoFar)


def page() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    for function in FUNCTIONS:
        parts += [f"## {function.__name__}\n", signature(f"ppo2.{function.__name__}", function)]
        parts += sections(function)
    for kind in CLASSES:
        parts += [f"## {kind.__name__}\n", *sections(kind)]
        for name, member in vars(kind).items():
            if (
                name.startswith("_")
                or isinstance(member, classmethod)
                or not inspect.getdoc(member)
            ):
                continue
            parts.append(f"### {kind.__name__}.{name}\n")
            if inspect.isfunction(member):
                parts.append(signature(name, member))
            parts += sections(member)
    return "\n".join(parts)


def signature(name: str, function: Callable[..., Any]) -> str:
    """How it is called; the settings of a run as `**settings`."""
    code = inspect.unwrap(function).__code__
    positional = code.co_argcount
    own = code.co_varnames[: positional + code.co_kwonlyargcount]
    shown = inspect.signature(function).parameters
    parts = []
    for number, parameter in enumerate(own):
        if number == positional:
            parts.append("*")
        default = shown[parameter].default if parameter in shown else inspect.Parameter.empty
        given = default is not inspect.Parameter.empty
        if parameter != "self":
            parts.append(f"{parameter}={default!r}" if given else parameter)
    if code.co_flags & inspect.CO_VARKEYWORDS:
        parts.append("**settings")
    return f"    {name}({', '.join(parts)})\n"


def sections(member: object) -> Iterator[str]:
    """A docstring: its text, and its lists of arguments, attributes and errors as lists."""
    for part in (inspect.getdoc(member) or "").split("\n\n"):
        title, _, rest = part.partition(":\n")
        if title == "Returns":
            yield f"Returns: {' '.join(rest.split())}\n"
        elif title in ("Args", "Attributes", "Raises"):
            entries = re.sub(r"\n\s+", " ", inspect.cleandoc(rest)).splitlines()
            listed = (re.sub(r"^(\w+): ", r"- `\1`: ", entry) for entry in entries)
            yield "\n".join([f"{title}:\n", *listed, ""])
        else:
            yield part + "\n"


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
