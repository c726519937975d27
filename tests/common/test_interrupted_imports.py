"""Ctrl-C while a command still imports ends it without a traceback."""

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLER = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n"


def python(*arguments: str, path: Path | str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env={"PYTHONPATH": str(path)}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def test_a_command_dies_of_the_signal(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text(KILLER)  # what every command imports
    done = python("-m", "baselines.run", "--help", path=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_program_that_imports_the_package_keeps_its_handler() -> None:
    program = "import signal, baselines; print(signal.getsignal(2) is signal.default_int_handler)"
    assert python("-c", program).stdout == "True\n"
