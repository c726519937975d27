"""What a reader must know of the logs is said in a line."""

from pathlib import Path

from handmade_logs import panels_in, straight, write_run

from baselines.analysis.runs.notes import notes_on


def test_a_teacher_that_was_replaced_between_two_seeds_is_told(tmp_path: Path) -> None:
    for seed, teacher in enumerate(("first file", "first file", "trained anew")):
        folder = tmp_path / str(seed)
        write_run(folder, straight(1.0), seed=seed, sources=["S-v0"], sha256=teacher)
    [panel] = panels_in(tmp_path)
    assert "S-v0 → Target-v0: MIKT: models/S-v0 was another file for some of its seeds" in (
        list(notes_on(panel))
    )


def test_a_teacher_for_each_seed_is_not(tmp_path: Path) -> None:
    for seed in range(2):
        path, file = f"models/S-v0/{seed}", f"teacher {seed}"
        write_run(
            tmp_path / str(seed), straight(1.0), seed=seed, sources=["S-v0"], sha256=file,
            teacher_paths=[path],
        )  # fmt: skip
    [panel] = panels_in(tmp_path)
    assert not any("another file" in note for note in notes_on(panel))
