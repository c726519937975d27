"""Making tasks by name: what is wrong is told in one line."""

from typing import Any

import pytest

from baselines.common.errors import UserError
from baselines.common.vec_env.tasks import make_task


@pytest.mark.parametrize(
    ("task", "kwargs", "told"),
    [
        ("CentipedeEigth-v1", {}, "unknown environment 'CentipedeEigth-v1'; did you mean Centip"),
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


def test_options_reach_the_task() -> None:
    env = make_task("CentipedeEight-v1", {"include_cfrc_ext_in_observation": False})
    assert env.observation_space.shape == (55,)
