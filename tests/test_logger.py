"""The table on the terminal and the files of a run."""

import csv
import json
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from called import needs_full_device

from baselines.common.errors import UserError
from baselines.common.log_folder import cut_back, logged_rows
from baselines.common.tensorflow_quietly import tf
from baselines.logger import LogFiles, Logger, table
from baselines.training.run_metrics import tag
from baselines.transfer.mikt import MIKT

HEADER = {"config": {"env": "Task-v0"}}


def row(update: int, **more: float) -> dict[str, float]:
    return {"nupdates": update, "total_timesteps": 100 * update, **more}


def test_the_table_is_aligned_and_in_alphabetical_order() -> None:
    assert table({"loss": 0.123456, "a_long_name": 7, "big": 123456.0}).splitlines() == [
        "---------------------------",
        "| a_long_name | 7         |",
        "| big         | 1.235e+05 |",
        "| loss        | 0.1235    |",
        "---------------------------",
    ]


def test_rows_without_a_metric_leave_it_empty(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1, eprewmean=math.nan, ps_loss=0.5))
    files.metrics(row(2, eprewmean=1.5))
    files.close()
    with open(tmp_path / "progress.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["eprewmean"] for r in rows] == ["", "1.5"]
    assert [r["ps_loss"] for r in rows] == ["0.5", ""]
    first, second = (tmp_path / "progress.json").read_text().splitlines()
    assert json.loads(first)["eprewmean"] is None
    assert json.loads(second) == row(2, eprewmean=1.5)


def test_numpys_numbers_are_logged_and_what_is_none_is_told(tmp_path: Path) -> None:
    log = Logger(2, LogFiles(tmp_path, HEADER), verbose=0)
    log.metrics(row(1, own=np.float32(0.5), count=np.int64(3), holds=True), "")
    with pytest.raises(UserError, match=r"^--transfer: the metric own is None, not a number$"):
        log.metrics(row(2, own=None), "")  # type: ignore[arg-type]
    log.close()
    assert logged_rows(tmp_path) == [row(1, own=0.5, count=3, holds=1.0)]
    assert "True" not in (tmp_path / "progress.csv").read_text()


def test_json_has_no_infinity(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1, own=math.inf))
    files.close()
    assert json.loads((tmp_path / "progress.json").read_text()) == row(1) | {"own": None}


def test_a_metric_that_comes_later_is_a_new_column(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1, loss=0.1))
    files.metrics(row(2, loss=0.2, late=1 / 3))
    files.metrics(row(3, loss=math.nan, latest=7, late=1e-300))
    files.close()
    files = LogFiles(tmp_path, HEADER)  # as a run that goes on
    files.metrics(row(4))
    files.close()
    assert (tmp_path / "progress.csv").read_text().splitlines() == [
        "nupdates,total_timesteps,loss,late,latest",
        "1,100,0.1,,",
        "2,200,0.2,0.3333333333333333,",
        "3,300,,1e-300,7",
        "4,400,,,",
    ]


def test_what_is_cut_back_loses_the_columns_that_came_since(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1, loss=0.1))
    files.metrics(row(2, eprewmean=math.nan))
    sizes, before = files.sizes(), (tmp_path / "progress.csv").read_bytes()
    files.metrics(row(3, late=5.0))
    files.close()
    for _ in range(2):  # also where a process was killed while it did this
        cut_back(tmp_path, sizes)
        assert (tmp_path / "progress.csv").read_bytes() == before
    assert len((tmp_path / "progress.json").read_text().splitlines()) == 2


def test_tensorboard_has_no_step_twice_after_it_is_cut_back(tmp_path: Path) -> None:
    """The first of two processes that were killed has written a state, the second none."""
    sizes: dict[str, int] = {}
    for updates in ((1, 2), (2, 3)):
        files = LogFiles(tmp_path, HEADER)
        for update in updates:
            files.metrics(row(update))
            sizes = sizes or files.sizes()
        files.close()
    cut_back(tmp_path, sizes)
    assert steps(tmp_path) == [100]


@pytest.mark.parametrize("damaged", [b"{", b"[1]", b"\xff\xff", b"\0"])
def test_what_is_damaged_is_told_with_its_line_and_not_cut_back(
    tmp_path: Path, damaged: bytes
) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1))
    files.metrics(row(2))
    sizes, path = files.sizes(), tmp_path / "progress.json"
    files.metrics(row(3))
    files.close()
    first, second, third = path.read_bytes().splitlines()
    lines = (first, damaged.ljust(len(second)), third)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(UserError, match=r"^--log_path: .*progress\.json, line 2: damaged"):
        cut_back(tmp_path, sizes)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    "value", ['"fast"', '"0.5"', "true", "{}", "[1]", pytest.param("1" + 400 * "0", id="401")]
)
def test_a_row_holds_numbers(tmp_path: Path, value: str) -> None:
    (tmp_path / "progress.json").write_text(f'{{"loss": null}}\n{{"loss": {value}}}\n')
    with pytest.raises(UserError, match=r"^--log_path: .*progress\.json, line 2: damaged"):
        logged_rows(tmp_path)


def test_what_is_cut_off_may_be_damaged(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1))
    sizes, path = files.sizes(), tmp_path / "progress.json"
    files.close()
    first = path.read_bytes()
    path.write_bytes(first + b'{"nupd')
    cut_back(tmp_path, sizes)
    assert path.read_bytes() == first


def test_rows_are_on_disk_at_once(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    for update in (1, 2):
        files.metrics(row(update))
    files.episodes([(1.25, 10)], 3.0)
    assert len((tmp_path / "progress.csv").read_text().splitlines()) == 3
    assert (tmp_path / "monitor.csv").read_text().splitlines()[1:] == ["r,l,t", "1.25,10,3.000"]
    assert steps(tmp_path) == [100, 200]
    files.close()


def steps(folder: Path) -> list[int]:
    """Those of TensorBoard's rows."""
    return [
        event.step
        for path in sorted((folder / "tb").iterdir())
        for event in tf.compat.v1.train.summary_iterator(str(path))
        if event.summary.value
    ]


def test_what_goes_on_in_the_same_second_overwrites_no_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselines.logger.time.time", lambda: 1e9)
    for update in (1, 2):
        files = LogFiles(tmp_path, HEADER)
        files.metrics(row(update))
        files.close()
    assert steps(tmp_path) == [100, 200]


@needs_full_device
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("progress.json", lambda files: files.metrics(row(1))),
        ("monitor.csv", lambda files: files.episodes([(1.0, 2)], 3.0)),
        ("monitor.csv", LogFiles.sizes),
        ("monitor.csv", LogFiles.close),
    ],
)
def test_a_full_disk_is_told_with_the_folder(
    name: str, write: Callable[[LogFiles], object], tmp_path: Path
) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    files = LogFiles(tmp_path, HEADER)
    with pytest.raises(OSError) as caught:
        write(files)
    assert str(caught.value) == f"[Errno 28] No space left on device: '{tmp_path}'"
    for file in (files._json, files._csv, files._monitor):
        with suppress(OSError):
            file.close()


def test_tensorboard_reads_the_events(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1, loss=0.25))
    files.metrics(row(2, loss=0.5))
    files.close()
    [path] = (tmp_path / "tb").iterdir()
    events = list(tf.compat.v1.train.summary_iterator(str(path)))
    assert events[0].file_version == "brain.Event:2"
    found = [
        (event.step, value.simple_value)
        for event in events
        for value in event.summary.value
        if value.tag == "loss"
    ]
    assert found == [(100, 0.25), (200, 0.5)]


def test_tensorboard_gets_its_events_in_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"gr\xf6\xdfe")  # of a disk from elsewhere: Latin-1
    folder.mkdir()
    files = LogFiles(folder, HEADER)
    files.metrics(row(1, loss=0.25))
    files.close()
    [path] = (folder / "tb").iterdir()
    assert b"brain.Event:2" in path.read_bytes()


def test_tensorboard_gets_no_value_where_there_is_none(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER)
    files.metrics(row(1, eprewmean=math.nan, loss=0.25))
    files.close()
    [path] = (tmp_path / "tb").iterdir()
    _, event = tf.compat.v1.train.summary_iterator(str(path))
    tags = {value.tag for value in event.summary.value}
    assert tags == {"nupdates", "total_timesteps", "loss"}


def test_without_a_terminal_a_line_says_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Logger(10, None)
    log.metrics(row(3), "update 3/10 · 7 s left")
    log.close()
    assert capsys.readouterr().out == "update 3/10 · 7 s left\n"


@pytest.mark.parametrize(
    ("verbose", "expected"),
    [(0, ["WARNING: mind"]), (1, ["hello", "WARNING: mind", "brief"]),
     (2, ["hello", "WARNING: mind", "brief", *table(row(3)).splitlines()])],
)  # fmt: skip
def test_as_much_is_said_as_was_asked_for(
    verbose: int, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    log = Logger(10, None, verbose=verbose)
    log.say("hello")
    log.say("WARNING: mind")
    log.metrics(row(3), "brief")
    log.close()
    assert capsys.readouterr().out.splitlines() == expected
    assert log.rows == [row(3)]


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_on_a_terminal_there_are_tables(
    verbose: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    log = Logger(10, None, verbose=verbose)
    log.metrics(row(3), "brief")
    log.close()
    out = capsys.readouterr().out
    assert ("nupdates" in out, "brief" in out) == (verbose > 0, False)


def test_the_bar_of_a_run_that_goes_on_begins_where_it_was(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    log = Logger(10, None, done=4)
    log.advance([], 1.0)
    log.close()
    assert "5/10" in capsys.readouterr().err


def test_a_log_that_goes_on_knows_its_rows(tmp_path: Path) -> None:
    for update in (1, 2):
        log = Logger(2, LogFiles(tmp_path, HEADER))
        log.metrics(row(update, eprewmean=math.nan, ps_loss=0.1 * update), "")
        log.close()
    np.testing.assert_equal(log.rows, [row(u, eprewmean=math.nan, ps_loss=0.1 * u) for u in (1, 2)])
    assert logged_rows(tmp_path / "nowhere") == logged_rows("") == []


def test_tensorboard_has_the_metrics_in_groups(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, HEADER, lambda name: tag(name, MIKT.metrics))
    names = ("eprewmean", "approxkl", "student_ps", "student_ps_1", "ps_loss", "eval_return")
    files.metrics(row(1, **dict.fromkeys(names, 0.5)))
    files.close()
    [path] = (tmp_path / "tb").iterdir()
    _, event = tf.compat.v1.train.summary_iterator(str(path))
    assert {value.tag for value in event.summary.value} == {
        "time/nupdates", "time/total_timesteps", "rollout/eprewmean", "train/approxkl",
        "transfer/student_ps", "transfer/student_ps_1", "transfer/ps_loss", "eval/eval_return",
    }  # fmt: skip
