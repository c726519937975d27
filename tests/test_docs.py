"""What the documents say is so."""

import importlib
import importlib.util
import re
import shutil
from dataclasses import fields
from functools import reduce
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from documented import blocks

import baselines
from baselines.config import Config, flag_of
from benchmarks import report

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [
        "settings_table",
        "settings_types",
        "metrics_table",
        "methods_table",
        "elsewhere_table",
        "environments_page",
        "api_page",
    ],
)
def test_a_generated_table_is_the_present_one(name: str) -> None:
    written = script(name)
    assert written.PAGE.read_text(encoding="utf-8") == written.page()


def test_every_setting_is_in_the_table() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for field in fields(Config):
        assert f"| `--{flag_of(field)}`" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


LINK = re.compile(r"\[(`[^\]]+`)\]\(\.\./(baselines/[^)]+)\.py\)")


def test_functions_that_are_linked_to_exist() -> None:
    """Of a link such as [`Student.init`](../baselines/transfer/student/student.py)."""
    found = []
    for page in PAGES:
        for text, path in LINK.findall(page.read_text(encoding="utf-8")):
            names = re.findall(r"`([\w.]+)`", text)
            if names != [f"{Path(path).name}.py"] and not text.endswith(".py`"):
                module = importlib.import_module(path.replace("/", "."))
                for name in names:
                    parts = name.removeprefix(f"{Path(path).name}.").split(".")
                    reduce(getattr, parts, module)
                    found.append(name)
    assert len(set(found)) > 25


def test_every_equation_of_the_loss_has_its_function() -> None:
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    section = page.partition("## The loss of a minibatch")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| (?!term|its|-)(.*)$", section, re.MULTILINE):
        assert LINK.search(row), row
    [loss] = [b.text for b in blocks(ROOT / "docs" / "method.md") if b.text.startswith("L = ")]
    terms = re.findall(r"L_\w+|C_\w|KL|\bH\b", loss)
    rows = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    assert set(terms) <= {term for row in rows for term in row.split(", ")}


DEFAULTS = re.compile(r"`--(\w+)`(?:\s\w+)?(?:\s\(([\d.]+)\)|, (\d+(?:\.\d+)?))")
"""Such as: the `--keep` (2) newest."""


def test_defaults_that_are_told_are_those() -> None:
    defaults = {flag_of(field): getattr(Config(), field.name) for field in fields(Config)}
    told = [
        (flag, float(in_brackets or value))
        for page in PAGES
        for flag, in_brackets, value in DEFAULTS.findall(page.read_text(encoding="utf-8"))
    ]
    assert len(told) >= 5
    assert [(flag, value) for flag, value in told if defaults[flag] != value] == []


PLACES = re.compile(r"`((?:baselines|benchmarks|docs|examples|scripts|tests)/[\w./*-]+)`")


def test_files_that_are_named_exist() -> None:
    named = {n for page in PAGES for n in PLACES.findall(page.read_text(encoding="utf-8"))}
    assert len(named) > 10
    assert [name for name in named if not list(ROOT.glob(name))] == []


def test_modules_that_are_named_exist() -> None:
    for page in PAGES:
        for name in re.findall(r"python -m ([\w.]+)", page.read_text(encoding="utf-8")):
            assert importlib.util.find_spec(name), name


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == baselines.__version__
    assert cited["license"] in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_pictures_are_small() -> None:
    pictures = [p for p in (ROOT / "docs").rglob("*") if p.suffix in (".gif", ".png", ".svg")]
    assert [p for p in pictures if p.stat().st_size > 1_500_000] == []


def test_the_readme_stays_under_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_the_page_of_the_benchmarks_is_that_of_its_results(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "benchmarks" / "results", tmp_path / "results")
    report.main([f"--folder={tmp_path}"])
    committed = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == committed


def test_every_teacher_is_on_its_page() -> None:
    written = script("teacher_table")
    page, files = written.PAGE.read_text(encoding="utf-8"), written.teacher_files()
    assert re.findall(r"^\| ([\w/]+/\d+) \|", page, re.MULTILINE) == [*map(written.name_of, files)]
    assert page.endswith("\n".join(map(written.origin, files)))
