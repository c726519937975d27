"""Every damage to a table of a run is named with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade_logs import write_run

from baselines.analysis.runs.runs import find_runs
from baselines.common.errors import UserError

Change = Callable[[str], str | bytes]

DAMAGED_ROWS: dict[str, tuple[Change, str]] = {
    "empty": (lambda _: "", ", line 1: no row is there yet"),
    "only a header": (lambda text: text.split("\n")[0] + "\n", ", line 1: .* 2 rows .* not 0"),
    "a single row": (lambda text: "\n".join(text.split("\n")[:2]) + "\n", ", line 2: .* not 1"),
    "cut in a row": (lambda text: text[:-3], ", line 4: .*cut off"),
    "cut between cells": (lambda text: text[:-5] + "\n", ", line 4: 1 cells under 2 columns"),
    "a cell too many": (lambda text: text.replace("2.0", "2.0,5"), ", line 3: 3 cells under 2"),
    "an empty line": (lambda text: text.replace("\n2", "\n\n2"), ", line 3: 1 cells under 2"),
    "a word": (lambda text: text.replace("2.0", "two"), ", line 3: eprewmean is 'two'"),
    "infinity": (lambda text: text.replace("2.0", "inf"), ", line 3: eprewmean is 'inf'"),
    "an endless time": (lambda text: text.replace("300000,", "1e300,"), ", line 4: .*'1e300'"),
    "beyond all returns": (lambda text: text.replace("2.0", "1e308"), ", line 3: .* '1e308'"),
    "time runs back": (lambda text: text.replace("200000,", "900000,"), ", line 4: .*not rise"),
    "time is missing": (lambda text: text.replace("200000,", ","), ", line 3: .*not rise"),
    "no return": (lambda text: text.replace("eprewmean", "reward"), ", line 1: .*eprewmean"),
    "two returns": (
        lambda text: text.replace("total_timesteps", "eprewmean,total_timesteps"),
        ", line 1: 2 columns eprewmean",
    ),
    "no episode": (
        lambda text: text.replace("1.0", "").replace("2.0", "").replace("3.0", ""),
        ", line 4: no finished episode",
    ),
    "no text": (lambda text: text.encode().replace(b"3.0", b"\xff"), ", line 4: not text"),
}


@pytest.mark.parametrize("damage", DAMAGED_ROWS)
def test_a_damaged_table_is_named_with_its_line(tmp_path: Path, damage: str) -> None:
    change, complaint = DAMAGED_ROWS[damage]
    path = write_run(tmp_path / "a", [1.0, 2.0, 3.0]) / "progress.csv"
    changed = change(path.read_text())
    path.write_bytes(changed if isinstance(changed, bytes) else changed.encode())
    with pytest.raises(UserError, match=complaint) as caught:
        find_runs([str(tmp_path)])
    assert str(caught.value).startswith(f"LOG_DIR: {path}, line ")
    assert "\n" not in str(caught.value)
