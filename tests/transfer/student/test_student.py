from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ppo_terms import outputs_by_hand, ppo_terms

from baselines.common.networks import networks
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NetworkSpec
from baselines.common.tensorflow_quietly import tf
from baselines.ppo2.losses import normalize_advantages
from baselines.ppo2.model import Model
from baselines.ppo2.update import minibatch_loss
from baselines.ppo2.update_inputs import Batch, LossInputs, UpdateSettings
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.metric_values import metrics_of, own_shares_of
from baselines.transfer.student.student import Student
from baselines.transfer.teachers.teacher import Teacher

Arrays = dict[str, np.ndarray]
COEFS, KL_COEF = {"ps": 0.6, "vf_ps": 0.8, "mutual_info": 0.4}, 0.3
SETTINGS = UpdateSettings(vf_coef=0.7, ent_coef=0.2, max_grad_norm=0.5)
NOTHING = dict.fromkeys(COEFS, 0.0)


def sources_of(teachers: tuple[Teacher, ...]) -> list[int]:
    """The number of each teacher's source task, counted by first appearance."""
    ids = [teacher.env["id"] for teacher in teachers]
    order = list(dict.fromkeys(ids))
    return [order.index(i) for i in ids]


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum()


class Reference:
    """The method's equations in plain NumPy, from the named variables."""

    def __init__(self, student: Student, params: Arrays) -> None:
        self.student = student
        self.params = {name: np.asarray(value, float) for name, value in params.items()}
        self.sources = sources_of(student.teachers)

    def net(self, scope: str, x: np.ndarray) -> np.ndarray:
        p = self.params
        for i in range(self.student.mapping_spec.num_layers):
            x = np.tanh(x @ p[f"{scope}/mlp_fc{i}/w"] + p[f"{scope}/mlp_fc{i}/b"])
        return x @ p[f"{scope}/out/w"] + p[f"{scope}/out/b"]

    def phi(self, source: int, obs: np.ndarray) -> np.ndarray:
        return self.net(f"transfer/embedding{source}", obs)

    def z(self, teacher: Teacher, scope: str, x: np.ndarray) -> list[np.ndarray]:
        function = np.tanh if teacher.policy.spec.activation == "tanh" else lambda a: a * (a > 0)
        layers = []
        for i in range(2):
            w, b = (teacher.params[f"{scope}/mlp_fc{i}/{k}"].astype(float) for k in "wb")
            layers.append(x @ w + b)
            x = function(layers[-1])
        return layers

    def side(self, scope: str, teacher_scope: str, head: str, obs: np.ndarray) -> np.ndarray:
        p, h = self.params, obs
        for i in range(2):
            share = softmax(p[f"{scope}/mixing{i}"])
            mixed = share[0] * (h @ p[f"{scope}/mlp_fc{i}/w"] + p[f"{scope}/mlp_fc{i}/b"])
            for j, teacher in enumerate(self.student.teachers):
                z = self.z(teacher, teacher_scope, self.phi(self.sources[j], obs))[i]
                mixed = mixed + share[j + 1] * z @ p[f"{scope}/lateral{i}_{j}"]
            h = np.tanh(mixed)
        return h @ p[f"{scope}/{head}/w"] + p[f"{scope}/{head}/b"]

    def mean(self, obs: np.ndarray) -> np.ndarray:
        return self.side("student", "pi", "pi", obs)

    def value(self, obs: np.ndarray) -> np.ndarray:
        return self.side("vf_student", "vf", "vf", obs)[:, 0]

    def coupling(self, scope: str) -> float:
        shares = [softmax(self.params[f"{scope}/mixing{i}"])[0] for i in range(2)]
        return -float(np.mean(np.log(shares)))

    def mutual_information(self, obs: np.ndarray) -> float:
        losses = []
        for source in sorted(set(self.sources)):
            mu = self.net(f"transfer/decoder{source}", self.phi(source, obs))
            own = np.exp(self.params[f"transfer/decoder{source}/logstd"])
            std = np.hypot(own, self.student.min_std)
            losses.append(np.mean(np.log(std) + (obs - mu) ** 2 / (2 * std**2)))
        return float(np.mean(losses))

    def loss(self, batch: Arrays, coefs: dict[str, float]) -> float:
        obs, a = batch["obs"].astype(float), batch["advantages"].astype(float)
        std = np.exp(self.params["student/pi/logstd"])
        normalized = batch | {"advantages": (a - a.mean()) / (a.std() + 1e-8)}
        terms = ppo_terms(normalized, self.mean(obs), std, self.value(obs))
        return float(
            terms["policy_loss"]
            + SETTINGS.vf_coef * terms["value_loss"]
            - SETTINGS.ent_coef * terms["policy_entropy"]
            + coefs["ps"] * self.coupling("student")
            + coefs["vf_ps"] * self.coupling("vf_student")
            + coefs["mutual_info"] * self.mutual_information(obs)
            + KL_COEF * terms["approxkl"]
        )


@pytest.fixture
def params(student: Student, perturbed: Any) -> Arrays:
    params: Arrays = perturbed(student.init(np.random.default_rng(0)), 1)
    for name in params:
        if name.endswith("decoder0/logstd"):
            params[name] = np.array([0.4, -0.9, -0.1], np.float32)  # the second below the floor
    return params


OBS = np.random.default_rng(3).standard_normal((9, 3)).astype(np.float32)
RETURNS = np.zeros(len(OBS), np.float32)


def test_forward_pass_by_the_equation(
    student: Student, params: Arrays, to_backend: Callable[[Any], Any]
) -> None:
    reference = Reference(student, params)
    given = {name: to_backend(value) for name, value in params.items()}
    obs = to_backend(OBS)
    mean, logstd = student.pi(given, obs)
    values = student.value(given, obs)
    expected = reference.mean(OBS.astype(float))
    np.testing.assert_allclose(mean, expected, rtol=1e-4, atol=1e-5)
    spread = np.broadcast_to(logstd, (9, 2))
    np.testing.assert_array_equal(spread, np.tile(params["student/pi/logstd"], (9, 1)))
    assert np.shape(values) == (9,)
    np.testing.assert_allclose(values, reference.value(OBS.astype(float)), rtol=1e-4, atol=1e-5)


def test_learning_sees_what_acting_sees(student: Student, params: Arrays) -> None:
    tensors = {name: tf.constant(value) for name, value in params.items()}
    pi, values, losses = student.learning_outputs(tensors, tf.constant(OBS), RETURNS)
    numpy_pi, numpy_values, numpy_losses = student.learning_outputs(params, OBS, RETURNS)
    for found in (numpy_pi, student.pi(params, OBS)):
        for a, b in zip(pi, found, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    for found in (numpy_values, student.value(params, OBS)):
        np.testing.assert_allclose(values, found, rtol=0, atol=1e-5)
    assert list(losses) == list(numpy_losses) == ["ps", "vf_ps", "mutual_info"]
    for name, loss in losses.items():
        assert float(loss) == pytest.approx(float(numpy_losses[name]), abs=1e-5)


def test_the_students_own_losses(student: Student, params: Arrays) -> None:
    reference = Reference(student, params)
    _, _, losses = student.learning_outputs(params, OBS, RETURNS)
    assert {name: float(loss) for name, loss in losses.items()} == pytest.approx(
        {
            "ps": reference.coupling("student"),
            "vf_ps": reference.coupling("vf_student"),
            "mutual_info": reference.mutual_information(OBS.astype(float)),
        },
        rel=1e-5,
    )


def gradient(
    student: Student,
    params: Arrays,
    batch: Arrays,
    coefs: dict[str, float],
    kl_coef: float = 0.0,
    **weights: float,
) -> tuple[float, Arrays]:
    tensors = {name: tf.constant(value) for name, value in params.items()}
    settings = UpdateSettings(**(vars(SETTINGS) | weights))
    normalised = {"advantages": normalize_advantages(batch["advantages"])}
    given = Batch(**{k: tf.constant(v) for k, v in (batch | normalised).items()})
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss, _ = minibatch_loss(student, settings, tensors, given, LossInputs(0.2, kl_coef, coefs))
    gradients = tape.gradient(loss, tensors, unconnected_gradients="zero")
    return float(loss), {name: g.numpy() for name, g in gradients.items()}


def test_gradients_are_the_slopes_of_the_methods_loss(
    student: Student, params: Arrays, make_batch: Any
) -> None:
    batch = make_batch(student, params, 16)
    loss, found = gradient(student, params, batch, COEFS, KL_COEF)
    assert loss == pytest.approx(Reference(student, params).loss(batch, COEFS), rel=1e-4)
    rng = np.random.default_rng(4)
    for name, value in params.items():
        direction = rng.standard_normal(value.shape)
        ahead, behind = (
            Reference(student, params | {name: value + step * direction}).loss(batch, COEFS)
            for step in (1e-6, -1e-6)
        )
        slope = (ahead - behind) / 2e-6
        expected = float((found[name] * direction).sum())
        assert expected == pytest.approx(slope, rel=1e-3, abs=2e-6), name


def test_the_loss_reaches_every_variable(student: Student, params: Arrays, make_batch: Any) -> None:
    _, found = gradient(student, params, make_batch(student, params, 16), COEFS, KL_COEF)
    assert [name for name, g in found.items() if not abs(g).max() > 1e-6] == []


@pytest.mark.parametrize("side", ["policy", "value"])
def test_either_side_alone_trains_the_mapping(
    student: Student, params: Arrays, make_batch: Any, side: str
) -> None:
    batch = make_batch(student, params, 16)
    if side == "value":
        batch["advantages"] = np.ones(16, np.float32)
    weights = {"vf_coef": 1.0 if side == "value" else 0.0, "ent_coef": 0.0}
    _, found = gradient(student, params, batch, NOTHING, **weights)
    trained, untouched = ("student/", "vf_student/")[:: 1 if side == "policy" else -1]
    for name, g in found.items():
        if name.startswith((untouched, "transfer/decoder")):
            assert not g.any(), name
        elif name.startswith((trained, "transfer/embedding")):
            assert abs(g).max() > 1e-6, name


def test_mutual_information_alone_trains_mapping_and_decoder_only(
    student: Student, params: Arrays, make_batch: Any
) -> None:
    batch = make_batch(student, params, 16) | {"advantages": np.ones(16, np.float32)}
    coefs = NOTHING | {"mutual_info": 1.0}
    _, found = gradient(student, params, batch, coefs, vf_coef=0.0, ent_coef=0.0)
    for name, g in found.items():
        assert bool(g.any()) == name.startswith("transfer/"), name


@pytest.mark.parametrize(("coef", "scope"), [("ps", "student"), ("vf_ps", "vf_student")])
def test_coupling_raises_the_own_share_of_its_side_only(
    student: Student, params: Arrays, make_batch: Any, coef: str, scope: str
) -> None:
    batch = make_batch(student, params, 16) | {"advantages": np.ones(16, np.float32)}
    coefs = NOTHING | {coef: 1.0}
    _, found = gradient(student, params, batch, coefs, vf_coef=0.0, ent_coef=0.0)
    for name, g in found.items():
        if name.startswith(f"{scope}/mixing"):
            assert g[0] < 0 < g[1:].min()
            share = softmax(params[name].astype(float))
            np.testing.assert_allclose(g, (share - np.eye(len(g))[0]) / 2, rtol=1e-4)
        else:
            assert not g.any(), name


DEFAULTS = {
    "{0}/mlp_fc0/w": (181, 64), "{0}/mlp_fc0/b": (64,),
    "{0}/mlp_fc1/w": (64, 64), "{0}/mlp_fc1/b": (64,),
    "{0}/mixing0": (3,), "{0}/mixing1": (3,),
    "{0}/lateral0_0": (64, 64), "{0}/lateral1_0": (64, 64),
    "{0}/lateral0_1": (32, 64), "{0}/lateral1_1": (32, 64),
}  # fmt: skip


@pytest.fixture(scope="module")
def full_size(make_teacher: Callable[..., Teacher]) -> Student:
    plain = PlainPolicy(181, DiagGaussian(22), NetworkSpec(), "student0", "vf_student0")
    teachers = (
        make_teacher(1, "Four-v1", obs_size=97, num_hidden=64),
        make_teacher(2, "Six-v1", obs_size=139, num_hidden=32),
    )
    return Student(plain, teachers, MappingSpec(), 0.1)


@pytest.fixture(scope="module")
def full_size_params(full_size: Student) -> Arrays:
    return full_size.init(np.random.default_rng(0))


def test_initial_values(full_size_params: Arrays) -> None:
    params = full_size_params
    expected = {
        name.format(scope): shape
        for scope in ("student0", "vf_student0")
        for name, shape in DEFAULTS.items()
    } | {
        "student0/pi/w": (64, 22), "student0/pi/b": (22,), "student0/pi/logstd": (22,),
        "vf_student0/vf/w": (64, 1), "vf_student0/vf/b": (1,),
    }  # fmt: skip
    for source, size in enumerate((97, 139)):
        for scope, first, last in (("embedding", 181, size), ("decoder", size, 181)):
            expected |= {
                f"transfer/{scope}{source}/mlp_fc0/w": (first, 64),
                f"transfer/{scope}{source}/mlp_fc0/b": (64,),
                f"transfer/{scope}{source}/mlp_fc1/w": (64, 64),
                f"transfer/{scope}{source}/mlp_fc1/b": (64,),
                f"transfer/{scope}{source}/out/w": (64, last),
                f"transfer/{scope}{source}/out/b": (last,),
            }
        expected[f"transfer/decoder{source}/logstd"] = (181,)
    assert {name: value.shape for name, value in params.items()} == expected

    gains = {"student0/pi/w": 0.01, "vf_student0/vf/w": 1.0}
    for name, value in params.items():
        assert value.dtype == np.float32
        if "mixing" in name:
            np.testing.assert_allclose(value, [-0.1, 0.01, 0.01], rtol=1e-6)
        elif "lateral" in name:
            limit = np.sqrt(6 / sum(value.shape))
            assert 0.95 * limit < abs(value).max() <= limit * (1 + 1e-6)
            assert value.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
        elif name.endswith("/w"):
            w = value.astype(float)
            gram = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
            gain = gains.get(name, np.sqrt(2))
            np.testing.assert_allclose(gram, gain**2 * np.eye(len(gram)), atol=1e-5 * gain**2)
        else:
            assert not value.any(), name


def test_no_two_matrices_start_alike(full_size_params: Arrays) -> None:
    firsts = [value.ravel()[0] for value in full_size_params.values() if value.ndim == 2]
    assert len(set(firsts)) == len(firsts)


def test_the_students_share_starts_a_little_below_the_teachers(
    full_size: Student, full_size_params: Arrays
) -> None:
    own = np.exp(-0.1) / (np.exp(-0.1) + 2 * np.exp(0.01))
    sides = "student_ps", "vf_student_ps"
    names = [f"{side}{layer}" for side in sides for layer in ("", "_0", "_1")]
    shares = own_shares_of(full_size, full_size_params)
    assert shares == pytest.approx(dict.fromkeys(names, own), rel=1e-5)


def test_own_shares_by_layer_and_side(make_student: Callable[..., Student]) -> None:
    student = make_student()
    params = student.init(np.random.default_rng(0))
    logits = {"student": (0.0, 3.0), "vf_student": (-1.0, 50.0)}
    for scope, values in logits.items():
        for layer, logit in enumerate(values):
            params[f"{scope}/mixing{layer}"] = np.array([logit, 0.0], np.float32)
    p = {logit: 1 / (1 + np.exp(-logit)) for pair in logits.values() for logit in pair}
    assert own_shares_of(student, params) == pytest.approx(
        {
            "student_ps": (p[0.0] + p[3.0]) / 2,
            "student_ps_0": p[0.0],
            "student_ps_1": p[3.0],
            "vf_student_ps": (p[-1.0] + p[50.0]) / 2,
            "vf_student_ps_0": p[-1.0],
            "vf_student_ps_1": p[50.0],
        },
        rel=1e-5,
    )


@pytest.mark.parametrize("mapping", ["learned", "frozen"])
def test_metrics_by_the_equations(student: Student, perturbed: Any, mapping: str) -> None:
    if mapping == "frozen":
        student = student.with_frozen_mapping(np.random.default_rng(8))
    params = perturbed(student.init(np.random.default_rng(0)), 1)
    obs = (OBS * [2.0, 0.0, 1.0] + [1.0, 0.5, 0.0]).astype(np.float32)
    s, expected = obs.astype(float), []
    # The decoder of the first source task is fitted to the first dimension, the second is constant.
    x = Reference(student, params | dict(student.frozen_mapping)).phi(0, s)
    h = networks.hidden(params, "transfer/decoder0", x, networks.Mlp(2, 8))
    fit = np.linalg.lstsq(h, s[:, 0] - params["transfer/decoder0/out/b"][0])[0]
    params["transfer/decoder0/out/w"][:, 0] = fit
    reference = Reference(student, params | dict(student.frozen_mapping))
    found = metrics_of(student, params, obs)
    for source in sorted(set(reference.sources)):
        x = reference.phi(source, s)
        residual = s - reference.net(f"transfer/decoder{source}", x)
        explained = [
            np.var(s[:, k]) > 1e-6 and np.mean(residual[:, k] ** 2) < np.var(s[:, k]) / 2
            for k in range(3)
        ]
        means = [abs(np.mean(x[:, k])) for k in range(x.shape[1])]
        stds = [np.std(x[:, k]) for k in range(x.shape[1])]
        expected.append([np.mean(explained), np.mean(means), np.mean(stds)])
    figures = own_shares_of(student, params) | shares_of_teachers(params, len(student.teachers))
    for i, name in enumerate(("mi_explained", "embedding_mean", "embedding_std")):
        parts = [row[i] for row in expected]
        figures[name] = float(np.mean(parts))
        if len(parts) > 1:
            figures |= {f"{name}_{t}": float(x) for t, x in enumerate(parts)}
    assert found == pytest.approx(figures, rel=1e-4)
    assert expected[0][0] == pytest.approx(1 / 3)


def shares_of_teachers(params: Arrays, teachers: int) -> dict[str, float]:
    """The mean over the layers of each teacher's share, and the mean of those; of one, nothing."""
    figures: dict[str, float] = {}
    for name, scope in (("teacher_ps", "student"), ("vf_teacher_ps", "vf_student")):
        layers = [softmax(params[f"{scope}/mixing{i}"].astype(float)) for i in range(2)]
        shares = [np.mean([p[1 + j] for p in layers]) for j in range(teachers)]
        figures |= {name: float(np.mean(shares))}
        figures |= {f"{name}_{j}": float(share) for j, share in enumerate(shares)}
    return figures if teachers > 1 else {}


def test_teachers_of_one_task_share_the_mapping(make_student: Callable[..., Student]) -> None:
    for teachers, count in (("one teacher", 1), ("two of one task", 1), ("two tasks", 2)):
        names = make_student(teachers).init(np.random.default_rng(0))
        for scope in ("embedding", "decoder"):
            found = {name.split("/")[1] for name in names if name.startswith(f"transfer/{scope}")}
            assert found == {f"{scope}{i}" for i in range(count)}


def test_tasks_of_other_arguments_are_other_tasks(
    make_student: Callable[..., Student], make_teacher: Callable[..., Teacher]
) -> None:
    student = make_student()
    (one,) = student.teachers
    other = Teacher(one.policy, one.params, {"id": one.env["id"], "kwargs": {"legs": 6}}, "")
    both = Student(student.plain, (one, other), student.mapping_spec, 0.1)
    assert "transfer/embedding1/out/w" in both.init(np.random.default_rng(0))


def test_a_share_of_one_leaves_the_plain_policy(student: Student, params: Arrays) -> None:
    for name, value in params.items():
        if "/mixing" in name:
            value[:] = 0
            value[0] = 50
    mean = student.pi(params, OBS)[0]
    values = student.value(params, OBS)
    np.testing.assert_allclose(
        mean, outputs_by_hand(params, OBS, "student", "pi"), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        values, outputs_by_hand(params, OBS, "vf_student", "vf")[:, 0], rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(mean, student.plain.pi(params, OBS)[0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(values, student.plain.value(params, OBS), rtol=0, atol=1e-6)


def test_the_student_alone_is_an_ordinary_policy(
    student: Student, params: Arrays, small_config: Any
) -> None:
    model = Model(student, params, small_config())
    with_teachers = model.value(OBS)
    model.reduce_to(student.plain)
    assert not [name for name in model.params if "mixing" in name or "lateral" in name]
    assert not [name for name in model.params if name.startswith("transfer/")]
    np.testing.assert_allclose(
        model.step(OBS, np.zeros((9, 2), np.float32)),
        outputs_by_hand(params, OBS, "student", "pi"),
        rtol=1e-4,
        atol=1e-5,
    )
    np.testing.assert_allclose(
        model.value(OBS),
        outputs_by_hand(params, OBS, "vf_student", "vf")[:, 0],
        rtol=1e-4,
        atol=1e-5,
    )
    assert abs(model.value(OBS) - with_teachers).max() > 0.01
    assert isinstance(model.policy, PlainPolicy)
    assert model.policy.frozen() == {}


@pytest.mark.parametrize("mapping", ["learned", "frozen"])
def test_what_is_frozen_does_not_change(
    make_student: Callable[..., Student],
    perturbed: Any,
    make_batch: Any,
    small_config: Any,
    mapping: str,
) -> None:
    student = make_student("two tasks")
    if mapping == "frozen":
        student = student.with_frozen_mapping(np.random.default_rng(8))
    params = perturbed(student.init(np.random.default_rng(0)), 1)
    before = {name: value.tobytes() for name, value in student.frozen().items()}
    model = Model(student, params, small_config())
    batch = Batch(**make_batch(student, params, 24))
    model.train(batch, np.random.default_rng(0), 1e-2, COEFS)

    assert {name: value.tobytes() for name, value in student.frozen().items()} == before
    teachers = {
        f"transfer/teacher{j}/{name}"
        for j, teacher in enumerate(student.teachers)
        for name in teacher.params
    }
    mappings = {
        f"transfer/embedding{i}/{layer}/{kind}"
        for i in range(2)
        for layer in ("mlp_fc0", "mlp_fc1", "out")
        for kind in "wb"
    }
    frozen = teachers | mappings if mapping == "frozen" else teachers
    assert student.frozen().keys() == frozen
    assert not model.params.keys() & frozen
    for name, value in model.params.items():
        assert (value != params[name]).any(), name
    for scope in ("decoder0", "decoder1"):
        assert f"transfer/{scope}/out/w" in model.params
    assert ("transfer/embedding1/out/w" in model.params) == (mapping == "learned")


def test_a_frozen_mapping_is_used_as_it_was_drawn(
    make_student: Callable[..., Student], perturbed: Any
) -> None:
    student = make_student("two tasks").with_frozen_mapping(np.random.default_rng(8))
    params = perturbed(student.init(np.random.default_rng(0)), 1)
    reference = Reference(student, params | dict(student.frozen_mapping))
    np.testing.assert_allclose(
        student.pi(params, OBS)[0], reference.mean(OBS.astype(float)), rtol=1e-4, atol=1e-5
    )
    _, _, losses = student.learning_outputs(params, OBS, RETURNS)
    expected = reference.mutual_information(OBS.astype(float))
    assert float(losses["mutual_info"]) == pytest.approx(expected, rel=1e-5)
    for name, value in student.frozen_mapping.items():
        if name.endswith("/w"):
            w = value.astype(float)
            gram = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
            np.testing.assert_allclose(gram, 2 * np.eye(len(gram)), atol=1e-5)
