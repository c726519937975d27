"""Pairs of trained and untrained teachers, the summary, and the hand-over, by hand."""

import re
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import pytest
from handmade_logs import panels_in, straight, student_columns, write_method, write_run
from matplotlib.figure import Figure

from baselines.analysis import drawing, summary
from baselines.analysis.hand_over_table import (
    before_and_after,
    hand_over_parts,
    hand_over_table,
    hand_overs,
)
from baselines.analysis.knowledge import has_too_few, knowledge_of, knowledge_table, pairs
from baselines.analysis.knowledge_figure import knowledge_figure
from baselines.analysis.runs.comparison import Comparison, compare
from baselines.analysis.runs.curve_metrics import AREA_UNDER_CURVE, FINAL_RETURN
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.runs import Run, read_run
from baselines.analysis.runs.statistics import STATISTICS, Statistic, mean
from baselines.analysis.summary import Transfer, speed_table, summary_table
from baselines.analysis.summary_figure import summary_figure

MEAN = STATISTICS["mean"]
UNTRAINED = {"teacher_weights": "random"}
WEAK = {"mutual_info_coef": 0.0}


def knowledge_drawn(comparisons: list[Comparison], statistic: Statistic = MEAN) -> Figure:
    looks = drawing.styles([comparison.panel for comparison in comparisons])
    return knowledge_figure(knowledge_of(comparisons), statistic, "", looks)


@pytest.fixture
def compared(tmp_path: Path) -> Comparison:
    write_method(tmp_path, "ppo", 1)
    write_method(tmp_path, "ppo_kl", 2, kl_coef=0.1)
    write_method(tmp_path, "mikt", 6)
    write_method(tmp_path, "random", 5, **UNTRAINED)
    write_method(tmp_path, "weak", 9, **WEAK)
    write_method(tmp_path, "weak_random", 4, **WEAK, **UNTRAINED)
    write_method(tmp_path, "frozen", 9, mapping="frozen")  # has no twin
    [panel] = panels_in(tmp_path)
    return compare(panel, mean, None)


def test_twins_differ_in_their_teachers_training_alone(compared: Comparison) -> None:
    found = [
        (pair.method.label, pair.measured[FINAL_RETURN].difference.value)
        for pair in pairs(compared)
    ]
    assert [label for label, _ in found] == ["MIKT without MI", "MIKT"]  # the best first
    assert [value for _, value in found] == pytest.approx([0.95 * 110 * 5, 0.95 * 110])


def test_teachers_of_another_task_make_no_twin(compared: Comparison, tmp_path: Path) -> None:
    [mikt] = [method for method in compared.panel.methods if method.label == "MIKT"]
    taught = {
        "same": ["S-v0"], "other": ["T-v0"], "both": ["S-v0", "T-v0"], "two": ["S-v0", "S-v0"],
    }  # fmt: skip
    for name, sources in taught.items():
        run = read_run(write_run(tmp_path / "more" / name, straight(1.0), sources=sources))
        twins = compared.panel.knowing_less(Method(name, (run,), mikt.settings))
        assert [twin.label for twin in twins] == ["random teacher"] * (name == "same")


def test_what_goes_on_from_a_checkpoint_is_no_twin_of_what_does_not(tmp_path: Path) -> None:
    for name, start in (("new", {}), ("continued", {"load_path": "student"})):
        write_method(tmp_path, f"{name}_mikt", 6, **start)
        write_method(tmp_path, f"{name}_random", 5, **start, **UNTRAINED)
    [panel] = panels_in(tmp_path)
    found = pairs(compare(panel, mean, None))
    assert sorted((one.method.label, one.control.label) for one in found) == [
        ("MIKT", "random teacher"),
        ("MIKT, continued", "random teacher, continued"),
    ]


def test_the_summary_takes_no_teacher_that_knows_a_part_for_an_untrained_one(
    tmp_path: Path,
) -> None:
    write_method(tmp_path, "mikt", 6)
    write_method(tmp_path, "part", 5, teacher_weights="random_networks")
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    assert len(pairs(compared)) == 1
    assert Transfer("S → T", compared).over("MIKT", "random teacher", FINAL_RETURN) is None


def test_teachers_that_know_a_part_stand_between(tmp_path: Path) -> None:
    """What they know of nothing, all of what they know, and all of nothing; named by both sides."""
    for name, factor in (("loaded", 9), ("random_networks", 5), ("random", 4)):
        write_method(tmp_path, name, factor, teacher_weights=name)
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    found = {
        pair.name(attrgetter("label")): pair.measured[FINAL_RETURN].difference.value
        for pair in pairs(compared)
    }
    part, nothing = "MIKT, teacher_weights=random_networks", "random teacher"
    assert list(found) == ["MIKT", f"MIKT minus {part}", f"{part} minus {nothing}"]
    assert list(found.values()) == pytest.approx([0.95 * 110 * n for n in (5, 4, 1)])
    [mikt] = [method for method in panel.methods if method.label == "MIKT"]
    assert [twin.label for twin in panel.knowing_less(mikt)] == [nothing, part]
    table = knowledge_table(knowledge_of([compared]))
    rows = table.splitlines()
    assert [row.split(" | ")[1] for row in rows[-3:]] == list(found)
    assert [row.partition(" | ")[0] for row in rows[-3:]] == [f"| {panel.title}", "| ", "| "]
    with drawing.appearance():
        area, _ = knowledge_drawn([compared]).axes
    labels = [tick.get_text() for tick in area.get_yticklabels()]
    assert labels == [f"{name} (n = 3 pairs)" for name in found]
    beyond = Transfer("S → T", compared).over("MIKT", "random teacher", FINAL_RETURN)
    assert beyond is not None
    assert beyond.control.label == nothing


def test_a_pair_of_too_few_seeds_comes_last(tmp_path: Path) -> None:
    for seeds, factor, settings in ((3, 6, {}), (2, 90, WEAK)):
        write_method(tmp_path, f"trained{factor}", factor, range(seeds), **settings)
        write_method(tmp_path, f"random{factor}", 5, range(seeds), **settings, **UNTRAINED)
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    found = pairs(compared)
    assert [one.method.label for one in found] == ["MIKT", "MIKT without MI"]
    *_, last = knowledge_table(knowledge_of([compared])).splitlines()
    assert re.search(r" \| 2 \| \+[\d,]+ \|  \| – \| \+[\d,]+ \|  \| – \|", last)
    assert has_too_few(knowledge_of([compared]))


@pytest.mark.parametrize("few", ["ppo", "ppo_kl", "random"])
def test_too_few_seeds_of_any_control_are_found(few: str, tmp_path: Path) -> None:
    settings = {"ppo_kl": {"kl_coef": 0.1}, "random": UNTRAINED}
    for name in ("ppo", "ppo_kl", "random", "mikt"):
        seeds = range(2 if name == few else 3)
        write_method(tmp_path, name, 6, seeds, **settings.get(name, {}))
    [panel] = panels_in(tmp_path)
    assert has_too_few(knowledge_of([compare(panel, mean, None)]))


def test_the_table_begins_with_the_difference(compared: Comparison) -> None:
    assert not has_too_few(knowledge_of([compared]))
    table = knowledge_table(knowledge_of([compared]))
    lines = [line for line in table.splitlines() if line.startswith("|")]
    assert "knowledge: area under the curve" in lines[0]
    # 522.5, the deviation 0.95 · 50, the reach 2.484 of that; half of it for the area: 50.5 of 95
    assert lines[2].startswith(
        f"| {compared.panel.title} | MIKT without MI | 3 | +277.8 [+215.0, +340.5] | **gain** | "
    )
    assert " | +522.5 [+404.5, +640.5] | **gain** | " in lines[2]
    # beyond PPO + KL: 7 · 110, of which 50.5 hundredths; beyond PPO 8, and 3 with an untrained one
    assert lines[2].endswith(
        " | +388.8 [+301.0, +476.7] | **gain** | +444.4 [+344.0, +544.8] | **gain**"
        " | +166.7 [+129.0, +204.3] | **gain** |"
    )


def test_ppo_with_the_kl_term_is_not_taken_for_ppo(tmp_path: Path) -> None:
    for name, factor, settings in (
        ("ppo", 2, {"kl_coef": 0.1}),
        ("mikt", 6, {}),
        ("weak", 5, UNTRAINED),
    ):
        write_method(tmp_path, name, factor, **settings)
    [panel] = panels_in(tmp_path)
    table = knowledge_table(knowledge_of([compare(panel, mean, None)]))
    cells = [cell.strip() for cell in table.splitlines()[-1].split("|")[1:-1]]
    assert cells[8].startswith("+222.2 ")  # minus PPO + KL: 4 · 110, of which 50.5 hundredths
    assert cells[10:] == ["–", "", "–", ""]


def test_panels_without_a_pair_are_left_out(compared: Comparison, tmp_path: Path) -> None:
    write_method(tmp_path / "other", "mikt", 6, env="Other-v0")
    [alone] = [compare(panel, mean, None) for panel in panels_in(tmp_path / "other")]
    assert [one.comparison for one in knowledge_of([alone, compared])] == [compared]


def test_the_summary_has_the_two_differences(compared: Comparison) -> None:
    head, _, row = summary_table([Transfer("S → T", compared)], FINAL_RETURN).splitlines()
    assert head.strip("| ").split(" | ") == [
        "transfer", "PPO", "PPO + KL", "MLPP", "random teacher", "MIKT",
        "MIKT − (PPO + KL)", "MIKT − random teacher",
    ]  # fmt: skip
    # 104.5 times the factor ± 2.484 · 9.5 times the factor; 600 of MIKT is level with 600: 8½ of 9
    assert not summary.has_too_few([Transfer("S → T", compared)], FINAL_RETURN)
    assert row.strip("| ").split(" | ") == [
        "S → T", "104 ± 24 (n = 3)", "209 ± 47 (n = 3)", "–", "522 ± 118 (n = 3)",
        "627 ± 142 (n = 3)", "+418 ± 94: **gain**; P = 1.00", "+104 ± 24: **gain**; P = 0.94",
    ]  # fmt: skip


def test_the_summary_tells_when_the_return_of_ppo_is_reached(compared: Comparison) -> None:
    """PPO ends at 100, 110 and 120, MIKT at six times that: 104.5 is reached in two of ten rows."""
    head, _, row = speed_table([Transfer("S → T", compared)]).splitlines()
    assert head.startswith("| transfer | final return of PPO | PPO | PPO + KL | MLPP |")
    name, threshold, ppo, _, mlpp, _, mikt = row.strip("| ").split(" | ")
    assert (name, threshold, mlpp) == ("S → T", "104.5", "–")
    assert ppo == "≥ 966,667 [900,000, 1,000,000] (2 of 3 reach it)"
    assert mikt == "200,000 [no spread]"


def test_the_summary_names_ppo_with_the_kl_term_where_that_is_the_threshold(tmp_path: Path) -> None:
    write_method(tmp_path, "ppo_kl", 2, kl_coef=0.1)
    write_method(tmp_path, "mikt", 6)
    [panel] = panels_in(tmp_path)
    *_, row = speed_table([Transfer("S → T", compare(panel, mean, None))]).splitlines()
    assert row.startswith("| S → T | 209.0 (PPO + KL) | – | ≥ ")  # 95 % of 2 · 110


def test_of_too_few_seeds_the_summary_tells_no_word_and_no_probability(tmp_path: Path) -> None:
    write_method(tmp_path, "mikt", 6, seeds=[0])
    write_method(tmp_path, "random", 5, seeds=[0], **UNTRAINED)
    [panel] = panels_in(tmp_path)
    lines = [Transfer("S → T", compare(panel, mean, None))]
    assert summary_table(lines, FINAL_RETURN).endswith(" | +95 |")
    assert summary.has_too_few(lines, FINAL_RETURN)


def test_figures_have_a_point_for_every_number(compared: Comparison) -> None:
    with drawing.appearance():
        values, kl, untrained = summary_figure([Transfer("S → T", compared)], MEAN).axes
        area, _ = knowledge_drawn([compared]).axes
    assert [tick.get_text() for tick in values.get_yticklabels()] == ["S → T"]
    points = [float(line.get_xdata()[0]) for line in values.lines if len(line.get_xdata()) == 1]
    assert points == pytest.approx([104.5, 209, 522.5, 627])
    shown = [float(line.get_xdata()[0]) for line in kl.lines if len(line.get_xdata()) == 1]
    assert shown == pytest.approx([418, 418 * 50.5 / 95])  # and a line at 0
    assert untrained.get_title() == "MIKT − random teacher"
    labels = [tick.get_text() for tick in area.get_yticklabels()]
    assert labels == ["MIKT without MI (n = 3 pairs)", "MIKT (n = 3 pairs)"]
    other = replace(compared, panel=replace(compared.panel, title="A → B"))
    with drawing.appearance():
        of_both, _ = knowledge_drawn([compared, other]).axes
    assert [tick.get_text() for tick in of_both.get_yticklabels()] == [
        f"{panel}: {label}" for panel in ("S-v0 → Target-v0", "A → B") for label in labels
    ]
    bar = next(line for line in area.lines if list(line.get_ydata()) == [0, 0])
    expected = pairs(compared)[0].measured[AREA_UNDER_CURVE].difference
    assert list(bar.get_xdata()) == [expected.low, expected.high]


@pytest.mark.parametrize(
    ("name", "points", "bars"),
    [("mean", "means", "Student's"), ("iqm", "interquartile means", "bootstrap")],
)
def test_a_figure_says_what_its_points_and_bars_are(
    tmp_path: Path, name: str, points: str, bars: str
) -> None:
    for kind in (WEAK, {}):
        for weights in (UNTRAINED, {}):
            write_method(tmp_path, f"{kind}{weights}", 2, **kind, **weights)
    statistic = STATISTICS[name]
    compared = [compare(panel, statistic.function, None) for panel in panels_in(tmp_path)]
    with drawing.appearance():
        figure = knowledge_drawn(compared, statistic)
    [caption] = [text.get_text() for text in figure.texts]
    assert re.findall(r"points: (.*?) over seeds; bars: 95 % intervals \((.*?)\)", caption) == [
        (points, bars)
    ]


def student(folder: Path, returns: list[float | None], updates: list[int], seed: int = 0) -> Run:
    columns = student_columns(len(returns)) | {"nupdates": updates}
    place = folder / str(seed)
    return read_run(write_run(place, returns, sources=["S-v0"], columns=columns, seed=seed))


RETURNS = [float(i) for i in range(10)]


def test_the_hand_over_is_read_around_the_last_row_with_the_teachers(tmp_path: Path) -> None:
    """The ninth row is the last with them; the tenth is nine updates later."""
    run = student(tmp_path, [*RETURNS[:8], 80.0, 60.0], [*range(1, 9), 90, 99])
    assert before_and_after(run) == (80.0, 60.0)


def test_only_the_first_twenty_updates_alone_count(tmp_path: Path) -> None:
    returns = [*RETURNS[:8], 80.0, 60.0, 50.0, 40.0]
    run = student(tmp_path, returns, [*range(1, 9), 90, 100, 110, 111])
    assert before_and_after(run) == (80.0, 50.0)


def test_without_a_row_among_these_updates_nothing_is_told(tmp_path: Path) -> None:
    """A row every 25 updates: the row with the teachers is not compared with itself."""
    assert before_and_after(student(tmp_path, RETURNS, [25 * i for i in range(10)])) is None


def test_without_an_episode_after_it_nothing_is_told(tmp_path: Path) -> None:
    run = student(tmp_path, [*RETURNS[:9], None], list(range(1, 11)))
    assert before_and_after(run) is None


def test_a_row_for_each_student(tmp_path: Path) -> None:
    for seed, after in enumerate((50.0, 70.0, 60.0)):
        student(tmp_path, [*RETURNS[:8], 80.0, after], list(range(1, 11)), seed)
    write_run(tmp_path / "ppo", RETURNS)
    [panel] = panels_in(tmp_path)
    [found] = hand_overs([("S → T", method) for method in panel.methods])  # none of PPO
    rows = hand_over_table([found]).splitlines()
    # -30, -10, -20: a deviation of 10, and 2.484 of that either way
    assert rows[2:] == [
        "| S → T | MIKT | 3 | 80.00 | 60.00 | -20.00 [-44.84, +4.841] | 80 → 50, 80 → 70, 80 → 60 |"
    ]


@pytest.mark.parametrize(
    ("ends", "shown", "measured"),
    [((50.0, 70.0, 75.0), 0, 1), ((68.0, 69.0, 70.0), 1, 1), ((10.0, 20.0), 0, 0)],
)
def test_those_who_lose_at_the_hand_over_come_first(
    tmp_path: Path, ends: tuple[float, ...], shown: int, measured: int
) -> None:
    """Changes of -30, -10 and -5 show nothing; those of -12, -11 and -10 show a loss.

    Those of two seeds are not counted.
    """
    for seed, end in enumerate(ends):
        student(tmp_path, [*RETURNS[:8], 80.0, end], list(range(1, 11)), seed)
    [panel] = panels_in(tmp_path)
    said, *tables = hand_over_parts(list(hand_overs([("S → T", m) for m in panel.methods])))
    assert f" for {shown} of {measured} method" in said
    assert len(tables) == 1 + shown
    assert "<summary>All hand-overs</summary>" in tables[-1]


def test_students_that_are_equal_to_the_bit_are_one(tmp_path: Path) -> None:
    for name in ("one", "other"):
        student(tmp_path / name, [*RETURNS[:8], 80.0, 60.0], list(range(1, 11)))
    methods = [
        method for name in ("one", "other") for method in panels_in(tmp_path / name)[0].methods
    ]
    assert len(list(hand_overs([("S → T", method) for method in methods]))) == 1
