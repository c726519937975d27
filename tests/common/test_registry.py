"""Names of networks, mappings and transfer methods; which of them import something."""

import ast
import importlib
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from baselines.common.errors import UserError
from baselines.common.networks.networks import Mlp
from baselines.common.networks.specs import not_of_sizes
from baselines.common.registry import NotKnown, Registry, place_of
from baselines.transfer.kinds import REGISTRIES

BASELINES = Path(__file__).resolve().parents[2] / "baselines"

PLACE = "outside_module:make"

SOURCE = """
from pathlib import Path
Path({marker!r}).touch()
def make(num_layers, num_hidden, activation):
    return "made"
def other():
    pass
"""


@pytest.fixture
def registry() -> Registry:
    return Registry("network", not_of_sizes, mlp="baselines.common.networks.networks:Mlp")


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module `outside_module` that leaves this file behind when it is imported."""
    found = tmp_path / "imported"
    (tmp_path / "outside_module.py").write_text(SOURCE.format(marker=str(found)))
    (tmp_path / "raising_module.py").write_text("raise RuntimeError('two\\nlines')")
    (tmp_path / "silent_module.py").write_text("raise RuntimeError")
    (tmp_path / "exiting_module.py").write_text("import sys\nsys.exit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "outside_module", raising=False)
    return found


@pytest.mark.parametrize("ours", REGISTRIES, ids=lambda registry: registry.flag)
def test_all_names_of_the_package_stand_for_something_of_their_kind(ours: Registry) -> None:
    own = {
        "network": ["mlp"],
        "mapping": ["learned", "frozen", "named"],
        "transfer": ["mikt", "mlpp", "surgery", "kickstart"],
    }
    assert list(ours) == own[ours.flag]
    for name in ours:
        assert ours.known(name) is ours.lookup(name)


def test_who_reads_what_a_room_above_provides_gets_it_from_there() -> None:
    """From `config`, where nothing is in them yet, only `kinds` takes it and what it names."""
    takers = {
        path.relative_to(BASELINES).as_posix()
        for path in BASELINES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "baselines.config"
        for alias in node.names
        if alias.name in ("MAPPINGS", "TRANSFERS")
    }
    assert takers == {"transfer/kinds.py", "transfer/student/mapping_kinds.py"}


def test_a_room_above_can_provide_more(registry: Registry) -> None:
    registry.provide(deep="baselines.common.networks.networks:Mlp")
    assert list(registry) == ["mlp", "deep"]
    assert registry.known("deep") is Mlp
    assert registry.from_outside() == []
    with pytest.raises(ValueError, match="the network 'mlp' is taken"):
        registry.provide(mlp="outside_module:make")


def test_a_short_name_stands_for_its_place(registry: Registry) -> None:
    assert registry.known("mlp") is Mlp
    assert registry.from_outside() == []


def test_what_the_user_names_is_imported_and_known_from_then_on(
    registry: Registry, marker: Path
) -> None:
    with pytest.raises(NotKnown):
        registry.known(PLACE)
    assert not marker.exists()
    made = registry.lookup(PLACE)
    assert marker.exists()
    assert made(1, 2, "tanh") == "made"
    assert registry.known(PLACE) is made
    assert registry.from_outside() == [PLACE]
    assert list(registry) == ["mlp"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "mpl",
            r"unknown name 'mpl' \(one of: mlp, or module:name\); did you mean mlp\?",
        ),
        ("", r"--network: unknown name ''"),
        ("no_such:x", r"--network: cannot import 'no_such' of 'no_such:x': ModuleNotFoundError"),
        ("a/task.py:x", r"cannot import 'a/task.py' of .*; give a module, .* without \.py$"),
        (":x", r"--network: cannot import '' of ':x'"),
        ("..a:x", r"--network: cannot import '..a'"),
        ("raising_module:x", r"--network: cannot import .* RuntimeError: two lines"),
        ("silent_module:x", r"--network: cannot import .* RuntimeError$"),
        ("exiting_module:x", r"--network: cannot import .* SystemExit: 3"),
        ("outside_module:mak", r"--network: the module outside_module has no 'mak'; .* make\?"),
        ("outside_module:", r"--network: the module outside_module has no ''"),
        ("outside_module:other", r"--network: .*:other is no function of num_layers, num_hidden"),
        ("os:system", r"--network: os:system is no function of num_layers"),
        ("os:sep", r"--network: os:sep is no function of num_layers"),
    ],
)
@pytest.mark.usefixtures("marker")
def test_what_is_wrong_with_a_name_is_told_in_one_line(
    registry: Registry, name: str, message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        registry.lookup(name)
    assert len(str(caught.value).splitlines()) == 1
    assert name not in registry.from_outside()


def test_a_place_stands_for_what_was_there_until_it_is_renewed(
    registry: Registry, marker: Path
) -> None:
    first = registry.lookup(PLACE)
    assert marker.exists()
    registry.renew("no_such_module:make")
    registry.renew("mlp")
    importlib.reload(sys.modules["outside_module"])
    assert registry.lookup(PLACE) is first
    registry.renew(PLACE)
    assert registry.lookup(PLACE) is sys.modules["outside_module"].make is not first


def test_a_function_that_is_given_is_the_one_that_is_used(registry: Registry) -> None:
    first, second = (lambda num_layers, num_hidden, activation: 0 for _ in "ab")
    name = registry.adopt(first)
    registry.renew(name)  # nothing that could be imported is at this place
    assert registry.known(name) is registry.lookup(name) is first
    assert registry.adopt(second) == name
    assert registry.known(name) is second
    with pytest.raises(UserError, match=r"^--teacher_network: builtins:sum is no function of"):
        registry.adopt(sum, "teacher_network")


def test_the_flag_that_a_name_was_given_for_is_named(registry: Registry) -> None:
    with pytest.raises(UserError, match=r"^--teacher_network: unknown name 'a'"):
        registry.lookup("a", "teacher_network")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (PLACE, f"if you trust that module, add --network={PLACE}$"),
        (
            "baselines.common.networks.networks:Mlp",
            "add --network=baselines.common.networks.networks:Mlp$",
        ),
        ("os:system", "add --network=os:system$"),
        ("lstm", "which is none of: mlp$"),
        ("a:b; rm -rf x", "'a:b; rm -rf x', which is none of: mlp$"),  # no shell is told that
        ("\x1b[2J" * 99, "which is none of: mlp$"),
    ],
)
def test_a_name_from_a_file_imports_nothing(
    registry: Registry, marker: Path, name: str, message: str
) -> None:
    before = set(sys.modules)
    with pytest.raises(NotKnown) as caught:
        registry.known(name)
    assert set(sys.modules) == before
    assert not marker.exists()
    told = caught.value.told()
    assert re.search(message, told), told
    assert told.isprintable()
    assert len(told) < 200


def test_what_allows_a_name_may_be_written_otherwise(registry: Registry) -> None:
    with pytest.raises(NotKnown) as caught:
        registry.known("a:b")
    assert caught.value.told("{kind}s=['{name}']").endswith("add networks=['a:b']")


def test_a_registered_name_is_known(registry: Registry) -> None:
    @registry.register("short")
    def make(num_layers: int, num_hidden: int, activation: str) -> None: ...

    assert registry.known("short") is registry.lookup("short") is make
    assert list(registry) == ["mlp", "short"]
    registry.register("short")(make)
    for name, entry in (("short", Mlp), ("mlp", make)):
        with pytest.raises(ValueError, match=f"^the network '{name}' is taken$"):
            registry.register(name)(entry)
    for wrong in ("a:b", "a,b", "my net", "", make):  # the last as @register without brackets
        with pytest.raises(ValueError, match=r"^a network is registered under a name of letters"):
            registry.register(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is no function of num_layers"):
        registry.register("sum")(sum)


def test_the_place_of_a_function_is_its_name() -> None:
    assert place_of(Mlp, "network") == "baselines.common.networks.networks:Mlp"


def _main() -> Callable[..., Any]:
    def made() -> None: ...

    made.__module__, made.__qualname__ = "__main__", "made"
    return made


@pytest.mark.parametrize("function", [lambda: 0, Mlp.layer, partial(Mlp), _main()])
def test_a_function_that_no_other_program_could_import_is_refused(
    function: Callable[..., Any],
) -> None:
    with pytest.raises(UserError, match=r"^--network: .* must stand on the top level of a module"):
        place_of(function, "network")
