"""A policy in another program's file acts as it does here."""

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import onnx_reading
import pytest
from documented import blocks
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from baselines import convert, export
from baselines.common import checkpoint
from baselines.common.checkpoint import CheckpointError
from baselines.common.errors import UserError
from baselines.common.networks.arrays import ACTIVATIONS
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.spaces import distribution_for
from baselines.common.networks.specs import NetworkSpec
from baselines.common.vec_env.described_spaces import describe_space
from baselines.common.vec_env.running_stats import Normalizer, RunningMeanStd
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.conversion import onnx_file, sb3_files
from baselines.conversion.outgoing import outgoing
from baselines.conversion.pickles import Global, Instance, parse
from baselines.conversion.pickling import pickled
from baselines.ppo2.trained import TrainedPolicy
from baselines.training.saved import read_saved_policy
from baselines.transfer.kickstart import Kickstarted

ROOT = Path(__file__).resolve().parents[2]

BOX = spaces.Box(-1.0, 1.0, (2,), np.float32)
SMALL = NetworkSpec(2, 8)
RNG = np.random.default_rng(5)


def policy(
    action_space: spaces.Space = BOX,
    dtype: Any = np.float64,
    spec: NetworkSpec = SMALL,
    env: str = "Pendulum-v1",
    obs_size: int = 3,
) -> SavedPolicy:
    """A policy whose every number is random."""
    plain = PlainPolicy(obs_size, distribution_for(action_space), spec, "student0", "vf_student0")
    params = {
        name: RNG.normal(size=shape).astype(np.float32) for name, shape in plain.shapes().items()
    }
    normalizer = Normalizer(RunningMeanStd((obs_size,)), RunningMeanStd())
    normalizer.obs_rms.update(RNG.normal(3.0, 2.0, (50, obs_size)))
    normalizer.ret_rms.update(RNG.normal(1.0, 5.0, (50,)))
    normalizer.obs_rms.var[-1] = 1e-8  # so that the 1e-8 beside it shows
    bounds = np.iinfo(dtype) if np.issubdtype(dtype, np.integer) else None
    low, high = (bounds.min, bounds.max) if bounds else (-np.inf, np.inf)
    metadata = {
        "env": {"id": env, "kwargs": {}}, "update": 7, "timesteps": 700,
        "observation_space": describe_space(spaces.Box(low, high, (obs_size,), dtype)),
        "action_space": describe_space(action_space),
    }  # fmt: skip
    return SavedPolicy(plain, params, normalizer, metadata)


def observations(saved: SavedPolicy, count: int = 40) -> np.ndarray:
    """Raw ones of the task's type; some are far out, where the clipping shows."""
    stats = saved.normalizer.obs_rms
    spread = np.sqrt(stats.var) * np.where(np.arange(count) % 4, 1.0, 30.0)[:, None]
    obs = stats.mean + spread * RNG.normal(size=(count, len(stats.mean)))
    return obs.astype(saved.metadata["observation_space"]["dtype"])


def exported(saved: SavedPolicy, folder: Path, ending: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"walk{ending}"
    export.main([str(saved.write(folder)), str(target)])
    return target


@pytest.mark.parametrize(
    "change",
    [{"dtype": "wide"}, {"shape": [7]}, {"low": ["a", "b"]}, {"low": [1, 2, 3]}, {"shape": None}],
)
def test_damaged_spaces_are_told(tmp_path: Path, change: dict[str, Any]) -> None:
    saved = policy()
    spaces_of = {"action_space": saved.metadata["action_space"] | change}
    saved = replace(saved, metadata=saved.metadata | spaces_of)
    with pytest.raises(CheckpointError, match=r"^CHECKPOINT: .* is damaged "):
        exported(saved, tmp_path, ".zip")
    assert not (tmp_path / "walk.zip").exists()


def by_hand(saved: SavedPolicy, obs: np.ndarray) -> np.ndarray:
    """The policy network's outputs, from the variables; its layers are tanh."""
    stats, params = saved.normalizer.obs_rms, saved.params
    x = np.clip((obs - stats.mean) / np.sqrt(stats.var + 1e-8), -10, 10)
    for i in range(2):
        x = np.tanh(x @ params[f"student0/mlp_fc{i}/w"] + params[f"student0/mlp_fc{i}/b"])
    return x @ params["student0/pi/w"] + params["student0/pi/b"]


def test_the_recipe_of_the_documents_acts_as_the_policy(tmp_path: Path) -> None:
    saved = policy()
    exported(saved, tmp_path, ".npz")
    [recipe] = [
        b.text
        for b in blocks(ROOT / "docs" / "checkpoints.md")
        if "walk.npz" in b.text and b.is_program()
    ]
    names: dict[str, Any] = {"obs": observations(saved)}
    exec(recipe.replace("walk.npz", str(tmp_path / "walk.npz")), names)
    np.testing.assert_allclose(names["action"], by_hand(saved, names["obs"]), rtol=1e-12)
    assert len([line for line in recipe.splitlines() if line.strip()]) <= 6


def test_an_npz_holds_numbers_and_texts_alone(tmp_path: Path) -> None:
    saved = policy()
    with np.load(exported(saved, tmp_path, ".npz"), allow_pickle=False) as file:
        assert {"env", "update", "timesteps", "activation"} <= set(file)
        assert (str(file["env"]), int(file["update"])) == ("Pendulum-v1", 7)


@pytest.mark.parametrize("dtype", map(np.dtype, onnx_file.TYPES), ids=str)
def test_an_onnx_graph_acts_as_the_policy(tmp_path: Path, dtype: Any) -> None:
    saved = policy(dtype=dtype)
    content = exported(saved, tmp_path, ".onnx").read_bytes()
    obs = observations(saved)
    actions = onnx_reading.run(content, obs)
    theirs, _ = TrainedPolicy(saved).predict(obs)
    np.testing.assert_allclose(actions, theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(actions, by_hand(saved, obs), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(onnx_reading.run(content, obs[:1]), actions[:1], rtol=1e-5)


def test_an_onnx_file_tells_its_version_and_where_it_comes_from(tmp_path: Path) -> None:
    file = onnx_reading.fields(exported(policy(), tmp_path, ".onnx").read_bytes())
    [operators] = map(onnx_reading.fields, file[8])
    assert (file[1], operators[1], operators[2]) == ([8], [b""], [17])
    facts = [onnx_reading.fields(fact) for fact in file[14]]
    assert {fact[1][0]: fact[2][0] for fact in facts} == {
        b"env": b"Pendulum-v1", b"update": b"7", b"timesteps": b"700",
    }  # fmt: skip


@pytest.mark.parametrize("activation", onnx_file.ACTIVATIONS)
def test_an_activation_in_onnx_is_ours(tmp_path: Path, activation: str) -> None:
    saved = policy(spec=NetworkSpec(2, 8, activation))
    obs = observations(saved)
    actions = onnx_reading.run(exported(saved, tmp_path, ".onnx").read_bytes(), obs)
    theirs, _ = TrainedPolicy(saved).predict(obs)
    np.testing.assert_allclose(actions, theirs, rtol=1e-4, atol=1e-4)


def test_a_discrete_action_in_onnx_is_what_the_environment_takes(tmp_path: Path) -> None:
    saved = policy(spaces.Discrete(4, start=-2))
    content = exported(saved, tmp_path, ".onnx").read_bytes()
    obs = observations(saved)
    actions = onnx_reading.run(content, obs)
    np.testing.assert_array_equal(actions, by_hand(saved, obs).argmax(-1) - 2)
    assert actions.dtype == np.int64


def test_an_activation_that_is_not_known_there_is_refused(tmp_path: Path) -> None:
    refused = {".onnx": {"gelu", "silu", "leaky_relu"}, ".zip": {"leaky_relu"}}
    for ending, names in refused.items():
        known = {".onnx": onnx_file.ACTIVATIONS, ".zip": sb3_files.ACTIVATIONS}[ending]
        assert set(ACTIVATIONS) - set(known) == names
        for name in names:
            path = policy(spec=NetworkSpec(1, 4, name)).write(tmp_path)
            assert name in refusal(path, tmp_path / f"walk{ending}")
    assert not list(tmp_path.glob("walk*"))


@pytest.mark.parametrize("activation", sb3_files.ACTIVATIONS)
def test_a_zip_of_stable_baselines3_comes_back_to_the_bit(tmp_path: Path, activation: str) -> None:
    """By the reader of such files, which is tested with some that Stable-Baselines3 has written."""
    saved = policy(spaces.Box(-2.0, 2.0, (1,), np.float32), spec=NetworkSpec(3, 8, activation))
    target = exported(saved, tmp_path, ".zip")
    statistics = tmp_path / "walk_vecnormalize.pkl"
    convert.main(
        [str(target), str(tmp_path / "back"), "--env=Pendulum-v1", "--normalize", str(statistics)]
    )
    back = read_saved_policy(str(tmp_path / "back"), "load_path")
    ours = [value.tobytes() for value in saved.params.values()]
    assert [value.tobytes() for value in back.params.values()] == ours
    assert back.policy.plain.spec == saved.policy.plain.spec
    assert back.metadata["timesteps"] == 700
    there = back.normalizer.arrays()
    for name, value in saved.normalizer.arrays().items():
        assert there[name].tobytes() == value.tobytes(), name


def test_statistics_for_stable_baselines3_stand_still_until_training(tmp_path: Path) -> None:
    saved = policy()
    saved.metadata["config"] = {"gamma": 0.9}
    exported(saved, tmp_path, ".zip")
    state = parse((tmp_path / "walk_vecnormalize.pkl").read_bytes()).root.state
    told = {
        "training": False, "norm_obs": True, "norm_reward": True, "gamma": 0.9,
        "clip_obs": 10.0, "clip_reward": 10.0, "epsilon": 1e-8,
    }  # fmt: skip
    assert {name: state[name] for name in told} == told


def test_a_zip_has_an_optimiser_of_all_variables(tmp_path: Path) -> None:
    saved = policy()
    with zipfile.ZipFile(exported(saved, tmp_path, ".zip")) as file:
        inside = io.BytesIO(file.read("policy.optimizer.pth"))
    with zipfile.ZipFile(inside) as file:
        told = pickle.loads(file.read("archive/data.pkl"))
    assert told["state"] == {}
    [group] = told["param_groups"]
    assert group["params"] == list(range(len(saved.params)))


def test_an_npz_comes_back_to_the_bit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = policy(spaces.Box(-2.0, 2.0, (1,), np.float32))
    convert.main([str(exported(saved, tmp_path, ".npz")), str(tmp_path / "back")])
    back = read_saved_policy(str(tmp_path / "back"), "load_path")
    ours = [value.tobytes() for value in saved.params.values()]
    assert [value.tobytes() for value in back.params.values()] == ours
    assert back.normalizer.digest() == saved.normalizer.digest()
    assert (back.metadata["update"], back.metadata["timesteps"]) == (7, 700)
    assert "not used" not in capsys.readouterr().out


def refusal(*arguments: object) -> str:
    with pytest.raises(UserError) as caught:
        export.main([str(argument) for argument in arguments])
    return str(caught.value)


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = policy().write(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert "walk.pth must end in one of .npz" in refusal(path, tmp_path / "walk.pth")
    assert "there is no folder" in refusal(path, tmp_path / "missing" / "walk.npz")
    assert refusal(tmp_path / "none", tmp_path / "walk.npz").startswith("CHECKPOINT: cannot read")
    policy(spaces.Discrete(3, start=1)).write(tmp_path)
    assert "actions begin with 0" in refusal(path, tmp_path / "walk.zip")
    assert sorted(tmp_path.iterdir()) == before


def test_a_student_that_needs_its_teachers_is_refused(
    tmp_path: Path, make_student: Callable[..., Any], write_checkpoint: Callable[..., str]
) -> None:
    student = make_student()
    path = write_checkpoint(student, student.init(RNG))
    assert "still needs its teachers" in refusal(path, tmp_path / "walk.npz")


def test_so_is_one_that_is_imitating() -> None:
    """It acts without its teachers, but no other command takes it for one that is alone."""
    saved = policy()
    with pytest.raises(UserError, match="still needs its teachers"):
        outgoing(replace(saved, policy=Kickstarted.like(saved.policy.plain)))


def test_another_network_is_refused(tmp_path: Path) -> None:
    saved = policy()
    path = saved.write(tmp_path)
    found = checkpoint.read(path, "--load_path")
    found.metadata["policy"]["network"] = "own"
    checkpoint.save(path, found.arrays, found.metadata)
    assert f"{path} has another network than mlp" in refusal(path, tmp_path / "walk.npz")
    own = replace(saved.policy, spec=replace(SMALL, network="own"))
    with pytest.raises(UserError, match="CHECKPOINT: it has another network than mlp"):
        outgoing(replace(saved, policy=own))


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path = policy().write(tmp_path)
    beside = tmp_path / "walk_vecnormalize.pkl"
    beside.write_text("mine")
    assert "walk_vecnormalize.pkl exists; --force" in refusal(path, tmp_path / "walk.zip")
    assert not (tmp_path / "walk.zip").exists()
    export.main([str(path), str(tmp_path / "walk.zip"), "--force"])
    assert beside.read_bytes() != b"mine"
    link = tmp_path / "walk.npz"
    link.symlink_to(tmp_path / "missing")  # such as on a disk that is not mounted
    assert "walk.npz exists; --force" in refusal(path, link)
    assert "not a regular file" in refusal(path, link, "--force")
    assert link.is_symlink()


def test_a_full_disk_leaves_neither_of_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = policy().write(tmp_path)
    (tmp_path / "walk.zip").write_text("mine")
    before, room = sorted(tmp_path.iterdir()), iter([None])

    def flush(_: int) -> None:
        if next(room, "full") == "full":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", flush)
    message = refusal(path, tmp_path / "walk.zip", "--force")
    assert message == f"OUT: cannot write {tmp_path}/walk.zip: No space left on device"
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "walk.zip").read_text() == "mine"


def test_equal_policies_give_equal_bytes(tmp_path: Path) -> None:
    saved = policy()
    for ending in (".npz", ".zip", ".onnx"):
        once, again = (exported(saved, tmp_path / name, ending) for name in ("a", "b"))
        assert once.read_bytes() == again.read_bytes()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.floats(allow_nan=False)
    | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


@given(PLAIN)
def test_python_reads_plain_data_back(value: Any) -> None:
    back = pickle.loads(pickled(value))
    assert (back, type(back)) == (value, type(value))


def test_python_reads_objects_back() -> None:
    box = spaces.Box(np.array([-np.inf, 0.0]), np.array([1.0, 2.0]), dtype=np.float64)
    assert pickle.loads(pickled({"space": box, "array": np.arange(3)}))["space"] == box


def test_what_is_not_here_is_named() -> None:
    there = Instance(Global("far.away", "Thing"), (1, "two"), {"three": [4]})
    root = parse(pickled(there)).root
    assert (root.made_by, root.arguments, root.state) == (there.made_by, (1, "two"), {"three": [4]})


@pytest.fixture
def walking(tmp_path: Path) -> tuple[SavedPolicy, np.ndarray, Path]:
    """The shipped teacher, observations, and its file for another program without the ending."""
    saved = read_saved_policy(str(ROOT / "teacher_models/centipede_four/0/00970"), "load_path")
    for ending in (".zip", ".onnx"):
        exported(saved, tmp_path, ending)
    return saved, observations(saved), tmp_path / "walk"


@pytest.mark.slow
def test_onnx_itself_acts_as_the_policy(walking: tuple[SavedPolicy, np.ndarray, Path]) -> None:
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    saved, obs, stem = walking
    onnx.checker.check_model(onnx.load(f"{stem}.onnx"), full_check=True)
    [actions] = runtime.InferenceSession(f"{stem}.onnx").run(["action"], {"obs": obs})
    theirs = TrainedPolicy(saved).predict(obs)[0]
    np.testing.assert_allclose(actions, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_stable_baselines3_itself_acts_as_the_policy_and_trains_it_on(
    walking: tuple[SavedPolicy, np.ndarray, Path],
) -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    vec_env = pytest.importorskip("stable_baselines3.common.vec_env")
    saved, obs, stem = walking
    env = gymnasium.make("CentipedeFour-v1")
    venv = vec_env.VecNormalize.load(f"{stem}_vecnormalize.pkl", vec_env.DummyVecEnv([lambda: env]))
    model = sb3.PPO.load(f"{stem}.zip", env=venv, device="cpu")
    normalized = venv.normalize_obs(obs)
    np.testing.assert_array_equal(normalized, saved.normalizer.normalize_obs(obs))
    actions = np.clip(TrainedPolicy(saved).predict(obs)[0], -1, 1)
    there = model.predict(normalized, deterministic=True)[0]
    np.testing.assert_allclose(there, actions, rtol=1e-5, atol=1e-5)
    values = model.policy.predict_values(model.policy.obs_to_tensor(normalized)[0])
    ours = saved.policy.value(saved.params, saved.normalizer.normalize_obs(obs))
    np.testing.assert_allclose(values.detach().numpy()[:, 0], ours, rtol=1e-4, atol=1e-4)
    venv.training = True
    model.learn(2048)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_activation_is_the_same_in_the_other_program(tmp_path: Path, activation: str) -> None:
    runtime = pytest.importorskip("onnxruntime")
    sb3 = pytest.importorskip("stable_baselines3")
    saved = policy(spaces.Box(-1e9, 1e9, (1,), np.float32), spec=NetworkSpec(2, 8, activation))
    obs = observations(saved)
    theirs, _ = TrainedPolicy(saved).predict(obs)
    if activation in onnx_file.ACTIVATIONS:
        path = exported(saved, tmp_path, ".onnx")
        [actions] = runtime.InferenceSession(str(path)).run(["action"], {"obs": obs})
        np.testing.assert_allclose(actions, theirs, rtol=1e-4, atol=1e-4)
    if activation in sb3_files.ACTIVATIONS:
        model = sb3.PPO.load(exported(saved, tmp_path, ".zip"), device="cpu")
        normalized = saved.normalizer.normalize_obs(obs)
        actions, _ = model.predict(normalized, deterministic=True)
        np.testing.assert_allclose(actions, theirs, rtol=1e-4, atol=1e-4)
