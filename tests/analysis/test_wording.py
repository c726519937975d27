"""The words for a comparison, by numbers worked out by hand."""

import math
import re
from pathlib import Path

import pytest
from handmade_logs import panels_in, straight, write_run

from baselines.analysis.runs.comparison import Against, compare
from baselines.analysis.runs.curve_metrics import FINAL_RETURN
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import NO_SPREAD, TOO_SMALL, Estimate, mean
from baselines.analysis.wording import brief, sentence, sentences, too_few, verdict


def set_against(difference: Estimate, awaited: tuple[int, int] = (0, 0)) -> Against:
    """Two methods that differ so, of which so many runs are not there yet."""
    one, other = (Method("", (), {}, awaited=missing) for missing in awaited)
    values = dict.fromkeys(range(3), (0.0, 0.0))
    return Against(FINAL_RETURN, one, other, values, math.nan, difference, Estimate(1.0))


@pytest.mark.parametrize(
    ("difference", "words", "word"),
    [
        (Estimate(1462, 300, 2500), "a clear gain", "**gain**"),
        (Estimate(-1462, -2500, -300), "a clear loss", "**loss**"),
        (Estimate(900, -1, 2500), "not shown", "not shown"),
        (Estimate(-900, -2500, 1), "not shown", "not shown"),
        (Estimate(900, 0, 2500), "not shown", "not shown"),
        (Estimate(-900, -2500, 0), "not shown", "not shown"),
        (Estimate(1462, note=TOO_SMALL), "nothing can be concluded", ""),
        (Estimate(1462, note=NO_SPREAD), "not shown", "not shown"),
    ],
)
def test_verdicts(difference: Estimate, words: str, word: str) -> None:
    found = set_against(difference)
    assert re.findall(r"\*\*(.*?)\*\*", verdict(found)) == [words]
    assert brief(found) == word


@pytest.mark.parametrize("awaited", [(1, 0), (0, 2)])
@pytest.mark.parametrize(
    ("difference", "words", "word"),
    [
        (Estimate(1462, 300, 2500), "a clear gain so far", "**gain so far**"),
        (Estimate(-1462, -2500, -300), "a clear loss so far", "**loss so far**"),
        (Estimate(900, -1, 2500), "not shown so far", "not shown so far"),
        (Estimate(1462, note=TOO_SMALL), "nothing can be concluded", ""),
    ],
)
def test_verdicts_while_runs_are_missing(
    awaited: tuple[int, int], difference: Estimate, words: str, word: str
) -> None:
    found = set_against(difference, awaited)
    assert re.findall(r"\*\*(.*?)\*\*", verdict(found)) == [words]
    assert brief(found) == word


def test_verdicts_while_runs_are_unfinished(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [3000, 4100, 4900], num_timesteps=1_100_000)
    [text] = said(tmp_path)
    assert figures(text)[3] == "a clear gain so far"


def said(folder: Path) -> list[str]:
    [panel] = panels_in(folder)
    return list(sentences(compare(panel, mean, None)))


def figures(text: str) -> tuple[str, str, int, str]:
    """Of the first comparison of a text: difference, interval, pairs and verdict."""
    found = re.search(
        r"(\S+ (?:above|below)) .*?interval (\S+ to \S+), n = (\d+) .*?\*\*(.*?)\*\*", text
    )
    assert found is not None, text
    return found[1], found[2], int(found[3]), found[4]


def write_pairs(folder: Path, scratch: list[float], mikt: list[float], **config: int) -> None:
    """Runs from scratch and of MIKT by seed, which end at these returns."""
    for sources, finals in ((), scratch), (["Source-v0"], mikt):
        for seed, final in enumerate(finals):
            place = folder / f"{len(sources)}{seed}"
            write_run(place, straight(final), seed=seed, sources=sources, **config)


# The interval of three pairs reaches 4.302653 / √3 = 2.484 standard deviations either way.


def test_a_gain_in_full(tmp_path: Path) -> None:
    # The last tenth has 95 % of the end on average, the whole curve 50.5 %: 1805, 1900, 1995 and
    # half of that. After 500,000 steps of its teacher's, the last tenth of MIKT's has 45 %: 400,
    # -55 and -645 from PPO.
    write_pairs(tmp_path, [1000, 2000, 3000], [3000, 4100, 4900])
    [text] = said(tmp_path)
    at_the_end, over_the_run, counted = text.split("MIKT ")[1:]
    assert figures(at_the_end) == ("1,900 above", "1,664 to 2,136", 3, "a clear gain")
    assert figures(over_the_run) == ("1,010 above", "884.6 to 1,135", 3, "a clear gain")
    assert figures(counted) == ("100.0 below", "-1,402 to 1,202", 3, "not shown")


def test_with_the_teachers_training_counted_it_is_set_against_the_longest_ppo(
    tmp_path: Path,
) -> None:
    finals = [1000.0, 1100.0, 1250.0]
    write_pairs(tmp_path, finals, [3000, 3300, 3800])
    for seed, final in enumerate(finals):
        write_run(tmp_path / f"long{seed}", straight(final, 20), seed=seed)
    [text] = said(tmp_path)
    alone, counted = text.split("With the teachers' training counted: ")
    assert alone.count(" above PPO from scratch ") == 2
    assert " above PPO, num_timesteps=2000000 from scratch " in counted


def test_what_speaks_against_it(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [480, 1500, 2520])  # -494, -475, -456
    [text] = said(tmp_path)
    assert figures(text) == ("475.0 below", "-522.2 to -427.8", 3, "a clear loss")


def test_what_is_not_shown(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [2000, 1000, 6000])  # 950, -950, 2850
    [text] = said(tmp_path)
    assert figures(text) == ("950.0 above", "-3,770 to 5,670", 3, "not shown")


def test_equal_curves_are_level(tmp_path: Path) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [1000, 2000, 3000])
    [text] = said(tmp_path)
    assert "level with PPO" in text.partition(":")[0]
    assert not re.search(r"above|below|interval -?\d", text.partition(".")[0])


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_pairs_conclude_nothing(tmp_path: Path, seeds: int) -> None:
    write_pairs(tmp_path, [1000, 2000, 3000], [2000, 3000][:seeds])
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    assert list(sentences(compared)) == []
    assert too_few(compared) == ["MIKT"]


def test_what_is_beyond_the_controls(tmp_path: Path) -> None:
    """PPO + KL ends at twice, untrained teachers at three, MIKT at four times PPO's return."""
    for seed, final in enumerate((1000, 1010, 1020)):
        kinds = {"ppo": 1, "kl": 2, "untrained": 3, "mikt": 4}
        settings = {"kl": {"kl_coef": 0.1}, "untrained": {"teacher_weights": "random"}}
        for name, times in kinds.items():
            sources = ["S-v0"] if name in ("untrained", "mikt") else []
            own = settings.get(name, {})
            place = tmp_path / f"{name}{seed}"
            write_run(place, straight(final * times), seed=seed, sources=sources, **own)
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    found = {
        (one.method.label, one.control.label): round(one.difference.value, 1)
        for one in compared.controlled
        if one.metric.name == "final_return"
    }
    assert found == {  # 95 % of 1010 times their distance
        ("MIKT", "PPO + KL"): 1919.0,
        ("MIKT", "random teacher"): 959.5,
        ("random teacher", "PPO + KL"): 959.5,
    }
    told = list(sentences(compared))
    [about] = [text for text in told if text.startswith("MIKT ")]
    [untrained] = [text for text in told if text.startswith("random teacher ")]
    assert "With the teachers' training counted: " in about
    assert "counted" not in untrained  # there was none
    # the three differ by 9.5 from one another: 2.484 · 9.5 = 23.60 either way
    [against] = [text for text in about.split("MIKT ") if "959.5 above random teacher" in text]
    assert figures(against) == ("959.5 above", "935.9 to 983.1", 3, "a clear gain")


def test_no_common_seed(tmp_path: Path) -> None:
    write_run(tmp_path / "a", straight(1.0), seed=0)
    write_run(tmp_path / "b", straight(2.0), seed=1, sources=["S-v0"])
    [text] = said(tmp_path)
    assert "no seed in common" in text
    assert not re.search(r"above|below|clear", text)


def test_an_unfinished_method_and_unknown_teachers_are_told(tmp_path: Path) -> None:
    write_pairs(tmp_path, [10], [])
    write_run(
        tmp_path / "b", straight(20.0), sources=["S-v0"], num_timesteps=2_000_000,
        teacher_timesteps=None,
    )  # fmt: skip
    [panel] = panels_in(tmp_path)
    compared = compare(panel, mean, None)
    [found] = [r.against for r in compared.rows if r.against and r.metric is FINAL_RETURN]
    text = sentence(found, "PPO from scratch")
    assert "1,000,000" in text
    assert re.search(r"9\.500 above .*n = 1 pair\b", text)
    [costed] = [r.against for r in compared.costed if r.against and r.metric is FINAL_RETURN]
    told = sentence(costed, "PPO from scratch")
    assert "cannot be compared" in told
    assert not re.search(r"above|below|n = ", told)


def test_without_a_baseline_nothing_is_said(tmp_path: Path) -> None:
    write_pairs(tmp_path, [], [10])
    assert said(tmp_path) == []
