"""The numbers of docs/studies.md and README.md are those of the committed logs, rounded once."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import permutations, takewhile
from pathlib import Path
from statistics import fmean, stdev

import pytest
from scipy.stats import ttest_rel

from baselines.analysis.gains import Judged, measured_once
from baselines.analysis.knowledge import knowledge_of
from baselines.analysis.runs.comparison import compare
from baselines.analysis.runs.curve_metrics import AREA_UNDER_CURVE, METRICS, Metric
from baselines.analysis.runs.curves import learning_curve
from baselines.analysis.runs.panels import Method
from baselines.analysis.runs.statistics import mean
from baselines.published.folder import Results, read_results

ROOT = Path(__file__).resolve().parents[2]
README, STUDIES, RESULTS = (
    (ROOT / page).read_text(encoding="utf-8")
    for page in ("README.md", "docs/studies.md", "results/README.md")
)
INTERVAL = r"-?\d[\d,.]*\s+\[(-?)[\d,.]+,\s+(-?)[\d,.]+\]"  # the groups: the signs of its ends
ALONE = re.compile(r"(?<![\d,\[-])\d,\d{3}(?!,?\d|\]| \[)|(?<=\| )\d+(?= \|)")
NO_MEANS = (  # how tables begin whose numbers without an interval are
    "| | update 111 |",  # returns of single updates
    "| | 50 | 100 | 130 |",  # of a trial without committed logs
    "| seed |",  # of single runs: the last test
)
EARLIER_CODE = "The tuned set comes from an earlier study"  # from here on no log is committed
STUDENTS_QUANTILE = {3: 4.302653, 4: 3.182446, 5: 2.776445}  # of 95 %, by the number of seeds

pytestmark = pytest.mark.xdist_group("studies")  # the logs are read once

BySeed = dict[int, float]
Measured = dict[tuple[Metric, str, int], list[BySeed]]


@pytest.fixture(scope="module")
def results() -> list[Results]:
    return read_results(ROOT / "results")


@pytest.fixture(scope="module")
def measured(results: list[Results]) -> Measured:
    """Each method of all panels once, beside those of the same measure, task and length."""
    panels = [panel for one in results for panel in (*one.panels, *one.teachers)]
    methods = {frozenset(r.folder for r in m.runs): m for panel in panels for m in panel.methods}
    found = defaultdict(list)
    for metric in (metric for metric in METRICS if not metric.in_timesteps):
        for method in methods.values():
            found[metric, method.runs[0].task, method.stop].append(by_seed(method, metric))
    return found


def by_seed(method: Method, metric: Metric) -> BySeed:
    curves = {run.seed: learning_curve(run).until(method.stop) for run in method.runs}
    return {s: metric.measure(curve, 0.0, method.stop, math.nan) for s, curve in curves.items()}


def written(values: Iterable[float]) -> str:
    """A mean with its interval; of too few seeds there is none."""
    x = list(values)
    if len(x) not in STUDENTS_QUANTILE:
        return "none"
    middle, reach = fmean(x), STUDENTS_QUANTILE[len(x)] * stdev(x) / math.sqrt(len(x))
    return "{:,} [{:,}, {:,}]".format(*map(round, (middle, middle - reach, middle + reach)))


@pytest.fixture(scope="module")
def known(measured: Measured) -> tuple[set[str], set[str]]:
    """All means and all paired differences, of all seeds and of those without seed 1."""
    means, differences = set(), set()
    for methods in measured.values():
        for left_out in (None, 1):
            kept = [{s: x for s, x in one.items() if s != left_out} for one in methods]
            means |= {written(x.values()) for x in kept}
            pairs = permutations(kept, 2)
            differences |= {written(x[s] - y[s] for s in x.keys() & y.keys()) for x, y in pairs}
    return means, differences | with_teachers_counted()


def with_teachers_counted() -> set[str]:
    """Differences at equal timesteps in all: from the page, which is tested elsewhere."""
    section = RESULTS.partition("\n## With the teachers' training counted\n")[2].partition("\n## ")[
        0
    ]
    found = re.findall(r"\+?(-?[\d,.]+) \[\+?(-?[\d,.]+), \+?(-?[\d,.]+)\] \(up to", section)
    return {f"{value} [{low}, {high}]" for value, low, high in found}


def difference_of_two(results: list[Results]) -> str:
    """Brief kickstarting, trained minus untrained teachers: from σ = 1 minus from σ = 0.37."""
    [panels] = [one.panels for one in results if one.folder.name == "initial_noise"]
    methods = [m for p in panels for m in p.methods if m.label.startswith("brief kickstart")]
    a, b, c, d = (by_seed(method, AREA_UNDER_CURVE) for method in methods)
    return written((a[seed] - b[seed]) - (c[seed] - d[seed]) for seed in a)


def flat(text: str) -> str:
    return " ".join(text.split())


def lines(found: Iterable[re.Match[str]]) -> list[str]:
    """What was found in a page, each with its line."""
    return [f"line {1 + m.string.count(chr(10), 0, m.start())}: {flat(m[0])}" for m in found]


def test_intervals(results: list[Results], known: tuple[set[str], set[str]]) -> None:
    right = set.union(*known, {difference_of_two(results)})
    assert not lines(m for m in re.finditer(INTERVAL, STUDIES) if flat(m[0]) not in right)


def test_bold_in_a_table_is_a_difference_that_is_shown(known: tuple[set[str], set[str]]) -> None:
    cells = re.finditer(rf"(?<=\| )(\**)(?P<all>{INTERVAL})(?=\1 )", STUDIES)
    assert not lines(m for m in cells if bool(m[1]) != (m["all"] in known[1] and m[3] == m[4]))


def test_means_without_an_interval(known: tuple[set[str], set[str]]) -> None:
    right = {mean.partition(" ")[0] for mean in known[0]}
    tables = re.finditer(r"(?:^\|.*\n)+", STUDIES.partition(EARLIER_CODE)[0], re.MULTILINE)
    spans = [table.span() for table in tables if not table[0].startswith(NO_MEANS)]
    found = [m for span in spans for m in ALONE.finditer(STUDIES, *span)]
    assert not lines(m for m in found if m[0] not in right)
    assert not lines(m for m in ALONE.finditer(README) if m[0] not in right)


def test_differences_over_all_transfers() -> None:
    """The page of results is made from the logs, and tested elsewhere."""
    found = re.findall(r"[\d,]+\s±\s[\d,]+", STUDIES)
    assert found
    assert not [one for one in found if f"| +{flat(one)} (" not in RESULTS]


def test_areas_of_single_runs(measured: Measured) -> None:
    areas = [x for key, alike in measured.items() if key[0] is AREA_UNDER_CURVE for x in alike]
    rows = list(re.finditer(r"^\| (\d) \| [\d,]+ \| (.*) \|$", STUDIES, re.MULTILINE))
    for row in rows:
        right = {f"{round(x[int(row[1])]):,}" for x in areas if int(row[1]) in x}
        assert set(row[2].split(" | ")) <= right, lines([row])
    assert len(rows) == 5


def test_gains_that_remain_with_holms_correction(results: list[Results]) -> None:
    compared = [compare(panel, mean, None) for one in results for panel in one.panels]
    judged = measured_once([("", known) for known in knowledge_of(compared)])
    ranked = sorted((largest_p(one), named_with_transfer(one)) for one in judged)
    corrected = [((len(ranked) - place) * p, name) for place, (p, name) in enumerate(ranked)]
    remain = [name for _, name in takewhile(lambda one: one[0] < 0.05, corrected)]
    gains = [named_with_transfer(one) for one in judged if one.is_gain()]
    page = flat(STUDIES)
    passed = sum(one.passes_on() for one in judged)
    assert f"In {len(judged)} comparisons of a method that has trained teachers" in page
    assert f"[{passed} pass knowledge on and {len(gains)} are gains](" in page
    assert f"{len(remain)} remain: kickstarting by the best teacher on CentipedeFour" in page
    assert sorted(remain) == [
        "Four → Eight, small noise: briefer kickstart, best teacher",
        "Four → Six, small noise: all named, in all places",
        "Four → Six, small noise: briefer kickstart, best teacher",
        "Four → Six, small noise: briefer kickstart, second teacher",
    ]
    assert sorted(set(gains) - set(remain)) == [
        "Four → Eight, small noise: all named, in all places",
        "Four → Six, small noise: all named, best teacher",
        "Four → Six, small noise: all named, distilled",
    ]
    assert set(remain) <= set(gains)


def test_knowledge_is_passed_on_to_those_who_are_told_the_names(results: list[Results]) -> None:
    compared = [compare(panel, mean, None) for one in results for panel in one.panels]
    told, others, kickstarted, harmed = [], [], 0, 0
    for one in measured_once([("", known) for known in knowledge_of(compared)]):
        settings = one.pair.method.settings
        by_name = settings["transfer"] == "kickstart" or "named" in (
            settings["mapping"],
            settings["mix_outputs"],
        )
        (told if by_name else others).append(one.passes_on())
        kickstarted += settings["transfer"] == "kickstart"
        control = one.comparison.over_ppo(one.pair.control, AREA_UNDER_CURVE)
        harmed += one.passes_on() and control is not None and control.difference.high < 0
    page = flat(STUDIES)
    assert f"knowledge is passed on in {sum(told)} of {len(told)} comparisons of methods" in page
    assert not any(others)
    assert f"and in none of {len(others)} of methods that must learn" in page
    assert f"{kickstarted} of the {len(told)} are of kickstarting" in page
    assert f"in {harmed} of the {sum(told)} untrained teachers do harm" in page


def named_with_transfer(one: Judged) -> str:
    return f"{one.comparison.panel.title}: {one.pair.method.label}"


def largest_p(one: Judged) -> float:
    """Of Student's paired tests in area, minus PPO, PPO + KL and the control: twice one-sided."""
    found = []
    for against in filter(None, one.differences(AREA_UNDER_CURVE)):
        x, y = (by_seed(m, AREA_UNDER_CURVE) for m in (against.method, against.control))
        pairs = [(x[seed], y[seed]) for seed in x.keys() & y.keys()]
        found.append(2 * ttest_rel(*zip(*pairs, strict=True), alternative="greater").pvalue)
    return max(found)


def test_the_results_were_declared_by_the_experiment_files_as_they_are() -> None:
    copies = sorted((ROOT / "results").glob("*/experiment.yaml"))
    assert len(copies) > 10
    changed = [
        copy.parent.name
        for copy in copies
        if copy.read_bytes() != (ROOT / "experiments" / f"{copy.parent.name}.yaml").read_bytes()
    ]
    assert changed == []
