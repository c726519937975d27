"""Tasks that functions of a program make: each policy has its own, whatever is called alike."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import toys
from called import ROOT
from gymnasium import spaces

from baselines import ppo2
from baselines.common.errors import UserError
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env import tasks
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy


class Paying(gym.Env):
    """Four steps, each worth the same; it shows what it was made with."""

    observation_space = spaces.Box(-1.0, 1.0, (3,))
    action_space = spaces.Box(-1.0, 1.0, (2,))

    def __init__(self, worth: float = 1.0, picture: Any = None, fps: Any = 30) -> None:
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": fps}
        self._worth, self._picture, self._steps = worth, picture, 0

    def reset(self, **arguments: Any) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=arguments.get("seed"))
        self._steps = 0
        return np.zeros(3, np.float32), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._steps += 1
        return np.zeros(3, np.float32), self._worth, self._steps == 4, False, {}

    def render(self) -> Any:
        return self._picture


@pytest.fixture
def checkpoint(
    mlp_policy: Callable[..., PlainPolicy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Of a policy that was trained in a task of the name `Paying`."""
    monkeypatch.setattr(tasks, "OWN", {})
    policy = mlp_policy()
    params = policy.init(np.random.default_rng(0))
    task = {"env": {"id": "Paying", "kwargs": {}}, **toys.spaces_for(policy)}
    metadata = {"update": 1, "timesteps": 64, **task}
    return SavedPolicy(policy, params, Normalizer.fresh(3), metadata).write(tmp_path)


def test_each_policy_is_evaluated_in_the_task_that_its_own_function_makes(checkpoint: Path) -> None:
    def in_task_of(worth: float) -> Callable[..., gym.Env]:
        return lambda render_mode=None: Paying(worth)

    one, other = (ppo2.load(checkpoint, env=in_task_of(worth)) for worth in (1.0, 10.0))
    assert one.evaluate(2).mean == 4.0
    assert other.evaluate(2).mean == 40.0
    assert one.evaluate(2).mean == 4.0


def test_a_policy_whose_task_is_not_known_says_so(checkpoint: Path) -> None:
    model = ppo2.load(checkpoint)
    told = r"^env: the file's task 'Paying' is not known here; .* as env to ppo2.load.*:Id"
    for use in (model.evaluate, lambda: model.record_video(checkpoint.with_name("film.gif"))):
        with pytest.raises(UserError, match=told):
            use()
    assert ppo2.load(checkpoint, env=Paying).evaluate(2).mean == 4.0


def test_a_policy_for_an_id_needs_no_function() -> None:
    teacher = ROOT / "teacher_models" / "centipede_four" / "0" / "00970"
    with pytest.raises(
        UserError, match=r"^env: .*00970 is a policy for CentipedeFour-v1, .* leave env out, and "
    ):
        ppo2.load(teacher, env=Paying)


@pytest.mark.parametrize("worth", [np.nan, -np.inf, 1e308])
def test_a_return_that_is_not_finite_is_told(worth: float, checkpoint: Path) -> None:
    model = ppo2.load(checkpoint, env=lambda: Paying(worth))
    with pytest.raises(UserError, match=r"^env: Paying: the return .* from seed 7 is not finite$"):
        model.evaluate(2, seed=7)


PICTURE = np.zeros((32, 48, 3), np.uint8)

NO_PICTURES = {
    "nothing": (None, "not None"),
    "grey": (PICTURE[..., 0], r"not an array of uint8 and shape \(32, 48\)"),
    "real numbers": (PICTURE.astype(float), "not an array of float64"),
    "with transparency": (np.zeros((32, 48, 4), np.uint8), r"shape \(32, 48, 4\)"),
    "several": ([PICTURE], "not a list of 1"),
    "empty": (PICTURE[:0], r"shape \(0, 48, 3\)"),
}


@pytest.mark.parametrize("case", NO_PICTURES)
@pytest.mark.parametrize("ending", [".gif", ".mp4"])
def test_what_is_no_picture_is_told(case: str, ending: str, checkpoint: Path) -> None:
    drawn, told = NO_PICTURES[case]
    model = ppo2.load(checkpoint, env=lambda render_mode: Paying(picture=drawn))
    with pytest.raises(UserError, match=rf"^env: Paying: .*render\(\) must return .*{told}"):
        model.record_video(checkpoint.with_name(f"film{ending}"))
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_each_policy_is_filmed_in_the_task_that_its_own_function_makes(checkpoint: Path) -> None:
    one = ppo2.load(checkpoint, env=lambda render_mode: Paying(picture=PICTURE))
    ppo2.load(checkpoint, env=lambda render_mode: Paying(picture=None))
    film = checkpoint.with_name("film.gif")
    one.record_video(film)
    assert film.is_file()


def test_a_film_is_written_where_it_began_wherever_its_task_goes(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)

    def wanders(render_mode: str) -> gym.Env:
        os.chdir(elsewhere)
        return Paying(picture=PICTURE)

    ppo2.load(checkpoint, env=wanders).record_video("film.gif")
    assert (tmp_path / "film.gif").is_file()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("use", ["film", "evaluation"])
def test_it_begins_from_its_seed_and_has_sampled_actions_where_asked(
    use: str, checkpoint: Path
) -> None:
    seeds, actions = [], []

    class Recorded(Paying):
        def reset(self, **arguments: Any) -> tuple[np.ndarray, dict[str, Any]]:
            seeds.append(arguments.get("seed"))
            return super().reset(**arguments)

        def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
            actions.append(action.tolist())
            return super().step(action)

    model = ppo2.load(checkpoint, env=lambda render_mode=None: Recorded(picture=PICTURE))
    for seed, deterministic in ((3, True), (3, False), (3, False), (4, False)):
        if use == "film":
            model.record_video(checkpoint.with_name("film.gif"), seed, deterministic)
        else:
            model.evaluate(1, seed, deterministic)
    assert seeds[0] == seeds[1] == seeds[2] != seeds[3]
    likeliest, sampled, again, other = actions[::4]  # the first of each episode
    assert likeliest == model.predict(np.zeros(3))[0].tolist()
    assert sampled == again
    assert len({*map(tuple, (likeliest, sampled, other))}) == 3


def test_a_task_without_pictures_is_told(checkpoint: Path) -> None:
    class Unseen(Paying):
        render = gym.Env.render

    model = ppo2.load(checkpoint, env=lambda render_mode: Unseen())
    with pytest.raises(UserError, match=r"^env: Unseen cannot be drawn: NotImplementedError$"):
        model.record_video(checkpoint.with_name("film.gif"))


@pytest.mark.parametrize("fps", [None, 0, -1, "fast", float("inf"), float("nan"), 0.25])
def test_a_task_need_not_tell_its_pictures_per_second(fps: Any, checkpoint: Path) -> None:
    model = ppo2.load(checkpoint, env=lambda render_mode: Paying(picture=PICTURE, fps=fps))
    model.record_video(checkpoint.with_name("film.gif"))
    assert checkpoint.with_name("film.gif").stat().st_size > 0


@pytest.mark.parametrize("kwargs", [{1: 2.0}, {"goals": {0: 1.0}}, {"goals": [{None: 1.0}]}])
def test_arguments_that_json_would_change_are_refused(kwargs: Any) -> None:
    with pytest.raises(UserError, match=r"^env_kwargs: .* each key must be a text, not (1|0|None)"):
        ppo2.learn("CartPole-v1", env_kwargs=kwargs)
