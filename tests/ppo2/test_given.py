"""What a program gives becomes what one would type; the rest of it is in test_api."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from baselines.common.errors import UserError
from baselines.common.networks.networks import Mlp
from baselines.ppo2.given import as_text, makes_tasks, names_of, teacher_paths
from examples.l2_sp import L2_SP


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("num_timesteps", 2e6, "2000000.0"),
        ("seed", 3, "3"),
        ("resume", True, "True"),
        ("save_path", Path("models") / "a", "models/a"),
        (
            "env_kwargs",
            {"legs": [4, 6], "deep": {"a": None}},
            '{"legs": [4, 6], "deep": {"a": null}}',
        ),
        ("network", "mlp", "mlp"),
    ],
)
def test_a_value_is_as_one_would_type_it(name: str, value: Any, text: str) -> None:
    assert as_text(name, value) == text


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("env_kwargs", {"deep": [{1: 2}]}, r"^env_kwargs: is kept as JSON, .* not 1$"),
        ("env_kwargs", {"a": {1, 2}}, r"^env_kwargs: cannot be written as JSON: "),
        ("save_path", 3, r"^save_path: must be a path, not 3$"),
        (
            "lr",
            lambda progress: progress,
            r"^lr: must be a value such as .*; lr_schedule takes one$",
        ),
        ("seed", len, r"^seed: must be a value, not a function$"),
        ("network", Mlp(2, 8, "tanh"), r"^network: .*mlp, or module:name\) or a function, not Mlp"),
        ("teacher_network", ["mlp"], r"^teacher_network: must be a name .*, not \['mlp'\]$"),
        ("transfer", L2_SP, r"^transfer: .* or module:name\), not TransferMethod\(.*\.\.\.$"),
    ],
)
def test_what_cannot_be_typed_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        as_text(name, value)


def test_one_or_several_names() -> None:
    assert names_of("networks", "mlp") == ["mlp"]
    assert names_of("networks", len) == [len]
    assert names_of("networks", ("mlp", len)) == ["mlp", len]
    for value in (3, None):
        with pytest.raises(UserError, match=rf"^networks: must be one name, .*, not {value!r}$"):
            names_of("networks", value)


def test_paths_of_teachers_may_come_one_by_one() -> None:
    assert teacher_paths(None) == ()
    assert teacher_paths("a") == teacher_paths(Path("a")) == ("a",)
    assert teacher_paths(path for path in ("a", Path("b"))) == ("a", "b")
    with pytest.raises(UserError, match=r"^teachers: .* not 3$"):
        teacher_paths(["a", 3])


class CallableTask(gym.Env):
    """A task that is also a function."""

    def __call__(self) -> gym.Env:
        return self


def test_a_task_makes_no_tasks_though_it_may_be_called() -> None:
    assert makes_tasks(CallableTask)
    assert not makes_tasks(CallableTask())
    assert not makes_tasks("CartPole-v1")
