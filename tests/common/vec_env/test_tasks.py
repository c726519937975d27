"""Making tasks by name: what is wrong is told in one line."""

import threading
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
import toys
from gymnasium.envs.registration import EnvSpec

from baselines.common.errors import UserError
from baselines.common.vec_env import tasks
from baselines.common.vec_env.foreign_task import ForeignTask
from baselines.common.vec_env.tasks import add_task, make_task
from baselines.common.vec_env.vec_env import VecEnv


@pytest.mark.parametrize(
    ("task", "kwargs", "told"),
    [
        ("CentipedeEigth-v1", {}, "unknown environment 'CentipedeEigth-v1'; did you mean Centip"),
        ("Gripper9000", {}, "unknown environment 'Gripper9000'; one that a module of yours"),
        (
            "CentipedeFour-v1",
            {"frameskip": 2},
            "unknown argument 'frameskip'; did you mean frame_s",
        ),
        ("CentipedeFour-v1", {"frame_skip": 0}, "frame_skip must be a whole number of at least 1"),
        ("CentipedeFour-v1", {"healthy_z_range": 1}, "healthy_z_range must be two numbers"),
        ("Centipede-v1", {"legs": 2}, "legs must be a whole number of at least 3, got 2"),
        ("CentipedeFour-v1", {"max_episode_steps": -5}, "Expect the `max_episode_steps` to be"),
        (
            "CentipedeFour-v1",
            {"max_episode_step": 5},
            "unknown argument 'max_episode_step'; did you mean max_episode_steps?",
        ),
        ("AntS-v1", {"frame_skips": 2}, "unexpected keyword argument 'frame_skips'"),
    ],
)
def test_what_is_wrong_is_told(task: str, kwargs: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=r"^--env: ") as error:
        make_task(task, kwargs)
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_class_that_its_module_does_not_register_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(tasks, "registry", dict(tasks.registry))
    text = "import gymnasium\nclass Reach(gymnasium.Env): pass\n"
    (tmp_path / "reaching.py").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"^--env: unknown environment 'Reach', which ") as e:
        make_task("reaching:Reach", {})
    assert "gymnasium.register('Reach-v0', 'reaching:Reach')" in str(e.value)
    assert "reaching:Reach-v0" in str(e.value)
    with pytest.raises(UserError, match=r"'Reache'; did you mean Reacher-v5\?$"):
        make_task("reaching:Reache", {})
    tasks.registry["Reach-v0"] = EnvSpec("Reach-v0", "reaching:Reach")
    with pytest.raises(UserError, match=r"'Reach'; did you mean Reach-v0\?$"):
        make_task("reaching:Reach", {})


def test_options_reach_the_task() -> None:
    env = make_task("CentipedeEight-v1", {"include_cfrc_ext_in_observation": False})
    assert env.observation_space.shape == (55,)


@pytest.mark.parametrize("mode", ["human", "rgb_array"])
def test_a_film_can_be_made_of_a_task_with_a_render_mode_of_its_own(mode: str) -> None:
    arguments = {"render_mode": mode}
    env = make_task("CentipedeFour-v1", arguments, render_mode="rgb_array")
    assert env.render_mode == "rgb_array"
    assert arguments == {"render_mode": mode}


@pytest.mark.parametrize("wrapped", [False, True])
def test_one_task_is_not_given_for_two(wrapped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "OWN", {})
    closed: list[toys.BoxToy] = []
    monkeypatch.setattr(toys.BoxToy, "close", lambda self: closed.append(self))
    the_only_one = toys.BoxToy()
    add_task("Same", lambda: gym.wrappers.TimeLimit(the_only_one, 9) if wrapped else the_only_one)
    first = make_task("Same", {})
    with pytest.raises(UserError, match=r"^--env: cannot make Same .* in use already; make a new"):
        make_task("Same", {})
    assert closed == []
    assert ForeignTask(first).close() == ""
    assert make_task("Same", {}).unwrapped is the_only_one
    with pytest.raises(UserError, match="in use already"):
        VecEnv(lambda: make_task("Same", {}), [0, 1])


def test_a_name_stands_for_another_function_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "OWN", {})
    add_task("Toy", toys.BoxToy)
    with pytest.raises(ZeroDivisionError), tasks.made_by("Toy", toys.DiscreteToy):
        assert isinstance(make_task("Toy", {}), toys.DiscreteToy)
        raise ZeroDivisionError
    with tasks.made_by("Toy", None):
        assert isinstance(make_task("Toy", {}), toys.BoxToy)
    with tasks.made_by("Other", toys.DiscreteToy):
        make_task("Other", {})
    assert list(tasks.OWN.items()) == [("Toy", toys.BoxToy)]


def test_another_thread_uses_the_name_for_its_own_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "OWN", {})
    found = []

    def elsewhere() -> None:
        add_task("New", toys.DiscreteToy)
        with tasks.made_by("Toy", toys.DiscreteToy):
            found.append(make_task("Toy", {}))

    with tasks.made_by("Toy", toys.BoxToy):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        found.append(make_task("Toy", {}))
    assert [type(task) for task in found] == [toys.DiscreteToy, toys.BoxToy]
    assert tasks.OWN.keys() == {"New"}
