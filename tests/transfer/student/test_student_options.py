"""Students whose teachers are mixed in otherwise than by default, against loops in float64."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from baselines import ppo2
from baselines.common.checkpoint import CheckpointError
from baselines.common.errors import UserError
from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.seeding import streams
from baselines.common.tensorflow_quietly import tf
from baselines.config import Config
from baselines.transfer.mikt import MIKT, start
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.metric_values import own_shares_of
from baselines.transfer.student.mixing import MixingSpec
from baselines.transfer.student.student import Student
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.teacher import Teacher
from baselines.transfer.unfinished import check_same_options

Arrays = dict[str, np.ndarray]

WINDOWS = (
    Window((2, ABSENT, 0, 1), ((0, 2), (1, 0))),
    Window((0, 1, ABSENT, 1, 2, ABSENT), ((1, 1),)),
)
"""Of teachers of 4 and 6 entries and 3 motors, on a student of 3 entries and 2 motors."""

OPTIONS: dict[str, tuple[str, MixingSpec, tuple[str, ...]]] = {
    "named mapping": ("named", MixingSpec(), ()),
    "fixed laterals": ("learned", MixingSpec(laterals="identity"), ()),
    "named outputs": ("learned", MixingSpec(outputs="named"), ()),
    "learned outputs": ("learned", MixingSpec(outputs="learned"), ()),
    "value alignment": ("learned", MixingSpec(), ("value_alignment",)),
    "distillation": ("learned", MixingSpec(), ("distillation",)),
    "all": ("named", MixingSpec("identity", "named"), ("value_alignment", "distillation")),
}
ROOT = Path(__file__).resolve().parents[3]
OBS = np.random.default_rng(3).standard_normal((9, 3)).astype(np.float32)
RETURNS = np.random.default_rng(6).standard_normal(9).astype(np.float32)


@pytest.fixture(params=list(OPTIONS))
def option(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def student(
    option: str, mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher]
) -> Student:
    mapping, mixing, losses = OPTIONS[option]
    plain = mlp_policy(scopes=("student", "vf_student"))
    teachers = make_teacher(1), make_teacher(2, "Other-v0", obs_size=6, activation="relu")
    windows = WINDOWS if "named" in (mapping, mixing.outputs) else ()
    spec = MappingSpec(2, 8, "tanh", mapping)
    options: dict[str, Any] = {"mixing_spec": mixing, "optional_losses": losses}
    return Student(plain, teachers, spec, 0.7, windows=windows, **options)


@pytest.fixture
def params(student: Student, perturbed: Any) -> Arrays:
    found: Arrays = perturbed(student.init(np.random.default_rng(0)), 1)
    return found


class Reference:
    """The equations of the options, from the named variables."""

    def __init__(self, option: str, student: Student, params: Arrays) -> None:
        self.mapping, self.mixing, self.losses = OPTIONS[option]
        self.teachers = student.teachers
        self.params = {name: np.asarray(value, float) for name, value in params.items()}

    def net(self, scope: str, x: np.ndarray, head: str = "out") -> np.ndarray:
        """What two hidden layers and an output layer put out, without any teacher."""
        p, x = self.params, x.astype(float)
        for i in range(2):
            x = np.tanh(x @ p[f"{scope}/mlp_fc{i}/w"] + p[f"{scope}/mlp_fc{i}/b"])
        return x @ p[f"{scope}/{head}/w"] + p[f"{scope}/{head}/b"]

    def phi(self, j: int, obs: np.ndarray) -> np.ndarray:
        x = self.net(f"transfer/embedding{j}", obs)
        if self.mapping == "named":
            for column, entry in enumerate(WINDOWS[j].entries):
                if entry != ABSENT:
                    x[:, column] += obs[:, entry]
        return x

    def share(self, scope: str, layer: int) -> np.ndarray:
        weights = np.exp(self.params[f"{scope}/mixing{layer}"])
        return weights / weights.sum()

    def action(self, j: int, theirs: np.ndarray) -> np.ndarray:
        """A teacher's actions as the student's."""
        if self.mixing.outputs == "learned":
            return theirs @ self.params[f"student/lateral2_{j}"]
        moved = np.zeros((len(theirs), 2))
        for own, his in WINDOWS[j].motors:
            moved[:, own] = theirs[:, his]
        return moved

    def side(self, scope: str, theirs: str, obs: np.ndarray) -> np.ndarray:
        p, h = self.params, obs
        seen = [self.phi(j, obs) for j in range(2)]
        for i in range(2):
            share = self.share(scope, i)
            mixed = share[0] * (h @ p[f"{scope}/mlp_fc{i}/w"] + p[f"{scope}/mlp_fc{i}/b"])
            for j, teacher in enumerate(self.teachers):
                w, b = (teacher.params[f"{theirs}/mlp_fc{i}/{k}"].astype(float) for k in "wb")
                z = seen[j] @ w + b
                seen[j] = np.tanh(z) if j == 0 else np.maximum(z, 0)
                if self.mixing.laterals == "learned":
                    z = z @ p[f"{scope}/lateral{i}_{j}"]
                mixed = mixed + share[j + 1] * z
            h = np.tanh(mixed)
        out = h @ p[f"{scope}/{theirs}/w"] + p[f"{scope}/{theirs}/b"]
        if self.mixing.outputs == "none":
            return out
        share = self.share(scope, 2)
        out = share[0] * out
        for j, teacher in enumerate(self.teachers):
            w, b = (teacher.params[f"{theirs}/{theirs}/{k}"].astype(float) for k in "wb")
            put_out = seen[j] @ w + b
            out = out + share[j + 1] * (self.action(j, put_out) if theirs == "pi" else put_out)
        return out

    def outputs(self, obs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        obs = obs.astype(float)
        return self.side("student", "pi", obs), self.side("vf_student", "vf", obs)[:, 0]

    def misalignment(self, obs: np.ndarray) -> float:
        """Of the teachers' values and the returns, sample by sample."""
        squares = []
        for j, teacher in enumerate(self.teachers):
            a, b = self.params[f"transfer/alignment{j}"]
            for sample, aim in zip(obs.astype(float), RETURNS, strict=True):
                x = self.phi(j, sample[None])
                for i in range(2):
                    w, c = (teacher.params[f"vf/mlp_fc{i}/{k}"].astype(float) for k in "wb")
                    x = np.tanh(x @ w + c) if j == 0 else np.maximum(x @ w + c, 0)
                value = (x @ teacher.params["vf/vf/w"] + teacher.params["vf/vf/b"]).item()
                squares.append((a * value + b - aim) ** 2)
        return sum(squares) / len(squares)

    def distillation(self, obs: np.ndarray, target: "Reference") -> float:
        """The loss of the student without its teachers, from what `target` does with them."""
        mean, value = target.outputs(obs)
        sigma = np.exp(target.params["student/pi/logstd"])
        apart = (mean - self.net("student", obs, "pi")) / sigma
        gaps = value - self.net("vf_student", obs, "vf")[:, 0]
        return sum(0.5 * (a @ a) + 0.5 * g * g for a, g in zip(apart, gaps, strict=True)) / len(obs)

    def coupling(self, scope: str) -> float:
        layers = 2 if self.mixing.outputs == "none" else 3
        return -float(np.mean([np.log(self.share(scope, i)[0]) for i in range(layers)]))


WEIGHTS = np.random.default_rng(5).standard_normal((9, 3))
"""Of the action means and the value in a sum that stands for a loss."""


def expected_sum(reference: Reference, target: Reference) -> float:
    """The sum; distillation draws the student to what it did with the variables of `target`."""
    mean, value = reference.outputs(OBS)
    both = np.column_stack([mean, value])
    couplings = reference.coupling("student") + 2 * reference.coupling("vf_student")
    alignment = 3 * reference.misalignment(OBS) if "value_alignment" in reference.losses else 0.0
    distilled = "distillation" in reference.losses
    distillation = 0.7 * reference.distillation(OBS, target) if distilled else 0.0
    return float((WEIGHTS * both).sum()) + couplings + alignment + distillation


def found_sum(student: Student, given: Any) -> Any:
    pi, value, losses = student.learning_outputs(given, tf.constant(OBS), tf.constant(RETURNS))
    assert list(losses) == ["ps", "vf_ps", "mutual_info", *student.optional_losses]
    both = tf.concat([pi[0], value[:, None]], axis=1)
    couplings = losses["ps"] + 2 * losses["vf_ps"]
    optional = 3 * losses.get("value_alignment", 0.0) + 0.7 * losses.get("distillation", 0.0)
    return tf.reduce_sum(WEIGHTS.astype(np.float32) * both) + couplings + optional


def test_forward_pass(
    option: str, student: Student, params: Arrays, to_backend: Callable[[Any], Any]
) -> None:
    given = {name: to_backend(value) for name, value in params.items()}
    mean, value = Reference(option, student, params).outputs(OBS)
    pi = student.pi(given, to_backend(OBS))
    np.testing.assert_allclose(pi[0], mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(pi[1], params["student/pi/logstd"])
    found = student.value(given, to_backend(OBS))
    np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-5)


def test_gradients(option: str, student: Student, params: Arrays) -> None:
    tensors = {name: tf.constant(value) for name, value in params.items()}
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        total = found_sum(student, tensors)
    target = Reference(option, student, params)
    assert float(total) == pytest.approx(expected_sum(target, target), rel=1e-4)
    gradients = tape.gradient(total, tensors, unconnected_gradients="zero")
    rng = np.random.default_rng(4)
    for name, value in params.items():
        direction = rng.standard_normal(value.shape)
        ahead, behind = (
            expected_sum(Reference(option, student, params | {name: value + step}), target)
            for step in (1e-6 * direction, -1e-6 * direction)
        )
        slope = float((gradients[name].numpy() * direction).sum())
        assert slope == pytest.approx((ahead - behind) / 2e-6, rel=1e-3, abs=1e-4), name
        unused = name.startswith("transfer/decoder") or name.endswith("logstd")
        assert bool(gradients[name].numpy().any()) != unused, name


def test_the_distillation_loss_of_discrete_actions(
    mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher], perturbed: Any
) -> None:
    """Unlike that of two Gaussians of the same σ, this divergence is not symmetric."""
    plain = mlp_policy(distribution=Categorical(4), scopes=("student", "vf_student"))
    losses = ("distillation",)
    student = Student(plain, (make_teacher(1),), MappingSpec(2, 8), 0.7, optional_losses=losses)
    params = perturbed(student.init(np.random.default_rng(0)), 1)
    (log_probabilities,), value, found = student.learning_outputs(params, OBS, RETURNS)
    reference = Reference("distillation", student, params)
    alone = special.softmax(reference.net("student", OBS, "pi"), axis=1)
    divergences = stats.entropy(np.exp(log_probabilities.astype(float)), alone, axis=1)
    gaps = value - reference.net("vf_student", OBS, "vf")[:, 0]
    expected = np.mean(divergences + 0.5 * gaps**2)
    assert found["distillation"] == pytest.approx(expected, rel=1e-4)
    assert np.mean(divergences) > 0.01


def test_acting(student: Student, params: Arrays) -> None:
    act, mean = student.actor(params), student.pi(params, OBS)[0]
    noise = np.zeros((9, 2), np.float32)
    np.testing.assert_allclose(act(OBS, noise), mean, rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(act(OBS[:1], noise[:1]), mean[:1], rtol=2e-5, atol=2e-5)


def test_what_is_told_is_not_trained(option: str, student: Student, params: Arrays) -> None:
    mapping, mixing, losses = OPTIONS[option]
    present = {name.split("/", 1)[1] for name in params if "lateral" in name}
    learned = {f"lateral{i}_{j}" for i in range(2) for j in range(2)}
    expected = learned if mixing.laterals == "learned" else set()
    assert present - expected == (
        {"lateral2_0", "lateral2_1"} if mixing.outputs == "learned" else set()
    )
    assert expected <= present
    assert not [name for name in params if "selection" in name]
    start = student.init(np.random.default_rng(0))
    pairs = {name: value.tolist() for name, value in start.items() if "alignment" in name}
    both = {"transfer/alignment0": [1, 0], "transfer/alignment1": [1, 0]}
    assert pairs == (both if "value_alignment" in losses else {})
    assert ("student/mixing2" in params) == (mixing.outputs != "none")
    for name, value in start.items():
        if "/mixing" in name:
            np.testing.assert_allclose(value, [-0.1, 0.01, 0.01], rtol=1e-6, err_msg=name)
        if "/lateral" in name:
            limit = np.sqrt(6 / sum(value.shape))
            assert 0.3 * limit < value.std() < 0.9 * limit, name
    for teacher, name in ((0, "transfer/embedding0/out/w"), (1, "transfer/embedding1/out/w")):
        assert start[name].shape == (8, student.teachers[teacher].policy.obs_size)
        assert start[name].any() == (mapping == "learned")


@pytest.mark.parametrize("option", ["named mapping", "all"], indirect=True)
def test_the_named_mapping_starts_as_the_choice_of_entries(student: Student) -> None:
    params = student.init(np.random.default_rng(0))
    zero = np.zeros((9, 1), np.float32)
    padded = np.concatenate([OBS, zero], axis=1)  # entry −1 is absent
    for source, window in enumerate(WINDOWS):
        embedded = student.mapping.embed({**params, **student.fixed}, source, OBS)
        np.testing.assert_array_equal(embedded, padded[:, list(window.entries)])


@pytest.mark.parametrize(
    ("option", "losses"),
    [
        ("named mapping", []),
        ("named outputs", []),
        ("all", ["optional losses: the value-alignment loss, the distillation loss"]),
    ],
    indirect=["option"],
)
def test_what_has_the_same_name_is_told(student: Student, losses: list[str]) -> None:
    assert student.outline()[2:] == [
        "same names: 3 dimensions and 2 motors of Source-v0",
        "same names: 4 dimensions and 1 motors of Other-v0",
        *losses,
    ]


@pytest.mark.parametrize(
    ("option", "losses"),
    [
        ("learned outputs", []),
        ("value alignment", ["optional losses: the value-alignment loss"]),
        ("distillation", ["optional losses: the distillation loss"]),
    ],
    indirect=["option"],
)
def test_optional_losses_are_told(student: Student, losses: list[str]) -> None:
    assert student.outline()[2:] == losses


def test_shares_are_told_of_the_output_layer_too(student: Student, params: Arrays) -> None:
    layers = 3 if student.mixing_spec.with_outputs else 2
    found = own_shares_of(student, params)
    names = [f"{side}_{i}" for side in ("student_ps", "vf_student_ps") for i in range(layers)]
    assert found.keys() == {"student_ps", "vf_student_ps", *names}
    for name in names:
        side, _, layer = name.rpartition("_")
        logits = params[f"{side.removesuffix('_ps')}/mixing{layer}"].astype(float)
        assert found[name] == pytest.approx(1 / np.exp(logits - logits[0]).sum(), rel=1e-5)


def test_with_no_share_left_to_the_teachers_the_student_is_its_plain_policy(
    student: Student, params: Arrays
) -> None:
    for name, value in params.items():
        if "/mixing" in name:
            value[:] = 0
            value[0] = 50
    plain, left = student.plain, {name: params[name] for name in student.plain.shapes()}
    np.testing.assert_allclose(student.pi(params, OBS)[0], plain.pi(left, OBS)[0], atol=1e-6)
    np.testing.assert_allclose(student.value(params, OBS), plain.value(left, OBS), atol=1e-6)


def test_a_checkpoint_brings_it_back(student: Student, params: Arrays) -> None:
    again = MIKT.restore(json.loads(json.dumps(student.describe())), student.frozen())
    assert again.describe() == student.describe()
    assert again.shapes() == student.shapes()
    np.testing.assert_array_equal(again.pi(params, OBS)[0], student.pi(params, OBS)[0])
    np.testing.assert_array_equal(again.value(params, OBS), student.value(params, OBS))


@pytest.mark.parametrize("option", ["all"], indirect=True)
@pytest.mark.parametrize(
    "damage",
    [
        {"mixing": {"laterals": "none"}},
        {"mixing": {"outputs": "identity"}},
        {"mixing": {"hidden": "named"}},
        {"mixing": {}, "mapping_spec": {"mapping": "learned"}},
        {"mapping_spec": {"num_layers": 10**6, "mapping": "named"}},
        {"windows": []},
        {"windows": [[[0, 1, 2, 0], [[0, 0]]]]},
        {"windows": [[[0, 1, 2, 3], [[0, 0]]], [[0] * 6, [[0, 0]]]]},
        {"windows": [[[0, 1, 2, 0], [[2, 0]]], [[0] * 6, [[0, 0]]]]},
    ],
    ids=str,
)
def test_a_damaged_description_is_refused(student: Student, damage: dict[str, Any]) -> None:
    described = student.describe()
    described["transfer"] |= damage
    with pytest.raises((ValueError, TypeError)):
        MIKT.restore(described, student.frozen())


@pytest.mark.parametrize("option", ["distillation"], indirect=True)
def test_a_student_may_go_on_without_distillation(student: Student) -> None:
    plain = replace(student, optional_losses=())
    check_same_options(Config(load_path="old"), plain, student)
    check_same_options(Config(load_path="old"), student, plain)


@pytest.mark.parametrize(
    "option", [name for name in OPTIONS if name != "distillation"], indirect=True
)
def test_a_student_goes_on_with_the_same_options_only(option: str, student: Student) -> None:
    check_same_options(Config(load_path="old"), student, student)
    plain = replace(
        student, mapping_spec=MappingSpec(2, 8), mixing_spec=MixingSpec(), optional_losses=()
    )
    told = {
        "named mapping": "--mapping: learned, but the student old has named",
        "fixed laterals": "--laterals: learned, but the student old has identity",
        "named outputs": "--mix_outputs: none, but the student old has named",
        "learned outputs": "--mix_outputs: none, but the student old has learned",
        "value alignment": "--value_alignment_coef: 0.0, but the student old has one above 0",
        "all": "--laterals: learned, but the student old has identity",
    }
    with pytest.raises(CheckpointError, match=f"{told[option]}; give the same"):
        check_same_options(Config(load_path="old"), student, plain)
    with pytest.raises(CheckpointError, match=f"^{told[option].partition(':')[0]}: .* give"):
        check_same_options(Config(load_path="old"), plain, student)


def test_a_description_whose_networks_do_not_fit_is_refused(make_student: Any) -> None:
    student = make_student()
    described = student.describe()
    described["transfer"]["mixing"] = {"laterals": "identity"}
    with pytest.raises(ValueError, match=r"identity needs .*, 6, not 5 \(the teacher Source-v0\)$"):
        MIKT.restore(described, student.frozen())


def started(plain: PlainPolicy, teacher: Teacher, **settings: Any) -> None:
    config = Config(env="CartPole-v1", teacher_paths=("a",), **settings)
    start(plain, (replace(teacher, path="a/file"),), config, streams(0, num_env=1))


def test_what_does_not_fit_is_told(
    mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher]
) -> None:
    plain, teacher = mlp_policy(num_hidden=6), make_teacher(1)
    with pytest.raises(UserError, match=r"^--laterals: identity needs .*, 6, not 5 \(.*a/file\)$"):
        started(plain, teacher, laterals="identity")
    discrete = mlp_policy(distribution=Categorical(3))
    for kind in ("learned", "named"):
        with pytest.raises(UserError, match=f"--mix_outputs: {kind} needs .* Box"):
            started(discrete, teacher, mix_outputs=kind)
        with pytest.raises(UserError, match=f"--mix_outputs: {kind} needs .* Box"):
            started(plain, make_teacher(1, distribution=Categorical(2)), mix_outputs=kind)
    for settings in ({"mapping": "named"}, {"mix_outputs": "named"}):
        ((flag, value),) = settings.items()
        told = f"--env: CartPole-v1 is no MuJoCo task; .*, and --{flag}: {value} needs them"
        with pytest.raises(UserError, match=told):
            started(mlp_policy(distribution=DiagGaussian(2)), teacher, **settings)


FOUR = str(ROOT / "teacher_models" / "centipede_four" / "0" / "00970")


def test_a_run_with_every_option_ends_as_an_ordinary_policy(tmp_path: Path) -> None:
    model = ppo2.learn(
        env="CentipedeFive-v1", teachers=[FOUR], log_path=str(tmp_path), num_timesteps=3 * 64,
        nsteps=64, nminibatches=2, noptepochs=1, xla=False, num_threads=1, mapping="named",
        laterals="identity", mix_outputs="named", value_alignment_coef=0.25, distillation_coef=0.1,
    )  # fmt: skip
    assert "transfer" not in model.saved.policy.describe()
    header, *lines = (tmp_path / "progress.csv").read_text().splitlines()
    figures = zip(*(line.split(",") for line in lines), strict=True)
    logged = dict(zip(header.split(","), figures, strict=True))
    for name in ("student_ps_2", "vf_student_ps_2"):
        first, _, last = map(float, logged[name])
        assert first == pytest.approx(1 / (1 + np.exp(0.11)), abs=0.01)
        assert last == 1
    for loss, weight in {"value_alignment": 0.25, "distillation": 0.1}.items():
        assert list(map(float, logged[f"{loss}_coef"])) == [weight, weight, 0]
        *taught, alone = logged[f"{loss}_loss"]
        assert min(map(float, taught)) > 0
        assert alone == ""
