#!/usr/bin/env python3
"""Write requirements.txt anew: one tested set of versions for every Python we support.

For each Python a virtual environment is made, the dependencies of pyproject.toml and its extras
`dev` and `mpi` are installed and imported, and what pip then lists is merged into one file. A
version that is the same everywhere stands without a marker, one that is not with a
`python_version` marker.

Python 3.11 is solved first and leads: the others take its versions wherever those admit them, so
that the sets differ only where they must.

    python scripts/pin_requirements.py                  # Pythons from PATH and from pyenv
    python scripts/pin_requirements.py --python ~/py313/bin/python --keep-in venvs

With `--keep-in`, environments already in that folder (`v310`, `v311`, ...) are completed instead
of made; they must hold nothing but these dependencies. Needs Python 3.11 to run, the network, and
some minutes.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
LEADER = "3.11"
IMPORTS = (
    "tensorflow, gymnasium, mujoco, numpy, scipy, cloudpickle, joblib, safetensors.numpy, tqdm, "
    "matplotlib, threadpoolctl, yaml, imageio, PIL, pytest, xdist, hypothesis, mypy, build, "
    "mkdocs, pygments, mpi4py.MPI"
)

# Runs inside the leader's environment, where `packaging` is at hand; argv: a full Python version.
PINS_ADMITTING = """
import sys
from importlib.metadata import distributions
from packaging.specifiers import SpecifierSet
for d in distributions():
    if d.name not in ("pip", "setuptools", "wheel"):
        if SpecifierSet(d.metadata.get("Requires-Python") or "").contains(sys.argv[1]):
            print(f"{d.name}=={d.version}")
"""


def main() -> int:
    """Make the environments, check them, write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--python", action="append", default=[], metavar="PATH", help="an interpreter; repeatable"
    )
    parser.add_argument("--keep-in", type=Path, metavar="DIR", help="where the environments stay")
    args = parser.parse_args()

    for named in args.python:
        if supported_version(named) is None:
            parser.error(f"--python: {named} is no Python of {', '.join(SUPPORTED)}")
    pythons = find_pythons(args.python)
    missing = [v for v in SUPPORTED if v not in pythons]
    if missing:
        parser.error(f"no Python {', '.join(missing)}; name it with --python")

    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep_in or Path(scratch)
        environments = {v: folder.resolve() / f"v{v.replace('.', '')}" for v in SUPPORTED}
        leader = environments[LEADER] / "bin" / "python"
        constraints = Path(scratch) / "constraints.txt"
        pins: dict[str, dict[str, str]] = {}  # project -> Python -> version
        exact = []
        for version in sorted(SUPPORTED, key=lambda v: v != LEADER):
            print(f"Python {version}: installing", flush=True)
            python = make_environment(environments[version], pythons[version])
            exact.append(full_version(python))
            if version == LEADER:
                constraints.write_text("")
            else:
                constraints.write_text(output(leader, "-c", PINS_ADMITTING, exact[-1]))
            install(python, wanted_requirements(), constraints)
            run(python, "-m", "pip", "check")
            run(python, "-c", f"import {IMPORTS}")
            for name, pin in frozen(python):
                pins.setdefault(name, {})[version] = pin

    write_requirements(ROOT / "requirements.txt", pins, sorted(exact, key=version_key))
    return 0


def find_pythons(named: Iterable[str]) -> dict[str, str]:
    """Return the first working interpreter for each supported version, the named ones first."""
    candidates = [*named, *(f"python{v}" for v in SUPPORTED)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [str(p) for v in SUPPORTED for p in sorted(pyenv.glob(f"{v}.*/bin/python"))]
    found: dict[str, str] = {}
    for candidate in candidates:
        version = supported_version(candidate)
        if version is not None:
            found.setdefault(version, candidate)
    return found


def supported_version(python: str) -> str | None:
    """Return which of the supported versions an interpreter is; None if it is none of them."""
    try:
        version = full_version(python).rpartition(".")[0]
    except (OSError, subprocess.CalledProcessError):
        return None
    return version if version in SUPPORTED else None


def wanted_requirements() -> list[str]:
    """Return what pyproject.toml asks for: the dependencies and the extras that the tests use."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["dev"], *extras["mpi"]]


def make_environment(folder: Path, python: str) -> Path:
    """Make a virtual environment with a current pip, unless there is one; return its python."""
    inside = folder / "bin" / "python"
    if not inside.exists():
        run(python, "-m", "venv", folder)
        run(inside, "-m", "pip", "install", "--quiet", "--upgrade", "pip")
    return inside


def install(python: Path, wanted: list[str], constraints: Path) -> None:
    """Install under the leader's constraints, or freely where those cannot be met."""
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    try:
        run(*pip, "--constraint", constraints, *wanted)
    except subprocess.CalledProcessError:
        print(f"Python at {python}: the leader's versions do not fit together here; solving anew")
        run(*pip, *wanted)


def frozen(python: Path) -> list[tuple[str, str]]:
    """Return (normalised name, version) of everything installed but pip and this project."""
    lines = output(python, "-m", "pip", "freeze", "--exclude-editable").splitlines()
    pairs = [line.partition("==") for line in lines if "==" in line]
    return [(re.sub(r"[-_.]+", "-", name).lower(), pin) for name, _, pin in pairs]


def write_requirements(target: Path, pins: dict[str, dict[str, str]], exact: list[str]) -> None:
    """Write one line for each project and version, replacing the file in one step."""
    lines = [
        "# Written by scripts/pin_requirements.py from pyproject.toml; do not edit.",
        f"# Installed and imported with Python {', '.join(exact)}.",
    ]
    for name in sorted(pins):
        by_version: dict[str, list[str]] = {}
        for python in SUPPORTED:
            if python in pins[name]:
                by_version.setdefault(pins[name][python], []).append(python)
        for version, its_pythons in by_version.items():
            condition = marker(its_pythons)
            lines.append(f"{name}=={version}" + (f" ; {condition}" if condition else ""))
    draft = target.with_suffix(".new")
    draft.write_text("\n".join(lines) + "\n")
    draft.replace(target)
    print(f"wrote {target.name}: {len(lines) - 2} lines")


def marker(pythons: list[str]) -> str:
    """Return the environment marker for some of the supported versions, in their order.

    >>> marker(["3.10"]), marker(["3.11", "3.12", "3.13"]), marker(["3.11"])
    ('python_version < "3.11"', 'python_version >= "3.11"', 'python_version == "3.11"')
    """
    if tuple(pythons) == SUPPORTED:
        return ""
    if tuple(pythons) == SUPPORTED[: len(pythons)]:
        return f'python_version < "{SUPPORTED[len(pythons)]}"'
    if tuple(pythons) == SUPPORTED[-len(pythons) :]:
        return f'python_version >= "{pythons[0]}"'
    return " or ".join(f'python_version == "{v}"' for v in pythons)


def full_version(python: str | Path) -> str:
    """Return an interpreter's version, such as 3.11.7."""
    return output(python, "-c", "import platform; print(platform.python_version())").strip()


def version_key(version: str) -> tuple[int, ...]:
    """Sort versions by number."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def run(*command: str | Path) -> None:
    """Run a command; raise when it fails."""
    subprocess.run(command, check=True)


def output(*command: str | Path) -> str:
    """Run a command; return what it printed, raise when it fails."""
    return subprocess.run(
        command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
