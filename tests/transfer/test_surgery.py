"""What surgery carries over, against the teacher itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines import ppo2
from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.networks import Mlp
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.seeding import streams
from baselines.config import Config
from baselines.training.setup import prepare
from baselines.transfer.surgery import carried_over, start
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.teacher import Teacher

FOUR = str(
    Path(__file__).resolve().parents[2] / "teacher_models" / "centipede_four" / "0" / "00970"
)
SMALL: dict[str, Any] = {
    "num_timesteps": 64, "nsteps": 64, "nminibatches": 2, "noptepochs": 1,
    "transfer": "surgery", "xla": False, "num_threads": 1,
}  # fmt: skip

WINDOW = Window((2, ABSENT, 0, 4), ((0, 2), (3, 0)))
"""A place of a teacher of 4 entries and 3 motors on a student of 5 entries and 4 motors."""

OBS = np.random.default_rng(1).standard_normal((7, 5)).astype(np.float32)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_the_student_starts_as_its_teacher(
    mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher], num_layers: int
) -> None:
    teacher = make_teacher(1, num_layers=num_layers, scopes=("old", "vf_old"))
    plain = mlp_policy(
        obs_size=5, distribution=DiagGaussian(4), num_layers=num_layers, scopes=("S", "V")
    )
    carried = carried_over(teacher, WINDOW, plain)
    own = plain.init(np.random.default_rng(0))
    assert own.keys() - carried.keys() == {"S/pi/logstd"}
    assert {name: value.shape for name, value in carried.items()} == {
        name: own[name].shape for name in carried
    }
    assert {value.dtype for value in carried.values()} == {np.dtype(np.float32)}
    x = np.stack([OBS[:, 2], np.zeros(7, np.float32), OBS[:, 0], OBS[:, 4]], axis=1)
    means, _ = plain.pi(own | carried, OBS)
    theirs, _ = teacher.policy.pi(teacher.params, x)
    assert np.abs(theirs).min() > 0
    np.testing.assert_allclose(means[:, [0, 3]], theirs[:, [2, 0]], rtol=1e-5)
    assert not means[:, [1, 2]].any()
    values = teacher.policy.value(teacher.params, x)
    np.testing.assert_allclose(plain.value(own | carried, OBS), values, rtol=1e-5)


def test_a_run_begins_with_the_teachers_weights_and_statistics_and_its_own_noise() -> None:
    setup = prepare(Config("CentipedeFive-v1", teacher_paths=(FOUR,), init_logstd=-0.5, **SMALL))
    setup.envs.close()
    assert type(setup.policy) is PlainPolicy
    teacher = ppo2.load(FOUR).saved
    for name in ("pi/mlp_fc1/w", "pi/mlp_fc0/b", "vf/mlp_fc1/w", "vf/vf/w"):
        np.testing.assert_array_equal(setup.params[name], teacher.params[name])
    # The rows of the height and the roll of the first torso come first in both.
    for side in ("pi", "vf"):
        rows = setup.params[f"{side}/mlp_fc0/w"][:5]
        np.testing.assert_array_equal(rows, teacher.params[f"{side}/mlp_fc0/w"][:5])
    assert setup.params["pi/pi/logstd"].tolist() == [-0.5] * 12
    mean = setup.normalizer.obs_rms.mean
    np.testing.assert_array_equal(mean[:5], teacher.normalizer.obs_rms.mean[:5])


def test_of_several_places_of_the_teachers_body_the_first_counts() -> None:
    """The body of CentipedeFour is found twice in that of CentipedeSix."""
    setup = prepare(Config("CentipedeSix-v1", teacher_paths=(FOUR,), **SMALL))
    setup.envs.close()
    teacher = ppo2.load(FOUR).saved
    for side in ("pi", "vf"):
        rows = setup.params[f"{side}/mlp_fc0/w"]
        theirs = teacher.params[f"{side}/mlp_fc0/w"]
        np.testing.assert_array_equal(rows[rows.any(axis=1)], theirs)
    assert setup.params["pi/pi/w"].any(axis=0).tolist() == [True] * 10 + [False] * 6
    mean, theirs = setup.normalizer.obs_rms.mean, teacher.normalizer.obs_rms.mean
    np.testing.assert_array_equal(mean[mean != 0], theirs[theirs != 0])


def test_an_untrained_teacher_has_no_statistics() -> None:
    config = Config("CentipedeFive-v1", teacher_paths=(FOUR,), teacher_weights="random", **SMALL)
    setup = prepare(config)
    setup.envs.close()
    assert setup.normalizer.obs_rms.count < 1
    assert not np.isin(
        setup.params["pi/mlp_fc1/w"], ppo2.load(FOUR).saved.params["pi/mlp_fc1/w"]
    ).any()


def test_a_network_that_is_made_of_an_mlp_is_not_taken_for_one(
    mlp_policy: Callable[..., PlainPolicy], make_teacher: Callable[..., Teacher]
) -> None:
    """It may compute something else."""
    plain = mlp_policy()
    vars(plain)["network"] = type("Own", (Mlp,), {})(2, 5, "tanh")
    config = Config("CentipedeFive-v1", network="own:Own", teacher_paths=("x",), transfer="surgery")
    with pytest.raises(UserError, match=r"^--network: own:Own, .* only the layers of an mlp$"):
        start(plain, (make_teacher(1),), config, streams(0, 1))


def test_it_trains_to_an_ordinary_policy() -> None:
    model = ppo2.learn(env="CentipedeFive-v1", teachers=[FOUR], **SMALL)
    assert type(model.saved.policy) is PlainPolicy


@pytest.mark.parametrize(
    ("env", "given", "told"),
    [
        (
            "CentipedeFive-v1",
            {"teachers": [FOUR, FOUR]},
            "^teacher_paths: transfer=surgery copies .* one teacher",
        ),
        (
            "CentipedeFive-v1",
            {"num_hidden": 8},
            "^num_hidden: 8, but that of the teacher .* is 64",
        ),
        ("CentipedeFive-v1", {"network": "examples.skip_mlp:SkipMlp"}, "^network: "),
        ("CartPole-v1", {}, "^env: CartPole-v1 is no MuJoCo task"),
        ("Hopper-v5", {}, "none of whose motors has the name of one of Hopper-v5"),
    ],
)
def test_what_it_cannot_do_is_told(env: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        ppo2.learn(**{"env": env, "teachers": [FOUR], **SMALL, **given})
