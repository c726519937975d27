"""Small policies, teachers, batches and environments that several tests share."""

from __future__ import annotations

import io
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import settings
from toys import spaces_for

import baselines.transfer.kinds  # noqa: F401 (has the mappings known by their names)
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.interfaces import Distribution
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.policy import Policy
from baselines.common.networks.specs import NetworkSpec
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.training.progress import Progress
from baselines.transfer.student.mapping_kinds import MappingSpec
from baselines.transfer.student.student import Student
from baselines.transfer.teachers.teacher import Teacher

# The same examples in every run, however busy the machine is.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

Script = Sequence[tuple[float, bool, bool]]


class ScriptedEnv(gym.Env):
    """Rewards and ends by a script that runs on over the episodes; observations by the seed."""

    def __init__(self, script: Script, action_space: spaces.Space | None = None) -> None:
        self.observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float64)
        self.action_space = spaces.Box(-1, 1, (2,)) if action_space is None else action_space
        self.actions: list[Any] = []
        self._script = script

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        return self._observe(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        reward, terminated, truncated = self._script[len(self.actions) % len(self._script)]
        self.actions.append(action)
        return self._observe(), reward, terminated, truncated, {}

    def _observe(self) -> np.ndarray:
        return self.np_random.normal(size=3) * [0.1, 2.0, 30.0] + [1.0, -5.0, 0.0]


@pytest.fixture(scope="session")
def scripted_env() -> type[ScriptedEnv]:
    return ScriptedEnv


@pytest.fixture(params=["numpy", "tensorflow"])
def to_backend(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    if request.param == "numpy":
        return np.asarray
    from baselines.common.tensorflow_quietly import tf

    return tf.constant


def _perturbed(params: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: (value + 0.3 * rng.standard_normal(value.shape)).astype(np.float32)
        for name, value in params.items()
    }


@pytest.fixture(scope="session")
def perturbed() -> Callable[[dict[str, np.ndarray], int], dict[str, np.ndarray]]:
    """Shift all variables, so that none is zero or alike any more."""
    return _perturbed


def _mlp_policy(
    obs_size: int = 3,
    num_hidden: int = 5,
    distribution: Distribution | None = None,
    activation: str = "tanh",
    num_layers: int = 2,
    scopes: tuple[str, str] = ("pi", "vf"),
) -> PlainPolicy:
    spec = NetworkSpec(num_layers, num_hidden, activation)
    return PlainPolicy(obs_size, distribution or DiagGaussian(2), spec, *scopes)


@pytest.fixture(scope="session")
def mlp_policy() -> Callable[..., PlainPolicy]:
    return _mlp_policy


def _teacher(seed: int, env_id: str = "Source-v0", **sizes: Any) -> Teacher:
    policy = _mlp_policy(**({"obs_size": 4, "distribution": DiagGaussian(3)} | sizes))
    params = _perturbed(policy.init(np.random.default_rng(seed)), seed)
    return Teacher(policy, params, {"id": env_id, "kwargs": {}}, f"hash of teacher {seed}")


@pytest.fixture(scope="session")
def make_teacher() -> Callable[..., Teacher]:
    return _teacher


STUDENTS: dict[str, Callable[[], tuple[Teacher, ...]]] = {
    "one teacher": lambda: (_teacher(1),),
    "two of one task": lambda: (_teacher(1), _teacher(2, num_hidden=7)),
    "two tasks": lambda: (
        _teacher(1),
        _teacher(2, "Other-v0", obs_size=6, num_hidden=7, activation="relu"),
    ),
}


def _student(teachers: str = "one teacher") -> Student:
    plain = _mlp_policy(num_hidden=6, scopes=("student", "vf_student"))
    return Student(plain, STUDENTS[teachers](), MappingSpec(2, 8), min_std=0.7)


@pytest.fixture(scope="session")
def make_student() -> Callable[..., Student]:
    return _student


@pytest.fixture(params=list(STUDENTS))
def student(request: pytest.FixtureRequest) -> Student:
    return _student(request.param)


def _batch(policy: Policy, params: dict[str, np.ndarray], samples: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(samples)

    def normal(*shape: int, scale: float = 1.0) -> np.ndarray:
        return (scale * rng.standard_normal(shape)).astype(np.float32)

    obs = normal(samples, 3)
    noise = policy.distribution.noise(rng, (samples,))
    pi = policy.pi(params, obs)
    actions = policy.distribution.sample(pi, noise)
    neglogp = policy.distribution.neglogp(pi, actions) + normal(samples, scale=0.3)
    values = policy.value(params, obs) + normal(samples, scale=0.3)
    return {
        "obs": obs,
        "actions": actions,
        "returns": values + normal(samples),
        "advantages": normal(samples, scale=3.0),
        "values": values,
        "neglogp": neglogp,
    }


@pytest.fixture(scope="session")
def make_batch() -> Callable[[Policy, dict[str, np.ndarray], int], dict[str, np.ndarray]]:
    """A batch like a rollout's, old enough for some ratios and values to be clipped."""
    return _batch


@pytest.fixture(scope="session")
def small_config() -> Callable[..., Config]:
    """Settings of an update of 24 samples, 3 minibatches and 2 epochs, not compiled by XLA."""
    small = {"env": "Any-v0", "nsteps": 24, "nminibatches": 3, "noptepochs": 2, "xla": False}
    return lambda **settings: Config(**(small | settings))


_COMPILED: dict[bytes, Any] = {}


class _Contents(pickle.Pickler):
    """Writes a dataclass by its fields, without what it has worked out from them since."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, type) or not is_dataclass(value):
            return NotImplemented
        told = {field.name: getattr(value, field.name) for field in fields(value)}
        if isinstance(value, Teacher):  # that of a checkpoint has neither; no update reads them
            del told["timesteps"], told["statistics"]
        return type(value), (told,)


def _content(value: Any) -> bytes:
    """The bytes of a value that is the same whichever of its parts are one object."""
    stream = io.BytesIO()
    pickler = _Contents(stream)
    pickler.fast = True
    pickler.dump(value)
    return stream.getvalue()


def _remembering(make: Callable[..., Any]) -> Callable[..., Any]:
    """As `make`, whose first four arguments say which update it is, but once for each of them."""

    @wraps(make)
    def known(*what: Any) -> Any:
        try:
            content = make.__name__.encode() + _content(what[:4])
        except (pickle.PicklingError, AttributeError):  # a network that a test has made up
            return make(*what)
        if content not in _COMPILED:
            _COMPILED[content] = make(*what)
        return _COMPILED[content]

    return known


@contextmanager
def updates_compiled_once() -> Iterator[None]:
    """Runs that train a policy of the same content with the same settings share their update.

    It is a pure function, and to trace it is most of what a short run takes.
    """
    from baselines.ppo2 import joint_update, update

    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((update, "compile_update"), (joint_update, "joint_update")):
            patch.setattr(module, name, _remembering(getattr(module, name)))
        yield


@pytest.fixture(scope="module")
def compiled_once() -> Iterator[None]:
    """See `updates_compiled_once`."""
    with updates_compiled_once():
        yield


def _signal_after(patch: pytest.MonkeyPatch, update: int, number: int = signal.SIGINT) -> None:
    """Send a signal to the own process while the given update ends."""
    record = Progress.record

    def recorded(progress: Progress, episodes: Any) -> None:
        record(progress, episodes)
        if progress.updates == update:
            signal.raise_signal(number)

    patch.setattr(Progress, "record", recorded)


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Send a signal while the update of this number ends, and no other any more."""
    record = Progress.record

    def arrange(update: int | None, number: int = signal.SIGINT) -> None:
        monkeypatch.setattr(Progress, "record", record)
        _signal_after(monkeypatch, update or 0, number)

    return arrange


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made, but not as pictures, which takes seconds and is looked at elsewhere."""
    from baselines.analysis import drawing

    monkeypatch.setattr(drawing, "rendered", lambda *_: b"")


@pytest.fixture
def write_checkpoint(tmp_path: Path) -> Callable[..., str]:
    """Write a policy as a training run would; returns the file's path."""

    def write(
        policy: Policy,
        params: dict[str, np.ndarray],
        env_id: str = "Source-v0",
        update: int = 12,
        normalizer: Normalizer | None = None,
    ) -> str:
        described = spaces_for(policy.plain)
        metadata = {"env": {"id": env_id, "kwargs": {}}, "update": update, **described}
        normalizer = normalizer or Normalizer.fresh(policy.plain.obs_size)
        return str(SavedPolicy(policy, params, normalizer, metadata).write(tmp_path))

    return write
