"""Experiment files: every error names file and line."""

import json
from collections import defaultdict
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.coefs import COEFS
from baselines.common.errors import UserError
from baselines.experiments.plan import Experiment, read_experiment, read_experiments, slug
from baselines.experiments.yaml_files import read_yaml
from baselines.published.committed import identity

GOOD = """\
title: Trial
settings: {num_timesteps: 2e6, save_interval: 10}
seeds: [0, 3]
methods:
  - PPO
  - MIKT
  - weak: {mutual_info_coef: 0.1}
panels:
  - name: Four → Eight
    env: CentipedeEight-v1
    teachers: "t/four/{seed}/00970"
  - name: Both → Eight
    env: CentipedeEight-v1
    teachers: ["t/four/{seed}/00970", t/six/0/00970]
    settings: {lr: 1e-4}
    methods: [MLPP]
"""


def read(tmp_path: Path, text: str, **overrides: str) -> Experiment:
    path = tmp_path / "trial.yaml"
    path.write_text(text)
    return read_experiment(path, Path("out"), overrides)


def test_an_experiment_is_panels_times_methods_times_seeds(tmp_path: Path) -> None:
    text = GOOD.replace("    methods: [MLPP]\n", "    methods: [frozen mapping]\n")
    found = read(tmp_path, text)
    assert found.title == "Trial"
    assert [(item.name, str(item.folder)) for item in found.items] == [
        (f"{name}, seed {seed}", f"out/{folder}/{seed}")
        for seed in (0, 3)
        for name, folder in [
            ("CentipedeEight-v1, PPO", "centipedeeight_v1/ppo"),
            ("Four → Eight, MIKT", "four_eight/mikt"),
            ("Four → Eight, weak", "four_eight/weak"),
            ("Both → Eight, frozen mapping", "both_eight/frozen_mapping"),
        ]
    ]
    ppo, _, weak, frozen = [item.config for item in found.items][4:]
    assert ppo.teacher_paths == ()
    assert (ppo.seed, ppo.num_timesteps, ppo.save_interval) == (3, 2_000_000, 10)
    assert weak.teacher_paths == ("t/four/3/00970",)
    assert weak.mutual_info_coef == 0.1
    assert frozen.teacher_paths == ("t/four/3/00970", "t/six/0/00970")
    assert (frozen.mapping, frozen.lr) == ("frozen", 1e-4)
    assert frozen.save_path == "out/both_eight/frozen_mapping/3/models"


def test_a_study_says_that_it_is_one(tmp_path: Path) -> None:
    text = GOOD.replace("[MLPP]", "[PPO + KL]")
    said = ("", "study: true\n", "study: false\n")
    assert [read(tmp_path, line + text).study for line in said] == [False, True, False]


def test_settings_from_the_command_line_win(tmp_path: Path) -> None:
    text = GOOD.replace("    methods: [MLPP]\n", "")
    found = read(tmp_path, text.replace("    settings: {lr: 1e-4}\n", ""), num_timesteps="1e5")
    assert {item.config.num_timesteps for item in found.items} == {100_000}


NESTED = """\
title: Trial
settings: {lr: 1e-3, lam: 0.81, gamma: 0.91, kl_coef: 0.1, ent_coef: 0.1}
seeds: [0]
methods:
  - own: {method: PPO + KL, gamma: 0.93, kl_coef: 0.3, ent_coef: 0.3}
panels:
  - {env: CentipedeFour-v1, settings: {lam: 0.82, gamma: 0.92, kl_coef: 0.2, ent_coef: 0.2}}
"""


def test_the_nearest_setting_wins(tmp_path: Path) -> None:
    """The command line before a method, that before its panel, and that before the file."""
    [item] = read(tmp_path, NESTED, ent_coef="0.4").items
    found = item.config
    assert (found.lr, found.lam, found.gamma) == (1e-3, 0.82, 0.93)
    assert (found.kl_coef, found.ent_coef) == (0.3, 0.4)


def test_a_teacher_may_be_declared_just_as_a_run_that_is_compared(tmp_path: Path) -> None:
    """Also on the same line, as in JSON, or by a reference."""
    rest = '"title": T, "seeds": [0], "methods": [PPO]'
    task = '{"env": "CentipedeFour-v1"}'
    for teacher, panel in ((task, task), (f"&it {task}", "*it")):
        found = read(tmp_path, f'{{{rest}, "teachers": [{teacher}], "panels": [{panel}]}}')
        assert [(str(item.folder), item.shown) for item in found.items] == [
            ("out/teachers/centipedefour_v1/ppo/0", False),
            ("out/centipedefour_v1/ppo/0", True),
        ]


TWO = GOOD.replace("[MLPP]", "[frozen mapping]")


def test_several_files_are_read_in_order_and_a_run_of_both_once(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(TWO.replace("[0, 3]", "[0]"))
    two.write_text(TWO.replace("Four → Eight", "A → B").replace("[0, 3]", "[3, 0]"))
    found = [item.name for item in read_experiments([one, two], Path("out"), {})]
    assert found == [
        *(item.name for item in read_experiment(one, Path("out"), {}).items),
        "CentipedeEight-v1, PPO, seed 3", "A → B, MIKT, seed 3", "A → B, weak, seed 3",
        "Both → Eight, frozen mapping, seed 3", "A → B, MIKT, seed 0", "A → B, weak, seed 0",
    ]  # fmt: skip


def test_two_files_that_declare_a_run_differently(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(TWO)
    two.write_text(TWO.replace("save_interval: 10", "gamma: 0.9"))
    expected = r"PPO, seed 0: .*two.yaml declares it with .*gamma 0.9, but .*one.yaml with"
    with pytest.raises(UserError, match=expected):
        read_experiments([one, two], Path("out"), {})


CHAIN = """\
title: Chain
seeds: [0, 3]
methods: [PPO, MIKT]
panels:
  - {name: One, env: CentipedeFour-v1, teachers: "t/three/{seed}/00100"}
  - {name: Two, env: CentipedeSix-v1, teachers: {run: "One, MIKT"}}
  - {name: Three, env: CentipedeEight-v1, teachers: [{run: "CentipedeSix-v1, PPO"}, a/b]}
"""


def test_a_run_may_be_the_teacher_of_a_later_one(tmp_path: Path) -> None:
    teachers = {item.name: item.config.teacher_paths for item in read(tmp_path, CHAIN).items}
    for seed in (0, 3):  # 1e6 steps are 488 updates of 2048
        assert teachers[f"One, MIKT, seed {seed}"] == (f"t/three/{seed}/00100",)
        assert teachers[f"Two, MIKT, seed {seed}"] == (f"out/one/mikt/{seed}/models/00488",)
        expected = (f"out/centipedesix_v1/ppo/{seed}/models/00488", "a/b")
        assert teachers[f"Three, MIKT, seed {seed}"] == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            '"One, MIKT"',
            '"One, MLPP"',
            ":6: run: there is no 'One, MLPP, seed 0' above; .*One, MIKT",
        ),
        ('"One, MIKT"', '"Two, MIKT"', ":6: run: there is no 'Two, MIKT, seed 0' above"),
        ("{run: ", "{runs: ", ":6: unknown key 'runs' .*mean run"),
        ('{run: "One, MIKT"}', "{}", ":6: 'run' is missing"),
    ],
)
def test_a_teacher_that_no_earlier_run_makes(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        read(tmp_path, CHAIN.replace(old, new, 1))


WITH_TEACHERS = """\
title: Study
settings: {num_timesteps: 1e6}
seeds: [0, 3]
methods: [PPO, MIKT]
teachers:
  - {env: CentipedeThree-v1, settings: {num_timesteps: 2e6}, methods: [PPO]}
panels:
  - {name: One, env: CentipedeFive-v1, teachers: {run: "teacher CentipedeThree-v1, PPO"}}
"""


def test_teachers_of_an_experiment_come_first_in_a_folder_of_their_own(tmp_path: Path) -> None:
    found = read(tmp_path, WITH_TEACHERS)
    for number, seed in enumerate((0, 3)):
        teacher, ppo, student = found.items[3 * number :][:3]
        assert teacher.name == f"teacher CentipedeThree-v1, PPO, seed {seed}"
        assert teacher.folder == Path(f"out/teachers/centipedethree_v1/ppo/{seed}")
        assert (teacher.config.num_timesteps, ppo.config.num_timesteps) == (2_000_000, 1_000_000)
        assert student.config.teacher_paths == (f"{teacher.folder}/models/00976",)
        assert [item.shown for item in (teacher, ppo, student)] == [False, True, True]
    assert [(panel.name, list(panel.methods)) for panel in found.panels] == [
        ("One", ["PPO", "MIKT"])
    ]


def test_a_method_may_have_teachers_of_its_own(tmp_path: Path) -> None:
    text = WITH_TEACHERS.replace(
        "[PPO, MIKT]", "[MIKT, others: {method: MLPP, lr: 1e-4, teachers: 't/{seed}'}]"
    )
    items = {item.name: item.config for item in read(tmp_path, text).items}
    for seed in (0, 3):
        assert items[f"One, MIKT, seed {seed}"].teacher_paths[0].startswith("out/teachers/")
        others = items[f"One, others, seed {seed}"]
        assert (others.transfer, others.lr, others.teacher_paths) == ("mlpp", 1e-4, (f"t/{seed}",))


def test_a_panel_may_have_seeds_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=":6: run: there is no 'One, MIKT, seed 5' above"):
        read(tmp_path, CHAIN.replace("{name: Two,", "{name: Two, seeds: [0, 3, 5],"))
    text = GOOD.replace("    env: Cent", "    seeds: [3, 5]\n    env: Cent", 1)
    found = read(tmp_path, text.replace("methods: [MLPP]", "methods: [MIKT]"))
    seeds = {(item.name.partition(",")[0], item.config.seed) for item in found.items}
    assert seeds == {
        ("CentipedeEight-v1", 3), ("CentipedeEight-v1", 5), ("Four → Eight", 3),
        ("Four → Eight", 5), ("Both → Eight", 0), ("Both → Eight", 3),
    }  # fmt: skip


OF_ITS_OWN = """\
title: Trial
seeds: [0]
methods:
  - PPO
  - PPO + KL
  - PPO, KL 0.2: {method: PPO, kl_coef: 0.2}
  - PPO, slow: {method: PPO + KL, lr: 1e-4}
  - random, paper: {method: random teacher, coefs: paper}
  - MIKT (paper's coefficients)
  - MIKT (tuned coefficients)
panels:
  - {name: One, env: CentipedeFour-v1, teachers: "t/{seed}", settings: {num_timesteps: 1e5}}
"""


def test_a_method_of_its_own_may_begin_from_any(tmp_path: Path) -> None:
    found = {item.name: item.config for item in read(tmp_path, OF_ITS_OWN).items}
    assert {name: (c.kl_coef, c.lr) for name, c in found.items() if not c.teacher_paths} == {
        "CentipedeFour-v1, PPO, seed 0": (0, 3e-4),
        "CentipedeFour-v1, PPO + KL, seed 0": (0.1, 3e-4),
        "CentipedeFour-v1, PPO, KL 0.2, seed 0": (0.2, 3e-4),
        "CentipedeFour-v1, PPO, slow, seed 0": (0.1, 1e-4),
    }
    assert {
        name: (c.teacher_weights, c.kl_coef, c.mutual_info_coef)
        for name, c in found.items()
        if c.teacher_paths
    } == {
        "One, random, paper, seed 0": ("random", 0.1, 1),
        "One, MIKT (paper's coefficients), seed 0": ("loaded", 0.1, 1),
        "One, MIKT (tuned coefficients), seed 0": ("loaded", 0, 10),
    }


def test_all_methods_of_one_set_leave_ppo_as_it_is(tmp_path: Path) -> None:
    text = GOOD.replace("    methods: [MLPP]\n", "").replace("    settings: {lr: 1e-4}\n", "")
    tuned, paper = (read(tmp_path, text, coefs=name).items for name in ("tuned", "paper"))
    assert tuned[0].config == paper[0].config
    assert (tuned[1].config.kl_coef, paper[1].config.kl_coef) == (0, 0.1)


def test_the_ablations_have_the_coefficients_that_are_not_the_default() -> None:
    path = Path(__file__).parents[2] / "experiments" / "ablations.yaml"
    sets = {item.config.coefs for item in read_experiment(path, Path("runs"), {}).items}
    assert sets == set(COEFS)


BAD = {
    "unknown key": ("title: Trial", "titel: Trial", r":1: unknown key 'titel' .*mean title"),
    "no flag": ("title: Trial", "study: 1\ntitle: Trial", r":1: must be true or false, not 1"),
    "unknown key for a task": ("  env:", "  envv:", r":10: unknown key 'envv' .*mean env\?"),
    "no title": ("title: Trial\n", "", r":1: 'title' is missing"),
    "unknown method": ("- MIKT", "- MIKTT", r":6: method: unknown name 'MIKTT'.*mean MIKT"),
    "unknown setting": ("2e6,", "2e6, lrr: 1,", r":2: PPO: lrr: unknown setting; did you mean lr"),
    "bad value": ("lr: 1e-4", "lr: fast", r":15: MLPP: lr: must be a number, not 'fast'"),
    "unknown setting of a method": ("0.1}", "0.1,\n     lrr: 1}", r":8: weak: lrr: unknown"),
    "ranks": ("2e6,", "2e6, num_ranks: 2,", r":2: num_ranks: no run of a sweep can have it"),
    "a window": ("0.1}", "0.1, play: true}", r":7: play: no run of a sweep can have it"),
    "teachers as a setting": (
        "0.1}", "0.1, teacher_paths: t}", r":7: teacher_paths: .*the key 'teachers' names them"
    ),
    "teachers among the settings": (
        "lr: 1e-4", "teachers: t", r":15: teachers: .*the key 'teachers' names them"
    ),
    "a setting that the table's method overrides": (
        '"t/four/{seed}/00970"\n  -',
        '"t/four/{seed}/00970"\n    methods: [random teacher]\n'
        "    settings: {transfer: mlpp, teacher_weights: loaded}\n  -",
        r":9: random teacher: --teacher_weights: given with --transfer=mlpp",
    ),
    "bad sum": ("save_interval: 10", "nsteps: 7", r":9: PPO: --nminibatches: 32 does not divide"),
    "two teachers for MLPP": ("", "", r":12: MLPP: --teacher_paths: .*one teacher"),
    "no teachers": ('    teachers: "t/four/{seed}/00970"\n', "", r":9: 'teachers' is missing"),
    "seeds": ("[0, 3]", "[0, x]", r":3: a seed must be a whole number from 0 on, not 'x'"),
    "no list": ("[0, 3]", "3", r":3: must be a list, not 3"),
    "no YAML": ("[0, 3]", "[0, 3", r":4: "),
    "no number": ("seeds: [0, 3]", 'seeds: [!!int ""]', r":3: '' is no int"),
    "no truth": ("seeds: [0, 3]", "seeds: [!!bool maybe]", r":3: 'maybe' is no bool"),
    "no time": ("seeds: [0, 3]", "seeds: [!!timestamp now]", r":3: 'now' is no timestamp"),
    "no date": ("seeds: [0, 3]", "seeds: [2020-99-99]", r":3: '2020-99-99' is no timestamp"),
    "a key twice": ("seeds: [0, 3]", "seeds: [0]\nseeds: [1]", r":4: 'seeds' is there twice"),
    "a list for a key": ("seeds: [0, 3]", "? [seeds]\n: [0]", r":3: a key must be a text, not"),
    "a tag": ("[0, 3]", "!!python/object/apply:os.system ['true']", r":3: "),
    "a method of two names": ("0.1}\n", "0.1}\n    other: {}\n", r":7: a method is one name .* 2"),
    "a base that there is not": ("0.1}", "0.1, method: MKT}", r":7: method: .*did you mean MIKT"),
    "one folder, two runs": (
        "[MLPP]\n", "[PPO]\n",
        r":12: CentipedeEight-v1, PPO, seed 0: out/centipedeeight_v1/ppo/0 is that of"
        r" CentipedeEight-v1, PPO, seed 0, with other settings, already",
    ),
    "two tasks under one name": (
        "Both → Eight\n    env: CentipedeEight-v1", "Four → Eight\n    env: CentipedeSix-v1",
        r":12: Four → Eight: a panel of this name, with CentipedeEight-v1, is there already",
    ),
    "a seed among the settings": ("lr: 1e-4", "seed: 7", r":15: seed: is not for the settings of"),
    "a task of a method": ("0.1}", "0.1, env: X}", r":7: env: is not for the settings of all runs"),
    "PPO with teachers": ("- PPO\n", "- PPO: {teachers: t}\n", r":5: PPO: PPO has no teachers"),
    "no folder for a name": ("- weak", '- ".."', r":9: '\.\.': a name needs a letter or digit"),
    "too long for a folder": ("- weak", f"- {300 * 'x'}", r":9: 'x+'\.\.\.: a name may have 255 b"),
    "too many bytes": ("- weak", f"- {200 * 'é'}", r":9: 'é+'\.\.\.: a name may have 255 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_errors_name_file_and_line(case: str, tmp_path: Path) -> None:
    old, new, expected = BAD[case]
    assert old in GOOD
    with pytest.raises(UserError, match=f"^{tmp_path}/trial.yaml{expected}"):
        read(tmp_path, GOOD.replace(old, new))


def test_a_few_lines_do_not_stand_for_millions_of_parts(tmp_path: Path) -> None:
    names = "abcdefghi"
    nested = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(names)]
    with pytest.raises(UserError, match=f"^{tmp_path}/trial.yaml:1: has 4.* parts, more than 100,"):
        read(tmp_path, "\n".join(["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]", *nested]))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_line(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read_experiment(path, Path("out"), {})
    except UserError as error:
        assert str(error).startswith((f"{path}:", "EXPERIMENT: cannot read"))


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml")))
def test_the_experiments_that_ship_are_whole(path: Path) -> None:
    found = read_experiment(path, Path("runs"), {})
    assert len({item.folder for item in found.items}) == len(found.items) > 0
    teachers = {file for item in found.items for file in item.config.teacher_paths}
    shipped = [path.parents[1] / t for t in teachers if not t.startswith("runs/")]
    assert [teacher for teacher in shipped if not teacher.is_file()] == []


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml")))
def test_the_experiments_that_ship_train_no_method_under_two_names(path: Path) -> None:
    """Such as MIKT, and MIKT with the set of coefficients that is the default anyway.

    A single run may belong to two methods, such as that of the best teacher to those of all.
    """
    runs = defaultdict(set)
    for item in read_experiment(path, Path("runs"), {}).items:
        what = identity(item.config.to_json(), Path("runs"))
        runs[item.folder.parent].add(json.dumps(what, sort_keys=True))
    assert [(one, other) for one, other in permutations(runs, 2) if runs[one] <= runs[other]] == []


def test_the_experiments_that_ship_may_share_a_folder() -> None:
    """No two of them call different runs by one folder."""
    paths = sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml"))
    assert read_experiments(paths, Path("runs"), {})


@pytest.mark.parametrize("name", ["seed", "env", "save_path", "log_path"])
def test_what_the_file_gives_is_not_set_for_all_runs(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=f"^--set: {name}: is not for the settings of all"):
        read(tmp_path, GOOD, **{name: "7"})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("lr", "x", "--set: lr=x: must be a number, not 'x' (CentipedeEight-v1, PPO)"),
        ("lr", "-1", "--set: lr=-1: must be greater than 0, not -1.0 (CentipedeEight-v1, PPO)"),
        ("lrr", "1", "--set: lrr=1: unknown setting; did you mean lr? (CentipedeEight-v1, PPO)"),
    ],
)
def test_a_wrong_setting_for_all_runs_is_told_as_it_was_given(
    tmp_path: Path, name: str, value: str, expected: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, GOOD, **{name: value})
    assert str(caught.value) == expected


def test_arguments_of_a_task_may_be_written_in_yaml(tmp_path: Path) -> None:
    arguments = {"legs": 8, "healthy_z_range": [0.2, 1.0], "crippled": False}
    texts = [json.dumps(arguments), "{legs: 8, healthy_z_range: [0.2, 1.0], crippled: false}"]
    quoted, plain = (
        read(tmp_path, TWO.replace("lr: 1e-4", f"env_kwargs: {text}"))
        for text in (f"'{texts[0]}'", texts[1])
    )
    assert plain.items == quoted.items
    assert [i.config.env_arguments for i in plain.items if "Both" in i.name] == [arguments] * 2


def test_no_two_runs_have_one_name(tmp_path: Path) -> None:
    """A panel and a method may be parted elsewhere than another panel and method."""
    panel = "  - {{name: {}, env: A-v0, teachers: t, methods: [{}: {{}}]}}\n"
    text = "title: T\nseeds: [0]\npanels:\n" + "".join(
        panel.format(name, method) for name, method in (("'A, b'", "c"), ("A", "'b, c'"))
    )
    with pytest.raises(
        UserError, match="'A, b, c, seed 0' is the name of two runs, in out/a_b/c/0"
    ):
        read(tmp_path, text)


def test_no_two_runs_of_two_files_have_one_name(tmp_path: Path) -> None:
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for path, (name, method) in zip(files, (("'A, b'", "c"), ("A", "'b, c'")), strict=True):
        panel = f"{{name: {name}, env: A-v0, teachers: t, methods: [{method}: {{}}]}}"
        path.write_text(f"title: T\nseeds: [0]\npanels: [{panel}]\n")
    with pytest.raises(
        UserError, match="'A, b, c, seed 0' is the name of two runs, in out/a_b/c/0"
    ):
        read_experiments(files, Path("out"), {})


def test_a_name_of_a_panel_is_a_folder() -> None:
    assert slug("Four + Six → Eight") == "four_six_eight"
    assert slug("MIKT (paper's coefficients)") == "mikt_paper_s_coefficients"
    assert slug("方法一") != slug("方法二")
    assert slug("β 1") != slug("γ 1")


def test_parts_know_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\nb:\n  - x\n  - c: [1, 2]\n")
    assert read_yaml(path).parts["b"].parts["1"].parts["c"].where == f"{path}:4"
