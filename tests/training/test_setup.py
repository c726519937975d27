"""What `prepare` makes of `--load_path` and of the teachers' files."""

import shutil
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import toys

from baselines.common.errors import UserError
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.networks import Mlp
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NETWORKS, NetworkSpec
from baselines.common.seeding import streams
from baselines.common.team import Team
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.ppo2.ppo2 import learn
from baselines.training.outlook import report
from baselines.training.setup import Setup, prepare
from baselines.training.states import SavedState, write_state
from baselines.training.teacher_files import load_teacher
from baselines.transfer.kickstart import KickstartConfig
from baselines.transfer.settings_read import config_with
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.student import Student
from baselines.transfer.teachers import teacher_weights

Arrays = dict[str, np.ndarray]
SIZES = {"num_hidden": 5, "num_timesteps": 3 * 2048}
TWICE = {"num_timesteps": 12 * 2048}
"""Of two environments and two ranks."""
FOUR = str(Path(__file__).resolve().parents[2] / "teacher_models/centipede_four/0/00970")


@pytest.fixture
def teacher_path(mlp_policy: Any, write_checkpoint: Callable[..., str]) -> str:
    policy = mlp_policy(obs_size=4, distribution=DiagGaussian(3))
    return write_checkpoint(policy, policy.init(np.random.default_rng(0)), update=1)


def student_of(path: str, perturbed: Any, frozen: bool) -> tuple[Student, Arrays]:
    plain = PlainPolicy(3, DiagGaussian(1), NetworkSpec(2, 5), "old", "vf_old")
    student = Student(plain, (load_teacher(path),), MappingSpec(2, 8), 0.1)
    if frozen:
        student = student.with_frozen_mapping(np.random.default_rng(99))
    return student, perturbed(student.init(np.random.default_rng(0)), 1)


def prepared(**settings: Any) -> Setup:
    setup = prepare(Config(env="Pendulum-v1", **(SIZES | settings)))
    setup.envs.close()
    return setup


def other_network(num_layers: int, num_hidden: int, activation: str) -> Mlp:
    return Mlp(num_layers, num_hidden, activation)


OTHER_KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "spec": ({"activation": "relu"}, {}),
    "distribution": ({"distribution": DiagGaussian(2)}, {}),
    "network": ({}, {"network": NETWORKS.adopt(other_network)}),
}
"""What a policy for CartPole-v1 has of another kind, or the run that is to go on from it."""


@pytest.mark.parametrize("part", OTHER_KINDS)
def test_variables_of_equal_shapes_are_not_taken_from_a_policy_of_another_kind(
    part: str, mlp_policy: Any, write_checkpoint: Callable[..., str]
) -> None:
    had, given = OTHER_KINDS[part]
    policy = mlp_policy(**({"obs_size": 4, "distribution": Categorical(2)} | had))
    saved = write_checkpoint(policy, policy.init(np.random.default_rng(0)))
    config = Config(env="CartPole-v1", load_path=saved, **(SIZES | given))
    with pytest.raises(UserError, match=f"^--load_path: .* does not fit .*: its {part} is .*, not"):
        prepare(config)


@pytest.mark.parametrize("mapping", ["learned", "frozen"])
def test_a_student_goes_on_from_where_it_was(
    teacher_path: str, perturbed: Any, write_checkpoint: Callable[..., str], mapping: str
) -> None:
    student, params = student_of(teacher_path, perturbed, mapping == "frozen")
    seen = Normalizer.fresh(3)
    seen.obs_rms.update(np.random.default_rng(0).normal(3.0, 2.0, (20, 3)))
    seen.ret_rms.update(np.random.default_rng(1).normal(9.0, 4.0, 20))
    saved = write_checkpoint(student, params, normalizer=seen)
    setup = prepared(
        teacher_paths=(teacher_path,),
        mapping=mapping,
        mapping_num_hidden=8,
        load_path=saved,
        seed=5,
        pi_scope="new",
        vf_scope="vf_new",
    )
    assert len(setup.params) == len(params)
    scopes = {"old": "new", "vf_old": "vf_new"}
    for name, value in params.items():
        scope, _, rest = name.partition("/")
        found = setup.params[f"{scopes.get(scope, scope)}/{rest}"]
        np.testing.assert_array_equal(found, value, err_msg=name)
    assert setup.normalizer.digest() == seen.digest()
    obs = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
    np.testing.assert_array_equal(setup.policy.pi(setup.params, obs)[0], student.pi(params, obs)[0])


def test_an_unfinished_student_needs_its_teachers(
    teacher_path: str, perturbed: Any, write_checkpoint: Callable[..., str], tmp_path: Path
) -> None:
    student, params = student_of(teacher_path, perturbed, frozen=False)
    config = Config(env="Pendulum-v1", load_path=write_checkpoint(student, params), num_hidden=5)
    with pytest.raises(ValueError, match=r"--load_path: .* still needs its teachers"):
        prepare(config)


def test_an_unfinished_student_goes_on_with_its_own_method_alone(
    teacher_path: str, perturbed: Any, write_checkpoint: Callable[..., str]
) -> None:
    student, params = student_of(teacher_path, perturbed, frozen=False)
    config = config_with("outside:HOLDS_LAYERS")(
        env="Pendulum-v1", load_path=write_checkpoint(student, params), num_hidden=5,
        teacher_paths=(teacher_path,), transfer="outside:HOLDS_LAYERS",
    )  # fmt: skip
    with pytest.raises(UserError, match=r"^--transfer: .*LAYERS, but .* of mikt .*; give mikt$"):
        prepare(config)


def test_a_student_goes_on_with_its_random_teachers(
    teacher_path: str, perturbed: Any, write_checkpoint: Callable[..., str]
) -> None:
    student, params = student_of(teacher_path, perturbed, frozen=False)
    (teacher,) = student.teachers
    untrained = teacher_weights.untrained(teacher, np.random.default_rng(31))
    student = replace(student, teachers=(untrained,))
    saved = write_checkpoint(student, params)
    setup = prepared(
        teacher_paths=(teacher_path,),
        teacher_weights="random",
        mapping_num_hidden=8,
        load_path=saved,
    )
    assert isinstance(setup.policy, Student)
    (found,) = setup.policy.teachers
    for name, value in untrained.params.items():
        assert found.params[name].tobytes() == value.tobytes()
    assert found.random


def test_a_student_goes_on_with_its_teachers_in_their_order(
    teacher_path: str, mlp_policy: Any, perturbed: Any, write_checkpoint: Callable[..., str]
) -> None:
    other = mlp_policy(obs_size=6)
    second = write_checkpoint(other, other.init(np.random.default_rng(1)), "Other-v0", update=2)
    plain = PlainPolicy(3, DiagGaussian(1), NetworkSpec(2, 5))
    teachers = (load_teacher(teacher_path), load_teacher(second))
    student = Student(plain, teachers, MappingSpec(2, 8), 0.1)
    saved = write_checkpoint(student, perturbed(student.init(np.random.default_rng(0)), 1))
    settings: dict[str, Any] = {"mapping_num_hidden": 8, "load_path": saved}
    setup = prepared(teacher_paths=(teacher_path, second), **settings)
    assert isinstance(setup.policy, Student)
    with pytest.raises(ValueError, match=r"^--load_path: .* in the same order"):
        prepared(teacher_paths=(second, teacher_path), **settings)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"mapping_num_hidden": 9}, "--mapping_num_hidden: 9, but the student .* has 8; give"),
        ({"mapping_num_layers": 1}, "--mapping_num_layers: 1, but the student .* has 2; give"),
        ({"mapping": "examples.linear_mapping:linear_mapping"}, "--mapping: .* has learned; give"),
    ],
    ids=str,
)
def test_a_student_does_not_go_on_with_another_mapping(
    teacher_path: str, perturbed: Any, write_checkpoint: Any, mapping: dict[str, Any], message: str
) -> None:
    saved = write_checkpoint(*student_of(teacher_path, perturbed, frozen=False))
    settings = {"mapping_num_hidden": 8} | mapping
    with pytest.raises(ValueError, match=message):
        prepared(teacher_paths=(teacher_path,), load_path=saved, **settings)


@pytest.mark.parametrize(("given", "had"), [("loaded", "random"), ("random", "loaded")])
def test_a_student_does_not_go_on_with_other_weights_of_its_teachers(
    teacher_path: str, perturbed: Any, write_checkpoint: Callable[..., str], given: str, had: str
) -> None:
    student, params = student_of(teacher_path, perturbed, frozen=False)
    if had == "random":
        untrained = (
            teacher_weights.untrained(t, np.random.default_rng(31)) for t in student.teachers
        )
        student = replace(student, teachers=tuple(untrained))
    saved = write_checkpoint(student, params)
    told = f"--teacher_weights: {given} is not what .*{saved} .*; give {had}$"
    with pytest.raises(ValueError, match=told):
        prepared(teacher_paths=(teacher_path,), teacher_weights=given, load_path=saved)


def test_of_a_folder_of_teachers_the_file_that_was_taken_is_named(
    teacher_path: str, tmp_path: Path
) -> None:
    for name in ("00002", "00010", "best"):
        shutil.copy(teacher_path, tmp_path / name)
    setup = prepared(teacher_paths=(str(tmp_path),))
    assert [t["path"] for t in setup.provenance["teachers"]] == [str(tmp_path / "00010")]
    assert f"teacher: {tmp_path / '00010'}, trained on Source-v0" in list(report(setup))
    with pytest.raises(UserError, match=rf"^--laterals: .* \(the teacher {tmp_path / '00010'}\)$"):
        prepared(teacher_paths=(str(tmp_path),), laterals="identity", num_hidden=7)


@pytest.mark.parametrize(
    "settings", [{}, {"teacher_weights": "random"}, {"transfer": "mlpp"}], ids=str
)
def test_the_teachers_file_is_named_whatever_is_taken_from_it(
    teacher_path: str, settings: dict[str, str]
) -> None:
    setup = prepared(teacher_paths=(teacher_path,), **settings)
    assert setup.provenance["teachers"] == [
        {
            "path": teacher_path,
            "env": {"id": "Source-v0", "kwargs": {}},
            "sha256": load_teacher(teacher_path).sha256,
            "timesteps": 0,
        }
    ]
    assert setup.provenance["config"].items() >= settings.items()


def test_mlpp_starts_with_statistics_of_its_own(teacher_path: str) -> None:
    setup = prepared(teacher_paths=(teacher_path,), transfer="mlpp")
    assert isinstance(setup.policy, PlainPolicy)
    assert setup.normalizer.obs_rms.mean.tolist() == [0, 0, 0]
    assert setup.normalizer.obs_rms.count < 1


def test_kickstarting_starts_with_the_statistics_of_its_teacher() -> None:
    """Height and orientation of the first torso come first on either body."""
    config = KickstartConfig(
        env="CentipedeSix-v1", transfer="kickstart", teacher_paths=(FOUR,), **SIZES
    )
    setup = prepare(config)
    setup.envs.close()
    theirs, own = load_teacher(FOUR).statistics, setup.normalizer.obs_rms
    assert theirs is not None
    np.testing.assert_array_equal(own.mean[:5], theirs.mean[:5])
    np.testing.assert_array_equal(own.var[:5], theirs.var[:5])
    assert own.count == 1e5 < theirs.count


@pytest.mark.parametrize("rank", [0, 1])
def test_weights_and_environments_begin_by_the_seed_of_the_run(rank: int) -> None:
    """And those of the second rank by seeds of their own, or it would see what the first sees."""
    team = Team()
    team.rank, team.size = rank, 2
    setup = prepare(Config(env="Pendulum-v1", num_env=2, seed=5, **(SIZES | TWICE)), team)
    given = streams(5, num_env=2, rank=rank)
    starts = [gym.make("Pendulum-v1").reset(seed=seed)[0] for seed in given.env_seeds]
    np.testing.assert_array_equal(setup.envs.reset(), starts)
    setup.envs.close()
    assert setup.streams().state() == given.state()
    for name, value in setup.policy.plain.init(given.init).items():
        np.testing.assert_array_equal(setup.params[name], value)


@pytest.mark.parametrize(("asked", "threads"), [(0, 3), (1, 0), (2, 2)])
def test_environments_are_stepped_by_as_many_threads_as_asked_for(asked: int, threads: int) -> None:
    """By default as many as this rank has cores; one is that of the run itself."""

    class OfThreeCores(Team):
        cores = 3

    before = threading.active_count()
    config = Config(env="Pendulum-v1", num_env=4, num_threads=asked, **(SIZES | TWICE))
    setup = prepare(config, OfThreeCores())
    assert threading.active_count() == before + threads
    setup.envs.close()


def test_the_digest_of_a_setup_is_that_of_all_that_ranks_must_begin_with_alike(
    teacher_path: str,
) -> None:
    setup = prepared(teacher_paths=(teacher_path,))
    student = setup.policy
    assert isinstance(student, Student)
    (teacher,) = student.teachers
    untrained = replace(
        student, teachers=(teacher_weights.untrained(teacher, np.random.default_rng(1)),)
    )
    seen = Normalizer.fresh(3)
    seen.obs_rms.update(np.ones((1, 3)))

    def settings(**others: Any) -> Setup:
        config = setup.provenance["config"] | others
        return replace(setup, provenance=setup.provenance | {"config": config})

    def resumed(update: int = 1, lr_scale: float = 1.0, rollbacks: int = 0) -> Setup:
        policy = SavedPolicy(student, setup.params, seen, {"update": update})
        state = {"lr_scale": lr_scale, "rollbacks": rollbacks}
        return replace(setup, resumed=SavedState(Path("00001"), policy, state, []))

    assert settings(num_threads=3).digest() == setup.digest()  # ranks may have other machines
    others = [
        setup, settings(seed=3), resumed(), resumed(update=2), resumed(lr_scale=0.5),
        resumed(rollbacks=1), replace(setup, normalizer=seen), replace(setup, policy=untrained),
        replace(setup, params={name: x + 1 for name, x in setup.params.items()}),
    ]  # fmt: skip
    assert len({other.digest() for other in others}) == len(others)


def test_a_run_begins_with_the_asked_sigma_and_is_otherwise_the_same() -> None:
    usual, small = prepared().params, prepared(init_logstd=-1.0).params
    differing = {name for name in usual if not np.array_equal(usual[name], small[name])}
    assert differing == {"pi/pi/logstd"}
    np.testing.assert_array_equal(small["pi/pi/logstd"], np.float32([-1]))


def test_a_student_begins_with_the_asked_sigma(teacher_path: str) -> None:
    setup = prepared(teacher_paths=(teacher_path,), init_logstd=-1.0)
    np.testing.assert_array_equal(setup.params["pi/pi/logstd"], np.float32([-1]))


@pytest.mark.parametrize("excess", [0, 1])
def test_a_policy_is_saved_with_its_teachers_or_refused(
    excess: int, teacher_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"teacher_paths": (teacher_path,), "save_path": str(tmp_path)}
    setup = prepared(**settings)
    size = sum(x.nbytes for x in (*setup.params.values(), *setup.policy.frozen().values()))
    monkeypatch.setattr("baselines.training.setup.MAX_BYTES", size - excess)
    with pytest.raises(UserError, match=r"^--save_path: ") if excess else nullcontext():
        prepared(**settings)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[toys.DiscreteToy]:
    """The tasks of `DiscreteToy-v0` that have been closed."""
    tasks: list[toys.DiscreteToy] = []
    toys.register()
    monkeypatch.setattr(toys.DiscreteToy, "close", lambda self: tasks.append(self))
    return tasks


def test_a_run_that_is_refused_closes_its_tasks(closed: list[toys.DiscreteToy]) -> None:
    with pytest.raises(UserError, match=r"^--init_logstd: "):
        prepare(Config(env="DiscreteToy-v0", num_env=3, init_logstd=-1.0, **SIZES))
    assert len(closed) == 3


def test_a_run_that_is_finished_closes_its_tasks(
    closed: list[toys.DiscreteToy], tmp_path: Path
) -> None:
    config = Config(env="DiscreteToy-v0", num_env=3, save_path=str(tmp_path), **SIZES)
    setup = prepare(config)
    described = setup.provenance | {"update": config.nupdates, "timesteps": 0}
    policy = SavedPolicy(setup.policy, setup.params, setup.normalizer, described)
    state = {
        "progress": {"updates": config.nupdates}, "ranks": [{}], "rollbacks": 0, "lr_scale": 1.0,
        "log": {}, "provenance": setup.provenance,
    }  # fmt: skip
    write_state(tmp_path, policy, state, 1)
    learn(replace(config, resume=True))
    assert len(closed) == 3


@pytest.mark.parametrize("actions", [1, 3])
def test_mlpp_begins_with_the_asked_sigma_unless_it_copies_one(
    actions: int, mlp_policy: Any, write_checkpoint: Callable[..., str]
) -> None:
    policy = mlp_policy(obs_size=4, distribution=DiagGaussian(actions))
    path = write_checkpoint(policy, policy.init(np.random.default_rng(0)), update=1)
    settings: dict[str, Any] = {"teacher_paths": (path,), "transfer": "mlpp"}
    if actions == 1:  # as many as the student has
        with pytest.raises(UserError, match=r"^--init_logstd: .* copies the σ of the teacher"):
            prepared(init_logstd=-1.0, **settings)
        prepared(**settings)
    else:
        logstd = prepared(init_logstd=-1.0, **settings).params["pi/pi/logstd"]
        np.testing.assert_array_equal(logstd, np.float32([-1]))


def test_a_policy_of_discrete_actions_has_no_sigma() -> None:
    with pytest.raises(UserError, match=r"^--init_logstd: the actions of CartPole-v1 are Discrete"):
        prepare(Config(env="CartPole-v1", init_logstd=-1.0, **SIZES))
