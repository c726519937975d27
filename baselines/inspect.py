"""`python -m baselines.describe` under its former name, `python -m baselines.inspect`.

A file of this folder that is run as a script (`python baselines/run.py`) finds this one where
Python's own `inspect` is meant. Imported under that name, this module makes way for it.
"""

import importlib.util
import os
import runpy
import sys


def make_way(name: str) -> None:
    """Put Python's own module of this name in this one's place."""
    path = os.path.join(os.path.dirname(os.__file__), f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


if __name__ == "inspect":
    make_way(__name__)
elif __name__ == "__main__":
    runpy.run_module("baselines.describe", run_name="__main__", alter_sys=True)
