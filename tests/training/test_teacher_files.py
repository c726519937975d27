"""Teachers straight from files of other programs, and what their users are told."""

import hashlib
import pickle
import sys
from pathlib import Path
from typing import Any

import hostile
import joblib
import numpy as np
import pytest
from fork_files import fork_variables, hidden_sums, write_fork_file

from baselines.common.errors import UserError
from baselines.config import Config
from baselines.training.setup import prepare
from baselines.training.teacher_files import load_teacher
from baselines.transfer.student.student import Student

FIXTURES = hostile.FIXTURES
SOURCE = "Swimmer-v5"  # 8 observations, 2 actions


@pytest.fixture
def fork_path(tmp_path: Path) -> str:
    return write_fork_file(tmp_path / "0" / "00970", fork_variables(8, 2))


def refusal(path: str | Path, source_env: str = SOURCE) -> str:
    with pytest.raises(UserError) as caught:
        load_teacher(str(path), source_env)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    return message


@pytest.mark.parametrize(
    "scopes", [("teacher0", "vf_teacher0"), ("student1", "vf_student1"), ("a/x", "b/y")]
)
def test_a_teacher_of_the_fork_has_the_features_of_its_file(
    tmp_path: Path, scopes: tuple[str, str]
) -> None:
    variables = fork_variables(8, 2, width=7, scopes=scopes)
    path = Path(write_fork_file(tmp_path / "00970", variables))
    teacher = load_teacher(str(path), SOURCE)
    assert teacher.env == {"id": SOURCE, "kwargs": {}}
    assert teacher.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    x = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    for scope, found in zip(
        scopes, (teacher.policy_features(x), teacher.value_features(x)), strict=True
    ):
        for z, expected in zip(found, hidden_sums(variables, scope, x), strict=True):
            np.testing.assert_allclose(z, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["pendulum", "cartpole"])
def test_a_teacher_of_stable_baselines3_acts_as_there(name: str) -> None:
    env_id = {"pendulum": "Pendulum-v1", "cartpole": "CartPole-v1"}[name]
    teacher = load_teacher(str(FIXTURES / f"{name}.zip"), env_id)
    with np.load(FIXTURES / f"{name}_expected.npz") as there:
        x = there["normalized" if "normalized" in there else "obs"].astype(np.float32)
        mode = teacher.policy.distribution.mode(teacher.policy.pi(teacher.params, x))
        np.testing.assert_allclose(mode, there["actions"], rtol=1e-4, atol=1e-5)


def npz(folder: Path, **facts: Any) -> str:
    """Variables of a policy for `SOURCE` under our names, with what else the file tells."""
    fork = fork_variables(8, 2)
    ours = {
        "teacher0/pi_out": "pi/pi", "vf_teacher0/vf_out": "vf/vf", "vf_teacher0": "vf",
        "teacher0/logstd": "pi/pi/logstd", "teacher0": "pi",
    }  # fmt: skip
    renamed = {}
    for name, value in fork.items():
        start = next((old for old in ours if name.startswith(old)), "")
        if start and "Adam" not in name:
            renamed[ours[start] + name.removeprefix(start).removesuffix(":0")] = value
    np.savez(folder / "x.npz", **renamed, **facts)
    return str(folder / "x.npz")


def test_an_npz_may_tell_its_task(tmp_path: Path) -> None:
    path = npz(tmp_path, env=SOURCE, timesteps=24576)
    teacher = load_teacher(path)
    assert (teacher.env["id"], teacher.timesteps, teacher.path) == (SOURCE, 24576, path)
    config = Config(env="CartPole-v1", teacher_paths=(path,), source_env="Hopper-v5")
    with pytest.raises(UserError, match=f"--source_env: Hopper-v5, but .* on {SOURCE}"):
        prepare(config)


def test_a_students_setup_remembers_the_file(fork_path: str) -> None:
    config = Config(
        env="CartPole-v1", nsteps=64, num_timesteps=192, teacher_paths=(fork_path,),
        source_env=SOURCE, teacher_network="mlp",
    )  # fmt: skip
    setup = prepare(config)
    assert isinstance(setup.policy, Student)
    sha256 = hashlib.sha256(Path(fork_path).read_bytes()).hexdigest()
    (told,) = setup.provenance["teachers"]
    assert told == {
        "path": fork_path, "env": {"id": SOURCE, "kwargs": {}}, "sha256": sha256, "timesteps": 0,
    }  # fmt: skip


def test_what_a_file_of_the_fork_does_not_tell_must_be_given(fork_path: str) -> None:
    assert refusal(fork_path, "").startswith("--source_env: missing; ")
    assert refusal(fork_path, "Hopper-v5").startswith(
        "--source_env: Hopper-v5 has 11 observations and 3 Box actions, and the policy in"
    )
    assert "did you mean Swimmer-v5" in refusal(fork_path, "Swimer-v5")
    assert refusal(fork_path, "nowhere:Task-v0").startswith("--source_env: cannot import")


def test_a_file_has_no_module_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "canary_of_npz.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    path = npz(tmp_path, env="canary_of_npz:Task-v0")
    assert "of another module; if you trust" in refusal(path)
    assert "canary_of_npz" not in sys.modules


def test_several_networks_are_told_apart_by_convert_alone(tmp_path: Path) -> None:
    two = fork_variables(8, 2) | fork_variables(8, 2, scopes=("student0", "vf_student0"))
    message = refusal(write_fork_file(tmp_path / "x", two))
    assert "baselines.convert with --pi_scope; there are student0, teacher0, vf_s" in message


NO_TEACHERS = {
    "a student's mixing weights": (
        lambda: hostile.joblib_bytes(fork_variables(8, 2) | {"teacher0/p:0": np.ones(2)}),
        "holds more than a policy, such as teacher0/p; python -m baselines.convert",
    ),
    "an activation that is not told": (
        lambda: hostile.sb3_data(policy_kwargs={"activation_fn": {}}, policy_class={}),
        "does not tell the activation",
    ),
    "statistics": (
        lambda: (FIXTURES / "pendulum_vecnormalize.pkl").read_bytes(), "statistics only",
    ),
    "no network": (lambda: hostile.joblib_bytes({"w:0": np.ones(3)}), "has no hidden layers"),
    "a weight that is not finite": (
        lambda: hostile.joblib_bytes(
            fork_variables(8, 2) | {"teacher0/pi_out/b:0": np.full(2, np.nan)}
        ),
        "holds values in teacher0/pi_out/b that are not finite",
    ),
    "a list": (lambda: pickle.dumps([1, 2]), "--teacher_paths: "),
    "a text": (lambda: b"hello", "is of no known kind, or is damaged"),
    "nothing": (lambda: b"", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "says"), NO_TEACHERS.values(), ids=NO_TEACHERS)
def test_what_is_no_teacher_is_refused(tmp_path: Path, make: Any, says: str) -> None:
    (tmp_path / "x").write_bytes(make())
    message = refusal(tmp_path / "x")
    assert message.startswith(f"--teacher_paths: {tmp_path / 'x'} ")
    assert says in message


@pytest.mark.parametrize("name", hostile.FEW)
def test_a_hostile_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x").write_bytes(hostile.HOSTILE[name]())
    assert refusal("x").startswith("--teacher_paths: x ")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_file_of_the_fork_with_statistics_needs_none(tmp_path: Path) -> None:
    statistics = {f"ob_rms/{part}:0": np.full(9, np.nan) for part in ("mean", "std", "count")}
    joblib.dump(fork_variables(8, 2) | statistics, tmp_path / "x")
    assert load_teacher(str(tmp_path / "x"), SOURCE).policy.obs_size == 8
