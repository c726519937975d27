"""Networks, mappings and transfer methods from outside the package, the examples above all."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import outside
import pytest
import toys

from baselines import convert, describe, evaluate, plot, ppo2, run
from baselines.analysis.runs.runs import find_runs
from baselines.common.checkpoint import CodeNotKnown, read, save
from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NETWORKS, NetworkSpec
from baselines.common.networks.variables import drawn, joined
from baselines.common.seeding import streams
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.experiments.plan import read_experiment
from baselines.flags import from_settings, outside_arguments, to_arguments
from baselines.ppo2.ppo2 import learn
from baselines.published.reruns import config_of
from baselines.training.saved import read_saved_policy
from baselines.training.setup import prepare
from baselines.training.states import newest_state, write_state
from baselines.training.teacher_files import load_teacher
from baselines.transfer.build import stages_of
from baselines.transfer.outside_code import check_coefs
from baselines.transfer.settings_read import config_with
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.metric_values import own_shares_of
from baselines.transfer.student.student import Student
from baselines.transfer.teachers.teacher import Teacher
from examples.l2_sp import METRICS, Anchored, L2SPConfig
from examples.linear_mapping import linear_mapping
from examples.skip_mlp import SkipMlp

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
RNG = np.random.default_rng
OBS = RNG(0).standard_normal((9, 3)).astype(np.float32)
RETURNS = np.zeros(len(OBS), np.float32)
SMALL = ["--nsteps=32", "--nminibatches=2", "--noptepochs=1", "--num_timesteps=128", "--xla=False",
         "--save_interval=1", "--state_interval=2", "--keep=3", "--num_threads=1"]  # fmt: skip

toys.register()

pytestmark = [pytest.mark.usefixtures("compiled_once"), pytest.mark.xdist_group("extending")]
NETWORKS.lookup("outside:Twin")


def floats(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: value.astype(float) for name, value in params.items()}


# The examples, by their formulas


def test_the_network_of_the_example(to_backend: Callable[[Any], Any], perturbed: Any) -> None:
    network = SkipMlp(3, 5, "tanh")
    params = perturbed(drawn(joined(network.variables("net", 3)), RNG(0)), 1)
    given = {name: to_backend(value) for name, value in params.items()}
    before = [to_backend(OBS)]
    p, s = floats(params), OBS.astype(float)
    h = s
    for i in range(3):
        skipped = s @ p[f"net/fc{i}/skip"] if i else 0.0
        z = h @ p[f"net/fc{i}/w"] + p[f"net/fc{i}/b"] + skipped
        found = network.layer(given, "net", before)
        np.testing.assert_allclose(found, z, rtol=1e-4, atol=1e-5)
        h = np.tanh(z)
        before.append(network.activate(found))
        np.testing.assert_allclose(before[-1], h, rtol=1e-4, atol=1e-5)


def test_the_mapping_of_the_example(to_backend: Callable[[Any], Any], perturbed: Any) -> None:
    mapping = linear_mapping(2, 8, "tanh")
    params = perturbed(drawn(mapping.embedding.variables("phi", 3, 5), RNG(0)), 1)
    w, b = params["phi/w"].astype(float), params["phi/b"].astype(float)
    np.testing.assert_allclose(w.shape, (3, 5))
    found = mapping.embedding.apply(
        {name: to_backend(value) for name, value in params.items()}, "phi", to_backend(OBS)
    )
    np.testing.assert_allclose(found, OBS @ w + b, rtol=1e-4, atol=1e-5)
    assert mapping.decoder == MappingSpec(2, 8).build().decoder


def test_the_transfer_method_of_the_example(
    to_backend: Callable[[Any], Any], mlp_policy: Callable[..., PlainPolicy], perturbed: Any
) -> None:
    plain = mlp_policy()
    start = plain.init(RNG(0))
    held = {name: value for name, value in start.items() if "mlp_fc1" in name}
    params = perturbed(start, 1)
    policy = Anchored.like(plain, anchor=held)
    given = {name: to_backend(value) for name, value in params.items()}
    pi, value, losses = policy.learning_outputs(given, to_backend(OBS), to_backend(RETURNS))
    moved = [np.sum((params[name].astype(float) - old) ** 2) for name, old in held.items()]
    assert len(moved) == 4
    np.testing.assert_allclose(losses["l2_sp"], sum(moved) / 2, rtol=1e-5)
    expected = plain.learning_outputs(given, to_backend(OBS), to_backend(RETURNS))
    np.testing.assert_array_equal(pi[0], expected[0][0])
    np.testing.assert_array_equal(value, expected[1])
    assert policy.plain == plain
    distances = [np.abs(params[name] - old).ravel() for name, old in held.items()]
    distance = policy.metrics(params, OBS)["l2_sp_distance"]
    assert distance == pytest.approx(np.concatenate(distances).mean(), rel=1e-5)


# A network from outside is as good as the package's own


def pair(
    obs_size: int, num_hidden: int, scopes: tuple[str, str]
) -> tuple[PlainPolicy, PlainPolicy]:
    """A policy of MLPs and one of their twins."""
    sizes = (2, num_hidden, "tanh")
    return tuple(
        PlainPolicy(obs_size, DiagGaussian(2), NetworkSpec(*sizes, network), *scopes)
        for network in ("mlp", "outside:Twin")
    )  # type: ignore[return-value]


def teachers_of(policies: tuple[PlainPolicy, PlainPolicy], perturbed: Any) -> list[Teacher]:
    """The same teacher as both."""
    params = perturbed(policies[0].init(RNG(1)), 2)
    task = {"id": "Source-v0", "kwargs": {}}
    return [
        Teacher(policies[0], params, task, "a"),
        Teacher(policies[1], outside.as_twin(params), task, "b"),
    ]


@pytest.mark.parametrize("kind", ["policy", "student"])
def test_the_twin_of_an_mlp_does_the_same(
    to_backend: Callable[[Any], Any], perturbed: Any, kind: str
) -> None:
    one, other = policies = pair(3, 6, ("pi", "vf"))
    if kind == "student":
        teachers = teachers_of(pair(4, 5, ("old", "vf_old")), perturbed)
        policies = tuple(  # type: ignore[assignment]
            Student(plain, (teacher,), MappingSpec(2, 8), 0.1)
            for plain, teacher in zip((one, other), teachers, strict=True)
        )
    one, other = policies
    params = perturbed(one.init(RNG(0)), 1)
    twins = outside.as_twin(params)
    assert {name: value.shape for name, value in twins.items()} == other.shapes()
    assert sorted(one.variable_counts().items()) == sorted(other.variable_counts().items())

    def outputs(policy: Any, values: dict[str, np.ndarray]) -> list[Any]:
        given = {name: to_backend(value) for name, value in values.items()}
        pi, value, losses = policy.learning_outputs(given, to_backend(OBS), to_backend(RETURNS))
        return [*pi, value, *losses.values()]

    for found, expected in zip(outputs(other, twins), outputs(one, params), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    noise = one.distribution.noise(RNG(3), (9,))
    acted = [policy.actor(p)(OBS, noise) for policy, p in ((one, params), (other, twins))]
    np.testing.assert_allclose(acted[1], acted[0], rtol=2e-5, atol=2e-5)


def test_the_twin_of_an_mlp_learns_the_same() -> None:
    found = [
        ppo2.learn(
            "BoxToy-v0", network=network, nsteps=64, nminibatches=4, noptepochs=2, xla=False,
            num_timesteps=128, num_hidden=8,
        ).saved.params
        for network in ("mlp", outside.Twin)
    ]  # fmt: skip
    for name, value in outside.as_twin(found[0]).items():
        np.testing.assert_allclose(found[1][name], value, rtol=1e-3, atol=1e-5, err_msg=name)
    start = PlainPolicy(3, DiagGaussian(3), NetworkSpec(2, 8)).init(streams(0, num_env=1).init)
    assert all((found[0][name] != value).any() for name, value in start.items())


def test_layers_of_different_widths(perturbed: Any, make_teacher: Callable[..., Teacher]) -> None:
    """A student whose layers have 6 and 3 units, of a teacher with 5 in each."""
    NETWORKS.lookup("outside:Tapering")
    spec = NetworkSpec(2, 6, "tanh", "outside:Tapering")
    plain = PlainPolicy(3, DiagGaussian(2), spec, "student", "vf_student")
    student = Student(plain, (make_teacher(1),), MappingSpec(2, 8), 0.1)
    params = perturbed(student.init(RNG(0)), 1)
    assert params["student/lateral1_0"].shape == (5, 3)
    assert params["student/pi/w"].shape == (3, 2)
    assert student.value(params, OBS).shape == (9,)
    assert len(own_shares_of(student, params)) == 6


# The documents' commands


def commands() -> list[list[str]]:
    """The commands of the page, without `python -m`."""
    found = re.findall(r"^    python -m ((?:\\\n|[^\n])*)", PAGE, re.MULTILINE)
    return [shlex.split(text.replace("\\\n", " ")) for text in found]


def saved_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of the checkpoints that the commands of the page write, short versions of them."""
    folders = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for program, *arguments in commands():
            if program == "baselines.run":
                name = re.search(r"--save_path=models/(\S+)", " ".join(arguments)).group(1)  # type: ignore[union-attr]
                folders[name] = tmp_path_factory.mktemp(name)
                env = ["--env=BoxToy-v0"] if name != "linear" else ["--env=CartPole-v1"]
                run.main([*arguments, *SMALL, *env, f"--save_path={folders[name]}"])
    return folders


def described(path: Path) -> dict[str, Any]:
    policy: dict[str, Any] = read(path, "--load_path").metadata["policy"]
    return policy


def test_the_commands_of_the_page_train_with_the_examples(trained: dict[str, Path]) -> None:
    assert {name: len(saved_in(folder)) for name, folder in trained.items()} == dict.fromkeys(
        ("skip", "linear", "l2_sp"), 4
    )
    first = {name: described(saved_in(folder)[0]) for name, folder in trained.items()}
    last = {name: described(saved_in(folder)[-1]) for name, folder in trained.items()}
    assert first["skip"]["network"] == "examples.skip_mlp:SkipMlp"
    assert first["linear"]["transfer"]["mapping_spec"]["mapping"] == (
        "examples.linear_mapping:linear_mapping"
    )
    assert len(first["l2_sp"]["transfer"]["held"]) == 8
    assert not [name for name, policy in last.items() if "transfer" in policy]
    saved = read_saved_policy(str(saved_in(trained["linear"])[0]), "load_path")
    assert isinstance(saved.policy, Student)
    assert saved.policy.mapping == linear_mapping(2, 64, "tanh")
    assert saved.params["transfer/embedding0/w"].shape == (4, 97)


def test_the_other_commands_of_the_page(
    trained: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that evaluates, and that in the text which only looks."""
    (command,) = [c for c in commands() if c[0] == "baselines.evaluate"]
    path = saved_in(trained["skip"])[-1]
    arguments = [a.replace("models/skip/00976", str(path)) for a in command[1:]]
    evaluate.main([*arguments, "--episodes=2", "--json"])
    assert json.loads(capsys.readouterr().out)["episodes"] == 2
    describe.main([str(path)])
    assert "examples.skip_mlp:SkipMlp" in capsys.readouterr().out


def test_the_program_of_the_page(tmp_path: Path) -> None:
    program = PAGE.partition("## From a program")[2]
    lines = [line[4:] for line in program.splitlines() if line.startswith("    ")]
    text = "\n".join(lines).replace("models/cart", str(tmp_path)).replace("00048", "00002")
    assert "num_timesteps=1e5" in text
    small = "num_timesteps=64, nsteps=32, nminibatches=2, noptepochs=1, xla=False"
    names: dict[str, Any] = {}
    exec(text.replace("num_timesteps=1e5", small), names)
    obs = RNG(0).standard_normal((5, 4))
    one, other = (names[name].predict(obs, deterministic=True)[0] for name in ("model", "again"))
    np.testing.assert_array_equal(one, other)


def test_the_experiment_of_the_page_compares_the_method(tmp_path: Path) -> None:
    section = PAGE.partition("## Compare it")[2].partition("\n## ")[0]
    path = tmp_path / "own.yaml"
    path.write_text("\n".join(line[4:] for line in section.splitlines() if line[:4] == "    "))
    items = read_experiment(path, tmp_path / "runs", {}).items
    teacher, scratch, mikt, own = items[:4]
    assert len(items) == 3 * 4
    assert teacher.config.env == "InvertedPendulum-v5"
    assert {item.config.env for item in (scratch, mikt, own)} == {"InvertedDoublePendulum-v5"}
    assert (mikt.config.transfer, own.config.transfer) == ("mikt", "examples.l2_sp:L2_SP")
    assert own.config.to_json()["l2_sp_coef"] == 0.1
    assert own.config.teacher_paths == mikt.config.teacher_paths == (str(teacher.last_checkpoint),)


def test_the_transfer_method_holds_and_lets_go(
    trained: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = saved_in(trained["l2_sp"])
    found = [read_saved_policy(str(path), "load_path").policy for path in paths]
    assert [isinstance(policy, Anchored) for policy in found] == [True, True, True, False]
    teacher = read(ROOT / "teacher_models/centipede_four/0/00970", "--x").arrays
    held = found[0].frozen()
    for name, value in held.items():
        assert value.tobytes() == teacher[name.removeprefix("transfer/anchor/")].tobytes()
    assert load_teacher(str(paths[-1])).policy == found[-1]


def test_a_run_with_code_from_outside_goes_on_to_the_bit(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    """From one of its states, as if it had been killed there."""
    folder = tmp_path / "models"
    shutil.copytree(trained["l2_sp"], folder)
    whole = read(folder / "00004", "--x").arrays
    (program,) = [c for c in commands() if "examples.l2_sp:L2_SP" in " ".join(c)]
    arguments = [*program[1:], *SMALL, "--env=BoxToy-v0", f"--save_path={folder}", "--resume"]
    states = sorted((folder / "resume").iterdir())
    assert [path.name for path in states] == ["00000", "00002", "00004"]
    states[-1].unlink()
    (folder / "00004").unlink()
    run.main(arguments)
    again = read(folder / "00004", "--x").arrays
    assert {name: value.tobytes() for name, value in again.items()} == {
        name: value.tobytes() for name, value in whole.items()
    }


def test_what_a_method_holds_is_not_trained_and_the_run_goes_on(tmp_path: Path) -> None:
    teacher = ROOT / "teacher_models/centipede_four/0/00970"
    settings: dict[str, Any] = {
        "teachers": teacher, "transfer": "outside:HOLDS_LAYERS", "num_timesteps": 128, "nsteps": 64,
        "nminibatches": 2, "noptepochs": 1, "xla": False, "verbose": 0,
    }  # fmt: skip
    whole = ppo2.learn("BoxToy-v0", **settings)
    settings["save_path"] = tmp_path
    ppo2.learn("BoxToy-v0", callback=lambda _: False, **settings)
    parts = ppo2.learn("BoxToy-v0", resume=True, **settings)
    for model in (whole, parts):
        held = model.saved.policy.frozen()
        assert held.keys() == {f"transfer/{scope}/mlp_fc1/w" for scope in ("pi", "vf")}
        assert not any(name.removeprefix("transfer/") in model.saved.params for name in held)
    for name, value in whole.saved.params.items():
        assert parts.saved.params[name].tobytes() == value.tobytes()


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "progress.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_method_has_settings_and_metrics_of_its_own(tmp_path: Path) -> None:
    teacher = str(ROOT / "teacher_models/centipede_four/0/00970")
    given = ["--env=BoxToy-v0", f"--teacher_paths={teacher}", *SMALL, f"--save_path={tmp_path}/m"]
    method = ["--transfer", "examples.l2_sp:L2_SP"]
    run.main([*given, *method, "--l2_sp_coef=0.5", f"--log_path={tmp_path}/logs"])
    logged = rows(tmp_path / "logs")
    assert [float(row["l2_sp_coef"]) for row in logged] == [0.5, 0.5, 0.5, 0.0]
    *held, last = [row["l2_sp_distance"] for row in logged]
    assert (last, logged[-1]["l2_sp_loss"]) == ("", "")
    assert min(map(float, held)) > 0
    assert set(METRICS) <= set(logged[0])
    header = json.loads((tmp_path / "logs" / "config.json").read_text())
    saved = read(tmp_path / "m" / "00004", "--x").metadata
    assert header["config"]["l2_sp_coef"] == saved["config"]["l2_sp_coef"] == 0.5
    logged_again = config_of(find_runs([str(tmp_path / "logs")])[0])
    assert (logged_again.to_json()["l2_sp_coef"], type(logged_again)) == (0.5, L2SPConfig)

    plot.main([f"{tmp_path}/logs", f"--out={tmp_path}/x", "--metrics", "l2_sp_distance", "fps"])
    assert (tmp_path / "x_metrics.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match=r"--metrics: .* 'l2_distance'; did you mean l2_sp_distanc"):
        plot.main([f"{tmp_path}/logs", f"--out={tmp_path}/y", "--metrics", "l2_distance"])
    with pytest.raises(UserError, match=r"--l2_sp_coef: 0.1, but the run in .* begun with 0.5"):
        run.main([*given, *method, "--l2_sp_coef=0.1", "--resume"])
    with pytest.raises(UserError, match="--l2_sp_coef: unknown argument"):
        run.main([*given, "--l2_sp_coef=0.1"])
    with pytest.raises(UserError, match="--transfer: given without --teacher_paths"):
        run.main(["--env=BoxToy-v0", *SMALL, *method, "--l2_sp_coef=0.1"])


def test_settings_of_a_method_are_read_from_texts_and_told_as_a_command() -> None:
    texts = {"env": "BoxToy-v0", "transfer": "examples.l2_sp:L2_SP", "l2_sp_coef": "2e-3"}
    config = from_settings(texts, ("t",))
    assert config == L2SPConfig(
        env="BoxToy-v0", transfer="examples.l2_sp:L2_SP", l2_sp_coef=0.002, teacher_paths=("t",)
    )
    assert "--l2_sp_coef=0.002" in to_arguments(config)
    with pytest.raises(UserError, match=r"l2_sp_koef: unknown setting; did you mean l2_sp_coef\?"):
        from_settings(texts | {"l2_sp_koef": "1"}, ("t",))


def test_the_help_shows_a_methods_settings_once_it_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments, shown in (([], False), (["--transfer=examples.l2_sp:L2_SP"], True)):
        with pytest.raises(SystemExit):
            run.main([*arguments, "--help"])
        assert ("--l2_sp_coef X" in capsys.readouterr().out) == shown


# What does not fit


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": "outside:one_layer_more"}, "--network: .* makes 3 hidden layers, not"),
        ({"network": "outside:no_network"}, "--network: .* makes a dict, which is no Network"),
        ({"network": "outside:only_even", "num_hidden": 3}, "--network: .* must be even, not 3$"),
        ({"network": "outside:DoublePrecision"}, r"--network: .* float32 of .*, not float64"),
        ({"network": "outside:Transposed"}, r"--network: .* not float32 of \[64, 2\]"),
        ({"network": "outside:OfNumPy"}, "--network: .* but not on TensorFlow tensors: NotImpl"),
        ({"network": "outside:Silent"}, "--network: .* on TensorFlow tensors: AssertionError: $"),
        ({"network": "outside:says_nothing"}, "--network: outside:says_nothing: ValueError$"),
        ({"network": "outside:Flat"}, "--network: outside:Flat: has no gradient in any of its var"),
        ({"mapping": "outside:of_numpy"}, "--mapping: the embedding of .* not on TensorFlow"),
        ({"network": "outside:InPlace"}, "an activation: .* read-only; what it is given is not"),
        ({"network": "outside:InPlaceInput"}, "--network: .* a layer: .* read-only; what it is"),
        ({"network": "outside:Breaks"}, "--network: outside:Breaks: a layer: KeyError: 'weights'"),
        ({"mapping": "outside:in_place_map"}, "--mapping: the embedding of .* read-only; what it"),
        ({"network": "outside:misspelt"}, "--network: outside:misspelt: KeyError: 'mpl'$"),
        ({"network": "outside:OneWidth"}, "--network: outside:OneWidth: TypeError: .* no len"),
        ({"network": "outside:NoList"}, "--network: outside:NoList: AttributeError: "),
        ({"network": "outside:Twice"}, "--network: outside:Twice: two variables are called 'tri"),
        ({"network": "outside:Rows"}, r"Rows: the first value of pi/.* shape \(1, 64\), not \(64,"),
        ({"network": "outside:Infinite"}, "Infinite: the first value of pi/.* not finite"),
        ({"mapping": "outside:rows_map"}, "--mapping: outside:rows_map: the first value of tr"),
        ({"network": "outside:WithoutScope"}, "--network: .* 'mine/mlp_fc0/w' must begin"),
        ({"network": "outside:Twinn"}, r"--network: .* no 'Twinn'; did you mean Twin\?"),
        ({"network": "outside:Bumps"}, "--network: outside:Bumps: acts otherwise than it learns"),
        # Once it is alone, for with this mapping a student has no shorter way to act.
        (
            {"network": "outside:Bumps", "mapping": "examples.linear_mapping:linear_mapping"},
            "--mapping: examples.*, --network: outside:Bumps: acts otherwise than it learns",
        ),
        ({"mapping": "outside:bounded_map"}, "--mapping: outside:bounded_map: acts otherwise than"),
        ({"transfer": "outside:SHIFTED"}, "--transfer: outside:SHIFTED: acts otherwise than it"),
        (
            {"transfer": "outside:OF_ANOTHER_BODY"},
            r"--transfer: .*_BODY: the statistics .* are of shape \(97,\), not \(3,\)",
        ),
        ({"transfer": "outside:POLICY_ALONE"}, "--transfer: .* returned a PlainPolicy, not a B"),
        ({"transfer": "outside:NOTHING"}, "--transfer: .* start returned a NoneType, not a Begin"),
        ({"transfer": "outside:NO_POLICY"}, "NO_POLICY: start returned a NoneType as its policy"),
        ({"transfer": "outside:IN_WRONG_ORDER"}, "ORDER: start returned a dict as its policy, whi"),
        ({"transfer": "outside:NO_VARIABLES"}, "start returned a NoneType as its variables, not"),
        ({"transfer": "outside:NO_STATISTICS"}, "start returned a tuple as its statistics, not"),
        (
            {"transfer": "outside:OF_NO_VARIABLE"},
            "--transfer: outside:OF_NO_VARIABLE: the first value of pi/.* is missing, or no NumPy",
        ),
        ({"transfer": "outside:OF_LISTS"}, "OF_LISTS: the first value of pi/.* or no NumPy array"),
        (
            {"transfer": "outside:OF_SEVEN"},
            r"^--transfer: outside:OF_SEVEN: the first value of pi/pi/b has shape \(7,\), not \(3,",
        ),
        (
            {"transfer": "outside:OF_SEVEN", "network": "outside:Rows"},
            "^--network: outside:Rows, --transfer: outside:OF_SEVEN: the first value of pi/",
        ),
        (
            {"transfer": "outside:OF_NO_NAME"},
            r"no variable pi/pi/c, but a first value of it; did you mean pi/pi/[bw]\?$",
        ),
        ({"transfer": "outside:AS_PPO"}, "AS_PPO: a loss of its policy is called value, and"),
        ({"transfer": "outside:NO_STAGE"}, r"NO_STAGE: stages returned \[\], not a list of one"),
        ({"transfer": "outside:NO_LIST"}, "--transfer: .*:NO_LIST: stages returned None, not"),
        ({"transfer": "outside:STAGE_ALONE"}, r"STAGE_ALONE: stages returned Stage\(.*, not a li"),
        ({"transfer": "outside:NO_STAGES"}, r"NO_STAGES: stages returned .*, not a list of one St"),
        (
            {"transfer": "outside:BACKWARDS"},
            "BACKWARDS: stages returned a Stage from update 1 on, after one from update 10 on$",
        ),
        ({"transfer": "outside:OF_NO_POLICY"}, "a Stage with a NoneType as its policy, which is "),
        (
            {"transfer": "outside:GROWING"},
            r"Stage from update 10 on, whose variable pi/mlp_fc0/w of \[3, 65\] the policy bef",
        ),
        (
            {"transfer": "outside:WEIGHTLESS"},
            r"WEIGHTLESS: a policy with the losses l2_sp needs .* update 1 on has .* for \(none\)$",
        ),
        (
            {"transfer": "outside:UNWEIGHED"},
            "UNWEIGHED: coefs of the Stage from update 10 on returned None, not a dict of a number",
        ),
        (
            {"transfer": "outside:WEIGHED_IN_WORDS"},
            "WORDS: coefs of the Stage from update 1 on returned {'l2_sp': 'much'}, not a dict of ",
        ),
        (
            {"transfer": "outside:WEIGHED_ALONE"},
            r"the losses \(none\) needs a .*, but .* update 10 on has coefficients for l2_sp$",
        ),
        (
            {"transfer": "outside:NO_RESTORE"},
            "NO_RESTORE: has no restore, which a policy of its own needs$",
        ),
        (
            {"transfer": "outside:RESTORES_OTHER"},
            r"RESTORES_OTHER: restore makes a policy whose describe\(\) is not that of start's$",
        ),
        ({"transfer": "outside:RESTORES_NONE"}, "NONE: restore returned a NoneType, which is no "),
        (
            {"transfer": "outside:LOSES_ITS_ANCHOR"},
            r"ANCHOR: restore makes a policy whose \w+\(\) is not that of start's$",
        ),
        (
            {"transfer": "outside:RESTORE_FAILS"},
            "RESTORE_FAILS: restore could not make its policy again: KeyError: 'lost'$",
        ),
        ({"transfer": "outside:UNTOLD"}, "UNTOLD: describe has no 'transfer', by which a chec"),
        ({"transfer": "outside:NO_JSON"}, "NO_JSON: describe returned what is no JSON: TypeError"),
        ({"transfer": "outside:OTHER_SCOPE"}, r"update 10 on, whose variable new/.* not have$"),
        (
            {"transfer": "outside:IN_COMMON"},
            "--transfer: .* in_common 'num_layer', .* num_layers, num_hidden, activation, network$",
        ),
        ({"transfer": "outside:NO_TUPLE"}, "NO_TUPLE has 'num_layers' for its in_common or its"),
        ({"transfer": "outside:NO_SETTINGS"}, "NO_SETTINGS has None for its .*, not a list of na"),
        (
            {"transfer": "outside:SETTINGS", "teacher_fraction": 0.25},
            r"--transfer: .* settings 'teacher_fractoin', .*; did you mean teacher_fraction\?$",
        ),
        ({"network": "os:system"}, "--network: os:system is no function of"),
        ({"mapping": "outside:Twin"}, "--mapping: .* makes a Twin, which is no StateM"),
        ({"transfer": "outside:Twin"}, "--transfer: outside:Twin is no TransferMethod"),
        ({"transfer": "examples.l2_sp:L2_SP", "ps_coef": 3.0}, "--ps_coef: given with"),
        ({"transfer": "examples.l2_sp:L2_SP", "num_hidden": 9}, "--num_hidden: 9, but that of the"),
        ({"transfer": "examples.l2_sp:L2_SP", "teacher_paths": ("a", "b")}, "--teacher_paths: "),
        ({"transfer": "examples.l2_sp:L2_SP", "l2_sp_coef": -1.0}, "--l2_sp_coef: must not be neg"),
        ({"transfer": "outside:WITH_A_LIST"}, "has a setting, several, that is no int, float"),
        ({"transfer": "outside:BARE"}, "has a setting, bare, that is not made by `setting`"),
        ({"transfer": "outside:OF_UNKNOWN_TYPE"}, "settings whose types cannot be read: .*'Path'"),
        ({"transfer": "outside:NO_CONFIG"}, "has settings, dict, that are no subclass of Config"),
        ({"teacher_network": "outside:Twin"}, "--teacher_network: outside:Twin, but .* is a mlp"),
        ({"teacher_network": "mlp,outside:Twn"}, r"--teacher_network: .*; did you mean Twin\?"),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_told_in_one_line(settings: dict[str, Any], message: str) -> None:
    teacher = str(ROOT / "teacher_models/centipede_four/0/00970")
    given = {"env": "BoxToy-v0", "teacher_paths": (teacher,), "num_timesteps": 10 * 2048}
    with pytest.raises(UserError, match=message) as caught:
        kind = config_with(settings.get("transfer", "mikt"))
        prepare(kind(**(given | settings))).envs.close()
    assert len(str(caught.value).splitlines()) == 1


def test_a_checkpoint_does_not_replace_what_a_method_begins_with() -> None:
    """The statistics of the observations; and in the example the weights that are held."""
    four = str(ROOT / "teacher_models/centipede_four/0/00970")
    config = taught_by("outside:OF_ANOTHER_BODY", "CentipedeFour-v1")
    told = "^--load_path: --transfer=outside:OF_ANOTHER_BODY begins with statistics of its teachers"
    with pytest.raises(UserError, match=told):
        prepare(replace(config, load_path=four))
    with pytest.raises(UserError, match=r"^--load_path: its weights would overwrite the"):
        run.main([
            "--env=CentipedeFour-v1", f"--load_path={four}", f"--teacher_paths={four}",
            "--transfer=examples.l2_sp:L2_SP",
        ])  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "flag"),
    [({"num_timesteps": 2048}, "num_timesteps"), ({"teacher_fraction": 0.05}, "teacher_fraction")],
)
def test_the_example_is_refused_where_it_would_hold_nothing_or_let_nothing_go(
    settings: dict[str, Any], flag: str
) -> None:
    config = replace(taught_by("examples.l2_sp:L2_SP", "CentipedeSix-v1"), **settings)
    with pytest.raises(UserError, match=f"^--{flag}: .* 2 "):
        prepare(config)


@pytest.mark.parametrize("network", ["Bumps", "Doubled"])
def test_a_discrete_policy_acts_as_it_learns_too(network: str) -> None:
    """Its actions tell the logits, whichever of them are the largest."""
    config = Config(env="DiscreteToy-v0", network=f"outside:{network}", num_hidden=8)
    with pytest.raises(UserError, match=f"^--network: outside:{network}: acts otherwise than it "):
        prepare(config).envs.close()


@pytest.mark.parametrize("network", ["outside:BumpsAlone", "examples.skip_mlp:SkipMlp"])
def test_a_sound_network_of_a_discrete_policy_passes(network: str) -> None:
    prepare(Config(env="DiscreteToy-v0", network=network)).envs.close()


def taught_by(transfer: str, env: str = "BoxToy-v0") -> Config:
    teacher = str(ROOT / "teacher_models/centipede_four/0/00970")
    return config_with(transfer)(
        env=env, teacher_paths=(teacher,), transfer=transfer, num_timesteps=10 * 2048
    )


@pytest.mark.parametrize(
    "method", ["mikt:MIKT", "pretrained:MLPP", "surgery:SURGERY", "kickstart:KICKSTART"]
)
def test_the_packages_own_methods_pass_as_ones_from_outside(method: str) -> None:
    prepare(taught_by(f"baselines.transfer.{method}", "CentipedeSix-v1")).envs.close()


@pytest.mark.parametrize("done", [0, 5, 9, 10])
def test_the_weights_of_a_stage_that_is_over_are_not_asked_for(done: int) -> None:
    config = taught_by("outside:AT_ANY_TIME")
    setup = prepare(config)
    setup.envs.close()
    policy = setup.policy if done < 10 else setup.policy.plain
    params = {name: setup.params[name] for name in policy.shapes()}
    check_coefs(stages_of(policy, config), policy, params, config, done)


def test_a_run_goes_on_whose_first_stage_is_over(tmp_path: Path) -> None:
    config = replace(taught_by("outside:AT_ANY_TIME"), save_path=str(tmp_path))
    setup = prepare(config)
    setup.envs.close()
    alone = setup.policy.plain
    params = {name: setup.params[name] for name in alone.shapes()}
    described = setup.provenance | {"update": config.nupdates}
    state = {
        "progress": {"updates": config.nupdates}, "ranks": [{}], "rollbacks": 0, "lr_scale": 1.0,
        "log": {}, "provenance": setup.provenance,
    }  # fmt: skip
    write_state(tmp_path, SavedPolicy(alone, params, setup.normalizer, described), state, 1)
    prepare(replace(config, resume=True)).envs.close()


def test_the_weights_are_for_the_policy_that_is_trained() -> None:
    config = taught_by("outside:AT_ANY_TIME")
    setup = prepare(config)
    setup.envs.close()
    with pytest.raises(
        UserError, match=r"losses \(none\) needs .* update 1 on has coefficients for l2_sp$"
    ):
        check_coefs(setup.stages, setup.policy.plain, setup.params, config)


def test_the_stages_may_be_a_tuple() -> None:
    prepare(taught_by("outside:IN_A_TUPLE")).envs.close()


def test_a_restore_is_tried_with_all_that_a_checkpoint_has() -> None:
    prepare(taught_by("outside:READS_ALL")).envs.close()


def test_a_run_asks_once_for_its_stages() -> None:
    outside.STAGES_TOLD.clear()
    config = taught_by("outside:COUNTED")
    learn(replace(config, nsteps=32, nminibatches=2, noptepochs=1, num_timesteps=64, xla=False))
    assert len(outside.STAGES_TOLD) == 1


@pytest.mark.parametrize("name", ["START_BREAKS", "CHECK_BREAKS", "STAGES_BREAK"])
def test_an_error_of_a_methods_own_is_shown_as_it_is(name: str) -> None:
    with pytest.raises(KeyError, match="mine") as caught:
        prepare(taught_by(f"outside:{name}"))
    assert caught.traceback[-1].frame.code.name == "_breaks"


def test_a_network_that_offers_no_layers_for_acting_acts_by_its_definition() -> None:
    config = Config(env="DiscreteToy-v0", num_timesteps=2048, network="outside:BumpsAlone")
    setup = prepare(config)
    setup.envs.close()
    assert setup.policy.plain.network.activate(np.zeros(1, np.float32)) == 1.0


def test_an_unfinished_policy_goes_on_only_where_its_method_can(trained: dict[str, Path]) -> None:
    unfinished, finished = (str(saved_in(trained["l2_sp"])[i]) for i in (0, -1))
    config = Config(env="BoxToy-v0", num_timesteps=10 * 2048)
    with pytest.raises(UserError, match=r"--load_path: .* is unfinished, and its transfer method"):
        prepare(replace(config, load_path=unfinished))
    prepare(replace(config, load_path=finished)).envs.close()


NAMED = {
    "skip": {"network": ["examples.skip_mlp:SkipMlp"]},
    "linear": {"mapping": ["examples.linear_mapping:linear_mapping"]},
    "l2_sp": {"transfer": ["examples.l2_sp:L2_SP"]},
}


@pytest.mark.parametrize("name", NAMED)
def test_the_process_of_a_film_is_told_what_its_policy_names(
    trained: dict[str, Path], name: str
) -> None:
    # all three, and others, are known to this process
    metadata = read(saved_in(trained[name])[0], "--load_path").metadata
    flags = outside_arguments("toys:BoxToy-v0", metadata)
    program = vars(evaluate.parser().parse_args(["--load_path=x", *flags]))
    found = {flag: program[flag] for flag in ("network", "mapping", "transfer", "env")}
    nothing: dict[str, list[str]] = {"network": [], "mapping": [], "transfer": []}
    assert found == nothing | {"env": ["toys:BoxToy-v0"]} | NAMED[name]


def test_teachers_of_several_networks(
    tmp_path: Path, perturbed: Any, write_checkpoint: Callable[..., str]
) -> None:
    one, other = pair(4, 5, ("pi", "vf"))
    params = perturbed(one.init(RNG(0)), 1)
    paths = (
        write_checkpoint(one, params, update=1),
        write_checkpoint(other, outside.as_twin(params), update=2),
    )
    config = Config(env="BoxToy-v0", teacher_paths=paths, num_hidden=5, num_timesteps=10 * 2048)
    setup = prepare(replace(config, teacher_network="mlp,outside:Twin"))
    setup.envs.close()
    assert isinstance(setup.policy, Student)
    one_sees, other_sees = (
        t.policy_features(np.ones((1, 4), np.float32)) for t in setup.policy.teachers
    )
    np.testing.assert_allclose(one_sees, other_sees, rtol=1e-5, atol=1e-6)


# A stranger's file


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Is there once the module `canary_module` has been imported."""
    mark = tmp_path / "canary"
    source = (
        f"open({str(mark)!r}, 'w').close()\ndef make(num_layers, num_hidden, activation): 1 / 0\n"
    )
    (tmp_path / "canary_module.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    yield mark
    sys.modules.pop("canary_module", None)


def in_network(metadata: dict[str, Any], name: str) -> None:
    metadata["policy"]["network"] = name


def in_teacher(metadata: dict[str, Any], name: str) -> None:
    metadata["policy"]["transfer"]["teachers"][0]["policy"]["network"] = name


def in_mapping(metadata: dict[str, Any], name: str) -> None:
    metadata["policy"]["transfer"]["mapping_spec"]["mapping"] = name


def in_transfer(metadata: dict[str, Any], name: str) -> None:
    metadata["config"] = {"transfer": name}


@pytest.mark.parametrize(
    ("place", "flag"),
    [(in_network, "network"), (in_teacher, "network"), (in_mapping, "mapping"),
     (in_transfer, "transfer")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["canary_module:make", "os:system"])
def test_a_file_imports_nothing(
    make_student: Callable[..., Student],
    write_checkpoint: Callable[..., str],
    tmp_path: Path,
    canary: Path,
    place: Callable[[dict[str, Any], str], None],
    flag: str,
    name: str,
) -> None:
    student = make_student()
    path = Path(write_checkpoint(student, student.init(RNG(0))))
    checkpoint = read(path, "--load_path")
    place(checkpoint.metadata, name)
    save(path, checkpoint.arrays, checkpoint.metadata)
    told = f"{path}: it names the {flag} '{name}', which is no part of this package; if you trust"
    with pytest.raises(UserError, match=f"^--load_path: {told} that module, add --{flag}={name}$"):
        evaluate.main(["--load_path", str(path)])
    (tmp_path / "resume").mkdir()
    path.rename(tmp_path / "resume" / path.name)
    with pytest.raises(CodeNotKnown, match=rf"^--resume: .* add --{flag}={name}$"):
        newest_state(tmp_path)
    assert not canary.exists()
    assert "canary_module" not in sys.modules


def test_a_file_imports_no_task(
    mlp_policy: Callable[..., PlainPolicy],
    write_checkpoint: Callable[..., str],
    tmp_path: Path,
    canary: Path,
) -> None:
    policy = mlp_policy()
    path = write_checkpoint(policy, policy.init(RNG(0)), "canary_module:BoxToy-v0")
    told = "^--env: the file's task is 'canary_module:BoxToy-v0', of another module; if you trust"
    for command in (["--json"], ["--video", str(tmp_path / "film.gif")]):
        with pytest.raises(UserError, match=told):
            evaluate.main(["--load_path", path, *command])
    np.savez(tmp_path / "foreign.npz", env="canary_module:BoxToy-v0", **policy.init(RNG(0)))
    foreign = str(tmp_path / "foreign.npz")
    with pytest.raises(UserError, match=told):
        convert.main([foreign, str(tmp_path / "out"), "--unnormalized"])
    assert not canary.exists()
    evaluate_own = ["--load_path", path, "--env=canary_module:BoxToy-v0", "--episodes=1"]
    with pytest.raises(UserError, match="does not fit the policy"):
        evaluate.main(evaluate_own)
    assert canary.exists()


def test_a_teachers_file_imports_nothing(
    mlp_policy: Callable[..., PlainPolicy], write_checkpoint: Callable[..., str], canary: Path
) -> None:
    policy = mlp_policy()
    path = Path(write_checkpoint(policy, policy.init(RNG(0))))
    checkpoint = read(path, "--load_path")
    in_network(checkpoint.metadata, "canary_module:make")
    save(path, checkpoint.arrays, checkpoint.metadata)
    with pytest.raises(CodeNotKnown, match=r"add --teacher_network=canary_module:make$"):
        load_teacher(str(path))
    config = Config(env="BoxToy-v0", teacher_paths=(str(path),), teacher_network="mlp")
    with pytest.raises(CodeNotKnown, match=r"^--teacher_paths: .* it names the network"):
        learn(config)
    assert not canary.exists()
