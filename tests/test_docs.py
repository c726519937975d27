"""What the documents say is so."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from baselines.config import Config, flag_of

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def settings_table() -> ModuleType:
    path = ROOT / "scripts" / "settings_table.py"
    spec = importlib.util.spec_from_file_location("settings_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_settings_is_the_present_one(settings_table: ModuleType) -> None:
    assert settings_table.PAGE.read_text(encoding="utf-8") == settings_table.page()
    for field in fields(Config):
        assert f"| `--{flag_of(field)}`" in settings_table.page()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


def test_flags_in_the_documents_exist() -> None:
    """A flag that is shown after a command of this package is one of its flags."""
    programs = {"run": {f"--{flag_of(f)}" for f in fields(Config)}}
    shown = [
        (page.name, flag)
        for page in PAGES
        for command in re.findall(
            r"python -m baselines\.run((?:[^\n`]|\\\n)*)", page.read_text(encoding="utf-8")
        )
        for flag in re.findall(r"(?<!\S)--[a-zA-Z_]+", command)
    ]
    assert len(shown) > 10
    assert [entry for entry in shown if entry[1] not in {*programs["run"], "--help"}] == []


def test_the_readme_stays_under_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100
