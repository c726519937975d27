"""The command that collects results and writes their page."""

import json
import re
import shutil
from pathlib import Path

import pytest
from handmade_logs import straight, student_columns, write_run

from baselines import results
from baselines.analysis.hand_over_table import before_and_after
from baselines.analysis.runs.runs import read_run
from baselines.common.errors import UserError

EXPERIMENT = """\
title: A trial
settings: {num_timesteps: 1e6, nsteps: 100000}
seeds: [0, 1, 2]
methods: [PPO, MIKT, MLPP]
panels:
  - name: Source → Target
    env: Target-v0
    teachers: models/Source-v0
"""
COUNTS = {"nupdates": list(range(1, 11)), "fps": [100] * 10}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An experiment of which MLPP has not begun, and MIKT's last seed is half done."""
    (tmp_path / "trial.yaml").write_text(EXPERIMENT)
    for seed in range(3):
        scratch, mikt = (
            tmp_path / "runs" / group / method / str(seed) / "logs"
            for group, method in (("target_v0", "ppo"), ("source_target", "mikt"))
        )
        final = 1000.0 * (seed + 1)
        write_run(scratch, straight(final), seed=seed, columns=COUNTS)
        rows = 10 if seed < 2 else 5
        columns = {name: c[:rows] for name, c in (COUNTS | student_columns()).items()}
        returns = straight(2 * final)[:rows]
        write_run(
            mikt, returns, seed=seed, num_timesteps=1_000_000, sources=["Source-v0"],
            columns=columns, log_path=str(mikt), save_path=str(mikt.parent / "models"),
        )  # fmt: skip
        path = mikt / "config.json"
        header = json.loads(path.read_text())
        header |= {"command": f"python -m baselines.run --log_path={mikt}", "commit": "abcdef"}
        header["resumed"] = [{"update": 4, "commit": "abcdef"}, {"update": 6, "commit": "123456"}]
        path.write_text(json.dumps(header))
    return tmp_path


def call(folder: Path, *arguments: object) -> None:
    results.main([f"--runs={folder / 'runs'}", f"--out={folder / 'results'}", *map(str, arguments)])


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def test_results_are_collected_and_shown(folder: Path) -> None:
    call(folder, folder / "trial.yaml")
    found = files(folder / "results")
    figures = ["trial.png", "trial_teachers.png", "trial.md", "trial.csv"]
    named = [*figures, "experiment.yaml", "runs.md"]
    runs = [f"{method}/{n}" for method in ("target_v0/ppo", "source_target/mikt") for n in range(3)]
    logs = [f"{run}/{name}" for run in runs for name in ("config.json", "progress.csv")]
    assert set(found) == {
        "README.md",
        "summary.png",
        *(f"trial/{name}" for name in [*named, *logs]),
    }
    assert found["trial/experiment.yaml"].decode() == EXPERIMENT
    page = found["README.md"].decode()
    assert str(folder) not in b"".join(found.values()).decode(errors="replace")
    for expected in (
        "## A trial\n",
        " 3 runs are not there yet: Source → Target, MLPP (seeds 0, 1, 2).",
        "![A trial](trial/trial.png)",
        "### Source → Target\n",
        # from 450,000 to 500,000: 475, 950, 1425, MIKT twice of that; 2.484 · 475 either way
        "not known (3 runs), `abcdef` (3 runs), `123456` (3 runs)",
        "| Source → Target | 1,900 ± 2,360 (n = 3) | – | – | – |"
        " 1,900 ± 2,360 (n = 3, unfinished) | – | – |\n",
        # seed 2 of MIKT goes on
        " | +950.0 [-230.0, +2,130] (up to 500,000 timesteps) | not shown so far | ",
        "MIKT, seed 2 ends at 500,000 of 1,000,000 timesteps",
    ):
        assert expected in page, page
    assert "There are no logs yet of these experiments" not in page  # those of this project
    runs_page = found["trial/runs.md"].decode()
    for expected in (
        "# source_target/mikt/2: 500,000 timesteps, commit abcdef, from update 6 on 123456\n"
        "python -m baselines.run --log_path=runs/source_target/mikt/2/logs\n",
        "# target_v0/ppo/0: 1,000,000 timesteps, commit not known\n# command not known\n",
    ):
        assert expected in runs_page, runs_page
    linked = set(re.findall(r"\]\((trial/[^)]*)\)", page))
    assert linked == {f"trial/{name}" for name in named}


def test_the_page_is_made_from_the_committed_files_alone(folder: Path) -> None:
    call(folder, folder / "trial.yaml")
    before = files(folder / "results")
    (folder / "runs").rename(folder / "gone")
    (folder / "results" / "README.md").unlink()
    (folder / "results" / "trial" / "trial.png").unlink()
    call(folder)
    assert files(folder / "results") == before


@pytest.mark.usefixtures("undrawn")
def test_folders_of_no_experiment_are_shown_after_the_others(folder: Path) -> None:
    write_run(folder / "results" / "a_first_look" / "x", straight(1.0))
    (folder / "results" / "no_results").mkdir()
    call(folder, folder / "trial.yaml")
    page = (folder / "results" / "README.md").read_text()
    assert re.findall("^## .*", page, re.MULTILINE) == [
        "## MIKT and what it is compared with", "## Summary", "## A trial", "## The hand-over",
        "## A first look", "## How it is measured",
    ]  # fmt: skip
    assert "\n\nNo experiment file declares these runs; their logs were collected by hand." in page


def damage(folder: Path) -> None:
    write_run(folder / "results" / "old" / "x", straight(1.0))
    (folder / "results" / "old" / "x" / "progress.csv").write_text("a\n")


def declare_otherwise(folder: Path) -> None:
    (folder / "trial.yaml").write_text(EXPERIMENT.replace("1e6,", "1e6, lr: 1e-4,"))


def declare_longer(folder: Path) -> None:
    (folder / "trial.yaml").write_text(EXPERIMENT.replace("1e6", "2e6"))


def move_runs(folder: Path) -> None:
    (folder / "runs").rename(folder / "elsewhere")


def damage_published(folder: Path) -> None:
    (folder / "results" / "published").mkdir(parents=True)
    (folder / "results" / "published" / "others.csv").write_text("seed\n1\n")


BAD = {
    damage_published: r"--out: .*published/others\.csv, line 1: no column sources",
    damage: r"LOG_DIR: .*old/x/progress.csv, line 1: 0 columns total_timesteps",
    declare_otherwise: r"Target-v0, PPO, seed 0: .*lr 0.0003, but 0.0001 is declared; give",
    declare_longer: r"num_timesteps 1000000, but 2000000 is declared",
    move_runs: r"--runs: no run of .*trial.yaml .* has a curve yet; python -m baselines.sweep",
}


@pytest.mark.parametrize("wrong", BAD, ids=lambda wrong: wrong.__name__)
def test_bad_input_writes_nothing(folder: Path, wrong) -> None:
    wrong(folder)
    before = files(folder)
    with pytest.raises(UserError, match=BAD[wrong]):
        call(folder, folder / "trial.yaml")
    assert files(folder) == before


def test_where_no_run_is_finished_that_is_told(folder: Path) -> None:
    for place in (folder / "runs" / "target_v0", *(folder / "runs").glob("*/mikt/[01]")):
        shutil.rmtree(place)
    before = files(folder)
    with pytest.raises(
        UserError, match=r"--runs: no run of .*trial.yaml .* is finished yet; python"
    ):
        call(folder, folder / "trial.yaml", "--finished")
    assert files(folder) == before


def test_without_results_and_experiment(folder: Path) -> None:
    with pytest.raises(UserError, match=r"--out: no results in .*; name an experiment file"):
        call(folder)
    assert not (folder / "results").exists()


@pytest.mark.usefixtures("undrawn")
def test_settings_that_a_run_does_not_read_may_differ(folder: Path) -> None:
    path = folder / "runs" / "target_v0" / "ppo" / "0" / "logs" / "config.json"
    header = json.loads(path.read_text())
    header["config"]["mutual_info_coef"] = 0.125
    path.write_text(json.dumps(header))
    call(folder, folder / "trial.yaml")
    assert "mutual_info_coef" not in (folder / "results" / "README.md").read_text()


def committed(folder: Path, name: str) -> bytes:
    return (folder / "results" / name).read_bytes()


@pytest.mark.usefixtures("undrawn")
def test_a_thinned_log_tells_the_same_of_the_hand_over(folder: Path) -> None:
    """Of 250 rows, every third is kept; the hand-over lies after the ninth."""
    logs = folder / "runs" / "source_target" / "mlpp" / "0" / "logs"
    write_run(
        logs, [float(i * i) for i in range(250)], step=4000, nsteps=100_000, sources=["Source-v0"],
        transfer="mlpp", columns={"nupdates": list(range(1, 251)), **student_columns(250)},
    )  # fmt: skip
    call(folder, folder / "trial.yaml")
    thinned = folder / "results" / "trial" / "source_target" / "mlpp" / "0"
    assert len((thinned / "progress.csv").read_text().splitlines()) < 100
    found = [before_and_after(read_run(place)) for place in (logs, thinned)]
    assert found == [(64.0, 28.0**2)] * 2


@pytest.mark.usefixtures("undrawn")
def test_collecting_again_changes_nothing(folder: Path) -> None:
    call(folder, folder / "trial.yaml")
    before = files(folder / "results")
    call(folder, folder / "trial.yaml")
    assert files(folder / "results") == before


@pytest.mark.usefixtures("undrawn")
def test_a_committed_log_that_lacks_rows_is_collected_anew(folder: Path) -> None:
    """As one that was thinned further, to the same end."""
    call(folder, folder / "trial.yaml")
    name = "trial/target_v0/ppo/0/progress.csv"
    whole = committed(folder, name)
    header, first, *_, last = whole.splitlines()
    (folder / "results" / name).write_bytes(b"\n".join([header, first, last, b""]))
    call(folder, folder / "trial.yaml")
    assert committed(folder, name) == whole


@pytest.mark.usefixtures("undrawn")
def test_what_a_study_shows_is_said_so_far_until_all_its_seeds_are_there(folder: Path) -> None:
    """Every seed of the two methods is finished; the file declares one more, then no more."""
    for seed, final in enumerate((5000.0, 6000.0, 7100.0)):
        logs = folder / "runs" / "source_target" / "mlpp" / str(seed) / "logs"
        write_run(
            logs, straight(final), seed=seed, sources=["Source-v0"], transfer="mlpp",
            columns=COUNTS,
        )  # fmt: skip
    said = []
    for seeds in ("[0, 1, 2, 3]", "[0, 1, 2]"):
        (folder / "trial.yaml").write_text(EXPERIMENT.replace("[0, 1, 2]", seeds))
        call(folder, folder / "trial.yaml")
        page = committed(folder, "README.md").decode()
        said += re.findall(r"^\|  \| MLPP \| 3 \| .* \| \*\*(.*?)\*\* \| ", page, re.MULTILINE)
    assert said == ["gain so far"] * 2 + ["gain"] * 2  # in both measures


@pytest.mark.usefixtures("undrawn")
def test_what_teachers_bring_is_told_before_the_sections_and_explained_once(folder: Path) -> None:
    trial = EXPERIMENT.replace("[PPO, MIKT, MLPP]", "[PPO, PPO + KL, MIKT, random teacher]")
    (folder / "trial.yaml").write_text(trial)
    others = {
        ("target_v0", "ppo_kl", 1.0): {"kl_coef": 0.1},
        ("source_target", "random_teacher", 1.5): {"sources": ["Source-v0"]}
        | {"teacher_weights": "random"},
    }
    for (group, method, factor), settings in others.items():
        for seed in range(3):
            logs = folder / "runs" / group / method / str(seed) / "logs"
            returns = straight(factor * 1000 * (seed + 1))
            write_run(logs, returns, seed=seed, num_timesteps=1_000_000, columns=COUNTS, **settings)
    call(folder, folder / "trial.yaml")
    page = committed(folder, "README.md").decode()
    titles = re.findall("^## .*", page, re.MULTILINE)
    assert titles[:4] == [
        "## MIKT and what it is compared with", "## Summary",
        "## What the teachers' training brings", "## A trial",
    ]  # fmt: skip
    assert page.count("Knowledge is what a method reaches minus") == 1
    assert " Of 1 comparison in which a method has at least 3 seeds" in page
    assert "([how this is read](#what-the-teachers-training-brings)):" in page
    assert "Here a difference without a word" not in page
    for runs in (folder / "runs", folder / "results" / "trial"):
        shutil.rmtree(runs / "source_target" / "random_teacher" / "2")
    call(folder, folder / "trial.yaml")
    page = committed(folder, "README.md").decode()
    summary, _, section = page.partition("## A trial\n")
    assert summary.count("Here a difference without a word has fewer than 3 pairs of seeds") == 1
    [told] = re.findall("^Some differences .* fewer than 3 pairs .*", section, re.MULTILINE)
    assert told.endswith(" Source → Target: MIKT (to 500,000); random teacher.")
    alone = committed(folder, "trial/trial.md").decode()
    assert alone.count("Here a difference without a word has fewer than 3 pairs of seeds") == 1


@pytest.mark.usefixtures("undrawn")
def test_sessions_add_up(folder: Path) -> None:
    """One machine has PPO, another MIKT, of which a seed goes on later."""
    (folder / "runs" / "source_target").rename(folder / "later")
    call(folder, folder / "trial.yaml", "--finished")
    (folder / "runs").rename(folder / "gone")
    (folder / "runs").mkdir()
    (folder / "later").rename(folder / "runs" / "source_target")
    call(folder, folder / "trial.yaml", "--finished")
    found = {path.parent.name for path in (folder / "results/trial/source_target").rglob("*.csv")}
    assert found == {"0", "1"}  # seed 2 is half done
    assert len(list((folder / "results" / "trial" / "target_v0").rglob("*.csv"))) == 3
    call(folder, folder / "trial.yaml")
    half = committed(folder, "trial/source_target/mikt/2/progress.csv")
    log = folder / "runs" / "source_target" / "mikt" / "2" / "logs" / "progress.csv"
    whole, lines = log.read_text(), log.read_text().splitlines()
    log.write_text("\n".join([*lines[:-1], ""]))
    call(folder, folder / "trial.yaml")  # what got less far does not replace it
    assert committed(folder, "trial/source_target/mikt/2/progress.csv") == half
    log.write_text(whole + lines[-1].replace("500000", "600000", 1) + "\n")
    call(folder, folder / "trial.yaml")
    assert committed(folder, "trial/source_target/mikt/2/progress.csv").startswith(half)


@pytest.mark.usefixtures("undrawn")
def test_a_log_of_other_settings_is_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(folder, folder / "trial.yaml")
    before = committed(folder, "trial/target_v0/ppo/1/progress.csv")
    trial = folder / "trial.yaml"
    trial.write_text(EXPERIMENT.replace("nsteps: 100000", "nsteps: 100000, lr: 1e-4"))
    (folder / "runs").rename(folder / "earlier_runs")
    logs = folder / "runs" / "target_v0" / "ppo" / "1" / "logs"
    write_run(logs, straight(1.0)[:2], seed=1, lr=1e-4, num_timesteps=1_000_000)
    capsys.readouterr()
    call(folder, trial)
    stays = f"{folder}/results/trial/target_v0/ppo/1 stays: it is of a run with other settings"
    assert stays in capsys.readouterr().out
    assert committed(folder, "trial/target_v0/ppo/1/progress.csv") == before


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("returns", [[None, None, None], [5.0], []])
def test_a_run_without_a_curve_yet_does_not_keep_others_back(
    folder: Path, returns: list[float | None]
) -> None:
    logs = folder / "runs" / "source_target" / "mlpp" / "0" / "logs"
    columns = {"nupdates": [8.0 * (i + 1) for i in range(len(returns))]}
    write_run(
        logs, returns, num_timesteps=1_000_000, sources=["Source-v0"], columns=columns,
        transfer="mlpp",
    )  # fmt: skip
    if not returns:
        (logs / "progress.csv").write_text("")
    call(folder, folder / "trial.yaml")
    assert "trial/target_v0/ppo/1/progress.csv" in files(folder / "results")
    assert not any("mlpp" in name for name in files(folder / "results"))


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("told", [{"started": "2030-01-01"}, {"command": "python train.py"}])
def test_another_training_of_a_finished_run_does_not_replace_it(
    folder: Path, capsys: pytest.CaptureFixture[str], told: dict[str, str]
) -> None:
    """It began at another time, or, where a log tells none, with another command."""
    call(folder, folder / "trial.yaml")
    before = committed(folder, "trial/target_v0/ppo/0/config.json")
    path = folder / "runs" / "target_v0" / "ppo" / "0" / "logs" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | told))
    call(folder, folder / "trial.yaml")
    assert committed(folder, "trial/target_v0/ppo/0/config.json") == before
    said = capsys.readouterr().out
    assert f"Target-v0, PPO, seed 0: {folder}/results/trial/target_v0/ppo/0 stays; " in said


@pytest.mark.usefixtures("undrawn")
def test_another_training_replaces_what_it_has_overtaken_and_not_its_equal(folder: Path) -> None:
    call(folder, folder / "trial.yaml")
    name = "source_target/mikt/2"  # half done
    before = committed(folder, f"trial/{name}/progress.csv")
    log = folder / "runs" / name / "logs" / "progress.csv"
    header = log.with_name("config.json")
    header.write_text(json.dumps(json.loads(header.read_text()) | {"started": "2030-01-01"}))
    rows = log.read_text().replace(",1200.0,", ",1201.0,")
    for further, stays in (("", True), (rows.splitlines()[-1].replace("500000", "600000"), False)):
        log.write_text(f"{rows}{further}\n" if further else rows)
        call(folder, folder / "trial.yaml")
        assert (committed(folder, f"trial/{name}/progress.csv") == before) == stays


@pytest.mark.usefixtures("undrawn")
def test_a_run_of_two_experiments_is_collected_once_and_shown_in_both(folder: Path) -> None:
    call(folder, folder / "trial.yaml")
    (folder / "other.yaml").write_text(
        EXPERIMENT.replace("A trial", "Another").replace("MIKT, MLPP", "MIKT without MI, MLPP")
    )
    call(folder, folder / "other.yaml")

    assert not list((folder / "results" / "other").rglob("progress.csv"))
    page = (folder / "results" / "README.md").read_text()
    section = page.partition("## Another\n")[2].partition("\n## ")[0]
    runs = committed(folder, "other/runs.md").decode()
    assert "# trial/target_v0/ppo/0: 1,000,000 timesteps" in runs
    assert (
        " 6 runs are not there yet: Source → Target, MIKT without MI; Source → Target, MLPP"
        " (seeds 0, 1, 2 of each)." in section
    )
    assert "PPO, seed" not in section


OTHERS = """\
  - {name: Other → Target, env: Target-v0, teachers: models/Other-v0}
  - {name: Third → Target, env: Target-v0, teachers: models/Third-v0}
"""


@pytest.mark.usefixtures("undrawn")
def test_a_panel_is_shown_once_it_has_a_run_that_no_fuller_one_shows(folder: Path) -> None:
    trial = folder / "trial.yaml"
    trial.write_text(EXPERIMENT + OTHERS)

    def shown() -> list[str]:
        call(folder, trial)
        return re.findall("^### .*", committed(folder, "README.md").decode(), re.MULTILINE)

    students = folder / "runs" / "source_target"
    students.rename(folder / "later")
    assert shown() == ["### Source → Target"]  # PPO, which the others have too
    write_run(
        folder / "runs" / "third_target" / "mikt" / "0" / "logs", straight(1.0),
        num_timesteps=1_000_000, sources=["Third-v0"], columns=COUNTS | student_columns(),
    )  # fmt: skip
    assert shown() == ["### Third → Target"]
    (folder / "later").rename(students)
    assert shown() == ["### Source → Target", "### Third → Target"]


TEACHERS = """\
teachers:
  - env: Source-v0
    methods: [PPO]
panels:
  - name: Source → Target
    env: Target-v0
    teachers: {run: "teacher Source-v0, PPO"}
"""


@pytest.mark.usefixtures("undrawn")
def test_teachers_of_an_experiment_are_told_and_not_compared(folder: Path) -> None:
    trial = folder / "trial.yaml"
    trial.write_text(EXPERIMENT.partition("panels:")[0] + TEACHERS)
    for seed, final in enumerate((100.0, 200.0, 600.0)):
        logs = folder / "runs" / "teachers" / "source_v0" / "ppo" / str(seed) / "logs"
        write_run(logs, straight(final), env="Source-v0", seed=seed, columns=COUNTS)
    (folder / "runs" / "source_target").rename(folder / "gone")  # students of other teachers
    call(folder, trial)
    page = (folder / "results" / "README.md").read_text()
    # from 900,000 to 1,000,000: 0.95 of 100, 200 and 600; Student's t of 2 degrees is 4.303
    told = "Its teachers and their final return: Source-v0, PPO, 285.0 [-339.4, 909.4] (n = 3)."
    assert f"\n\n{told}\n\n" in page, page
    assert "### Source-v0" not in page
    assert "trial/teachers/source_v0/ppo/1/progress.csv" in files(folder / "results")


@pytest.mark.usefixtures("undrawn")
def test_teachers_alone_are_told_before_there_is_a_run_to_compare(folder: Path) -> None:
    trial = folder / "trial.yaml"
    trial.write_text(EXPERIMENT.partition("panels:")[0] + TEACHERS)
    logs = folder / "runs" / "teachers" / "source_v0" / "ppo" / "0" / "logs"
    write_run(logs, straight(100.0), env="Source-v0", columns=COUNTS)
    for group in ("source_target", "target_v0"):
        (folder / "runs" / group).rename(folder / group)
    call(folder, trial)
    section = committed(folder, "README.md").decode().partition("## A trial\n")[2]
    assert " 11 runs are not there yet: " in section  # two teachers; PPO, MIKT and MLPP thrice
    assert "\n\nIts teachers and their final return: Source-v0, PPO, 95.00 (n = 1).\n" in section
    assert "trial.md" not in section
    assert set(files(folder / "results" / "trial")) == {
        "experiment.yaml",
        "runs.md",
        *(f"teachers/source_v0/ppo/0/{name}" for name in ("config.json", "progress.csv")),
    }


@pytest.mark.usefixtures("undrawn")
def test_the_sections_have_their_order_and_published_logs_their_place(folder: Path) -> None:
    table = folder / "results" / "published" / "others.csv"
    table.parent.mkdir(parents=True)
    header = "sources,task,seed,nupdates,total_timesteps,eprewmean,policy_entropy,approxkl"
    rows = [f",Target-v0,{seed},{i},{i}00000,{i},{i},{i}" for seed in range(3) for i in (1, 10)]
    table.write_text("\n".join(["# A source.", header, *rows, ""]))
    studies = ("coefficients", "options")
    mains = ("antagonist", "disabilities", "options_pricing", "sizes")
    for name in studies + mains:
        study = "study: true\n" if name in studies else ""
        (folder / f"{name}.yaml").write_text(study + EXPERIMENT.replace("A trial", name))
        call(folder, folder / f"{name}.yaml")
    page = (folder / "results" / "README.md").read_text()
    assert re.findall("^## .*", page, re.MULTILINE) == [
        "## MIKT and what it is compared with", "## Summary", "## sizes", "## disabilities",
        "## antagonist", "## options_pricing",
        "## The hand-over", "## Beside published logs", "## options", "## coefficients",
        "## How it is measured",
    ]  # fmt: skip
    assert "(published/others.md)" in page
    beside = (folder / "results" / "published" / "others.md").read_text()
    assert beside.startswith("# others\n\nA source.\n")
    assert "| timesteps | ours, n = 3 | published, n = 3 |" in beside
    assert page.count("| Source → Target | MIKT") == 1  # the hand-over, once for all
    assert "There are no logs yet of these experiments: `ablations`, `ant`," in page
    assert "`sizes`" not in page.partition("## Summary")[0]
    study = page.partition("## coefficients\n")[2].partition("\n## ")[0]
    assert study.index("All comparisons") < study.index("### Source → Target")


@pytest.mark.usefixtures("undrawn")
def test_published_logs_that_are_like_no_run_are_only_named(folder: Path) -> None:
    table = folder / "results" / "published" / "others.csv"
    table.parent.mkdir(parents=True)
    header = "sources,task,seed,nupdates,total_timesteps,eprewmean,policy_entropy,approxkl"
    table.write_text(f"{header}\n,Else-v0,0,1,1,1,1,1\n,Else-v0,0,2,2,2,2,2\n")
    call(folder, folder / "trial.yaml")
    assert [path.name for path in table.parent.iterdir()] == ["others.csv"]
    assert "Beside published logs" not in committed(folder, "README.md").decode()


NAMED = """\
title: Names
settings: {num_timesteps: 1e6, nsteps: 100000}
seeds: [0, 1, 2]
methods: [PPO, as it is: {}, without: {mutual_info_coef: 0}]
panels:
  - {name: To the target, env: Target-v0, teachers: models/Source-v0}
  - name: Another
    env: Another-v0
    teachers: models/Source-v0
    methods: [without: {mutual_info_coef: 0}]
"""


@pytest.mark.usefixtures("undrawn")
def test_panels_and_methods_have_the_names_and_the_order_of_the_file(folder: Path) -> None:
    (folder / "named.yaml").write_text(NAMED)
    for panel, env in (("to_the_target", "Target-v0"), ("another", "Another-v0")):
        for seed in range(3):
            write_run(
                folder / "runs" / panel / "without" / str(seed) / "logs", straight(500.0 + seed),
                seed=seed, env=env, sources=["Source-v0"], mutual_info_coef=0.0, columns=COUNTS,
            )  # fmt: skip
    write_run(
        folder / "results" / "named" / "of_old", straight(1.0), env="Target-v0", gamma=0.5
    )  # an earlier version of the file declared it
    call(folder, folder / "trial.yaml", "--finished")
    call(folder, folder / "named.yaml", "--finished")
    page = committed(folder, "README.md").decode()
    section = page.partition("## Names\n")[2].partition("\n## ")[0]
    assert re.findall("^### .*", section, re.MULTILINE) == [
        "### To the target", "### Another", "### Target-v0",
    ]  # fmt: skip
    table = section.partition("### To the target")[2].partition("| area")[0]
    assert re.findall(r"\|  ?(PPO|as it is|without|MIKT\S*) \|", table) == [
        "PPO",
        "as it is",
        "without",
    ]
    assert "as it is (seed 2)" in section.partition("### ")[0]


@pytest.mark.usefixtures("undrawn")
def test_what_lies_beside_the_results_does_not_change_the_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A teacher that was trained anew since makes no committed log another run's."""
    call(folder, folder / "trial.yaml")
    before = committed(folder, "README.md")
    monkeypatch.chdir(folder)
    (folder / "models").mkdir()
    (folder / "models" / "Source-v0").write_bytes(b"another policy")
    call(folder)
    assert committed(folder, "README.md") == before
