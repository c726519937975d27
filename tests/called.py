"""Commands as a user calls them: what they print, their exit status; most need no process each."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from baselines.common.command_line import run_command

ROOT = Path(__file__).resolve().parent.parent

needs_full_device = pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="no device that is full"
)


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def ended(module: str, arguments: Sequence[str]) -> Done:
    """Run `python -m MODULE` with these arguments in this process, in the checkout's folder."""
    command = importlib.import_module(module)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(ROOT)
        patch.setattr(sys, "argv", [module, *arguments])
        patch.setattr(sys, "orig_argv", [sys.executable, "-m", module, *arguments])
        with pytest.raises(SystemExit) as end:
            run_command(command.main, command.PROGRAM)
    assert isinstance(end.value.code, int)
    return Done(end.value.code, out.getvalue(), err.getvalue())


def call(module: str, *arguments: object, status: int = 0) -> Done:
    """As `ended`, for a command that is to end with this status."""
    done = ended(module, [str(argument) for argument in arguments])
    assert done.returncode == status, done.stderr
    return done


def python(
    *arguments: object, status: int = 0, variables: Mapping[str, str] | None = None, given: str = ""
) -> Done:
    """Run Python with these arguments, in a process of its own, in the checkout's folder.

    It finds the package and what the tests share.

    Args:
        arguments: such as `-m`, a module and its own arguments.
        status: how it is to end.
        variables: the environment; by default that of this process.
        given: its standard input.
    """
    search = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, input=given, check=False,
        env={**(os.environ if variables is None else variables), **search},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


HEAVY = {"tensorflow", "torch", "gymnasium", "mujoco", "scipy", "matplotlib", "joblib"}
"""Packages that take long to import; a command that does without them answers at once."""


def heavy_imports(program: str, *arguments: object) -> set[str]:
    """Which of the heavy packages are imported once a program has run in a process of its own."""
    told = python("-c", f"{program}\nimport sys; print(*{HEAVY} & set(sys.modules))", *arguments)
    return set(told.stdout.splitlines()[-1].split())


PROGRAM = """
import json, sys
from called import ended
asked = json.load(sys.stdin)
ends = [ended(sys.argv[1], arguments) for arguments in asked]
json.dump([ends, sorted(sys.modules)], sys.stdout)
"""


def call_without_tensorflow(
    module: str, calls: Mapping[str, Sequence[str]], variables: Mapping[str, str]
) -> dict[str, Done]:
    """How each call of a command ends, one after the other in a process that needs no TensorFlow.

    Args:
        module: the command.
        calls: the arguments of each, by name.
        variables: the environment.
    """
    asked = json.dumps(list(calls.values()))
    done = python("-c", PROGRAM, module, variables=variables, given=asked)
    ends, modules = json.loads(done.stdout)
    assert "tensorflow" not in modules
    return {name: Done(*end) for name, end in zip(calls, ends, strict=True)}
