"""The command that trains logged runs anew: a real run, and its log changed by hand."""

import csv
import json
from pathlib import Path

import pytest
from called import call, heavy_imports
from handmade_logs import write_run

from baselines import verify
from baselines.analysis.runs.runs import read_run
from baselines.common.errors import UserError
from baselines.published import reruns

SMALL = [
    "--env=CartPole-v1", "--num_timesteps=8192", "--nsteps=64", "--nminibatches=4",
    "--noptepochs=1", "--xla=False",
]  # fmt: skip

pytestmark = pytest.mark.xdist_group("verify")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs") / "cart" / "0"
    call("baselines.run", *SMALL, f"--log_path={folder}")
    return folder


def test_a_run_comes_out_again_to_the_bit(
    logs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    # Only the first part is trained anew: were the run made shorter, `lr` would fall faster. How
    # far it goes before it is seen to be there depends on the machine.
    monkeypatch.setattr(reruns, "POLL_SECONDS", 0.05)
    assert verify.main([str(logs.parent), "--timesteps=1e3", "--only", "cart", "0"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    words, _, reach = line.partition(" rows to ")
    assert words.startswith(f"{logs}: identical to the log in all ")
    assert 1_000 <= int(reach.split()[0].replace(",", "")) < 8_000


def test_a_run_that_was_made_longer_is_trained_as_it_began(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    folders = [f"--log_path={tmp_path / 'logs'}", f"--save_path={tmp_path / 'models'}"]
    call("baselines.run", *SMALL, *folders, "--num_timesteps=256")
    call("baselines.run", *SMALL, *folders, "--num_timesteps=512", "--resume")
    assert verify.main([str(tmp_path / "logs")]) == 0
    told = capsys.readouterr().out
    assert told == f"{tmp_path / 'logs'}: identical to the log in all 4 rows to 256 timesteps\n"


def test_a_log_that_does_not_come_out_again(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    header = json.loads((logs / "config.json").read_text())
    header["versions"]["numpy"] = "1.0"
    with open(logs / "progress.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:3]
    rows[1]["eprewmean"] = "500.0"
    (tmp_path / "config.json").write_text(json.dumps(header))
    with open(tmp_path / "progress.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    wanted = []
    monkeypatch.setattr(
        verify, "rerun", lambda config, stop, folder: (wanted.append(stop), read_run(logs))[1]
    )
    for timesteps in (1, 1000):
        assert verify.main([str(tmp_path), f"--timesteps={timesteps}"]) == 1
        said = capsys.readouterr().out
        assert said.startswith(f"{tmp_path}: outside the band of 1 seed in 1 of 3 rows to 192 ")
        assert "below it at 128; not identical from 128 on (numpy was 1.0 and is " in said
    assert wanted == [128, 192]  # two logged rows at least, and no more than there are


def test_one_that_does_not_come_out_again_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for seed in (0, 1):
        write_run(tmp_path / "logs" / str(seed), [1.0, 2.0], seed=seed)
    write_run(tmp_path / "logs again", [1.0, 9.0])
    again = [tmp_path / "logs again", tmp_path / "logs" / "1"]
    monkeypatch.setattr(verify, "rerun", lambda config, *_: read_run(again[config.seed]))
    assert verify.main([str(tmp_path / "logs")]) == 1
    said = [line.partition(": ")[2].split()[0] for line in capsys.readouterr().out.splitlines()]
    assert said == ["outside", "identical"]
    assert verify.main([str(tmp_path / "logs"), "--only=logs/1"]) == 0


def test_a_training_that_fails_is_one_line(tmp_path: Path) -> None:
    write_run(tmp_path / "a", [1.0, 2.0], env="Nowhere-v0", step=64)
    with pytest.raises(UserError, match=r"the training ended early: .*--env: .*Nowhere"):
        verify.main([str(tmp_path)])


BAD = {
    ("--only", "b", "c"): r"--only: no run in .* has b and c",
    ("--timesteps=0",): "--timesteps: must be greater than 0",
    ("--onyl=a",): "--onyl: unknown argument; did you mean --only",
}


@pytest.mark.parametrize("arguments", BAD, ids=str)
def test_bad_arguments(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    write_run(tmp_path / "run", [1.0, 2.0])
    with pytest.raises(UserError, match=BAD[arguments]):
        verify.main([str(tmp_path / "run"), *arguments])


def test_nothing_heavy_is_loaded_for_help_and_errors() -> None:
    program = (
        "from baselines import results, verify\n"
        "for command in (results, verify):\n"
        "    for argument in ('--help', '/missing'):\n"
        "        try: command.main([argument])\n"
        "        except (SystemExit, ValueError): pass"
    )
    assert not heavy_imports(program)
