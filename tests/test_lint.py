"""The code is formatted, without the linter's complaints, and its types hold."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "command",
    ["ruff check --no-fix .", "ruff format --check --diff .", "mypy baselines benchmarks examples"],
)
def test_checker_is_content(command: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True
    )
    if result.returncode != 0:
        pytest.fail(f"{command}\n{result.stdout}{result.stderr}", pytrace=False)
