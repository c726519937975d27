"""Input that nobody would think of: it is taken, or refused with one line that names the argument.

Each outcome that is neither, any other exception above all, fails.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toys
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from baselines.checks import check
from baselines.common.checkpoint import read, save
from baselines.common.errors import Diverged, UserError
from baselines.common.files import check_can_make
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config, flag_of
from baselines.conversion.exporting import FORMATS
from baselines.conversion.outgoing import outgoing
from baselines.flags import from_settings, parse
from baselines.ppo2.model import Model
from baselines.ppo2.ppo2 import learn
from baselines.ppo2.trained import TrainedPolicy
from baselines.training.saved import saved_policy
from baselines.training.setup import prepare
from baselines.training.states import newest_state
from baselines.training.teacher_files import load_teacher

FLAGS = [flag_of(f) for f in fields(Config)]
LOSSES = ["policy_loss", "value_loss", "policy_entropy", "approxkl", "clipfrac", "grad_norm"]
NOT_FINITE = [float("nan"), float("inf"), float("-inf")]
SMALL: dict[str, Any] = {
    "env": "DiscreteToy-v0", "nsteps": 8, "nminibatches": 2, "noptepochs": 1, "num_hidden": 3,
    "xla": False, "num_threads": 1,
}  # fmt: skip

several = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
toys.register()

pytestmark = pytest.mark.usefixtures("compiled_once")


@contextmanager
def taken_or_refused(begin: str = "--") -> Iterator[None]:
    """The block succeeds, or fails as the user is to see it."""
    try:
        yield
    except UserError as error:
        message = str(error)
        assert message.isprintable(), message
        assert message.startswith(begin), message


# What text can be given where a value is expected, and where it is hard.
HARD_TEXTS = [
    "", " ", "\n", "-", "--", "0", "-1", "1e400", "-1e400", "1e-400", "5e-324", "nan", "inf", "1_0",
    "9" * 400, "9" * 4500, "0x10", "1.5", "True", "TRUE", "\0", "\x1b[2J", "\u2028", "\udcff", "٣",
    "{}", "[]", '{"a": NaN}', "[" * 2000, "{" * 2000, "../..", "/", "a" * 300, "a/", "%s", "2e6",
]  # fmt: skip
TEXTS = st.sampled_from(HARD_TEXTS) | st.text(max_size=20) | st.floats().map(repr)
CHOICES = [choice for f in fields(Config) for choice in f.metadata["choices"]]
VALUES = TEXTS | st.integers().map(str) | st.sampled_from(CHOICES)


@several
@given(st.lists(st.tuples(st.sampled_from(FLAGS), VALUES), max_size=4), st.booleans())
@example([("env_kwargs", "[" * 2000)], True)
@example([("num_timesteps", "9" * 400)], True)
@example([("seed", "--")], False)
def test_flags_with_any_values(given_flags: list[tuple[str, str]], apart: bool) -> None:
    argv = ["--env=DiscreteToy-v0"]
    for flag, value in given_flags:
        argv += [f"--{flag}", value] if apart else [f"--{flag}={value}"]
    with taken_or_refused(begin=""):
        parse(argv, "program", "")


@several
@given(st.lists(TEXTS | st.sampled_from(FLAGS).map(lambda flag: f"--{flag}"), max_size=4))
@example(["\nx"])
@example([""])
def test_any_command_line(argv: list[str]) -> None:
    with taken_or_refused(begin=""):
        parse(argv, "program", "")


@several
@given(st.dictionaries(st.sampled_from(FLAGS) | TEXTS, VALUES, max_size=4))
def test_settings_of_an_experiment_file(texts: dict[str, str]) -> None:
    with taken_or_refused(begin=""):
        check(from_settings(texts, ()))


# Whatever passes the checks of the settings must be taken or refused before the first step.
HARD_SETTINGS: dict[str, list[Any]] = {
    "env": ["", "Nothing-v0", "DiscreteToy-v99", "nothing:Toy-v0", ":", "a:b:c", ".:x", "\0:x",
            "BoxToy-v0", "CartPole-v1", "FrozenLake-v1", "DiscreteToy-v0/", "json:Toy", "..:a"],
    "env_kwargs": ["[]", "{", "null", '{"max_episode_steps": "x"}', '{"max_episode_steps": -1}',
                   '{"render_mode": "human"}', '{"": 1}', '{"id": 1}', '{"env_id": 1}',
                   '{"vector_entry_point": 1}', '{"disable_env_checker": 0}', "[" * 3000],
    "num_timesteps": [0, 1, 16, 10**400],
    "num_env": [2, 3, 10**12],
    "num_threads": [0, 2, 10**12],
    "num_layers": [1, 3, 10**12],
    "num_hidden": [1, 10**6, 10**12],
    "nsteps": [1, 4, 10**12],
    "nminibatches": [1, 4, 10**12],
    "seed": [1, 10**400],
    "pi_scope": ["vf", "vf/a", "", "a b", "a//b"],
    "load_path": ["/", "\0", "a" * 300, "nothing", "/dev/zero"],
    "save_path": ["\0", "a" * 300, "/dev/null/x"],
    "resume": [True],
    "teacher_paths": [("nothing",), ("/",), ("a", "b")],
    "teacher_fraction": [5e-324, 0.5],
    "transfer": ["mlpp"],
    "mapping_num_layers": [10**12],
}  # fmt: skip


@settings(several, max_examples=120)
@given(st.data())
def test_whatever_passes_is_seen_to_before_the_first_step(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(HARD_SETTINGS)), max_size=3, unique=True))
    changed = {name: data.draw(st.sampled_from(HARD_SETTINGS[name])) for name in names}
    with taken_or_refused():
        prepare(Config(**SMALL | {"num_timesteps": 64} | changed)).envs.close()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(HARD_TEXTS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
ARGUMENTS = ["legs", "max_episode_steps", "frame_skip", "render_mode", "width", "reset_noise_scale",
             "ctrl_cost_weight", "entry_point", "id", "crippled", ""]  # fmt: skip


@settings(several, max_examples=40)
@given(
    st.sampled_from(["CentipedeFour-v1", "DiscreteToy-v0", "CartPole-v1"]),
    st.dictionaries(st.sampled_from(ARGUMENTS), JSON_VALUES, max_size=2),
)
def test_any_arguments_of_a_task(env: str, arguments: dict[str, Any]) -> None:
    kwargs = json.dumps(arguments)
    with taken_or_refused():
        prepare(Config(**SMALL | {"env": env, "env_kwargs": kwargs})).envs.close()


@several
@given(TEXTS)
def test_any_folder(text: str) -> None:
    with taken_or_refused("--save_path: "):
        check_can_make(Path(text), "--save_path")


@dataclass(frozen=True)
class Files:
    """Real files: a run's settings with its states, and what else a policy can be read from."""

    run: Config = field(repr=False)
    contents: dict[str, bytes] = field(repr=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("fuzz")
    run = Config(
        **SMALL | {"num_env": 2, "num_timesteps": 32, "keep": 1, "save_path": str(folder / "ppo"),
                   "log_path": str(folder / "logs")}
    )  # fmt: skip
    with without_learning():
        learn(run)
        student = replace(
            run, env="BoxToy-v0", num_timesteps=32, teacher_fraction=0.99, log_path="",
            save_path=str(folder / "mikt"), teacher_paths=(str(folder / "ppo" / "00002"),),
            num_env=1, save_interval=1, mapping_num_hidden=2,
        )  # fmt: skip
        learn(student)
    paths = {"teacher": "ppo/00002", "student": "mikt/00001", "state": "ppo/resume/00002"}
    return Files(run, {name: (folder / path).read_bytes() for name, path in paths.items()})


@contextmanager
def without_learning() -> Iterator[None]:
    """Runs whose updates change nothing and need not be compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Model, "train", lambda *_: dict.fromkeys(LOSSES, 0.0))
        yield


def read_in_every_way(path: Path) -> None:
    """As a teacher, as a state, and as a policy, which then must be able to act and to be told."""
    with taken_or_refused("--teacher_paths: "):
        load_teacher(str(path))
    with taken_or_refused("--resume: "):
        newest_state(path.parent.parent)
    with taken_or_refused("--load_path: "):
        saved = saved_policy(read(path, "--load_path"), path, "--load_path")
        with np.errstate(all="ignore"):
            assert len(saved.act(np.zeros((3, saved.policy.obs_size)), None)) == 3
        assert "steps" in repr(TrainedPolicy(saved))
        export_in_every_way(saved)


def export_in_every_way(saved: SavedPolicy) -> None:
    for form in FORMATS.values():
        for make in form.files.values():
            with taken_or_refused(""):
                make(outgoing(saved))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "resume" / "00002"
    path.parent.mkdir()
    return path


@several
@given(data=st.data())
def test_damaged_bytes(files: Files, place: Path, data: st.DataObject) -> None:
    content = bytearray(files.contents[data.draw(st.sampled_from(sorted(files.contents)))])
    start, end = sorted(data.draw(st.integers(0, len(content))) for _ in range(2))
    piece = data.draw(st.binary(max_size=9) | st.just(bytes(content[: end - start])))
    content[start : data.draw(st.sampled_from([start, end, start + len(piece), len(content)]))] = (
        piece
    )
    place.write_bytes(content)
    read_in_every_way(place)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


JUNK = st.sampled_from(
    [None, True, False, -1, 0, 1, 3, 1 << 70, 10**400, 0.5, 1e308, *NOT_FINITE, "", "x", "\n", "5",
     [], [[]], [1], {}, {"x": 1}, {"<array>": "none", "scalar": 1}, {"<array>": []}, {"<tuple>": 3},
     nested(300)]
)  # fmt: skip


def places(value: Any, trusted: Callable[[Any], bool] = lambda _: False) -> list[tuple[Any, Any]]:
    """Every dictionary or list in a value with each of its keys or indices."""
    if not isinstance(value, dict | list) or trusted(value):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [place for key in keys for place in places(value[key], trusted)]
    return [(value, key) for key in keys] + inner


def change_description(data: st.DataObject, found: list[tuple[Any, Any]]) -> None:
    holder, key = data.draw(st.sampled_from(found))
    if data.draw(st.integers(0, 3)) == 0:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(data.draw(JUNK))


def change_array(data: st.DataObject, arrays: dict[str, np.ndarray]) -> None:
    name = data.draw(st.sampled_from(sorted(arrays)))
    old = arrays.pop(name)
    changes: dict[str, Callable[[], np.ndarray]] = {
        "gone": lambda: old,
        "flat": lambda: old.reshape(-1),
        "deeper": lambda: old[None],
        "empty": lambda: np.zeros(0, old.dtype),
        "not finite": lambda: np.full(old.shape, data.draw(st.sampled_from(NOT_FINITE))),
        "negative": lambda: np.full(old.shape, -1.0),
        "whole": lambda: np.zeros(old.shape, np.int8),
        "wide": lambda: old.astype(np.float64),
    }
    change = data.draw(st.sampled_from(sorted(changes)))
    if change != "gone":
        arrays[name] = changes[change]()


def changed(data: st.DataObject, path: Path, content: bytes) -> None:
    """Write a file with something else in it and a checksum that fits."""
    path.write_bytes(content)
    found = read(path, "--load_path")
    arrays, metadata = dict(found.arrays), dict(found.metadata)
    if data.draw(st.integers(0, 3)) == 0:
        change_array(data, arrays)
    else:
        # A task's own attributes are for the task to judge.
        change_description(data, places(metadata, lambda part: "generators" in part))
    save(path, arrays, metadata)


@several
@given(data=st.data())
def test_descriptions_with_a_checksum_that_fits(
    files: Files, place: Path, data: st.DataObject
) -> None:
    changed(data, place, files.contents[data.draw(st.sampled_from(sorted(files.contents)))])
    read_in_every_way(place)


def resumed_from_a_changed_state(files: Files, folder: Path, data: st.DataObject) -> None:
    run = files.run
    state = Path(run.save_path, "resume", "00002")
    for other in state.parent.iterdir():
        other.unlink()
    changed(data, state, files.contents["state"])
    logs = sorted(Path(run.log_path).glob("*.*"))
    before = [path.read_bytes() for path in logs]
    try:
        with taken_or_refused():
            learn(replace(run, num_timesteps=48, resume=True))
    except Diverged:
        pass
    for path, content in zip(logs, before, strict=True):
        path.write_bytes(content)


@settings(several, max_examples=60)
@given(data=st.data())
def test_states_with_a_checksum_that_fits(files: Files, place: Path, data: st.DataObject) -> None:
    with without_learning():
        resumed_from_a_changed_state(files, place.parent, data)


@settings(several, max_examples=6)
@given(data=st.data())
def test_states_with_a_checksum_that_fits_are_learned_from(
    files: Files, place: Path, data: st.DataObject
) -> None:
    resumed_from_a_changed_state(files, place.parent, data)
