"""Where a run stands, from the table that it is writing."""

from pathlib import Path

import pytest

from baselines.config import Config
from baselines.experiments.items import Item
from baselines.experiments.status import TAIL, Standing, standing


def item_with(folder: Path, table: str) -> Item:
    (folder / "logs").mkdir()
    (folder / "logs" / "progress.csv").write_text(table)
    return Item("run", folder, Config(env="CartPole-v1"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["1,90"], Standing(1, 90.0)),
        (["1,90", "2,1000"], Standing(2, 1000.0)),  # the first update compiles
        (["1,90", "2,1000", "3,1010", "4,990", "5,1"], Standing(5, 990.0)),  # the machine slept
        (["1,5", "2,5", "3,5", "4,8", "5,7", "6,9", "7,8", "8,1"], Standing(8, 8.0)),
        (["1,90", "2,10"], Standing(2, 90.0)),
        ([], Standing(0, 0.0)),
    ],
)
def test_the_speed_is_the_usual_one_of_the_last_updates(
    tmp_path: Path, rows: list[str], expected: Standing
) -> None:
    table = "\n".join(["nupdates,fps", *rows, "9,"])  # the last row is being written
    assert standing(item_with(tmp_path, table)) == expected


@pytest.mark.parametrize("shift", range(12))
def test_only_whole_rows_of_the_end_of_a_long_table_are_read(tmp_path: Path, shift: int) -> None:
    """Wherever in a row the end begins."""
    count = TAIL // 10 + 200
    rows = [f"{n:05d},{n % 3 + 100}" for n in range(1, count + 1)]
    table = "\n".join(["nupdates,fps", *rows, "x" * shift])
    assert standing(item_with(tmp_path, table)) == Standing(count, 101.0)


@pytest.mark.parametrize(
    "table",
    ["", "nupdates,fps", "nupdates,fps\n", "a,b\n1,2\n", "\0\n1\n", "nupdates,fps\n1\r2,3\n"],
)
def test_a_table_without_a_row_is_that_of_a_run_not_begun(tmp_path: Path, table: str) -> None:
    assert standing(item_with(tmp_path, table)) == Standing(0, 0.0)
    assert standing(Item("other", tmp_path / "none", Config(env="CartPole-v1"))) == Standing(0, 0.0)
