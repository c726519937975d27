"""Kickstarting, against quadrature and by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from baselines import ppo2
from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.tensorflow_quietly import tf
from baselines.common.vec_env.entry_names import entry_names
from baselines.config import TEACHER_WEIGHTS
from baselines.training.setup import prepare
from baselines.transfer.kickstart import (
    KickstartConfig,
    Kickstarted,
    Lesson,
    imitation_weight,
    restore,
)
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.teacher import Teacher

WINDOWS = (Window((2, ABSENT, 0, 4), ((0, 2), (3, 0))), Window((1, 3, 0, 0), ((3, 1),)))
"""Two places of a teacher of 4 entries and 3 motors on a student of 5 entries and 4 motors."""

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def student(
    mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher]
) -> Kickstarted:
    plain = mlp_policy(obs_size=5, distribution=DiagGaussian(4))
    return Kickstarted.like(plain, lessons=(Lesson(make_teacher(1), WINDOWS),))


@pytest.fixture
def student_of_two(student: Kickstarted, make_teacher: Callable[..., Teacher]) -> Kickstarted:
    """The second teacher, of one more entry, has its windows partly where the first has them."""
    windows = (Window((4, 3, 2, 1, 0), ((1, 0),)), Window((0, ABSENT, 1, 1, 2), ((3, 2), (2, 1))))
    other = Lesson(make_teacher(2, "Other-v0", obs_size=5), windows)
    return Kickstarted.like(student.plain, lessons=(*student.lessons, other))


@pytest.fixture
def params(student: Kickstarted, perturbed: Any) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = perturbed(student.init(np.random.default_rng(0)), 3)
    return found


OBS = np.random.default_rng(1).standard_normal((7, 5)).astype(np.float32)
RETURNS = np.zeros(7, np.float32)


def expected_cross_entropy(student: Kickstarted, params: dict[str, np.ndarray]) -> float:
    """Window by window, motor by motor, with −∫ π_T log π_S by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    means, logstd = student.pi(params, OBS)
    places = [(lesson.teacher, window) for lesson in student.lessons for window in lesson.windows]
    reached = [motor for _, window in places for motor, _ in window.motors]
    total = 0.0
    for teacher, window in places:
        for row, obs in enumerate(OBS):
            x = np.array([[0.0 if i == ABSENT else obs[i] for i in window.entries]], np.float32)
            aims, aim_logstd = teacher.policy.pi(teacher.params, x)
            for own, theirs in window.motors:
                actions = aims[0, theirs] + np.exp(aim_logstd[theirs]) * nodes
                logp = stats.norm.logpdf(actions, means[row, own], np.exp(logstd[own]))
                entropy = -(weights @ logp) / weights.sum()
                total += entropy / reached.count(own) / len(OBS)
    return total


def test_cross_entropy(student: Kickstarted, params: dict[str, np.ndarray]) -> None:
    expected = expected_cross_entropy(student, params)
    _, _, losses = student.learning_outputs(params, OBS, RETURNS)
    assert losses.keys() == {"kickstart"}
    assert losses["kickstart"] == pytest.approx(expected, rel=1e-5)


def test_two_teachers_teach_where_each_has_its_places(
    student_of_two: Kickstarted, params: dict[str, np.ndarray]
) -> None:
    expected = expected_cross_entropy(student_of_two, params)
    again = restore(json.loads(json.dumps(student_of_two.describe())), student_of_two.frozen())
    for policy in (student_of_two, again):
        loss = policy.learning_outputs(params, OBS, RETURNS)[2]["kickstart"]
        assert loss == pytest.approx(expected, rel=1e-5)
    assert again.describe() == student_of_two.describe()
    assert student_of_two.outline() == [
        "Source-v0 teaches 2 of 4 motors, in 2 places of the body",
        "Other-v0 teaches 3 of 4 motors, in 2 places of the body",
    ]


def test_tensors_give_the_same_and_only_the_student_learns(
    student: Kickstarted, params: dict[str, np.ndarray]
) -> None:
    variables = {name: tf.Variable(value) for name, value in params.items()}
    with tf.GradientTape() as tape:
        loss = student.learning_outputs(variables, tf.constant(OBS), RETURNS)[2]["kickstart"]
    assert float(loss) == pytest.approx(expected_cross_entropy(student, params), rel=1e-5)
    gradients = dict(zip(variables, tape.gradient(loss, list(variables.values())), strict=True))
    moved = {name for name, gradient in gradients.items() if gradient is not None}
    assert moved == {name for name in params if name.startswith("pi/")}
    # Motors 1 and 2 have no teacher.
    assert gradients["pi/pi/b"].numpy()[[1, 2]].tolist() == [0, 0]
    assert (gradients["pi/pi/b"].numpy()[[0, 3]] != 0).all()


def test_the_least_is_reached_where_the_student_acts_as_its_teacher(
    mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher]
) -> None:
    teacher = make_teacher(1)
    same = Window((0, 1, 2, 3), ((0, 0), (1, 1), (2, 2)))
    student = Kickstarted.like(teacher.policy, lessons=(Lesson(teacher, (same,)),))
    variables = {name: tf.Variable(value) for name, value in teacher.params.items()}
    with tf.GradientTape() as tape:
        _, _, losses = student.learning_outputs(variables, tf.constant(OBS[:, :4]), RETURNS)
        loss = losses["kickstart"]
    entropy = teacher.policy.distribution.entropy(teacher.policy.pi(teacher.params, OBS[:, :4]))
    assert float(loss) == pytest.approx(float(np.mean(entropy)), rel=1e-5)
    for gradient in tape.gradient(loss, list(variables.values())):
        assert gradient is None or np.abs(gradient).max() < 1e-5


@pytest.mark.parametrize(
    ("update", "expected"), [(1, 1), (46, 0.5), (89, 2 / 90), (91, 0), (100, 0)]
)
def test_imitation_falls_to_nothing(update: int, expected: float) -> None:
    assert imitation_weight(update, 100, 0.9) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("entries", "motors"),
    [
        ([0, 1, 2, 5], [[0, 0]]),
        ([0, 1, 2], [[0, 0]]),
        ([0, 1, 2, 3], [[4, 0]]),
        ([0, 1, 2, 3], [[0, 3]]),
        ([0, 1, 2, 3], [[0, -1]]),
        ([0, 1, 2, 3], []),
        ([0, 1, 2, 3.0], [[0, 0]]),
        ([0, 1, 2, -2], [[0, 0]]),
    ],
)
def test_a_window_that_does_not_fit_is_refused(
    student: Kickstarted, entries: list[Any], motors: list[Any]
) -> None:
    described = student.describe()
    described["transfer"]["lessons"][0]["windows"] = [[entries, motors]]
    with pytest.raises(ValueError, match="a window"):
        restore(described, student.frozen())


SMALL: dict[str, Any] = {
    "num_timesteps": 3 * 64, "nsteps": 64, "nminibatches": 2, "noptepochs": 1,
    "transfer": "kickstart", "xla": False, "num_threads": 1,
}  # fmt: skip
FOUR = str(ROOT / "teacher_models" / "centipede_four" / "0" / "00970")


def test_a_run_ends_as_an_ordinary_policy(tmp_path: Path) -> None:
    model = ppo2.learn(
        env="CentipedeFive-v1", teachers=[FOUR], save_path=str(tmp_path / "models"),
        log_path=str(tmp_path / "logs"), pi_scope="S", vf_scope="V", **SMALL,
    )  # fmt: skip
    assert "transfer" not in model.saved.policy.describe()
    assert {name.split("/")[0] for name in model.saved.params} == {"S", "V"}
    rows = (tmp_path / "logs" / "progress.csv").read_text().splitlines()
    column = rows[0].split(",").index("kickstart_coef")
    weights = [float(row.split(",")[column]) for row in rows[1:]]
    assert weights == pytest.approx([1, 1 - 1 / 2.7, 0])


@pytest.mark.parametrize("weights", TEACHER_WEIGHTS)
def test_an_untrained_teacher_has_the_noise_of_the_students_start(weights: str) -> None:
    """Its statistics are not the student's; those of one whose networks alone are random are."""
    setup = prepare(
        KickstartConfig(
            env="CentipedeFive-v1", teacher_paths=(FOUR,), teacher_weights=weights,
            init_logstd=-1.0, **SMALL,
        )
    )  # fmt: skip
    setup.envs.close()
    assert isinstance(setup.policy, Kickstarted)
    (lesson,) = setup.policy.lessons
    trained = ppo2.load(FOUR).saved.params["pi/pi/logstd"]
    expected = trained if weights != "random" else np.full(10, -1.0)
    np.testing.assert_array_equal(lesson.teacher.params["pi/pi/logstd"], expected)
    for name, value in setup.policy.plain.init(setup.streams().init).items():  # as from scratch
        np.testing.assert_array_equal(setup.params[name], value, err_msg=name)
    assert (setup.normalizer.obs_rms.count < 1) == (weights == "random")


def test_a_teacher_teaches_in_all_of_its_places_and_begins_the_statistics_there() -> None:
    """The body of CentipedeFour is found twice in that of CentipedeSix, one torso apart."""
    config = KickstartConfig(env="CentipedeSix-v1", teacher_paths=(FOUR,), **SMALL)
    setup = prepare(config)
    setup.envs.close()
    assert setup.policy.outline() == [
        "CentipedeFour-v1 teaches 16 of 16 motors, in 2 places of the body"
    ]
    ours, theirs = (
        entry_names(f"Centipede{length}-v1", {}).observation for length in ("Six", "Four")
    )
    own, known = setup.normalizer.obs_rms, ppo2.load(FOUR).saved.normalizer.obs_rms
    # The last torso and its legs lie in the second place alone.
    for part, moved in {
        "torso_1": "torso_2",
        "bodyupdown_1": "bodyupdown_2",
        "ankle_3": "ankle_5",
    }.items():
        for at, entry in enumerate(theirs):
            if entry.part == part:
                there = ours.index(entry._replace(part=moved))
                assert (own.mean[there], own.var[there]) == (known.mean[at], known.var[at]), entry


def test_a_task_without_named_motors_is_told() -> None:
    with pytest.raises(UserError, match=r"^env: CartPole-v1 is no MuJoCo task"):
        ppo2.learn(env="CartPole-v1", teachers=[FOUR], **SMALL)
    with pytest.raises(UserError, match=r"of Humanoid-v5 .*, and transfer: kickstart needs"):
        ppo2.learn(env="Humanoid-v5", teachers=[FOUR], **SMALL)
    with pytest.raises(UserError, match="none of whose motors has the name of one of Hopper-v5"):
        ppo2.learn(env="Hopper-v5", teachers=[FOUR], **SMALL)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "^source_env: the file's task is 'unheard_of:Body-v0', of another module"),
        ({"source_env": "unheard_of:Body-v0"}, "^source_env: cannot import 'unheard_of'"),
    ],
)
def test_the_module_of_a_teachers_task_is_imported_when_it_is_named(
    given: dict[str, str], told: str
) -> None:
    teacher = ppo2.load(FOUR)
    teacher.saved.metadata["env"] = {"id": "unheard_of:Body-v0", "kwargs": {}}
    with pytest.raises(UserError, match=told):
        ppo2.learn(env="CentipedeFive-v1", teachers=teacher, **given, **SMALL)


def test_a_teachers_task_that_is_not_of_its_sizes_is_told() -> None:
    teacher = ppo2.load(FOUR)
    teacher.saved.metadata["env"] = {"id": "CentipedeSix-v1", "kwargs": {}}
    told = (
        "^source_env: CentipedeSix-v1 has 139 observation dimensions and 16 motors, and the policy"
        " 97 and 10 action dimensions"
    )
    with pytest.raises(UserError, match=told):
        ppo2.learn(env="CentipedeFive-v1", teachers=teacher, **SMALL)
