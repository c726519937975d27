import json
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from ppo_terms import outputs_by_hand

from baselines.common.networks.categorical import Categorical
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.sizes import MAX_VARIABLES
from baselines.common.networks.spaces import observation_size, policy_for
from baselines.common.networks.specs import NetworkSpec
from baselines.common.networks.variables import Variable, Variables, zeros

GAINS = {
    "pi/mlp_fc0/w": np.sqrt(2), "pi/mlp_fc1/w": np.sqrt(2), "pi/pi/w": 0.01,
    "vf/mlp_fc0/w": np.sqrt(2), "vf/mlp_fc1/w": np.sqrt(2), "vf/vf/w": 1.0,
}  # fmt: skip


def test_initial_values() -> None:
    policy = PlainPolicy(97, DiagGaussian(10), NetworkSpec())
    params = policy.init(np.random.default_rng(0))
    shapes = {name: value.shape for name, value in params.items()}
    assert shapes == {
        "pi/mlp_fc0/w": (97, 64), "pi/mlp_fc0/b": (64,),
        "pi/mlp_fc1/w": (64, 64), "pi/mlp_fc1/b": (64,),
        "pi/pi/w": (64, 10), "pi/pi/b": (10,), "pi/pi/logstd": (10,),
        "vf/mlp_fc0/w": (97, 64), "vf/mlp_fc0/b": (64,),
        "vf/mlp_fc1/w": (64, 64), "vf/mlp_fc1/b": (64,),
        "vf/vf/w": (64, 1), "vf/vf/b": (1,),
    }  # fmt: skip
    for name, value in params.items():
        assert value.dtype == np.float32
        if name in GAINS:
            gram = value.T.astype(float) @ value
            expected = GAINS[name] ** 2 * np.eye(len(gram))
            np.testing.assert_allclose(gram, expected, atol=1e-5 * GAINS[name] ** 2)
        else:
            assert not value.any(), name


def test_the_two_networks_share_nothing() -> None:
    params = PlainPolicy(5, DiagGaussian(2), NetworkSpec()).init(np.random.default_rng(0))
    assert (params["pi/mlp_fc0/w"] != params["vf/mlp_fc0/w"]).all()


def test_the_same_generator_gives_the_same_start(mlp_policy: Callable[..., PlainPolicy]) -> None:
    one, other, third = (mlp_policy().init(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert all((one[name] == other[name]).all() for name in one)
    assert (one["pi/mlp_fc0/w"] != third["pi/mlp_fc0/w"]).all()


def test_forward_pass_by_hand(
    mlp_policy: Callable[..., PlainPolicy], to_backend: Callable[[Any], Any], perturbed: Any
) -> None:
    policy = mlp_policy(scopes=("student0", "vf_student0"))
    params = perturbed(policy.init(np.random.default_rng(0)), 1)
    obs = np.random.default_rng(2).standard_normal((7, 3)).astype(np.float32)

    given = {name: to_backend(value) for name, value in params.items()}
    mean, logstd = policy.pi(given, to_backend(obs))
    values = policy.value(given, to_backend(obs))
    np.testing.assert_allclose(
        mean, outputs_by_hand(params, obs, "student0", "pi"), rtol=1e-4, atol=1e-5
    )
    spread = np.broadcast_to(logstd, (7, 2))
    np.testing.assert_array_equal(spread, np.tile(params["student0/pi/logstd"], (7, 1)))
    assert values.shape == (7,)
    np.testing.assert_allclose(
        values, outputs_by_hand(params, obs, "vf_student0", "vf")[:, 0], rtol=1e-4, atol=1e-5
    )

    again, values_again, losses = policy.learning_outputs(
        given, to_backend(obs), to_backend(obs[:, 0])
    )
    np.testing.assert_array_equal(again[0], mean)
    np.testing.assert_array_equal(values_again, values)
    assert losses == {}
    assert policy.frozen() == {}


def test_a_discrete_policy_has_no_spread(mlp_policy: Callable[..., PlainPolicy]) -> None:
    policy = mlp_policy(distribution=Categorical(4))
    params = policy.init(np.random.default_rng(0))
    assert params["pi/pi/w"].shape == (5, 4)
    assert not [name for name in params if "logstd" in name]
    (logp,) = policy.pi(params, np.ones((2, 3), np.float32))
    np.testing.assert_allclose(np.exp(logp).sum(axis=1), [1, 1], rtol=1e-5)


@pytest.mark.parametrize("distribution", [DiagGaussian(3), Categorical(5)])
def test_a_description_is_enough_to_build_it_again(
    mlp_policy: Callable[..., PlainPolicy], distribution: Any
) -> None:
    policy = mlp_policy(7, 9, distribution, "relu", 3, ("a/b", "c"))
    assert PlainPolicy.from_description(json.loads(json.dumps(policy.describe()))) == policy


DAMAGE: dict[str, dict[str, Any]] = {
    "an unknown distribution": {"distribution": ["Cauchy", 2]},
    "no distribution": {"distribution": None},
    "a size that is no number": {"obs_size": "many"},
    "an unknown part of the shape": {"spec": {"num_layers": 2, "colour": 3}},
    "no shape": {"spec": None},
    "a scope that is no name": {"pi_scope": 3},
    "no observations": {"obs_size": 0},
    "a size that is not whole": {"obs_size": 3.0},
    "no actions": {"distribution": ["DiagGaussian", 0]},
    "no layers": {"spec": {"num_layers": 0}},
    "no units": {"spec": {"num_hidden": -1}},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_description_is_refused(
    mlp_policy: Callable[..., PlainPolicy], damage: dict[str, Any]
) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        PlainPolicy.from_description(mlp_policy().describe() | damage)


def test_variables_of_a_subclass_are_counted_too() -> None:
    class Wider(PlainPolicy):
        def variables(self) -> Variables:
            return super().variables() | {"transfer/x": Variable((3, 2), zeros)}

    plain = PlainPolicy(3, DiagGaussian(2), NetworkSpec(2, 5), "a/b", "a/c")
    policy, value = 3 * 5 + 5 + 5 * 5 + 5 + 5 * 2 + 2 + 2, 3 * 5 + 5 + 5 * 5 + 5 + 5 + 1
    assert plain.variable_counts() == {"policy": policy, "value function": value}
    assert Wider.like(plain).variable_counts() == {**plain.variable_counts(), "others": 6}


@pytest.mark.parametrize(
    ("obs_size", "layers", "width", "outputs"),
    [(1 << 20, 2, 64, 2), (3, 20_000, 64, 2), (3, 2, 6_000, 2), (3, 2, 64, 1 << 21)],
)
def test_a_policy_of_too_many_variables_is_refused(
    obs_size: int, layers: int, width: int, outputs: int
) -> None:
    def described(parts: int) -> tuple[dict[str, Any], int]:
        """That of a policy so much smaller in each size, and its number of variables."""
        sizes = NetworkSpec(-(-layers // parts), -(-width // parts))
        policy = PlainPolicy(-(-obs_size // parts), DiagGaussian(-(-outputs // parts)), sizes)
        return policy.describe(), sum(policy.variable_counts().values())

    (large, too_many), (small, few) = described(1), described(2)
    assert few < MAX_VARIABLES < too_many
    PlainPolicy.from_description(small)
    with pytest.raises(ValueError, match=f"more than {MAX_VARIABLES} variables"):
        PlainPolicy.from_description(large)


@pytest.mark.parametrize("key", ["obs_size", "distribution", "spec", "pi_scope", "vf_scope"])
def test_an_incomplete_description_is_refused(
    mlp_policy: Callable[..., PlainPolicy], key: str
) -> None:
    described = mlp_policy().describe()
    del described[key]
    with pytest.raises(KeyError, match=key):
        PlainPolicy.from_description(described)


def test_the_policy_of_a_task() -> None:
    policy = policy_for(
        spaces.Box(-1, 1, (11,)), spaces.Discrete(3), NetworkSpec(1, 8), "student0", "vf_student0"
    )
    assert policy == PlainPolicy(11, Categorical(3), NetworkSpec(1, 8), "student0", "vf_student0")


@pytest.mark.parametrize(
    ("observations", "actions", "complaint"),
    [
        (spaces.Discrete(5), spaces.Discrete(2), "observations must be a Box with one axis"),
        (spaces.Box(0, 1, (8, 8)), spaces.Discrete(2), "observations must be a Box with one axis"),
        (spaces.Box(0, 1, (8,)), spaces.MultiBinary(3), "actions must be a Box"),
    ],
)
def test_other_spaces_are_refused(
    observations: spaces.Space, actions: spaces.Space, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        policy_for(observations, actions, NetworkSpec(), "pi", "vf")


class Unheard(spaces.Space):
    """A kind of space that Gymnasium does not know."""


VECTOR = spaces.Box(-1, 1, (3,))


@pytest.mark.parametrize(
    "observations",
    [
        spaces.Discrete(5),
        spaces.MultiBinary(5),
        spaces.MultiDiscrete([3, 4]),
        spaces.Box(0, 1, ()),
        spaces.Box(0, 1, (4, 4)),
        spaces.Tuple((VECTOR, VECTOR)),
        spaces.Dict(position=VECTOR, goal=VECTOR),
    ],
    ids=str,
)
def test_the_wrapper_that_makes_observations_a_vector_is_named(observations: spaces.Space) -> None:
    task = gym.Env()
    task.observation_space = observations
    with pytest.raises(ValueError, match=r"gymnasium\.wrappers\.FlattenObservation"):
        observation_size(observations)
    flat = gym.wrappers.FlattenObservation(task).observation_space
    assert observation_size(flat) == spaces.utils.flatten(observations, observations.sample()).size


@pytest.mark.parametrize(
    "observations",
    [None, Unheard(), spaces.Dict(a=Unheard()), spaces.Sequence(VECTOR), spaces.Box(0, 1, (0,))],
    ids=lambda space: type(space).__name__,
)
def test_the_wrapper_is_not_named_where_it_does_not_help(observations: Any) -> None:
    with pytest.raises(ValueError, match="not empty; they are "):
        observation_size(observations)


@pytest.mark.parametrize("distribution", [DiagGaussian(2), Categorical(4)], ids=repr)
def test_shapes_are_those_of_init(mlp_policy: Any, distribution: Any) -> None:
    policy = mlp_policy(distribution=distribution, num_layers=3)
    variables = policy.init(np.random.default_rng(0))
    assert policy.shapes() == {name: value.shape for name, value in variables.items()}
