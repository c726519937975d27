"""What other programs' policies become: the same policies, or one line that says why not."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import hostile
import joblib
import numpy as np
import pytest
from called import call
from fork_files import fork_variables, hidden_sums, write_fork_file
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

from baselines import convert, evaluate
from baselines.common import checkpoint
from baselines.common.errors import UserError
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.conversion.pickles import Global, Instance
from baselines.conversion.pickling import pickled
from baselines.conversion.reading import read_foreign
from baselines.training.saved import read_saved_policy
from baselines.training.setup import prepare
from baselines.training.teacher_files import load_teacher

FIXTURES = hostile.FIXTURES
RNG = np.random.default_rng(3)
OBS = RNG.normal(0.0, 2.0, (9, 4))


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


# By role: hidden layers of the policy and of the value function, their outputs, statistics.
PI = [(normal(4, 6), normal(6)), (normal(6, 6), normal(6))]
VF = [(normal(4, 6), normal(6)), (normal(6, 6), normal(6))]
PI_HEAD, VF_HEAD = (normal(6, 2), normal(2)), (normal(6, 1), normal(1))
STATISTICS = {"mean": RNG.normal(size=4), "var": RNG.uniform(0.1, 4.0, 4), "count": np.float64(77)}


def named(pi: str, vf: str, pi_head: str, vf_head: str, suffix: str = ":0") -> dict[str, Any]:
    """The variables under some program's names."""
    layers = {f"{pi}/mlp_fc{i}": layer for i, layer in enumerate(PI)}
    layers |= {f"{vf}/mlp_fc{i}": layer for i, layer in enumerate(VF)} if vf else {}
    layers |= {pi_head: PI_HEAD, vf_head: VF_HEAD}
    return {f"{k}/{p}{suffix}": v for k, layer in layers.items() for p, v in zip("wb", layer)}  # noqa: B905


def statistics(scope: str, spread: str = "std", suffix: str = ":0") -> dict[str, Any]:
    parts = zip(("mean", spread, "count"), STATISTICS.values(), strict=True)
    return {f"{scope}/{part}{suffix}": value for part, value in parts}


BASELINES_NAMES = ("ppo2_model/pi", "ppo2_model/vf", "ppo2_model/pi", "ppo2_model/vf")


def run(*arguments: object) -> None:
    convert.main([str(argument) for argument in arguments])


def converted(folder: Path, variables: dict[str, Any], *arguments: str) -> SavedPolicy:
    joblib.dump(variables, folder / "in")
    run(folder / "in", folder / "out", *arguments)
    return read_saved_policy(str(folder / "out"), "load_path")


def forward(x: np.ndarray, hidden: Any, head: Any, activation: Any = np.tanh) -> np.ndarray:
    for w, b in hidden:
        x = activation(x @ w + b)
    return x @ head[0] + head[1]


def values(saved: SavedPolicy, obs: np.ndarray) -> np.ndarray:
    return saved.policy.value(saved.params, saved.normalizer.normalize_obs(obs))


def refusal(*arguments: object) -> str:
    with pytest.raises(UserError) as caught:
        run(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


NAMES = {
    "Baselines": BASELINES_NAMES,
    "ours": ("pi", "vf", "pi/pi", "vf/vf"),
    "own scopes": ("student0", "vf_student0", "student0/pi", "vf_student0/vf"),
    "own scopes in the model's": (
        "ppo2_model/student0", "ppo2_model/vf_student0", "ppo2_model/pi", "ppo2_model/vf",
    ),
    "the fork's": ("teacher0", "vf_teacher0", "teacher0/pi_out", "vf_teacher0/vf_out"),
    "deep": ("a/b/pi", "a/b/vf", "a/b/pi", "a/b/vf"),
}  # fmt: skip


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("compress", [0, 3])
def test_a_policy_of_baselines_is_found_by_its_names(
    tmp_path: Path, names: tuple[str, ...], compress: int
) -> None:
    variables = named(*names) | statistics("ob_rms")
    saved = converted(tmp_path, variables, "--env=CartPole-v1")
    x = np.clip((OBS - STATISTICS["mean"]) / np.sqrt(STATISTICS["var"] + 1e-8), -10, 10)
    logits = forward(x, PI, PI_HEAD)
    np.testing.assert_array_equal(saved.act(OBS, None), logits.argmax(-1))
    np.testing.assert_allclose(values(saved, OBS), forward(x, VF, VF_HEAD)[:, 0], rtol=1e-4)
    for i, (w, b) in enumerate(PI):
        assert saved.params[f"pi/mlp_fc{i}/w"].tobytes() == w.tobytes()
        assert saved.params[f"pi/mlp_fc{i}/b"].tobytes() == b.tobytes()
    assert saved.metadata["env"] == {"id": "CartPole-v1", "kwargs": {}}


def test_a_shared_network_serves_both_sides(tmp_path: Path) -> None:
    variables = named("ppo2_model/pi", "", "ppo2_model/pi", "ppo2_model/vf")
    saved = converted(tmp_path, variables, "--env=CartPole-v1", "--unnormalized")
    np.testing.assert_allclose(values(saved, OBS), forward(OBS, PI, VF_HEAD)[:, 0], rtol=1e-4)


def test_box_actions_with_baselines_logstd(tmp_path: Path) -> None:
    variables = named(*BASELINES_NAMES) | statistics("env/obs_rms", "var")
    variables |= {"ppo2_model/pi/logstd:0": normal(1, 2), "ppo2_model/pi/w/Adam:0": normal(6, 2)}
    variables |= {
        "ppo2_model/pi/mlp_fc0/w:0": normal(8, 6),
        "ppo2_model/vf/mlp_fc0/w:0": normal(8, 6),
    }
    stats = {k: np.resize(v, 8) for k, v in STATISTICS.items() if k != "count"}
    variables |= {f"env/obs_rms/{k}:0": v for k, v in stats.items()}
    variables |= {"ret_rms/mean:0": 1.0, "ret_rms/std:0": 9.0, "ret_rms/count:0": 5.0}
    joblib.dump(variables, tmp_path / "in")
    run(tmp_path / "in", tmp_path / "out", "--env=Swimmer-v5", "--activation=relu")
    saved = read_saved_policy(str(tmp_path / "out"), "load_path")
    logstd = variables["ppo2_model/pi/logstd:0"]
    assert saved.params["pi/pi/logstd"].tobytes() == logstd.tobytes()
    assert (float(saved.normalizer.ret_rms.var), saved.normalizer.ret_rms.count) == (9.0, 5.0)
    assert saved.policy.describe()["spec"]["activation"] == "relu"


def test_a_teacher_of_the_fork_with_box_actions(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    variables = fork_variables(8, 2)
    saved = converted(tmp_path, variables, "--env=Swimmer-v5", "--unnormalized")
    assert saved.params["pi/pi/logstd"].tobytes() == variables["teacher0/logstd:0"].tobytes()
    obs = RNG.normal(size=(5, 8))
    for scope, head, found in (
        ("teacher0", "pi_out", saved.act(obs, None)),
        ("vf_teacher0", "vf_out", values(saved, obs)[:, None]),
    ):
        last = np.tanh(hidden_sums(variables, scope, obs)[-1])
        w, b = (variables[f"{scope}/{head}/{part}:0"] for part in "wb")
        np.testing.assert_allclose(found, last @ w + b, rtol=1e-4, atol=1e-5)
    out = capsys.readouterr().out
    assert "not used: beta1_power, beta2_power, teacher0/logstd/Adam" in out
    assert "/Adam and 23 more\n" in out  # two slots of 13 variables, and the two powers


def expected(name: str) -> dict[str, np.ndarray]:
    with np.load(FIXTURES / f"{name}_expected.npz") as file:
        return dict(file)


def test_a_box_policy_of_stable_baselines3_acts_as_there(tmp_path: Path) -> None:
    run(
        FIXTURES / "pendulum.zip", tmp_path / "out", "--env=Pendulum-v1",
        "--normalize", FIXTURES / "pendulum_vecnormalize.pkl",
    )  # fmt: skip
    saved, there = read_saved_policy(str(tmp_path / "out"), "load_path"), expected("pendulum")
    normalized = saved.normalizer.normalize_obs(there["obs"].astype(np.float64))
    np.testing.assert_allclose(normalized, there["normalized"], rtol=1e-5, atol=1e-6)
    actions = saved.act(there["obs"].astype(np.float64), None)
    np.testing.assert_allclose(actions, there["actions"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values(saved, there["obs"]), there["values"], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(saved.params["pi/pi/logstd"], there["log_std"])
    assert saved.normalizer.ret_rms.var == there["ret_var"]
    assert saved.metadata["timesteps"] == 256
    assert saved.metadata["converted_from"]["version"] == "2.9.2"


def test_a_discrete_policy_of_stable_baselines3_acts_as_there(tmp_path: Path) -> None:
    run(FIXTURES / "cartpole.zip", tmp_path / "out", "--env=CartPole-v1", "--unnormalized")
    saved, there = read_saved_policy(str(tmp_path / "out"), "load_path"), expected("cartpole")
    np.testing.assert_array_equal(saved.act(there["obs"], None), there["actions"])
    (logits,) = saved.policy.pi(saved.params, saved.normalizer.normalize_obs(there["obs"]))
    np.testing.assert_allclose(logits, there["logits"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values(saved, there["obs"]), there["values"], rtol=1e-4, atol=1e-5)
    assert saved.policy.describe()["spec"] == {
        "num_layers": 2, "num_hidden": 8, "activation": "relu",
    }  # fmt: skip


def npz(folder: Path, **extra: Any) -> Path:
    variables = named("pi", "vf", "pi/pi", "vf/vf", "") | statistics("normalize/obs", "var", "")
    np.savez(folder / "in.npz", **variables | extra)
    return folder / "in.npz"


def test_an_npz_may_tell_its_task(tmp_path: Path) -> None:
    path = npz(tmp_path, env="CartPole-v1", activation="relu", update=12, timesteps=24576)
    run(path, tmp_path / "out")
    saved = read_saved_policy(str(tmp_path / "out"), "load_path")
    assert saved.metadata["env"]["id"] == "CartPole-v1"
    assert (saved.metadata["update"], saved.metadata["timesteps"]) == (12, 24576)
    x = np.clip((OBS - STATISTICS["mean"]) / np.sqrt(STATISTICS["var"] + 1e-8), -10, 10)
    found = values(saved, OBS)
    relu = forward(x, VF, VF_HEAD, lambda h: np.maximum(h, 0))
    np.testing.assert_allclose(found, relu[:, 0], rtol=1e-4, atol=1e-5)


def test_an_npz_may_have_the_names_of_stable_baselines3_and_statistics(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    files = ("pendulum.zip", "pendulum_vecnormalize.pkl")
    policy, statistics = (read_foreign(FIXTURES / name, "IN").arrays for name in files)
    np.savez(tmp_path / "in.npz", **policy, **statistics)
    run(tmp_path / "in.npz", tmp_path / "out", "--env=Pendulum-v1")
    saved, there = read_saved_policy(str(tmp_path / "out"), "load_path"), expected("pendulum")
    actions = saved.act(there["obs"].astype(np.float64), None)
    np.testing.assert_allclose(actions, there["actions"], rtol=1e-4, atol=1e-5)
    assert saved.normalizer.ret_rms.var == there["ret_var"]
    assert "not used" not in capsys.readouterr().out


def test_what_only_looks_like_statistics_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    run(npz(tmp_path, env="CartPole-v1", **{"x_rms/gain": normal(3)}), tmp_path / "out")
    assert "not used: x_rms/gain\n" in capsys.readouterr().out


def test_a_file_has_no_module_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "canary_of_convert.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    path = npz(tmp_path, env="canary_of_convert:Task-v0")
    assert "of another module; if you trust" in refusal(path, tmp_path / "out")
    assert "canary_of_convert" not in sys.modules


def test_an_activation_that_is_not_known_is_the_files(tmp_path: Path) -> None:
    path = npz(tmp_path, env="CartPole-v1", activation="sine")
    for given in ([], ["--activation=relu"]):
        message = refusal(path, tmp_path / "out", *given)
        assert message.startswith(f"IN: {path} has the activation sine; known here are tanh, ")


def test_a_hidden_activation_must_be_given(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(
        hostile.sb3_data(policy_kwargs={"activation_fn": {}}, policy_class={})
    )
    arguments = [tmp_path / "in", tmp_path / "out", "--env=Pendulum-v1", "--unnormalized"]
    assert refusal(*arguments).startswith("--activation: missing; ")
    run(*arguments, "--activation=relu")
    spec = read_saved_policy(str(tmp_path / "out"), "load_path").policy.describe()["spec"]
    assert spec["activation"] == "relu"


def test_statistics_of_the_return_alone_are_kept(tmp_path: Path) -> None:
    """Baselines' VecNormalize(ob=False): the observations were not normalised, the rewards were."""
    variables = named(*BASELINES_NAMES) | {
        "ret_rms/mean:0": 1.0, "ret_rms/std:0": 9.0, "ret_rms/count:0": 5.0,
    }  # fmt: skip
    saved = converted(tmp_path, variables, "--env=CartPole-v1", "--unnormalized")
    np.testing.assert_array_equal(saved.normalizer.normalize_obs(OBS), OBS.astype(np.float32))
    assert (float(saved.normalizer.ret_rms.var), saved.normalizer.ret_rms.count) == (9.0, 5.0)


def vecnormalize(folder: Path, **settings: Any) -> Path:
    """Statistics of 4 observations, the first of which is always 3, in Stable-Baselines3's file."""
    kind, of = Global("elsewhere", "VecNormalize"), Global("elsewhere", "RunningMeanStd")
    parts = {"mean": np.array([3.0, 0, 0, 0]), "var": np.array([0.0, 1, 1, 1]), "count": 9.0}
    state = {"obs_rms": Instance(of, (), parts), **settings}
    (folder / "statistics").write_bytes(pickled(Instance(kind, (), state)))
    return folder / "statistics"


def converted_with(folder: Path, **settings: Any) -> SavedPolicy:
    path = vecnormalize(folder, **settings)
    run(FIXTURES / "cartpole.zip", folder / "out", "--env=CartPole-v1", "--normalize", path)
    return read_saved_policy(str(folder / "out"), "load_path")


def test_what_never_varied_is_clipped(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    saved = converted_with(tmp_path, epsilon=0.0, clip_obs=5.0)
    found = saved.normalizer.normalize_obs(np.array([[4.0, 1, 2, 3], [3.0, 0, 0, 0]]))
    np.testing.assert_allclose(found, [[10, 1, 2, 3], [0, 0, 0, 0]], rtol=1e-7)
    note = "note: observations were clipped to ±5, and will be to ±10\n"
    assert note in capsys.readouterr().out


def test_observations_that_were_left_alone_stay_so(tmp_path: Path) -> None:
    saved = converted_with(tmp_path, norm_obs=False)
    np.testing.assert_array_equal(saved.normalizer.normalize_obs(OBS), OBS.astype(np.float32))


@pytest.mark.parametrize("epsilon", [-1.0, float("nan"), float("inf")])
def test_an_impossible_epsilon_is_refused(tmp_path: Path, epsilon: float) -> None:
    path = vecnormalize(tmp_path, epsilon=epsilon)
    arguments = [FIXTURES / "cartpole.zip", tmp_path / "out", "--env=CartPole-v1"]
    assert "impossible epsilon" in refusal(*arguments, "--normalize", path)


def test_a_third_network_leaves_the_value_function_open(tmp_path: Path) -> None:
    variables = named("a", "vf_b", "pi", "vf") | {"c/mlp_fc0/w:0": normal(4, 6)}
    joblib.dump(variables, tmp_path / "in")
    message = refusal(tmp_path / "in", tmp_path / "out", "--env=CartPole-v1", "--pi_scope=a")
    assert "--vf_scope; there are a, c, vf_b" in message


@pytest.fixture
def cartpole(tmp_path: Path) -> Path:
    run(FIXTURES / "cartpole.zip", tmp_path / "out", "--env=CartPole-v1", "--unnormalized")
    return tmp_path / "out"


def test_unnormalized_observations_stay_as_they_are(cartpole: Path) -> None:
    saved = read_saved_policy(str(cartpole), "load_path")
    np.testing.assert_array_equal(saved.normalizer.normalize_obs(OBS), OBS.astype(np.float32))
    saved.normalizer.obs_rms.update(np.full((10_000, 4), 5.0))
    np.testing.assert_allclose(saved.normalizer.normalize_obs(OBS), OBS, rtol=1e-5, atol=1e-5)


def test_a_converted_policy_is_evaluated(cartpole: Path, capsys: pytest.CaptureFixture) -> None:
    evaluate.main([f"--load_path={cartpole}", "--episodes=2", "--json"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["episodes"] == 2


def test_a_converted_policy_teaches_and_is_gone_on_from(cartpole: Path) -> None:
    teacher = load_teacher(str(cartpole))
    assert teacher.env == {"id": "CartPole-v1", "kwargs": {}}
    small = {"env": "CartPole-v1", "nsteps": 64, "num_timesteps": 192}
    student = prepare(Config(**small, teacher_paths=(str(cartpole),)))
    assert student.provenance["teachers"][0]["sha256"] == teacher.sha256
    again = prepare(Config(**small, load_path=str(cartpole), num_hidden=8, activation="relu"))
    assert again.params["pi/pi/w"].tobytes() == teacher.params["pi/pi/w"].tobytes()


def test_what_is_there_is_not_overwritten(cartpole: Path) -> None:
    before = cartpole.read_bytes()
    arguments = [FIXTURES / "cartpole.zip", cartpole, "--env=CartPole-v1", "--unnormalized"]
    assert "--force" in refusal(*arguments)
    assert cartpole.read_bytes() == before
    cartpole.write_bytes(b"something else")
    run(*arguments, "--force")
    assert cartpole.read_bytes() == before
    assert "is the file to read" in refusal(cartpole, cartpole, "--force")
    assert "is the file to read" in refusal(*arguments, f"--normalize={cartpole}", "--force")
    assert sorted(os.listdir(cartpole.parent)) == ["out"]


def test_it_is_written_where_it_began_wherever_its_task_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CartPoleEnv, "close", lambda _: os.chdir(elsewhere))
    run(FIXTURES / "cartpole.zip", "out", "--env=CartPole-v1", "--unnormalized")
    assert capsys.readouterr().out.startswith("out: CartPole-v1, ")
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "out"]
    assert os.listdir(elsewhere) == []


def test_a_file_that_is_not_there_is_named_and_not_the_one_that_is(cartpole: Path) -> None:
    missing = cartpole.parent / "none"
    assert refusal(missing, cartpole, "--force").startswith(f"IN: cannot read {missing}: ")
    normalize = [FIXTURES / "cartpole.zip", cartpole, "--force", "--normalize", missing]
    assert refusal(*normalize).startswith(f"--normalize: cannot read {missing}: ")


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    message = refusal(
        FIXTURES / "cartpole.zip", tmp_path / "out", "--env=CartPole-v1", "--unnormalized"
    )
    assert "No space left" in message
    assert os.listdir(tmp_path) == []


DISCRETE = ["--env=CartPole-v1", "--unnormalized"]
MISTAKES: dict[str, tuple[list[str], str]] = {
    "no task": (["--unnormalized"], "--env: missing"),
    "a misspelt task": (["--env=CartPol-v1", "--unnormalized"], "did you mean CartPole"),
    "another task": (["--env=Acrobot-v1", "--unnormalized"], "6 observations and 3 Discrete"),
    "other actions": (["--env=Pendulum-v1", "--unnormalized"], "3 observations and 1 Box"),
    "a task of images": (["--env=FrozenLake-v1", "--unnormalized"], "cannot be learned"),
    "no statistics": (["--env=CartPole-v1"], "--unnormalized if it was"),
    "another's statistics": (
        ["--env=CartPole-v1", f"--normalize={FIXTURES}/pendulum_vecnormalize.pkl"],
        "of 3 observation dimensions, and the policy takes 4",
    ),
    "no statistics in the file": (
        ["--env=CartPole-v1", f"--normalize={FIXTURES}/cartpole.zip"], "holds no statistics",
    ),
    "both": (
        [*DISCRETE, f"--normalize={FIXTURES}/pendulum_vecnormalize.pkl"], "together with --norm",
    ),
    "another activation": ([*DISCRETE, "--activation=tanh"], "says relu"),
    "a scope that is not there": ([*DISCRETE, "--pi_scope=x"], "scope x; there are pi, vf"),
    "arguments that are no JSON": ([*DISCRETE, "--env_kwargs=x"], "must be a JSON object"),
    "nested arguments": ([*DISCRETE, "--env_kwargs=" + "[" * 50_000], "must be a JSON object"),
    "unknown arguments": ([*DISCRETE, '--env_kwargs={"colour": 1}'], "cannot make CartPole-v1"),
    "an unknown flag": ([*DISCRETE, "--forse"], "did you mean --force"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, arguments: list[str], says: str) -> None:
    assert says in refusal(FIXTURES / "cartpole.zip", tmp_path / "out", *arguments)
    assert os.listdir(tmp_path) == []


def test_a_task_that_forgot_its_spaces_is_named(tmp_path: Path) -> None:
    refused = refusal(
        FIXTURES / "cartpole.zip",
        tmp_path / "out",
        "--unnormalized",
        "--env=strange_tasks:NoSpaces-v0",
    )
    assert refused.endswith(
        "NoSpaces-v0 cannot be learned: observations must be a Box with one axis,"
        " and not empty; they are None"
    )


def test_statistics_alone_are_no_policy(tmp_path: Path) -> None:
    path = FIXTURES / "pendulum_vecnormalize.pkl"
    assert "takes it as --normalize" in refusal(path, tmp_path / "out", "--env=Pendulum-v1")


def test_what_takes_checkpoints_alone_tells_of_conversion(tmp_path: Path) -> None:
    path = write_fork_file(tmp_path / "00970", fork_variables(8, 2))
    says = r"00970 is not a checkpoint of this package, .* python -m baselines.convert IN OUT --env"
    with pytest.raises(UserError, match=f"^--load_path: .*{says}"):
        evaluate.main([f"--load_path={path}"])
    with pytest.raises(UserError, match=f"^--load_path: .*{says}"):
        prepare(Config(env="Swimmer-v5", load_path=path))
    assert "--teacher_paths takes the file itself" in refusal(path, tmp_path / "out")


def test_a_checkpoint_needs_no_conversion(cartpole: Path) -> None:
    assert "already" in refusal(cartpole, cartpole.parent / "again", *DISCRETE)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    for target, told in {
        tmp_path: f"OUT: {tmp_path} is a folder; give the file's name too",
        missing / "out": f"OUT: cannot write {missing / 'out'}: there is no folder {missing}",
        "": "OUT: must name something, not ''",
        "a\0b": "OUT: 'a\\x00b' is no name of a file",
        tmp_path / ("x" * 300): f"OUT: cannot write {tmp_path / ('x' * 300)}: File name too long",
    }.items():
        assert refusal(FIXTURES / "cartpole.zip", target, *DISCRETE) == told


def changed(**changes: Any) -> dict[str, Any]:
    """Baselines' variables with some replaced (by the name's end), or without where it is None."""
    variables = named(*BASELINES_NAMES) | statistics("ob_rms")
    for end, value in changes.items():
        name = next(n for n in variables if n.endswith(f"{end.replace('__', '/')}:0"))
        variables[name] = value
    return {name: value for name, value in variables.items() if value is not None}


SPOILT = {
    "a weight that is no number": (changed(pi__mlp_fc0__w=np.full((4, 6), np.nan)), "not finite"),
    "an infinite weight": (changed(vf__b=np.array([np.inf])), "not finite"),
    "a weight too large for float32": (changed(vf__b=np.array([1e300])), "not finite"),
    "whole numbers": (changed(vf__b=np.array([1])), "not as real numbers"),
    "another shape": (changed(pi__mlp_fc1__w=normal(6, 7)), "would be (6, 6), not (6, 7)"),
    "layers that do not meet": (changed(vf__w=normal(5, 1)), "would be (6, 1), not (5, 1)"),
    "a vector for a matrix": (changed(pi__mlp_fc0__w=normal(6)), "no matrices"),
    "no observations": (changed(pi__mlp_fc0__w=normal(0, 6), vf__mlp_fc0__w=normal(0, 6)), "units"),
    "a missing bias": (changed(vf__mlp_fc1__b=None), "no variable ppo2_model/vf/mlp_fc1/b"),
    "a missing output": (changed(vf__w=None), "0 output layers vf/w"),
    "a missing layer": (changed(pi__mlp_fc1__w=None, pi__mlp_fc1__b=None), "1 hidden layers"),
    "a missing count": (changed(ob_rms__count=None), "without one mean"),
    "a negative variance": (changed(ob_rms__std=-np.ones(4)), "negative variance"),
    "a mean that is no number": (changed(ob_rms__mean=np.full(4, np.nan)), "not finite"),
    "a negative count": (changed(ob_rms__count=np.float64(-1)), "negative variance or count"),
    "a mean of another size": (changed(ob_rms__mean=np.zeros(5)), "do not fit one another"),
    "two counts": (changed(ob_rms__count=np.ones(2)), "do not fit one another"),
    "returns of four numbers": (changed() | statistics("ret_rms"), "of more than one number"),
    "no actions": (changed(pi__w=normal(6, 0), pi__b=normal(0)), "units"),
    "statistics of another size": (
        changed(ob_rms__mean=np.zeros(5), ob_rms__std=np.ones(5)), "of 5 observation dimensions",
    ),
    "statistics twice": (changed() | statistics("b/ob_rms"), "several statistics"),
    "a variance twice": (changed() | {"ob_rms/var:0": np.ones(4)}, "without one mean"),
    "a name with and without :0": (changed() | {"ob_rms/mean": np.ones(4)}, "with and without"),
    "a third network": (
        named("a", "vf_b", "pi", "vf") | {"c/mlp_fc0/w:0": normal(4, 6)}, "--pi_scope; there are",
    ),
    "no network": ({"w:0": normal(3)}, "no hidden layers under a name that is known here, such as"),
    "convolutions": ({"ppo2_model/pi/c1/w:0": normal(8, 8, 4, 32)}, "only MLPs"),
    "two outputs beside the same layers": (
        changed() | {"ppo2_model/pi/pi_out/w:0": normal(6, 2)}, "2 output layers pi/w or pi_out/w",
    ),
    "names that act on a terminal": ({"\x1b[2Jpi/mlp_fc0/w:0": normal(4, 6)}, "output layers"),
}  # fmt: skip


@pytest.mark.parametrize(("variables", "says"), SPOILT.values(), ids=SPOILT)
def test_a_spoilt_policy_is_refused(tmp_path: Path, variables: dict[str, Any], says: str) -> None:
    joblib.dump(variables, tmp_path / "in")
    message = refusal(tmp_path / "in", tmp_path / "out", "--env=CartPole-v1")
    assert says in message
    assert message.isprintable()
    assert os.listdir(tmp_path) == ["in"]


@pytest.mark.parametrize("name", ["os.system", "in joblib's object array", "a path upwards"])
def test_a_user_sees_one_line_and_status_2(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").write_bytes(hostile.HOSTILE[name]())
    arguments = [tmp_path / "in", tmp_path / "out", "--env=CartPole-v1"]
    done = call("baselines.convert", *arguments, status=2)
    assert done.stdout == ""
    assert done.stderr.startswith(f"python -m baselines.convert: error: IN: {tmp_path}/in ")
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == ["in"]


def described(path: Path, change: Any) -> str:
    found = checkpoint.read(path, "--load_path")
    change(found.metadata)
    checkpoint.save(path, found.arrays, found.metadata)
    return str(path)


DESCRIPTIONS = {
    "a policy of 2^60 observations": lambda m: m["policy"].update(obs_size=1 << 60),
    "a billion layers": lambda m: m["policy"]["spec"].update(num_layers=10**9),
    "layers of a billion units": lambda m: m["policy"]["spec"].update(num_hidden=10**9),
    "a billion actions": lambda m: m["policy"].update(distribution=["Categorical", 10**9]),
    "a negative size": lambda m: m["policy"].update(obs_size=-4),
    "an infinite size": lambda m: m["policy"].update(obs_size=float("inf")),
    "a size that is a list": lambda m: m["policy"]["spec"].update(num_hidden=[8]),
    "an unknown activation": lambda m: m["policy"]["spec"].update(activation="sin"),
    "an activation that is a list": lambda m: m["policy"]["spec"].update(activation=[]),
    "a scope that is a number": lambda m: m["policy"].update(pi_scope=3),
    "a policy that is a number": lambda m: m.update(policy=3),
    "a policy that is a text": lambda m: m.update(policy="transfer"),
    "no task": lambda m: m.update(env=None),
}


@pytest.mark.parametrize("change", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_teacher_with_a_hostile_description_is_refused(cartpole: Path, change: Any) -> None:
    path = described(cartpole, change)
    with pytest.raises(checkpoint.CheckpointError, match="damaged"):
        load_teacher(path)


def test_a_teacher_with_weights_that_are_no_numbers_is_refused(cartpole: Path) -> None:
    found = checkpoint.read(cartpole, "--load_path")
    found.arrays["vf/vf/b"][0] = np.nan
    checkpoint.save(cartpole, found.arrays, found.metadata)
    with pytest.raises(
        checkpoint.CheckpointError, match="vf/vf/b holds values that are not finite"
    ):
        load_teacher(str(cartpole))
