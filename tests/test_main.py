"""`python -m baselines`: a list of the commands."""

import importlib
from pathlib import Path

import pytest
from called import python

import baselines
from baselines.__main__ import COMMANDS, main, purpose
from baselines.common.errors import UserError

FOLDER = Path(baselines.__file__).parent


def test_every_command_is_listed(capsys: pytest.CaptureFixture) -> None:
    commands = {p.stem for p in FOLDER.glob("*.py") if "run_command(main" in p.read_text()}
    assert commands - {"__main__"} == set(COMMANDS)
    main([])
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert f"  {importlib.import_module(f'baselines.{name}').PROGRAM} " in shown
        assert 10 < len(purpose(name)) < 60


def test_a_command_given_as_an_argument_is_told_how() -> None:
    with pytest.raises(UserError, match=r"python -m baselines\.NAME; did you mean evaluate\?"):
        main(["evalaute"])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_given_without_its_dot_is_told_how(name: str) -> None:
    with pytest.raises(UserError, match=rf"^{name}: .*python -m baselines\.{name}$"):
        main([name, "--help"])


def test_the_former_name_of_describe_still_works() -> None:
    teacher = "teacher_models/centipede_four/0/00970"
    shown = python("-m", "baselines.inspect", teacher).stdout
    assert shown.startswith("kind              checkpoint")


def test_a_file_run_as_a_script_finds_pythons_own_modules() -> None:
    assert "--num_timesteps" in python("baselines/run.py", "--help").stdout
