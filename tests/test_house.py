"""The import floors of the house: a module imports only from floors below its own.

Modules of one room (the same folder of `baselines/` and the same floor; the whole ground floor is
one) may import one another as long as no cycle comes of it; a command imports no other command;
`common/` imports no algorithm.
Every import counts, also one inside a function or under `if TYPE_CHECKING`.
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = 5
GROUND = 0

# The first pattern that matches a module's path below baselines/ tells its floor.
FLOORS = (
    ("run.py", COMMANDS),
    ("evaluate.py", COMMANDS),
    ("sweep.py", COMMANDS),
    ("plot.py", COMMANDS),
    ("results.py", COMMANDS),
    ("verify.py", COMMANDS),
    ("convert.py", COMMANDS),
    ("inspect.py", COMMANDS),
    ("ppo2/api.py", 4),
    ("ppo2/ppo2.py", 4),
    ("ppo2/report.py", 3),
    ("ppo2/runner.py", 3),
    ("ppo2/model.py", 3),
    ("ppo2/update.py", 3),
    ("ppo2/joint_update.py", 3),
    ("ppo2/progress.py", 3),
    ("ppo2/saved.py", 3),
    ("ppo2/setup.py", 3),
    ("ppo2/starting_point.py", 3),
    ("ppo2/states.py", 3),
    ("ppo2/outputs.py", 3),
    ("ppo2/session.py", 3),
    ("ppo2/evaluation.py", 3),
    ("ppo2/filming.py", 3),
    ("ppo2/films.py", 3),
    ("transfer/*", 2),
    ("published/*", 2),
    ("ppo2/losses.py", 1),
    ("analysis/*", 1),
    ("experiments/*", 1),
    ("common/policies.py", 1),
    ("common/vec_env.py", 1),
    ("common/conversion.py", 1),
    ("common/*", 0),
    ("environments/*", 0),
    ("logger.py", 0),
    ("config.py", 0),
    ("flags.py", 0),
)
ALGORITHMS = ("ppo2", "transfer")


def floor_of(path: str) -> int | None:
    return next((floor for pattern, floor in FLOORS if fnmatchcase(path, pattern)), None)


def folder_of(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def room_of(path: str, floor: int) -> tuple[str, int]:
    return (folder_of(path) if floor > GROUND else "", floor)


def is_lobby(path: str) -> bool:
    """An __init__.py that must hold next to nothing, so that importing it is importing nothing."""
    return path.endswith("__init__.py") and path != "environments/__init__.py"


def imports(path: str, tree: ast.Module, modules: set[str]) -> Iterator[tuple[int, str]]:
    """Yield (line, path below baselines/) of each of our own modules that `tree` imports."""
    package = ["baselines", *path.split("/")[:-1]]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from package import name` means the module of that name, if there is one.
            names = [
                f"{base}.{alias.name}" if find(f"{base}.{alias.name}", modules) else base
                for alias in node.names
            ]
        elif node.args:
            function = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
            function = function.id if isinstance(function, ast.Name) else function
            first = node.args[0]
            if (
                function in ("import_module", "__import__")
                and isinstance(first, ast.Constant)
                and isinstance(first.value, str)
            ):
                names = [first.value]
        for name in dict.fromkeys(names):
            if name.split(".")[0] == "baselines":
                yield node.lineno, find(name, modules) or name


def find(name: str, modules: set[str]) -> str | None:
    """Return the path below baselines/ of a dotted name, or None if it is no module of ours."""
    package, _, rest = name.partition(".")
    stem = rest.replace(".", "/")
    candidates = (f"{stem}.py", f"{stem}/__init__.py") if stem else ("__init__.py",)
    return next((c for c in candidates if package == "baselines" and c in modules), None)


def violations(baselines: Path) -> list[str]:
    """Return one line for everything in the package `baselines` that breaks a rule."""
    paths = {p.relative_to(baselines).as_posix(): p for p in sorted(baselines.rglob("*.py"))}
    found = []
    within_rooms: dict[str, set[str]] = {}
    for path, file in paths.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if is_lobby(path):
            found += [f"{path}:{line}: holds more than a docstring" for line in furniture(tree)]
            continue
        floor = floor_of(path)
        if floor is None:
            found.append(f"{path}: has no floor yet; give it one in FLOORS of tests/test_house.py")
            continue
        for line, target in imports(path, tree, set(paths)):
            where = f"{path}:{line}: imports {target}"
            if target not in paths:
                found.append(f"{where}, which does not exist")
                continue
            target_floor = floor_of(target)
            if target == path or is_lobby(target) or target_floor is None:
                continue  # a module without a floor gets a line of its own
            same_room = room_of(path, floor) == room_of(target, target_floor)
            if folder_of(path) == "common" and folder_of(target) in ALGORITHMS:
                found.append(f"{where}: common/ must not know an algorithm")
            elif floor == target_floor == COMMANDS:
                found.append(f"{where}: a command must not import another")
            elif target_floor > floor:
                found.append(f"{where}: upward, from floor {floor} to {target_floor}")
            elif target_floor == floor and not same_room:
                found.append(f"{where}: sideways into another room of floor {floor}")
            elif same_room:
                within_rooms.setdefault(path, set()).add(target)
    try:
        TopologicalSorter(within_rooms).prepare()
    except CycleError as error:
        found.append(f"imports run in a circle: {' -> '.join(reversed(error.args[1]))}")
    return found


def furniture(tree: ast.Module) -> list[int]:
    """Return the lines of all but docstrings, `__future__` and constants such as __version__.

    A module's `__getattr__` is a door that opens only when something is asked for.
    """
    lines = []
    for node in tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        constant = isinstance(node, ast.Assign | ast.AnnAssign) and (
            node.value is None or not any(isinstance(n, ast.Call) for n in ast.walk(node.value))
        )
        door = isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
        if not (docstring or future or constant or door):
            lines.append(node.lineno)
    return lines


def build(folder: Path, files: dict[str, str]) -> Path:
    """Write a small package that keeps every rule, with `files` put over it."""
    sound = {
        "__init__.py": '"""A docstring."""\n\n__version__ = "0.0.0"\n',
        "common/__init__.py": "",
        "environments/__init__.py": "from .centipede import Centipede\n",
        "environments/centipede.py": "import gymnasium\n",
        "ppo2/__init__.py": "",
        "transfer/__init__.py": "",
        "config.py": "import dataclasses\n",
        "logger.py": "from baselines.common import networks\nfrom .config import Config\n",
        "common/networks.py": "import tensorflow as tf\n",
        "common/policies.py": "from baselines.common import networks\n",
        "ppo2/losses.py": "from ..common.networks import mlp\n",
        "transfer/teacher.py": "from baselines.common.policies import Policy\n",
        "transfer/student.py": "from . import teacher\n",
        "ppo2/runner.py": "from baselines import __version__\n",
        "ppo2/model.py": "from baselines.ppo2 import losses, runner\n",
        "ppo2/ppo2.py": "import baselines.ppo2.model\nimport baselines.transfer.student\n",
        "run.py": "def main():\n    from baselines.ppo2 import ppo2\n",
        "plot.py": "from baselines import logger\n",
    }
    for path, text in {**sound, **files}.items():
        target = folder / "baselines" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder / "baselines"


def test_the_package_keeps_its_floors() -> None:
    assert list((ROOT / "baselines").rglob("*.py")), "no package to look at"
    assert "\n".join(violations(ROOT / "baselines")) == ""


def test_a_sound_house_passes(tmp_path: Path) -> None:
    assert violations(build(tmp_path, {})) == []


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("transfer/student.py", "import baselines.ppo2.model", "upward, from floor 2 to 3"),
        ("transfer/student.py", "from ..ppo2.ppo2 import learn", "upward, from floor 2 to 4"),
        ("config.py", "def f():\n    from baselines import run", ":2: imports run.py: upward"),
        ("config.py", "import importlib as i\ni.import_module('baselines.run')", "upward"),
        ("config.py", "from importlib import import_module as m, import_module\n"
         "import_module('baselines.run')", "upward"),
        ("config.py", "if TYPE_CHECKING:\n    from .ppo2.losses import a", "upward"),
        ("common/networks.py", "import baselines.logger", "circle: "),
        ("ppo2/losses.py", "from baselines.common.policies import Policy", "sideways"),
        ("plot.py", "from baselines.run import main", "a command must not import another"),
        ("plot.py", "from . import run", "a command must not import another"),
        ("common/policies.py", "from baselines.ppo2 import losses", "must not know an algorithm"),
        ("common/networks.py", "import baselines.transfer.student", "must not know an algorithm"),
        ("transfer/teacher.py", "from .student import Student", "circle: transfer/"),
        ("environments/centipede.py", "from . import Centipede", "circle: environments/"),
        ("config.py", "import baselines.gone", "baselines.gone, which does not exist"),
        ("ppo2/extra.py", "", "ppo2/extra.py: has no floor yet"),
        ("train.py", "", "train.py: has no floor yet"),
        ("ppo2/__init__.py", "from .ppo2 import learn", "ppo2/__init__.py:1: holds more than"),
        ("__init__.py", "__version__ = find_version()", "__init__.py:1: holds more than"),
    ],
)  # fmt: skip
def test_each_fault_is_found(tmp_path: Path, path: str, text: str, complaint: str) -> None:
    found = violations(build(tmp_path, {path: text + "\n"}))
    assert len(found) == 1
    assert complaint in found[0]
