"""The student minus a control over all transfers together, by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade_logs import panels_in, straight, write_method, write_run
from scipy import stats

from baselines.analysis import drawing
from baselines.analysis.pooled import united
from baselines.analysis.runs.comparison import compare
from baselines.analysis.runs.curve_metrics import AREA_UNDER_CURVE, FINAL_RETURN
from baselines.analysis.runs.statistics import STATISTICS, mean
from baselines.analysis.summary import Transfer, answer, pooled_over
from baselines.analysis.summary_figure import summary_figure

LAST_TENTH = 0.95
"""The final return of a straight curve, in parts of where it ends."""

ENDS = {"mikt": [700, 500, 900], "random": [400, 450, 200]}
"""Of the second transfer."""


@pytest.fixture
def transfers(tmp_path: Path) -> list[Transfer]:
    """Two of one task, with two teachers; PPO + KL is the same in both."""
    write_method(tmp_path, "ppo_kl", 2, kl_coef=0.1)
    write_method(tmp_path, "mikt", 6)
    write_method(tmp_path, "random", 5, teacher_weights="random")
    for name, settings in (("mikt", {}), ("random", {"teacher_weights": "random"})):
        for seed, end in enumerate(ENDS[name]):
            folder = tmp_path / f"second_{name}" / str(seed)
            write_run(folder, straight(end), seed=seed, sources=["R-v0"], **settings)
    return [Transfer(panel.title, compare(panel, mean, None)) for panel in panels_in(tmp_path)]


@pytest.mark.parametrize(
    ("control", "parts"),
    [
        # the runs of PPO + KL have twice the weight of those of a student
        ("PPO + KL", [(0.5, [600, 660, 720]), (0.5, ENDS["mikt"]), (-1.0, [200, 220, 240])]),
        (
            "random teacher",
            [
                (0.5, [600, 660, 720]),
                (0.5, ENDS["mikt"]),
                (-0.5, [500, 550, 600]),
                (-0.5, ENDS["random"]),
            ],
        ),
    ],
)
def test_the_mean_over_two_transfers(
    transfers: list[Transfer], control: str, parts: list[tuple[float, list[float]]]
) -> None:
    samples = [(weight, LAST_TENTH * np.array(ends)) for weight, ends in parts]
    value = sum(weight * sample.mean() for weight, sample in samples)
    variances = np.array([weight**2 * sample.var(ddof=1) / 3 for weight, sample in samples])
    freedom = variances.sum() ** 2 / (variances**2 / 2).sum()
    reach = stats.t.ppf(0.975, freedom) * variances.sum() ** 0.5
    found = pooled_over(transfers, "MIKT", control, FINAL_RETURN)
    assert found is not None
    assert found.transfers == 2
    assert found.difference.value == pytest.approx(value)
    assert found.difference.high - value == pytest.approx(reach)
    assert value - found.difference.low == pytest.approx(reach)


def test_a_run_is_one_sample_whatever_the_length_over_which_it_is_measured(tmp_path: Path) -> None:
    """Two students of one length or two; PPO + KL, which both share, counts as three runs."""
    reach = {}
    for points in (10, 9):
        folder = tmp_path / str(points)
        write_method(folder, "ppo_kl", 20, kl_coef=0.1)
        for source, length in (("S-v0", 10), ("R-v0", points)):
            for seed in range(3):
                ends = {"seed": seed, "sources": [source], "num_timesteps": 100_000 * length}
                write_run(folder / source / str(seed), straight(length, length), **ends)
        found = [Transfer(panel.title, compare(panel, mean, None)) for panel in panels_in(folder)]
        together = pooled_over(found, "MIKT", "PPO + KL", FINAL_RETURN)
        assert together is not None
        reach[points] = together.difference.high - together.difference.value
    # The students do not vary, and of PPO + KL half of the weight is at 0.855 instead of 0.95.
    assert reach[9] / reach[10] == pytest.approx((0.95 + 0.855) / 2 / 0.95)


@pytest.mark.parametrize("other", [{"env": "B-v0"}, {"env": "A-v0", "lr": 1e-3}])
def test_runs_of_ppo_on_two_tasks_or_of_two_settings_are_two_samples(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    """How far apart the returns of two tasks lie is no spread of the seeds."""
    reach = []
    for level in (1, 5000):
        for source, lift, settings in (("S-v0", 0, {"env": "A-v0"}), ("R-v0", level, other)):
            for seed, end in enumerate((200, 260, 240)):
                folder = tmp_path / str(level) / source
                kwargs = settings | {"seed": seed, "kl_coef": 0.1}
                write_run(folder / "ppo_kl" / str(seed), straight(lift + end), **kwargs)
                mikt = straight(lift + 3 * end)
                write_run(folder / "mikt" / str(seed), mikt, sources=[source], **kwargs)
        found = panels_in(tmp_path / str(level))
        compared = [Transfer(panel.title, compare(panel, mean, None)) for panel in found]
        together = pooled_over(compared, "MIKT", "PPO + KL", FINAL_RETURN)
        assert together is not None
        reach.append(together.difference.high - together.difference.value)
    assert reach[1] == pytest.approx(reach[0])


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("every", [1, 2])
def test_a_run_that_was_trained_twice_to_the_bit_is_one(
    seeds: int, every: int, tmp_path: Path
) -> None:
    """As with untrained teachers of one size; with more seeds in one, or more rows; or but alike.

    Only the first three seeds have a student.
    """
    reach = []
    for more in (0.0, 1e-9):
        folder = tmp_path / str(more)
        for source, lift, count, step in (("S-v0", 0.0, 3, 1), ("R-v0", more, seeds, every)):
            for seed, end in enumerate((400, 450, 200, 900, 100)[:count]):
                kwargs = {"seed": seed, "sources": [source]}
                if seed < 3:
                    write_run(folder / source / "mikt" / str(seed), straight(900), **kwargs)
                untrained = {**kwargs, "teacher_weights": "random", "nsteps": 100_000}
                curve = straight(end + lift)[step - 1 :: step]
                place = folder / source / "r" / str(seed)
                write_run(place, curve, step=100_000 * step, **untrained)
        found = [Transfer(panel.title, compare(panel, mean, None)) for panel in panels_in(folder)]
        together = pooled_over(found, "MIKT", "random teacher", AREA_UNDER_CURVE)
        assert together is not None
        reach.append(together.difference.high - together.difference.value)
    # Independent, the two have four degrees of freedom, and half of the variance.
    independent = stats.t.ppf(0.975, 4) / 2**0.5 / stats.t.ppf(0.975, 2)
    assert reach[1] / reach[0] == pytest.approx(independent, rel=0.02)


@pytest.mark.parametrize("last", ["bc", "cb"])
def test_samples_that_a_third_joins_are_one(last: str) -> None:
    found = united(["ab", "c", "de", last, "e"])
    assert found["a"] == found["b"] == found["c"]
    assert found["d"] == found["e"] != found["a"]


def test_students_that_learn_no_more_than_their_controls_do_not_cancel(tmp_path: Path) -> None:
    """On a task where every episode has the same return."""
    for source in ("S-v0", "R-v0"):
        for seed in range(3):
            for name, settings in (("mikt", {}), ("r", {"teacher_weights": "random"})):
                place = tmp_path / source / name / str(seed)
                write_run(place, [-200.0] * 10, seed=seed, sources=[source], **settings)
    found = [Transfer(panel.title, compare(panel, mean, None)) for panel in panels_in(tmp_path)]
    together = pooled_over(found, "MIKT", "random teacher", FINAL_RETURN)
    assert together is not None
    assert together.difference.value == 0.0
    *_, last = answer(found).splitlines()
    assert last.endswith(" +0 (2 transfers): not shown |")


def test_the_answer_has_both_measures_and_the_untrained_too(transfers: list[Transfer]) -> None:
    """There is no PPO without the KL term, so the differences from it are left out."""
    head, _, *rows = (line.strip("| ").split(" | ") for line in answer(transfers).splitlines())
    assert head == ["mean difference", "area under the curve", "final return"]
    found = {name: (area, final) for name, area, final in rows}
    assert [*found] == ["MIKT − (PPO + KL)", "random teacher − (PPO + KL)", "MIKT − random teacher"]
    # (627 + 665) / 2 - 209, (522.5 + 332.5) / 2 - 209, (104.5 + 332.5) / 2
    finals = [float(final.partition(" ± ")[0]) for _, final in found.values()]
    assert finals == pytest.approx([437, 218.5, 218.5], abs=0.51)
    over_kl = found["MIKT − (PPO + KL)"]
    assert all(cell.endswith(" (2 transfers): **gain**") for cell in over_kl)
    # of a straight curve the area is 0.505 of its end, the final return 0.95
    assert over_kl[0].partition(" ± ")[0] == f"+{round((660 + 700 - 440) / 2 * 0.505)}"


def test_one_transfer_is_no_answer(transfers: list[Transfer]) -> None:
    assert answer(transfers[:1]) == ""


def test_the_figure_ends_with_it(transfers: list[Transfer]) -> None:
    with drawing.appearance():
        axes = summary_figure(transfers, STATISTICS["mean"]).axes
    names = [tick.get_text() for tick in axes[0].get_yticklabels()]
    finals: list[dict[str, float]] = [{}, {}]
    for found, each in zip(finals, axes[1:], strict=True):
        for line in each.lines:
            if line.get_marker() == "D":  # the diamonds are final returns
                found[names[round(line.get_ydata()[0])]] = float(line.get_xdata()[0])
    assert names[2:] == ["all together"]
    assert finals == [
        pytest.approx({"S-v0 → Target-v0": 418, "R-v0 → Target-v0": 456, "all together": 437}),
        pytest.approx({"S-v0 → Target-v0": 104.5, "R-v0 → Target-v0": 332.5, names[2]: 218.5}),
    ]


def test_it_is_the_mean_of_the_rows_whatever_the_runs(tmp_path: Path) -> None:
    """A control that is longer and of other settings, and one with a seed more."""
    for task, settings, step in (("A-v0", {}, 200_000), ("B-v0", {"lr": 1e-3}, 100_000)):
        for seed in range(4):
            end = 1000 + 10 * seed
            folder = tmp_path / task / "ppo_kl" / str(seed)
            write_run(
                folder, straight(end), step=step, env=task, seed=seed, kl_coef=0.1, **settings
            )
            if seed < 3:
                folder = tmp_path / task / "mikt" / str(seed)
                write_run(
                    folder, straight(2 * end), env=task, seed=seed, sources=["S-v0"], **settings
                )
    found = [Transfer(panel.title, compare(panel, mean, None)) for panel in panels_in(tmp_path)]
    rows = [one.over("MIKT", "PPO + KL", FINAL_RETURN) for one in found]
    together = pooled_over(found, "MIKT", "PPO + KL", FINAL_RETURN)
    assert together is not None
    assert together.difference.value == pytest.approx(
        np.mean([row.difference.value for row in rows if row is not None])
    )


@pytest.mark.parametrize(("seeds", "length"), [(3, 2_000_000), (2, 1_000_000)])
def test_a_transfer_that_is_not_finished_or_lacks_a_run_does_not_count(
    transfers: list[Transfer], tmp_path: Path, seeds: int, length: int
) -> None:
    more = tmp_path / "third"
    for name, settings in (("mikt", {}), ("random", {"teacher_weights": "random"})):
        for seed in range(seeds):
            folder = more / name / str(seed)
            planned = settings | {"sources": ["Q-v0"], "num_timesteps": length}
            write_run(folder, straight(9.0), seed=seed, **planned)
    [panel] = panels_in(more)
    third = Transfer("third", compare(panel, mean, None))
    found = pooled_over([*transfers, third], "MIKT", "random teacher", FINAL_RETURN)
    assert found == pooled_over(transfers, "MIKT", "random teacher", FINAL_RETURN)
    assert pooled_over(transfers[:1], "MIKT", "random teacher", FINAL_RETURN) is None
