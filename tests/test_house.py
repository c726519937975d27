"""The floors of the house: a room imports only from rooms on floors below its own.

A room is a folder of `baselines/`, so that a new file in one needs no entry here. Modules of one
room may import one another as long as no cycle comes of it. Every import counts, also one inside a
function or under `if TYPE_CHECKING`, and so does a name for a registry such as
`"baselines.transfer.mikt:MIKT"`.
"""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

BESIDE = dict.fromkeys(("coefs.py", "config.py", "logger.py", "methods.py"), "settings") | {
    "checks.py": "command line",
    "flags.py": "command line",
}
"""The files beside the rooms that are no commands, and the rooms that they count as."""

FLOORS = (
    ("common", "environments"),
    ("common/networks",),
    ("common/vec_env",),
    ("settings",),
    ("transfer/teachers", "conversion"),
    ("transfer/student",),
    ("transfer",),
    ("command line", "analysis/runs"),
    ("training", "experiments", "analysis"),
    ("evaluation", "published"),
    ("ppo2",),
    ("commands",),
)
"""The rooms of each floor, from the ground up."""


def room_of(path: str) -> str:
    folder, _, file = path.rpartition("/")
    return folder or BESIDE.get(file, "commands")


def floor_of(path: str) -> int | None:
    return next((n for n, rooms in enumerate(FLOORS) if room_of(path) in rooms), None)


def is_lobby(path: str) -> bool:
    """An __init__.py that must hold next to nothing, so that importing it is importing nothing."""
    return path.endswith("__init__.py") and path != "environments/__init__.py"


def imports(path: str, tree: ast.Module, modules: set[str]) -> Iterator[tuple[int, str]]:
    """Yield (line, path below baselines/) of each of our own modules that `tree` imports."""
    package = ["baselines", *path.split("/")[:-1]]
    for node in ast.walk(tree):
        for name in dict.fromkeys(names_in(node, package, modules)):
            if name.split(".")[0] == "baselines":
                yield node.lineno, find(name, modules) or name  # type: ignore[attr-defined]


def names_in(node: ast.AST, package: list[str], modules: set[str]) -> list[str]:
    """The dotted names of the modules that a node of a module in `package` imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        # `from package import name` means the module of that name, if there is one.
        return [
            f"{base}.{alias.name}" if find(f"{base}.{alias.name}", modules) else base
            for alias in node.names
        ]
    if isinstance(node, ast.Call) and node.args and is_text(node.args[0]):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
        function = function.id if isinstance(function, ast.Name) else function
        return [node.args[0].value] if function in ("import_module", "__import__") else []  # type: ignore[attr-defined]
    if is_text(node):
        place = re.fullmatch(r"(baselines[\w.]*):\w+", node.value)  # type: ignore[attr-defined]
        return [place[1]] if place else []
    return []


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


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
            found += [
                f"{path}:{line}: holds more than a docstring" for line in furniture(path, tree)
            ]
            continue
        if floor_of(path) is None:
            found.append(f"{path}: its room has no floor; see FLOORS of tests/test_house.py")
            continue
        for line, target in imports(path, tree, set(paths)):
            where = f"{path}:{line}: imports {target}"
            if target not in paths:
                found.append(f"{where}, which does not exist")
            elif target == path or is_lobby(target):
                continue
            elif complaint := of_direction(path, target):
                found.append(f"{where}: {complaint}")
            elif room_of(path) == room_of(target):
                within_rooms.setdefault(path, set()).add(target)
    try:
        TopologicalSorter(within_rooms).prepare()
    except CycleError as error:
        found.append(f"imports run in a circle: {' -> '.join(reversed(error.args[1]))}")
    return found


def of_direction(path: str, target: str) -> str:
    """What is wrong with one module importing another; empty: nothing."""
    floor, target_floor = floor_of(path), floor_of(target)
    if floor is None or target_floor is None:
        return ""  # a module without a floor gets a line of its own
    if target_floor > floor:
        return f"upward, from {room_of(path)} to {room_of(target)}"
    if room_of(path) == room_of(target) == "commands":
        return "a command must not import another"
    if target_floor == floor and room_of(path) != room_of(target):
        return f"sideways, from {room_of(path)} to {room_of(target)}"
    return ""


DOOR = ("__getattr__", "__dir__")

STARTING = "sys.argv[:1] == ['-m']"
"""Holds in the package's own __init__.py while Python imports one of the commands."""


def furniture(path: str, tree: ast.Module) -> list[int]:
    """Return the lines of all but docstrings, `__future__` and constants such as __version__.

    A module's `__getattr__` is a door that opens only when something is asked for; its `__dir__`
    and what stands under `if TYPE_CHECKING` are the door's signs, for completion and type checkers.
    What a command needs before all its imports stands in the package's own, under `STARTING`.
    """
    lines = []
    for node in tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        constant = isinstance(node, ast.Assign | ast.AnnAssign) and (
            node.value is None or not any(isinstance(n, ast.Call) for n in ast.walk(node.value))
        )
        door = isinstance(node, ast.FunctionDef) and node.name in DOOR
        sign = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        start = path == "__init__.py" and (
            ast.unparse(node) == "import sys"
            or (isinstance(node, ast.If) and ast.unparse(node.test) == STARTING)
        )
        if not (docstring or future or constant or door or sign or start):
            lines.append(node.lineno)
    return lines


def build(folder: Path, files: dict[str, str]) -> Path:
    """Write a small package that keeps every rule, with `files` put over it."""
    sound = {
        "__init__.py": '"""A docstring."""\n\n__version__ = "0.0.0"\n',
        "common/__init__.py": "",
        "common/registry.py": "import difflib\n",
        "common/networks/__init__.py": "",
        "common/networks/networks.py": "from ..registry import Registry\n",
        "common/networks/policies.py": "from baselines.common.networks import networks\n",
        "environments/__init__.py": "from .centipede import Centipede\n",
        "environments/centipede.py": "import gymnasium\n",
        "ppo2/__init__.py": "",
        "transfer/__init__.py": "",
        "config.py": "from baselines.common.networks.networks import mlp\n",
        "logger.py": "from .config import Config\n",
        "transfer/teacher.py": "from baselines.common.networks.policies import Policy\n",
        "transfer/student.py": "from . import teacher\nMETHOD = 'baselines.transfer.teacher:T'\n",
        "ppo2/losses.py": "from ..common.networks.networks import mlp\n",
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
        ("transfer/student.py", "import baselines.ppo2.model", "upward, from transfer to ppo2"),
        ("transfer/student.py", "from ..ppo2.ppo2 import learn", "upward, from transfer to ppo2"),
        ("transfer/student.py", "A = {'mlp': 'baselines.ppo2.model:Model'}", ":1: imports ppo2"),
        ("config.py", "def f():\n    from baselines import run", ":2: imports run.py: upward"),
        ("config.py", "import importlib as i\ni.import_module('baselines.run')", "upward"),
        ("config.py", "from importlib import import_module as m, import_module\n"
         "import_module('baselines.run')", "upward"),
        ("config.py", "if TYPE_CHECKING:\n    from .ppo2.losses import a", "upward"),
        ("common/registry.py", "import baselines.common.networks.networks", "upward, from common"),
        ("common/registry.py", "import baselines.environments.centipede", "sideways"),
        ("conversion/new.py", "import baselines.transfer.student", "upward, from conversion"),
        ("plot.py", "from baselines.run import main", "a command must not import another"),
        ("plot.py", "from . import run", "a command must not import another"),
        ("transfer/teacher.py", "from .student import Student", "circle: transfer/"),
        ("config.py", "import baselines.logger", "circle: "),
        ("config.py", "A = {'a': 'baselines.transfer.teacher:T'}", "upward, from settings"),
        ("flags.py", "import baselines.run", "upward, from command line to commands"),
        ("environments/centipede.py", "from . import Centipede", "circle: environments/"),
        ("config.py", "import baselines.gone", "baselines.gone, which does not exist"),
        ("cellar/extra.py", "", "cellar/extra.py: its room has no floor"),
        ("ppo2/deep/extra.py", "", "ppo2/deep/extra.py: its room has no floor"),
        ("ppo2/__init__.py", "from .ppo2 import learn", "ppo2/__init__.py:1: holds more than"),
        ("__init__.py", "__version__ = find_version()", "__init__.py:1: holds more than"),
        ("__init__.py", "import json", "__init__.py:1: holds more than"),
        ("__init__.py", "import sys\nif sys.argv:\n    pass", "__init__.py:2: holds more than"),
        ("ppo2/__init__.py", "import sys", "ppo2/__init__.py:1: holds more than"),
    ],
)  # fmt: skip
def test_each_fault_is_found(tmp_path: Path, path: str, text: str, complaint: str) -> None:
    found = violations(build(tmp_path, {path: text + "\n"}))
    assert len(found) == 1
    assert complaint in found[0]


def test_no_module_hides_one_of_pythons() -> None:
    """A file of the package that is run as a script finds its folder's modules first.

    `inspect` makes way for Python's own (tests/test_main.py).
    """
    names = {path.stem for path in (ROOT / "baselines").glob("*.py")}
    assert names & sys.stdlib_module_names == {"inspect"}


def test_no_two_modules_have_one_name() -> None:
    """Whoever looks for a file by its name finds one; a room and its main module share theirs."""
    stems = [path.stem for path in modules_of("baselines") if path.name != "__init__.py"]
    assert len(stems) > 100
    assert sorted({stem for stem in stems if stems.count(stem) > 1}) == []


def test_no_two_classes_have_one_name() -> None:
    names = [
        node.name
        for path in (ROOT / "baselines").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    assert len(names) > 50
    assert sorted({name for name in names if names.count(name) > 1}) == []


ELSEWHERE = {
    "analysis/runs/log_text.py": "analysis/runs/test_runs.py",
    "common/logged_metric.py": "test_docs.py",
    "common/networks/trials.py": "test_extending.py",
    "common/vec_env/answers.py": "strangers/test_task_calls.py",
    "common/vec_env/displays.py": "test_run.py",
    "common/vec_env/in_use.py": "common/vec_env/test_tasks.py",
    "common/vec_env/task_modules.py": "strangers/test_task_calls.py",
    "conversion/bare_policy.py": "training/test_teacher_files.py",
    "conversion/conversion.py": "test_convert.py",
    "environments/arguments.py": "environments/test_centipede_options.py",
    "experiments/choosing.py": "test_sweep.py",
    "experiments/telling.py": "test_sweep.py",
    "inspect.py": "test_main.py",
    "methods.py": "experiments/test_experiment_files.py",
    "ppo2/settings.py": "ppo2/test_api.py",
    "ppo2/update_metrics.py": "test_docs.py",
    "published/run_list.py": "test_results.py",
    "training/starting_point.py": "training/test_setup.py",
    "transfer/student/student_parts.py": "transfer/student/test_student.py",
    "transfer/student/student_variables.py": "transfer/student/test_student_options.py",
}
"""Modules that no test imports by name, with the test that runs them."""


def test_every_module_has_its_test() -> None:
    modules = {p.relative_to(ROOT / "baselines").as_posix() for p in modules_of("baselines")}
    tests = {p.relative_to(ROOT / "tests").as_posix() for p in modules_of("tests")}
    imported = {
        module
        for path in modules_of("tests")
        for _, module in imports("", ast.parse(path.read_text(encoding="utf-8")), modules)
    }
    named = {m for m in modules if any(t.endswith(f"test_{Path(m).stem}.py") for t in tests)}
    lobbies = {m for m in modules if is_lobby(m)}
    assert sorted(modules - imported - named - lobbies - ELSEWHERE.keys()) == []
    assert sorted(ELSEWHERE.keys() & imported) == []
    assert set(ELSEWHERE.values()) <= tests


def modules_of(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))
