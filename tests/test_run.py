"""The commands as a user sees them: output, files, exit statuses."""

import csv
import hashlib
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import called
import numpy as np
import pytest
import safetensors
from called import ROOT, Done
from documented import commands
from fork_files import fork_variables, write_fork_file

from baselines import evaluate, run
from baselines.coefs import COEFS, DEFAULT_COEFS
from baselines.common.trees import ORDER
from baselines.config import Config, flag_of
from baselines.flags import parse
from baselines.training.setup import prepare
from baselines.transfer.student.student import Student

# Small enough for a test: 2 environments, 2 updates of 128 steps, no XLA.
SMALL = ["--nsteps=64", "--num_env=2", "--nminibatches=4", "--noptepochs=2", "--xla=False"]
TIMES = {"time_elapsed", "fps"}

pytestmark = [pytest.mark.usefixtures("compiled_once"), pytest.mark.xdist_group("run")]


def call(*arguments: str, program: str = "run", status: int = 0) -> Done:
    return called.call(f"baselines.{program}", *arguments, status=status)


def rows(log_path: Path) -> list[dict[str, str]]:
    with open(log_path / "progress.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def untimed(log_path: Path) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows(log_path)]


def metadata(path: Path) -> dict:
    with safetensors.safe_open(path, "numpy") as file:
        return json.loads(file.metadata()["baselines"])


def variable_names(path: Path) -> set[str]:
    with safetensors.safe_open(path, "numpy") as file:
        return set(file.keys())


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher")
    call(
        "--env=CentipedeFour-v1", "--num_timesteps=256", f"--save_path={folder / 'models'}",
        f"--log_path={folder / 'logs'}", "--save_interval=1", "--seed=3", *SMALL,
    )  # fmt: skip
    return folder / "models" / "00002"


def transfer_arguments(teacher: Path, folder: Path) -> list[str]:
    return [
        "--env=CentipedeEight-v1", "--source_env=CentipedeFour-v1", "--alg=ppo2",
        "--num_timesteps=1280", "--pi_scope=student0", "--vf_scope=vf_student0", "--network=mlp",
        "--teacher_network=mlp", f"--save_path={folder / 'models'}", "--save_interval=4",
        f"--log_path={folder / 'logs'}", "--teacher_paths", str(teacher), "--mapping=learned",
        *SMALL,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def transfer(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("transfer")
    return folder, call(*transfer_arguments(teacher, folder))


def methods_command() -> str:
    """The one of the README that trains a student."""
    (text,) = (text for text in commands() if "--teacher_network=mlp" in text)
    return text


def test_the_command_of_the_readme_takes_the_forks_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("teacher_models/centipede_four/0/00970")
    write_fork_file(path, fork_variables(97, 10))
    run.main([*shlex.split(methods_command())[3:], "--num_timesteps=384", *SMALL])
    described = metadata(Path("models/00003"))
    (teacher,) = described["teachers"]
    assert teacher["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (teacher["path"], teacher["env"]["id"]) == (str(path), "CentipedeFour-v1")
    assert "transfer/teacher0/pi/mlp_fc0/w" in variable_names(Path("models/00001"))
    assert {"student0/pi/w", "vf_student0/vf/w"} <= variable_names(Path("models/00003"))
    path.unlink()
    evaluate.main(["--load_path=models/00003", "--episodes=1"])


def test_a_teacher_leaves_checkpoints_and_logs(teacher: Path) -> None:
    models, logs = teacher.parent, teacher.parent.parent / "logs"
    assert sorted(p.name for p in models.iterdir()) == ["00001", "00002", "resume"]
    assert {p.name for p in logs.iterdir()} == {
        "progress.csv", "progress.json", "monitor.csv", "config.json", "tb",
    }  # fmt: skip
    assert len(list((logs / "tb").glob("events.out.tfevents.*"))) == 1
    config = json.loads((logs / "config.json").read_text())
    assert config["config"]["seed"] == 3
    assert set(config["versions"]) >= {"python", "tensorflow", "gymnasium", "mujoco", "numpy"}


def test_progress_files_agree_and_have_baselines_names(teacher: Path) -> None:
    logs = teacher.parent.parent / "logs"
    table = rows(logs)
    lines = [json.loads(line) for line in (logs / "progress.json").read_text().splitlines()]
    assert [int(row["total_timesteps"]) for row in table] == [128, 256]
    assert [line["nupdates"] for line in lines] == [1, 2]
    assert [float(row["policy_loss"]) for row in table] == [line["policy_loss"] for line in lines]
    assert set(table[0]) >= {
        "eprewmean", "eplenmean", "fps", "explained_variance", "policy_loss", "value_loss",
        "policy_entropy", "approxkl", "clipfrac", "nupdates", "total_timesteps",
        "serial_timesteps", "time_elapsed",
    }  # fmt: skip


def documented(page: str, title: str) -> dict[str, str]:
    """The first two columns of the table below a title, the names one by one."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    section = re.split(r"^## ", text.partition(f"## {title}\n")[2], flags=re.MULTILINE)[0]
    lines = re.findall(r"^\| (`[^|]*) \| ([^|]*) \|", section, re.MULTILINE)
    return {name: told for names, told in lines for name in re.findall(r"`([^`]+)`", names)}


def test_every_logged_figure_is_documented_and_the_other_way_round(
    teacher: Path, transfer: tuple[Path, Done]
) -> None:
    scratch, student = (rows(p)[0] for p in (teacher.parents[1] / "logs", transfer[0] / "logs"))
    of_all, of_update, of_students = (
        set(documented("logged_metrics.md", title))
        for title in ("The run", "The update", "Students")
    )
    # The others ask for settings of their own.
    assert set(scratch) == (of_all - {"eval_return"}) | (of_update - {"kl", "minibatches"})
    # Of parts the table names the first. The figures of a mapping have none here, and the shares of
    # a single teacher are not logged.
    layers = {"student_ps_1", "vf_student_ps_1"}
    tasks = {"mi_explained_0", "embedding_mean_0", "embedding_std_0"}
    teachers = {"teacher_ps", "teacher_ps_0", "vf_teacher_ps", "vf_teacher_ps_0"}
    assert of_students >= teachers
    asked_for = {
        "value_alignment_coef", "value_alignment_loss", "distillation_coef", "distillation_loss"
    }  # fmt: skip
    assert set(student) - set(scratch) == (of_students - tasks - teachers - asked_for) | layers


def test_figures_are_missing_when_the_table_says_so(
    transfer: tuple[Path, Done],
) -> None:
    *_, with_teachers, alone = rows(transfer[0] / "logs")
    page = (ROOT / "docs" / "logged_metrics.md").read_text(encoding="utf-8")
    page = page.partition("\n## Students\n")[2].partition("\n## ")[0]
    gone = re.findall(r"^\| `(\w+)`.* \| once the student is alone \|$", page, re.MULTILINE)
    assert len(gone) == 6
    assert all(with_teachers[name] for name in gone)
    assert {name for name in alone if with_teachers[name] and not alone[name]} == set(gone)


def test_the_files_of_a_run_are_documented(teacher: Path, transfer: tuple[Path, Done]) -> None:
    logs = documented("files.md", "Logs")
    header = json.loads((transfer[0] / "logs" / "config.json").read_text())
    files = {f"{p.name}/" if p.is_dir() else p.name for p in (transfer[0] / "logs").iterdir()}
    assert files | set(header) | {"resumed", "body"} == set(logs)
    [state, *_] = (teacher.parent / "resume").iterdir()
    parts = set(metadata(state)["state"]) - {ORDER}
    assert parts == set(documented("files.md", "States"))
    described = set(documented("checkpoints.md", "Description"))
    others = {"resumed", "body", "converted_from", "eval_return"}
    assert set(metadata(state)) - {"state"} == described - others


def test_monitor_has_every_episode(teacher: Path) -> None:
    logs = teacher.parent.parent / "logs"
    comment, header, *episodes = (logs / "monitor.csv").read_text().splitlines()
    assert json.loads(comment.removeprefix("#"))["env_id"] == "CentipedeFour-v1"
    assert header == "r,l,t"
    returns = [float(line.split(",")[0]) for line in episodes]
    assert len(returns) < 100  # so that the window of eprewmean holds them all
    assert sum(returns) / len(returns) == pytest.approx(float(rows(logs)[-1]["eprewmean"]))


def test_a_transfer_run_goes_through_its_phases(
    transfer: tuple[Path, Done],
) -> None:
    folder, done = transfer
    lines = done.stdout.splitlines()
    said = [line for line in lines if re.match(r"update \d+: ", line)]
    assert said[0].startswith("update 5: the coupling begins")
    assert said[1].startswith("update 10: the student goes alone")
    assert "WARNING" in said[2]  # ten small updates cannot bring p_0 to 0.95
    told = re.search(r"over 9 updates before the hand-over (.+), over 1 after it (.+)$", lines[-1])
    assert told
    ended = np.loadtxt(folder / "logs" / "monitor.csv", delimiter=",", skiprows=2)
    is_before = ended[:, 2] <= float(rows(folder / "logs")[8]["time_elapsed"]) + 0.001  # rounded
    means = [f"{part.mean():.1f}" for part in (ended[is_before, 0], ended[~is_before, 0])]
    assert list(told.groups()) == means
    coefs = [float(row["ps_coef"]) for row in rows(folder / "logs")]
    assert coefs[:4] == [0, 0, 0, 0]
    full = Config().ps_coef
    assert coefs[4:9] == pytest.approx([full * (u - 4.5) / 4.5 for u in range(5, 10)])
    assert [float(row["student_ps"]) for row in rows(folder / "logs")][-1] == 1
    assert {"vf_student_ps", "mutual_info_loss", "mutual_info_coef"} <= set(
        rows(folder / "logs")[0]
    )


def test_a_transfer_run_tells_what_the_mapping_does(
    transfer: tuple[Path, Done],
) -> None:
    table = rows(transfer[0] / "logs")
    for name in ("mi_explained", "embedding_mean", "embedding_std"):
        *with_teachers, alone = [row[name] for row in table]
        assert all(0 <= float(figure) < 10 for figure in with_teachers), name
        assert alone == ""
    assert all(float(row["embedding_std"]) > 0 for row in table[:-1])


def test_mlpp_trains_on_from_the_teachers_weights(teacher: Path, tmp_path: Path) -> None:
    call(
        "--env=CentipedeEight-v1", "--source_env=CentipedeFour-v1", "--transfer=mlpp",
        "--num_timesteps=128", f"--save_path={tmp_path / 'models'}", f"--log_path={tmp_path}",
        "--teacher_paths", str(teacher), *SMALL,
    )  # fmt: skip
    checkpoint = tmp_path / "models" / "00001"
    assert variable_names(checkpoint) == variable_names(teacher)
    (source,) = json.loads((tmp_path / "config.json").read_text())["teachers"]
    assert source["sha256"] == hashlib.sha256(teacher.read_bytes()).hexdigest()
    assert not {"student_ps", "ps_coef", "mi_explained"} & set(rows(tmp_path)[0])
    with (
        safetensors.safe_open(teacher, "numpy") as before,
        safetensors.safe_open(checkpoint, "numpy") as after,
    ):
        for name in ("pi/mlp_fc1/w", "vf/mlp_fc1/b", "pi/mlp_fc0/b", "vf/vf/w", "vf/vf/b"):
            change = abs(after.get_tensor(name) - before.get_tensor(name))
            assert 0 < change.max() < 9 * 3e-4, name  # 8 steps of Adam, trained on


def test_a_student_of_a_random_teacher(teacher: Path, tmp_path: Path) -> None:
    call(
        "--env=CentipedeEight-v1", "--teacher_weights=random", "--num_timesteps=384",
        f"--save_path={tmp_path / 'models'}", f"--log_path={tmp_path}", "--save_interval=1",
        "--teacher_paths", str(teacher), *SMALL,
    )  # fmt: skip
    unfinished = tmp_path / "models" / "00001"
    header = json.loads((tmp_path / "config.json").read_text())
    assert header["config"]["teacher_weights"] == "random"
    assert header["teachers"][0]["sha256"] == hashlib.sha256(teacher.read_bytes()).hexdigest()
    with (
        safetensors.safe_open(teacher, "numpy") as file,
        safetensors.safe_open(unfinished, "numpy") as saved,
    ):
        for name in ("pi/mlp_fc0/w", "vf/mlp_fc1/w"):
            drawn = saved.get_tensor(f"transfer/teacher0/{name}")
            assert (drawn != file.get_tensor(name)).all(), name
    evaluated = call(f"--load_path={unfinished}", "--episodes=2", program="evaluate")
    assert evaluated.stdout.startswith("CentipedeEight-v1, update 1, 2 episodes")
    assert {name.split("/")[0] for name in variable_names(tmp_path / "models" / "00003")} == {
        "pi", "vf", "normalize",
    }  # fmt: skip


def test_a_finished_student_is_an_ordinary_policy(
    transfer: tuple[Path, Done], teacher: Path
) -> None:
    models = transfer[0] / "models"
    found = sorted(p.name for p in models.iterdir() if p.is_file())
    assert found == ["00001", "00004", "00008", "00010"]
    assert not [name for name in variable_names(models / "00010") if name.startswith("transfer/")]
    scopes = {name.split("/")[0] for name in variable_names(models / "00010")}
    assert scopes == {"student0", "vf_student0", "normalize"}
    described = metadata(models / "00010")
    assert described["env"] == {"id": "CentipedeEight-v1", "kwargs": {}}
    assert described["timesteps"] == 1280
    [source] = described["teachers"]
    assert source["env"]["id"] == "CentipedeFour-v1"
    assert re.fullmatch(r"[0-9a-f]{64}", source["sha256"])
    assert source["timesteps"] == metadata(teacher)["timesteps"] == 256


@pytest.mark.parametrize("update", ["00008", "00010"])
def test_students_are_evaluated_without_the_teachers_file(
    transfer: tuple[Path, Done], update: str, tmp_path: Path
) -> None:
    copy = tmp_path / update
    copy.write_bytes((transfer[0] / "models" / update).read_bytes())
    arguments = [f"--load_path={copy}", "--episodes=12", "--json"]
    first, second = (call(*arguments, program="evaluate").stdout for _ in range(2))
    assert first == second
    summary = json.loads(first)
    assert summary["episodes"] == 12
    assert summary["min"] <= summary["mean"] <= summary["max"]
    low, high = summary["ci95"]
    reach = 2.200985 * summary["std"] / 12**0.5  # Student's with 11 degrees of freedom
    assert [summary["mean"] - low, high - summary["mean"]] == pytest.approx([reach, reach])


def test_a_finished_student_teaches(transfer: tuple[Path, Done]) -> None:
    finished = transfer[0] / "models" / "00010"
    arguments = ["--env=baselines.environments:CentipedeSix-v1", "--num_timesteps=384", *SMALL]
    setup = prepare(parse([*arguments, "--teacher_paths", str(finished)], "", ""))
    assert isinstance(setup.policy, Student)
    (teacher,) = setup.policy.teachers
    assert teacher.env["id"] == "CentipedeEight-v1"
    with safetensors.safe_open(finished, "numpy") as saved:
        w, b = (saved.get_tensor(f"student0/mlp_fc0/{name}") for name in "wb")
    obs = np.linspace(-1, 1, 181, dtype=np.float32)[None]
    np.testing.assert_allclose(teacher.policy_features(obs)[0], obs @ w + b, rtol=1e-4, atol=1e-5)


def test_an_unfinished_student_does_not_teach(
    transfer: tuple[Path, Done],
) -> None:
    unfinished = str(transfer[0] / "models" / "00008")
    done = call("--env=CentipedeSix-v1", "--teacher_paths", unfinished, status=2)
    assert "still needs its own teachers" in done.stderr


def test_load_path_goes_on_under_other_scopes(transfer: tuple[Path, Done], tmp_path: Path) -> None:
    call(
        "--env=CentipedeEight-v1", "--num_timesteps=128", f"--save_path={tmp_path}",
        f"--load_path={transfer[0] / 'models' / '00010'}", "--pi_scope=mine", "--lr=1e-30", *SMALL,
    )  # fmt: skip
    with (
        safetensors.safe_open(transfer[0] / "models" / "00010", "numpy") as before,
        safetensors.safe_open(tmp_path / "00001", "numpy") as after,
    ):
        old, new = before.get_tensor("student0/pi/w"), after.get_tensor("mine/pi/w")
        assert (abs(new - old) < 1e-6).all()
        assert after.get_tensor("normalize/obs/count") == pytest.approx(
            before.get_tensor("normalize/obs/count") + 130  # 64 steps and a reset, twice
        )


def test_the_same_seed_gives_the_same_logs_in_another_process(
    transfer: tuple[Path, Done], teacher: Path, tmp_path: Path
) -> None:
    typed = ["-m", "baselines.run", *transfer_arguments(teacher, tmp_path), "--num_threads=1"]
    called.python(*typed)
    assert untimed(tmp_path / "logs") == untimed(transfer[0] / "logs")
    header = json.loads((tmp_path / "logs" / "config.json").read_text())
    assert header["command"] == shlex.join(["python", *typed])
    for name in variable_names(tmp_path / "models" / "00010"):
        with (
            safetensors.safe_open(tmp_path / "models" / "00010", "numpy") as one,
            safetensors.safe_open(transfer[0] / "models" / "00010", "numpy") as other,
        ):
            assert (one.get_tensor(name) == other.get_tensor(name)).all()


def test_another_run_in_the_same_folders_loses_nothing(tmp_path: Path) -> None:
    arguments = [
        "--env=CartPole-v1", "--num_timesteps=128", f"--save_path={tmp_path / 'models'}",
        f"--log_path={tmp_path / 'logs'}", *SMALL,
    ]  # fmt: skip
    call(*arguments)
    first = (tmp_path / "models" / "00001").read_bytes()
    done = call(*arguments, "--seed=1")
    assert (tmp_path / "models" / "earlier" / "1" / "00001").read_bytes() == first
    assert (tmp_path / "logs" / "earlier" / "1" / "progress.csv").exists()
    assert "what an earlier run left is now in" in done.stdout
    assert (tmp_path / "models" / "00001").read_bytes() != first


def test_a_run_that_is_stopped_saves_what_there_is(
    stop_after: Callable[..., None], tmp_path: Path
) -> None:
    """By Ctrl-C; test_mpi.py has SIGTERM, test_resume.py both without the exit status."""
    stop_after(3)
    done = call(
        "--env=CartPole-v1", "--num_timesteps=1e8", f"--save_path={tmp_path / 'models'}",
        f"--log_path={tmp_path / 'logs'}", *SMALL, status=130,
    )  # fmt: skip
    assert done.stderr.splitlines() == [
        "SIGINT: finishing this update; once more stops at once",
        "python -m baselines.run: interrupted",
    ]
    [saved] = [p for p in (tmp_path / "models").iterdir() if p.is_file()]
    assert f"saved {saved}" in done.stdout
    assert metadata(saved)["update"] == int(saved.name) == 3
    assert len(rows(tmp_path / "logs")) == 3


def test_the_transfer_script_runs_the_command_of_the_readme(tmp_path: Path) -> None:
    """With the flags that it is given; what that command does is checked above."""
    for name, program in {
        "scripts/transfer.sh": (ROOT / "scripts" / "transfer.sh").read_text(),
        "scripts/setup.sh": "#!/bin/sh\n",  # all is set up
        ".venv/bin/python": '#!/bin/sh\npwd\nfor word; do echo "$word"; done\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program)
        path.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "scripts" / "transfer.sh", "--num_timesteps=1e5", "--save_path=a folder"],
        cwd="/", capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    folder, *arguments = done.stdout.splitlines()
    assert Path(folder).samefile(tmp_path)
    assert arguments[:2] == ["-m", "baselines.run"]
    of_the_readme = parse(shlex.split(methods_command())[3:], "", "")
    wanted = replace(of_the_readme, num_timesteps=100_000, save_path="a folder")
    assert parse(arguments[2:], "", "") == wanted


@pytest.mark.parametrize("file", ["README.md", "scripts/transfer.sh"])
def test_the_methods_command_is_shown_and_run(file: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    wanted = (
        "python -m baselines.run --env=CentipedeEight-v1 --source_env=CentipedeFour-v1 --alg=ppo2"
        " --num_timesteps=2e6 --pi_scope=student0 --vf_scope=vf_student0 --network=mlp"
        " --teacher_network=mlp --save_path=models --save_interval=10 --log_path=logs"
        " --teacher_paths teacher_models/centipede_four/0/00970 --mapping=learned"
    )
    assert wanted in re.sub(r"\s+", " ", text)


def test_help_all_names_every_setting_with_its_default() -> None:
    shown = re.sub(r"\s+", " ", call("--help_all").stdout)
    assert all(f"--{flag_of(field)} " in shown for field in fields(Config))
    coupling = str(COEFS[DEFAULT_COEFS].values["ps_coef"])
    for flag, default in [("--gamma", "0.99"), ("--cliprange", "0.2"), ("--ps_coef", coupling)]:
        assert re.search(rf"{flag} \S+ [^\[]*\[[^\]]*default: {re.escape(default)}", shown)


def test_help_is_short_and_has_what_is_asked_for_first(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--help"], "run", "Train.")
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert len(shown.splitlines()) <= 45
    for told in ("--env ID", "--teacher_paths FILE", "--save_path DIR", "--env_kwargs JSON"):
        assert told in shown
    assert "--decoder_min_std" not in shown
    words = " ".join(shown.split())
    assert f"seed of everything random (default: {Config.seed})" in words
    assert f"only at the end (default: {Config.save_interval})" in words
    assert "default: False" not in words


BAD_INPUT = {
    "unknown environment": (["--env=CentipedFour-v1"], "--env: .*did you mean CentipedeFour-v1"),
    "no environment": ([], "--env: missing"),
    "unknown flag": (["--env=CartPole-v1", "--num_timestep=3"], "--num_timestep: .*num_timesteps"),
    "unknown algorithm": (["--env=CartPole-v1", "--alg=ppo"], "--alg: .*did you mean ppo2"),
    "unknown network": (["--env=CartPole-v1", "--network=mpl"], "--network: .*did you mean mlp"),
    "unknown mapping": (
        ["--env=CartPole-v1", "--mapping=learnt"], "--mapping: .*did you mean learned",
    ),
    "negative count": (
        ["--env=CartPole-v1", "--num_env=-1"], "--num_env: must lie between 1 and 4096",
    ),
    "zero count": (["--env=CartPole-v1", "--nsteps=0"], "--nsteps: must be greater than 0"),
    "not a number": (["--env=CartPole-v1", "--lr=fast"], "--lr: must be a number"),
    "not finite": (["--env=CartPole-v1", "--lr=nan"], "--lr: must be a number"),
    "not whole": (["--env=CartPole-v1", "--num_timesteps=2.5"], "--num_timesteps: .*whole number"),
    "minibatches that do not divide": (
        ["--env=CartPole-v1", "--nminibatches=30"], "--nminibatches: 30 does not divide .* 2048",
    ),
    "less than a batch": (
        ["--env=CartPole-v1", "--num_timesteps=100"], "--num_timesteps: 100 is less than one batch",
    ),
    "discount above 1": (["--env=CartPole-v1", "--gamma=1.5"], "--gamma: must lie between 0 and 1"),
    "the same scope twice": (
        ["--env=CartPole-v1", "--pi_scope=a", "--vf_scope=a"], "--vf_scope: .* must differ",
    ),
    "reserved scope": (["--env=CartPole-v1", "--pi_scope=transfer/x"], "--pi_scope: .*transfer/"),
    "missing teacher": (
        ["--env=CartPole-v1", "--teacher_paths", "nowhere/00970"],
        "--teacher_paths: cannot read nowhere/00970",
    ),
    "teacher of another format": (
        ["--env=CartPole-v1", "--teacher_paths", "README.md"],
        "--teacher_paths: README.md is of no known kind, or is damaged",
    ),
    "source without teacher": (
        ["--env=CartPole-v1", "--source_env=CartPole-v1"], "--source_env: given without",
    ),
    "mapping without teacher": (
        ["--env=CartPole-v1", "--mapping=frozen"], "--mapping: given without --teacher_paths",
    ),
    "too short for the phases": (
        ["--env=CentipedeEight-v1", "--num_timesteps=4096", "--teacher_paths", "TEACHER"],
        "--num_timesteps: a run with teachers needs 3 updates",
    ),
    "module that is not there": (
        ["--env=nowhere:Task-v0"], "--env: cannot import 'nowhere'",
    ),
    "model that does not fit": (
        ["--env=CartPole-v1", "--load_path=TEACHER"], "--load_path: .* does not fit CartPole-v1",
    ),
    "source that disagrees": (
        ["--env=CentipedeEight-v1", "--source_env=CentipedeSix-v1", "--teacher_paths", "TEACHER"],
        "--source_env: CentipedeSix-v1, but .* CentipedeFour-v1",
    ),
    "layers that disagree": (
        ["--env=CentipedeEight-v1", "--num_layers=3", "--teacher_paths", "TEACHER"],
        "--num_layers: 3, but that of the teacher",
    ),
    "MLPP of another width": (
        ["--env=CentipedeEight-v1", "--num_hidden=32", "--transfer=mlpp", "--teacher_paths",
         "TEACHER"],
        "--num_hidden: 32, but that of the teacher .* is 64; with --transfer=mlpp",
    ),
    "observations that are no vector": (
        ["--env=FrozenLake-v1"], "--env: FrozenLake-v1 cannot be learned: observations",
    ),
    "wrong argument of the task": (
        ["--env=Centipede-v1", '--env_kwargs={"legs": 1}'], "--env: cannot make Centipede-v1",
    ),
    "arguments that are no JSON": (
        ["--env=CartPole-v1", "--env_kwargs=x"], "--env_kwargs: must be a JSON object",
    ),
    "teacher network that disagrees": (
        ["--env=CentipedeEight-v1", "--teacher_network=mpl", "--teacher_paths", "TEACHER"],
        "--teacher_network: .*did you mean mlp",
    ),
    "no display": (["--env=CartPole-v1", "--play"], "--play: there is no display"),
}  # fmt: skip


@pytest.fixture(scope="module")
def refusals(
    teacher: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Done, Path]]:
    """How each command with bad input ended, and the folder that it was to write into."""
    places = {case: tmp_path_factory.mktemp("refused") for case in BAD_INPUT}
    calls = {
        case: [f"--save_path={places[case] / 'models'}", f"--log_path={places[case] / 'logs'}"]
        + [argument.replace("TEACHER", str(teacher)) for argument in arguments]
        for case, (arguments, _) in BAD_INPUT.items()
    }
    variables = {k: v for k, v in os.environ.items() if "DISPLAY" not in k}
    done = called.call_without_tensorflow("baselines.run", calls, variables)
    return {case: (done[case], places[case]) for case in BAD_INPUT}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_and_writes_nothing(
    case: str, refusals: dict[str, tuple[Done, Path]]
) -> None:
    (status, stdout, stderr), folder = refusals[case]
    assert status == 2, stderr
    assert len(stderr.splitlines()) == 1
    assert re.search(f"^python -m baselines.run: error: {BAD_INPUT[case][1]}", stderr), stderr
    assert stdout == ""
    assert list(folder.iterdir()) == []


def test_a_truncated_teacher_is_refused(teacher: Path, tmp_path: Path) -> None:
    (tmp_path / "half").write_bytes(teacher.read_bytes()[: teacher.stat().st_size // 2])
    done = call("--env=CentipedeEight-v1", "--teacher_paths", str(tmp_path / "half"), status=2)
    assert "is truncated" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("flag", ["save_path", "log_path"])
def test_a_folder_that_cannot_be_written_is_refused(flag: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = call(
        "--env=CartPole-v1",
        f"--save_path={tmp_path / 'good'}",
        f"--{flag}={tmp_path / 'file' / 'folder'}",
        status=2,
    )
    assert re.search(f"error: --{flag}: cannot write to .*folder", done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
