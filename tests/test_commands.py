"""The commands of README.md and docs/ do what they say: checked, and some run; all run when slow.

Checked means: read by the command's own parser, with the rules for its settings, and every file
that it names is in the checkout or made by another of these commands.
"""

from __future__ import annotations

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from documented import ROOT, commands, programs

from baselines.common.vec_env.tasks import make_task
from baselines.experiments.plan import read_experiment
from baselines.flags import parse
from baselines.training.teacher_files import read_teachers

NOT_RUN = {
    r"sudo ": "installs packages of the system",
    r"scripts/setup\.sh": "installs packages, for what the tests run in",
    r"scripts/test\.sh": "runs these tests",
    r"source ": "changes the shell that it is typed into",
    r"(\.venv/bin/)?pip ": "installs packages",
    r"sbatch ": "needs a cluster",
    r"python scripts/pin_requirements\.py": "installs packages, for each Python",
    r"python -m pytest -m slow ": "takes an hour; it runs when it is asked for",
    r".* --play ": "opens a window",
}
"""How a command begins that no test runs, and why."""

PLACES = {
    r" IN OUT ": f" {ROOT}/tests/fixtures/foreign/cartpole.zip converted ",
    r" OUT$": " converted",
    r"LOG_DIR \[LOG_DIR \.\.\.\]": "logs/scratch",
    r" FLAGS$": " --mutual_info_coef=0.1",
    r"\.run \.\.\. ": ".run --env=CartPole-v1 --num_timesteps=1e5 ",
}
"""What stands for something of the reader's, and what it is here."""

COMMANDS = list(commands())


def filled(command: str) -> str:
    """The command with something in each of its places."""
    for place, example in PLACES.items():
        command = re.sub(place, example, command)
    return command


def reason_not_to_run(command: str) -> str:
    return next((why for start, why in NOT_RUN.items() if re.match(start, command)), "")


def module_and_arguments(command: str) -> tuple[str, list[str]]:
    """Of `python -m module ...`, on several ranks or not; elsewhere nothing and all words."""
    first, *rest = shlex.split(re.sub(r"^mpiexec -n \d+ ", "", filled(command)))
    is_module = first == "python" and rest[0] == "-m"
    return (rest[1], rest[2:]) if is_module else ("", [first, *rest])


HELP = {"--help", "--help_all"}


def runs_made(command: str) -> Iterator[str]:
    """What a training makes: its logs, its checkpoints."""
    config = parse(module_and_arguments(command)[1], "", "")
    if config.log_path:
        yield config.log_path
    if not config.save_path:
        return
    for update in (config.nupdates, *range(0, config.nupdates, config.save_interval or 1 << 30)):
        yield f"{config.save_path}/{update:05d}"


def made() -> set[str]:
    """Files and folders that the commands of the pages make."""
    found = {"converted", "results/sizes", "runs"}
    for command in COMMANDS:
        module, arguments = module_and_arguments(command)
        if module == "baselines.run" and not HELP & set(arguments):
            found.update(runs_made(command))
    return found


MADE = made()


def check_files(*paths: str | Path) -> None:
    """Whether each is in the checkout, or made by a command or, below `runs`, by a sweep."""
    there = {
        p for p in map(str, paths) if (ROOT / p).exists() or p in MADE or p.startswith("runs/")
    }
    assert set(map(str, paths)) <= there


def check_run(arguments: list[str]) -> None:
    if HELP & set(arguments):
        return
    config = parse(arguments, "", "")
    make_task(config.env, config.env_arguments).close()
    check_files(*config.teacher_paths, *([config.load_path] if config.load_path else []))
    if not MADE & set(config.teacher_paths):
        read_teachers(config)


def check_evaluate(arguments: Namespace) -> None:
    check_files(arguments.load_path, *arguments.beside)


def check_experiments(named: Sequence[Path]) -> None:
    """The teachers of the first seed are there; those of others may be trained first."""
    for name in named:
        for path in sorted(Path().glob(str(name))) or [name]:
            configs = [item.config for item in read_experiment(path, Path("runs"), {}).items]
            first = min(config.seed for config in configs)
            check_files(*(t for c in configs if c.seed == first for t in c.teacher_paths))


CHECKS: dict[str, Callable[[Namespace], None]] = {
    "baselines.evaluate": check_evaluate,
    "baselines.plot": lambda a: check_files(*a.folders),
    "baselines.sweep": lambda a: check_experiments(a.experiments),
    "baselines.results": lambda a: check_experiments(list(filter(None, [a.experiment]))),
    "baselines.verify": lambda a: check_files(a.folder),
    "baselines.convert": lambda a: check_files(a.input, *filter(None, [a.normalize])),
    "baselines.export": lambda a: check_files(a.checkpoint),
    "baselines.describe": lambda a: check_files(a.file),
    "benchmarks.ranks": lambda a: check_files(*a.teacher_paths),
}


def check(command: str) -> None:
    inner = re.search(r"\$\((.*?)\)", command)
    if inner:  # its output are arguments of the outer one
        check(inner[1])
        command = command.replace(inner[0], "runs")
    module, arguments = module_and_arguments(command)
    if module == "baselines.run":
        check_run(arguments)
    elif module in CHECKS:
        CHECKS[module](importlib.import_module(module).parser().parse_args(arguments))
    else:
        named = [word for word in arguments if re.match(r"(scripts|tests|examples)/", word)]
        check_files(*named)
        assert named or reason_not_to_run(command), "no check knows this command"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_understood_and_finds_its_files(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    check(command)


def test_what_is_not_run_is_in_the_pages() -> None:
    for start in (*NOT_RUN, *PLACES):
        assert any(re.search(start, command) for command in COMMANDS), start


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("python -m baselines.run --env=CentipedeEight-v1 --teachers a", "--teachers: unknown"),
        ("python -m baselines.run --env=CentipedeTwelve", "unknown environment"),
        ("python -m baselines.evaluate --load_path models/first/00047", "models/first/00047"),
        ("python -m baselines.plot logs/nowhere", "logs/nowhere"),
        ("python -m baselines.sweep experiments/none.yaml", "experiments/none.yaml"),
        ("scripts/none.sh", "scripts/none.sh"),
        ("python -m antigravity", "no check knows"),
        (
            "python -m baselines.run --env=CentipedeEight-v1 --num_layers=3"
            " --teacher_paths teacher_models/centipede_four/0/00970",
            "--num_layers: 3",
        ),
    ],
)
def test_a_wrong_command_is_found(
    command: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises((ValueError, AssertionError), match=re.escape(complaint)):
        check(command)


SMALL = {"nsteps": 8, "nminibatches": 2, "noptepochs": 1, "xla": False}
"""Settings of a short run: as many updates as the command's, and so the same names of files."""

SHORT_RUN = SMALL | {"nsteps": 64, "num_timesteps": 192}
"""Settings of a run of an experiment, long enough for episodes to end."""

FEW = {
    "baselines.evaluate": " --episodes=1",
    "baselines.verify": " --timesteps=64",
    "baselines.run": "".join(f" --{name}={value}" for name, value in SMALL.items()),
    "benchmarks.ranks": " --repeats=1",
    "scripts/transfer.sh": " --num_timesteps=96 --nsteps=32 --nminibatches=2 --xla=False",
}
"""What makes a command short, by what it begins with; of a flag given twice the later counts."""


def timesteps(text: str) -> str:
    """With as many updates of 8 steps as there were of 2048."""

    def scaled(found: re.Match[str]) -> str:
        return f"num_timesteps={int(float(found[1])) // 2048 * SMALL['nsteps']}"

    return re.sub(r"num_timesteps=([\d.e]+)", scaled, text)


def shortened(command: str) -> str:
    if " --video " in command:
        return f"{command} --video_length=2"
    for start, flags in FEW.items():
        if re.match(rf"(mpiexec -n 2 )?(python -m )?{re.escape(start)}( |$)", command):
            return timesteps(filled(command)) + flags
    return filled(command)


def shortened_program(program: str) -> str:
    settings = ", ".join(f"{name}={value}" for name, value in SMALL.items())
    if "num_timesteps" not in program:
        settings += ", num_timesteps=24"
    prepared = "import numpy\nobs = numpy.zeros(181)\n"  # what the reader is to have already
    return prepared + timesteps(program).replace("ppo2.learn(", f"ppo2.learn({settings}, ")


def write_program(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o755)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a checkout with its environment, in which commands may write."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("teacher_models", "examples"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("results", "scripts", "experiments"):
        shutil.copytree(ROOT / name, folder / name)
    for experiment in (folder / "experiments").iterdir():
        experiment.write_text(small_experiment(experiment.read_text(encoding="utf-8")))
    write_program(folder / "scripts" / "setup.sh", "#!/bin/sh")  # it is set up
    write_program(folder / ".venv" / "bin" / "python", "#!/bin/sh", f'exec {sys.executable} "$@"')
    return folder


def small_experiment(text: str) -> str:
    """One seed of three updates, of the first panel only."""
    experiment = yaml.safe_load(text)
    experiment["settings"] = experiment.get("settings", {}) | SHORT_RUN
    return yaml.safe_dump(experiment | {"seeds": [0], "panels": experiment["panels"][:1]})


def kind(command: str) -> tuple[str, ...]:
    """Module and flags, but for those that do not change what is done."""
    module, arguments = module_and_arguments(command)
    flags = {argument for argument in arguments if argument.startswith("--")}
    return module, *sorted(flags - {"--load_path", "--episodes", "--out"})


def quick() -> list[str]:
    """One command of each kind that neither trains nor films and needs no other command first."""
    found: dict[tuple[str, ...], str] = {}
    for command in COMMANDS:
        module, arguments = module_and_arguments(command)
        if (
            module in ("baselines.evaluate", "baselines.plot", "baselines.convert")
            and "$(" not in command
            and "runs/" not in command
            and "--video" not in arguments
            and not MADE.difference(["converted"]).intersection(arguments)
        ):
            found.setdefault(kind(command), command)
    return list(found.values())


@pytest.mark.parametrize("command", quick())
def test_a_quick_command_runs(
    command: str, checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(checkout)
    module, arguments = module_and_arguments(shortened(command))
    importlib.import_module(module).main(arguments)
    assert capsys.readouterr().out


def test_the_tutorials_program_runs(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(checkout)
    (program,) = (block for block in programs() if block.page == "docs/tutorial.md")
    exec(compile(shortened_program(program.text), program.page, "exec"), {})
    assert np.isfinite(float(capsys.readouterr().out.splitlines()[-1]))


@pytest.mark.slow
def test_all_commands_run_one_after_the_other(checkout: Path) -> None:
    """Each in a shell of its own, in the order of the pages, so that they find what others made."""
    installed = Path(sys.executable).parent  # mpiexec
    path = f"{checkout / '.venv' / 'bin'}:{installed}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    to_run = [shortened(c) for c in COMMANDS if not reason_not_to_run(c)]
    for number, block in enumerate(programs()):
        name = f"program{number}.py"
        (checkout / name).write_text(shortened_program(block.text), encoding="utf-8")
        to_run.append(f"python {name}")
    failed = []
    for command in to_run:
        done = subprocess.run(
            ["bash", "-c", command], cwd=checkout, env=environment, check=False,
            capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        if done.returncode != 0:
            failed.append(f"{command}\n{done.stderr[-2000:]}")
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize(
    "call",
    [
        "figure.sh --help", "figure.sh sizes --help", "figure_sizes.sh --quick -h",
        "all_figures.sh --help",
    ],
)  # fmt: skip
def test_the_script_of_a_figure_shows_its_help_and_does_nothing(call: str) -> None:
    done = script(*call.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Train what experiments/NAME.yaml declares")
    assert done.stdout.count("scripts/figure.sh NAME --quick") == 1


@pytest.mark.parametrize("arguments", [[], ["--quick"]])
def test_the_script_of_a_figure_needs_a_name(arguments: list[str]) -> None:
    done = script("figure.sh", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scripts/figure.sh: error: NAME: missing; ")
    assert done.stderr.count("\n") == 1


def script(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "scripts" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
