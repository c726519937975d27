"""The package from a program."""

import copy
import hashlib
import importlib
import inspect
import json
import os
import pickle
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import imageio
import numpy as np
import pytest
import toys
from called import ROOT, python

from baselines import ppo2
from baselines.common.checkpoint import CodeNotKnown
from baselines.common.errors import UserError
from baselines.common.vec_env import tasks
from baselines.config import NETWORKS, Config, flag_of
from baselines.ppo2.callbacks import SoFar
from baselines.ppo2.trained import TrainedPolicy
from baselines.transfer.student.mapping import StateMapping
from baselines.transfer.student.mapping_kinds import MappingSpec, learned
from examples.l2_sp import L2_SP

TEACHER = ROOT / "teacher_models" / "centipede_four" / "0" / "00970"
SMALL: dict[str, Any] = {
    "nsteps": 64, "nminibatches": 4, "noptepochs": 2, "num_hidden": 8, "xla": False, "verbose": 0
}  # fmt: skip
TIMES = ("time_elapsed", "fps")

pytestmark = [pytest.mark.usefixtures("compiled_once"), pytest.mark.xdist_group("api")]

toys.register()


@pytest.fixture(scope="module")
def discrete() -> TrainedPolicy:
    return ppo2.learn("DiscreteToy-v0", num_timesteps=128, cliprange=0.1, **SMALL)


@pytest.fixture(scope="module")
def box() -> TrainedPolicy:
    return ppo2.learn("BoxToy-v0", num_timesteps=64, **SMALL)


def test_a_centipede_teaches_a_cart(tmp_path: Path) -> None:
    model = ppo2.learn(
        env="CartPole-v1", teachers=TEACHER, num_timesteps=256.0, save_path=tmp_path,
        **SMALL | {"num_hidden": 64},
    )  # fmt: skip
    env = gym.make("CartPole-v1")
    obs, _ = env.reset(seed=0)
    for _ in range(5):
        action, state = model.predict(obs, deterministic=False)
        assert env.action_space.contains(action)
        assert state is None
        obs = env.step(action)[0]
    again = ppo2.load(tmp_path / "00004")
    batch = np.random.default_rng(0).standard_normal((9, 4))
    actions, _ = model.predict(batch)
    assert actions.shape == (9,)
    np.testing.assert_array_equal(again.predict(batch)[0], actions)


def test_actions_are_those_of_the_task(discrete: TrainedPolicy, box: TrainedPolicy) -> None:
    rng = np.random.default_rng(0)
    actions, _ = discrete.predict(np.tile(np.eye(4), (50, 1)), deterministic=False, rng=rng)
    assert set(actions.tolist()) == {2, 3, 4, 5}
    assert box.predict(np.zeros(3))[0].shape == (3,)
    first, second = (
        box.predict(np.zeros((2, 3)), deterministic=False, rng=np.random.default_rng(1))[0]
        for _ in "ab"
    )
    np.testing.assert_array_equal(first, second)
    integers, _ = box.predict(np.ones(3, int))
    np.testing.assert_array_equal(integers, box.predict([1.0, 1.0, 1.0])[0])


@pytest.mark.parametrize(
    ("obs", "message"),
    [
        (np.zeros(4), r"not of \[4\]$"),
        (np.zeros((2, 3, 3)), r"not of \[2, 3, 3\]$"),
        (3.0, "not 3.0$"),
        (None, "not None$"),
        ((np.zeros(3), {}), r"not \(array\(.*\), {}\); env.reset\(\) returns \(obs, info\)$"),
        ({"a": np.zeros(3)}, "not {'a': array"),
        ("abc", "not 'abc'$"),
    ],
)
def test_what_is_no_observation_is_told(obs: Any, message: str, box: TrainedPolicy) -> None:
    with pytest.raises(
        UserError, match=r"^obs: must be numbers of shape \[3\] or \[B, 3\], " + message
    ):
        box.predict(obs)


def test_a_seed_is_no_generator(box: TrainedPolicy) -> None:
    for seed in (0, 7):  # either would draw the same noise at each step, or none at all
        with pytest.raises(UserError, match=f"^rng: must be a NumPy generator.*, not {seed}$"):
            box.predict(np.zeros(3), deterministic=False, rng=seed)


def test_the_likeliest_actions_are_the_default(box: TrainedPolicy) -> None:
    obs = np.random.default_rng(0).uniform(-1, 1, (5, 3))
    saved = box.saved
    pi, params = "pi/mlp_fc{}", saved.params
    seen = saved.normalizer.obs_rms
    h = np.clip((obs - seen.mean) / np.sqrt(seen.var), -10, 10)
    for i in range(2):
        h = np.tanh(h @ params[f"{pi.format(i)}/w"] + params[f"{pi.format(i)}/b"])
    expected = h @ params["pi/pi/w"] + params["pi/pi/b"]
    np.testing.assert_allclose(box.predict(obs)[0], expected, rtol=1e-4, atol=1e-6)
    assert np.abs(box.predict(obs, deterministic=False)[0] - expected).min() > 0


@pytest.mark.parametrize("kind", ["discrete", "box"])
def test_a_loop_in_the_manner_of_stable_baselines3_finds_the_same_returns(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """Its `evaluate_policy` calls `predict` so, on several environments at once."""
    model: TrainedPolicy = request.getfixturevalue(kind)
    env_id = model.saved.metadata["env"]["id"]
    envs = gym.make_vec(env_id, num_envs=3, vectorization_mode="sync")
    obs, _ = envs.reset(seed=[7, 8, 9])
    states, starts, returns = None, np.ones(3, bool), np.zeros(3)
    for _ in range(toys.EPISODE_STEPS):
        actions, states = model.predict(obs, state=states, episode_start=starts, deterministic=True)
        obs, rewards, starts, _, _ = envs.step(actions)
        returns += rewards
    assert starts.all()
    for seed, expected in zip((7, 8, 9), returns, strict=True):
        env = gym.make(env_id)
        obs, _ = env.reset(seed=seed)
        found, done = 0.0, False
        while not done:
            obs, reward, done, _, _ = env.step(model.predict(obs)[0])
            found += float(reward)
        assert found == pytest.approx(expected)


def test_the_history_is_what_was_logged(tmp_path: Path) -> None:
    model = ppo2.learn("DiscreteToy-v0", num_timesteps=320, log_path=tmp_path, **SMALL)
    lines = [json.loads(line) for line in (tmp_path / "progress.json").read_text().splitlines()]
    assert set(model.history) == set(lines[0])
    assert model.history["total_timesteps"].tolist() == [64, 128, 192, 256, 320]
    for name, column in model.history.items():
        assert column.tolist() == [line[name] for line in lines], name
    read = ppo2.history(tmp_path)
    assert read.keys() == model.history.keys()
    for name, column in model.history.items():
        np.testing.assert_array_equal(read[name], column, name)


def test_a_folder_without_logs_has_no_history(tmp_path: Path) -> None:
    with pytest.raises(ppo2.UserError, match=rf"^log_path: {tmp_path} has no logged rows; give "):
        ppo2.history(tmp_path)
    with pytest.raises(ppo2.UserError, match=r"^log_path: must be a path, not 3$"):
        ppo2.history(3)  # type: ignore[arg-type]
    (tmp_path / "progress.json").write_text("{\n")
    with pytest.raises(ppo2.UserError, match=r"^log_path: .*, line 1: damaged, no row of metrics$"):
        ppo2.history(tmp_path)


def test_a_run_that_goes_on_has_the_history_of_the_whole(tmp_path: Path) -> None:
    def run(folder: str, steps: int, **more: Any) -> TrainedPolicy:
        paths = {"save_path": tmp_path / folder / "models", "log_path": tmp_path / folder / "logs"}
        return ppo2.learn(
            "DiscreteToy-v0", num_timesteps=steps, lr_schedule="constant", **SMALL, **paths, **more
        )

    whole = run("a", 320).history
    run("b", 192)
    parts = run("b", 320, resume=True).history
    finished = run("b", 320, resume=True).history
    for name in set(whole) - set(TIMES):
        np.testing.assert_array_equal(parts[name], whole[name], name)
        np.testing.assert_array_equal(finished[name], whole[name], name)


def test_a_callback_sees_each_update_and_changes_nothing() -> None:
    seen: list[SoFar] = []

    def look(progress: SoFar) -> None:
        seen.append(progress)
        progress.model.evaluate(episodes=1)
        progress.model.predict(np.zeros(3), deterministic=False)

    watched = ppo2.learn("BoxToy-v0", num_timesteps=192, log_interval=2, callback=look, **SMALL)
    alone = ppo2.learn("BoxToy-v0", num_timesteps=192, log_interval=2, **SMALL)
    assert [p.update for p in seen] == [1, 2, 3]
    assert [p.timesteps for p in seen] == [64, 128, 192]
    assert {p.nupdates for p in seen} == {3}
    assert [p.metrics.get("nupdates") for p in seen] == [None, 2, 3]
    assert [len(p.model.history.get("lr", ())) for p in seen] == [0, 1, 2]
    for name, value in alone.saved.params.items():
        np.testing.assert_array_equal(watched.saved.params[name], value, name)
    counts = [p.model.saved.normalizer.obs_rms.count for p in seen]
    assert np.diff(counts).tolist() == [64, 64]  # each is of its own moment


@pytest.mark.parametrize("numpys", [False, True])
def test_a_callback_stops_the_run_which_is_saved_and_goes_on(numpys: bool, tmp_path: Path) -> None:
    settings = {"num_timesteps": 320, "state_interval": 0, **SMALL}

    def stop(progress: SoFar) -> bool:
        if numpys:  # as from a comparison of `history`, which holds arrays
            return progress.model.history["nupdates"][-1] < 3
        return progress.update < 3

    begun = ppo2.learn("DiscreteToy-v0", save_path=tmp_path, callback=stop, **settings)
    assert begun.saved.metadata["update"] == 3
    assert (tmp_path / "00003").exists()
    parts = ppo2.learn("DiscreteToy-v0", save_path=tmp_path, resume=True, **settings)
    whole = ppo2.learn("DiscreteToy-v0", **settings)
    for name, value in whole.saved.params.items():
        np.testing.assert_array_equal(parts.saved.params[name], value, name)


@pytest.mark.parametrize("keeps", [False, True])
def test_ctrl_c_ends_the_run_after_its_update(keeps: bool, tmp_path: Path) -> None:
    kept: list[TrainedPolicy] = []

    def press(progress: SoFar) -> None:
        kept.append(progress.model)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    folder = tmp_path / "models"
    with pytest.raises(KeyboardInterrupt):
        ppo2.learn(
            "BoxToy-v0", num_timesteps=192, callback=press, save_path=folder if keeps else None,
            **SMALL,
        )  # fmt: skip
    assert [model.saved.metadata["update"] for model in kept] == [1]
    assert folder.exists() == keeps
    assert signal.getsignal(signal.SIGINT) is before
    if keeps:
        found = ppo2.load(folder)
        np.testing.assert_array_equal(found.predict(np.eye(3))[0], kept[0].predict(np.eye(3))[0])


def test_a_run_that_is_stopped_after_its_last_update_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    verbose = SMALL | {"verbose": 1}
    ppo2.learn("DiscreteToy-v0", num_timesteps=64, callback=lambda _: False, **verbose)
    said = capsys.readouterr().out
    assert "done: 1 updates, 64 timesteps" in said
    assert "stopped" not in said


@pytest.mark.parametrize("update", [2, 5])
def test_what_a_callback_raises_arrives_once_all_is_saved(update: int, tmp_path: Path) -> None:
    def fail(progress: SoFar) -> None:
        if progress.update == update:
            raise LookupError("mine")

    settings = {"num_timesteps": 320, "state_interval": 0, "save_path": tmp_path, **SMALL}
    with pytest.raises(LookupError, match="mine"):
        ppo2.learn("DiscreteToy-v0", callback=fail, **settings)
    assert ppo2.load(tmp_path).saved.metadata["update"] == update
    parts = ppo2.learn("DiscreteToy-v0", resume=True, **settings)
    whole = ppo2.learn("DiscreteToy-v0", num_timesteps=320, **SMALL)
    for name, value in whole.saved.params.items():
        np.testing.assert_array_equal(parts.saved.params[name], value, name)


def test_a_callback_may_change_the_row_that_it_gets() -> None:
    def spoil(progress: SoFar) -> None:
        progress.metrics.clear()  # type: ignore[attr-defined]
        progress.metrics["eprewmean"] = -1.0  # type: ignore[index]

    plain, spoilt = (
        ppo2.learn("DiscreteToy-v0", num_timesteps=192, callback=callback, **SMALL)
        for callback in (None, spoil)
    )
    assert spoilt.history.keys() == plain.history.keys()
    for name in plain.history.keys() - set(TIMES):
        np.testing.assert_array_equal(spoilt.history[name], plain.history[name], name)


def test_a_policy_is_measured_and_told_in_one_line(discrete: TrainedPolicy) -> None:
    model = discrete
    found = model.evaluate(episodes=5, seed=3)
    returns = [episode.r for episode in found.episodes]
    assert len(returns) == 5
    assert found.mean == pytest.approx(np.mean(returns))
    reach = 2.776445 * np.std(returns, ddof=1) / 5**0.5  # Student's with 4 degrees of freedom
    assert found.interval == pytest.approx((found.mean - reach, found.mean + reach))
    assert model.evaluate(episodes=5, seed=3) == found
    assert model.evaluate(2, seed=4).episodes == found.episodes[1:3]
    assert f"{found.mean:.1f}" in repr(found)
    assert "\n" not in repr(model)
    assert "DiscreteToy-v0" in repr(model)
    assert "128" in repr(model)
    for wrong in (2.5, "3", None):
        with pytest.raises(UserError, match=f"^episodes: must be a whole number, not {wrong!r}$"):
            model.evaluate(wrong)
        with pytest.raises(UserError, match=f"^seed: must be a whole number, not {wrong!r}$"):
            model.evaluate(seed=wrong)
    with pytest.raises(UserError, match=r"^episodes: must be greater than 0"):
        model.evaluate(0)
    with pytest.raises(UserError, match=r"^seed: must not be negative"):
        model.evaluate(seed=-1)


def test_what_is_saved_can_be_loaded(discrete: TrainedPolicy, tmp_path: Path) -> None:
    discrete.save(tmp_path / "deep" / "mine")
    obs = np.eye(4)
    again = ppo2.load(tmp_path / "deep" / "mine")
    np.testing.assert_array_equal(again.predict(obs)[0], discrete.predict(obs)[0])
    assert again.history == {}
    assert again.observation_space == toys.DiscreteToy.observation_space
    assert again.action_space == toys.DiscreteToy.action_space
    with pytest.raises(UserError, match=r"^path: .*deep is a folder"):
        discrete.save(tmp_path / "deep")
    with pytest.raises(UserError, match=r"^path: cannot write .*: File name too long$"):
        discrete.save(tmp_path / "deep" / ("x" * 300))


@pytest.fixture
def own_tasks() -> Iterator[None]:
    yield
    tasks.OWN.clear()


@pytest.mark.usefixtures("own_tasks")
def test_a_function_makes_the_task(tmp_path: Path) -> None:
    made, seen = [], []

    def guessing(steps: int = 4) -> gym.Env:
        made.append(steps)
        return gym.wrappers.TimeLimit(toys.DiscreteToy(), steps)

    model = ppo2.learn(
        guessing, num_timesteps=64, env_kwargs={"steps": 8}, save_path=tmp_path,
        callback=lambda progress: seen.append(progress.model), **SMALL,
    )  # fmt: skip
    assert set(made) == {8}
    assert model.saved.metadata["env"] == {"id": "guessing", "kwargs": {"steps": 8}}
    tasks.OWN["guessing"] = toys.BoxToy  # another function of this name
    for policy in (model, *seen):
        assert {episode.l for episode in policy.evaluate(3).episodes} == {8}
    named = ppo2.learn(lambda: toys.BoxToy(), env_name="Boxes", num_timesteps=64, **SMALL)
    assert "Boxes" in repr(named)
    check = (
        "import sys; from baselines import ppo2; import toys\n"
        "model = ppo2.load(sys.argv[1], env=lambda steps: toys.DiscreteToy())\n"
        "print(len(model.evaluate(2).episodes))"
    )
    done = python("-c", check, tmp_path / "00001")
    assert done.stdout == "2\n"


def test_a_function_stands_in_for_a_task_of_a_module_that_is_not_imported(
    discrete: TrainedPolicy,
) -> None:
    env = discrete.saved.metadata["env"] | {"id": "not_imported:Toy-v0"}
    elsewhere = replace(discrete.saved, metadata=discrete.saved.metadata | {"env": env})
    model = TrainedPolicy(elsewhere)
    with pytest.raises(UserError, match=r"^env: the file's task is 'not_imported:Toy-v0', of anot"):
        model.evaluate(episodes=1)
    assert model.evaluate(1, env=toys.DiscreteToy).mean == discrete.evaluate(1).mean


@pytest.mark.usefixtures("own_tasks")
def test_a_policy_is_measured_in_another_task_too(discrete: TrainedPolicy) -> None:
    def short() -> gym.Env:
        return gym.wrappers.TimeLimit(toys.DiscreteToy(), 3)

    own = discrete.evaluate(4)
    assert {episode.l for episode in discrete.evaluate(4, env=short).episodes} == {3}
    assert discrete.evaluate(4) == own  # the task's name is its own again
    with pytest.raises(UserError, match=r"^env: DiscreteToy-v0 does not fit the policy"):
        discrete.evaluate(4, env=toys.BoxToy)
    with pytest.raises(
        UserError, match=r"^env: must be a function that makes a task, .*, not 'Box"
    ):
        discrete.evaluate(4, env="BoxToy-v0")  # type: ignore[arg-type]


def test_a_module_that_registers_the_task_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import gymnasium, toys\ngymnasium.register('Mine-v0', toys.BoxToy)\n"
    )
    begin = "import sys; from baselines import ppo2; sys.path.append(sys.argv[1]); "
    train = (
        "import mine; ppo2.learn('Mine-v0', num_timesteps=64, nsteps=64, xla=False, verbose=0)"
        ".save(sys.argv[1] + '/saved')"
    )
    use = (
        "model = ppo2.load(sys.argv[1] + '/saved', env='mine:Mine-v0')\n"
        "print(len(model.evaluate(2).episodes))"
    )
    assert python("-c", begin + train, tmp_path).stdout == ""
    assert python("-c", begin + use, tmp_path).stdout == "2\n"


@pytest.mark.usefixtures("own_tasks")
def test_a_run_keeps_to_its_own_function() -> None:
    def same() -> gym.Env:
        tasks.OWN["same"] = toys.DiscreteToy  # as another thread may, for a run of its own
        return toys.BoxToy()

    model = ppo2.learn(same, num_env=2, num_timesteps=128, **SMALL)
    assert model.saved.metadata["action_space"]["kind"] == "Box"


@pytest.mark.usefixtures("own_tasks")
@pytest.mark.parametrize(
    ("env", "name", "message"),
    [
        (toys.BoxToy(), "", "^env: must be the id of a task or a function that makes one"),
        (3, "", "^env: must be the id of a task or a function that makes one"),
        (toys.BoxToy(), "", r"such as env=lambda: MyTask\(\), env_name='MyTask'; not <"),
        (lambda: toys.BoxToy(), "", "^env_name: '<lambda>' cannot .*; give a name .*env_name="),
        (
            partial(toys.BoxToy),
            "",
            r"^env_name: must name the task of functools.partial\(.*, which",
        ),
        ([toys.BoxToy, toys.BoxToy], "", "^env: must be .*, since num_env of them are made, such"),
        (toys.BoxToy, "-a", "^env_name: '-a' .* begins with a letter, digit or _"),
        (toys.BoxToy, "CartPole-v1", "^env_name: CartPole-v1 is a task of Gymnasium"),
        (toys.BoxToy, "a b", "^env_name: 'a b' .*letters"),
        ("BoxToy-v0", "Boxes", "^env_name: given with the id 'BoxToy-v0'"),
        ("", "Boxes", "^env_name: 'Boxes' given without env, the function"),
        (lambda: 3, "Three", "cannot make Three.* int"),
        (lambda: 1 // 0, "Zero", "cannot make Zero.*division"),
    ],
)
def test_what_makes_no_task_is_told(env: Any, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ppo2.learn(env, env_name=name, num_timesteps=64, **SMALL)


@pytest.mark.usefixtures("own_tasks")
def test_what_cannot_be_loaded_is_told(discrete: TrainedPolicy, tmp_path: Path) -> None:
    def pole() -> gym.Env:
        return gym.make("CartPole-v1")

    file = tmp_path / "saved"
    ppo2.learn(pole, num_timesteps=64, **SMALL).save(file)
    with pytest.raises(UserError, match=r"^env: must be a function that makes the task, or module"):
        ppo2.load(file, env=pole())
    with pytest.raises(UserError, match=r"^env: the policy is for pole, not for CartPole-v1$"):
        ppo2.load(file, env="CartPole-v1")
    assert list(tasks.OWN.items()) == [("pole", pole)]
    with pytest.raises(UserError, match=r"^path: cannot read .*nowhere: No such file"):
        ppo2.load(tmp_path / "nowhere")
    for path in (3, discrete):
        with pytest.raises(UserError, match=r"^path: must be a path, not "):
            ppo2.load(path)
    with pytest.raises(UserError, match=r"^load_path: must be a path, not <policy .*; save it"):
        ppo2.learn("DiscreteToy-v0", load_path=discrete, **SMALL)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("networks", None, "must be one name, or several in a list, not None$"),
        ("networks", [3], "must be a name .* or a function, not 3$"),
        ("mappings", "learnt", "unknown name 'learnt' .* did you mean learned[?]$"),
        ("transfers", print, "builtins:print is no TransferMethod$"),
        ("transfers", [L2_SP], "must be a name .*, not TransferMethod"),
    ],
)
def test_what_is_no_network_mapping_or_method_is_told(
    argument: str, value: Any, message: str
) -> None:
    with pytest.raises(UserError, match=f"^{argument}: {message}"):
        ppo2.load(TEACHER, **{argument: value})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (3, "must be a path, not 3$"),
        (None, "must be a path, not None$"),
        (b"walk.gif", r"must be a path, not b'walk\.gif'$"),
        ("a\0b.gif", "'a.*b.gif' is no name of a file$"),
    ],
)
def test_where_nothing_can_be_written_is_told(
    path: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = ppo2.load(TEACHER)
    for write in (model.save, model.record_video):
        with pytest.raises(UserError, match=f"^path: {message}"):
            write(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("own_tasks")
def test_a_film_shows_the_episode(tmp_path: Path) -> None:
    class Drawn(toys.DiscreteToy):
        """Grey, and lighter with each step."""

        metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

        def __init__(self, render_mode: str | None = None) -> None:
            self.render_mode = render_mode

        def render(self) -> Any:
            return np.full((32, 48, 3), 10 * self._steps, np.uint8)

    model = ppo2.learn(Drawn, num_timesteps=64, **SMALL)
    model.record_video(tmp_path / "films" / "it.gif", length=5)
    pictures = imageio.mimread(tmp_path / "films" / "it.gif")
    assert [int(np.mean(picture[..., :3])) // 10 for picture in pictures] == [1, 2, 3, 4, 5]
    with pytest.raises(UserError, match=r"^path: .*it.avi must end in .mp4 or .gif"):
        model.record_video(tmp_path / "it.avi")
    for name, value in {"height": 0, "length": 0, "seed": -1}.items():
        with pytest.raises(UserError, match=f"^{name}: must .*, not {value}$"):
            model.record_video(tmp_path / "new" / "it.gif", **{name: value})
    with pytest.raises(UserError, match=r"^save_video_interval: .* task of a function"):
        ppo2.learn(Drawn, save_video_interval=64, log_path=tmp_path / "logs", **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["films"]


def test_teachers_are_paths_or_policies(box: TrainedPolicy, tmp_path: Path) -> None:
    file = tmp_path / "teacher"
    box.save(file)

    def taught(teachers: Any) -> TrainedPolicy:
        return ppo2.learn("DiscreteToy-v0", teachers=teachers, num_timesteps=192, **SMALL)

    first, second = taught(str(file)), taught(box)
    assert first.history["student_ps"][0] < 1
    for name, value in first.saved.params.items():
        np.testing.assert_array_equal(second.saved.params[name], value, name)
    [one], [other] = (model.saved.metadata["teachers"] for model in (first, second))
    assert one["sha256"] == other["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert one["env"] == other["env"]
    assert "teacher_ps_1" in taught([box, file]).history


def test_a_student_that_still_has_teachers_is_none(box: TrainedPolicy) -> None:
    """Such as a callback may keep; its own networks alone act otherwise."""
    kept: list[TrainedPolicy] = []

    def keep(progress: ppo2.SoFar) -> bool:
        kept.append(progress.model)
        return False

    ppo2.learn("DiscreteToy-v0", teachers=box, num_timesteps=192, callback=keep, **SMALL)
    with pytest.raises(UserError, match=r"^teacher_paths: .* at update 1 that still needs its own"):
        ppo2.learn("DiscreteToy-v0", teachers=kept[0], num_timesteps=192, **SMALL)


@pytest.mark.parametrize(
    "given", [3, [3], [None], {"a": 1}.values(), gym, [["a"]]], ids=lambda given: repr(given)[:12]
)
def test_other_teachers_are_refused_in_one_line(given: Any) -> None:
    with pytest.raises(
        UserError, match=r"^teachers: must be the path of a checkpoint, a policy or"
    ):
        ppo2.learn("DiscreteToy-v0", teachers=given, num_timesteps=64, **SMALL)


NETWORK = """
from baselines.common.networks.networks import Mlp
def net(num_layers, num_hidden, activation):
    return Mlp(num_layers, num_hidden, {activation!r})
"""


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """The module `edited_module`, whose network has this activation by now, loaded anew."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(activation: str) -> Any:
        (tmp_path / "edited_module.py").write_text(NETWORK.format(activation=activation))
        importlib.invalidate_caches()
        if "edited_module" in sys.modules:
            return importlib.reload(sys.modules["edited_module"])
        return importlib.import_module("edited_module")

    yield write
    sys.modules.pop("edited_module", None)


@pytest.mark.parametrize("by", ["function", "name"])
def test_an_edited_network_is_used(by: str, edited: Callable[[str], Any], tmp_path: Path) -> None:
    def given(module: Any) -> Any:
        return module.net if by == "function" else "edited_module:net"

    def made(policy: TrainedPolicy) -> Any:
        return policy.saved.policy.plain.network

    model = ppo2.learn("BoxToy-v0", network=given(edited("relu")), num_timesteps=64, **SMALL)
    model.save(tmp_path / "saved")
    obs = np.random.default_rng(0).standard_normal((5, 3))
    before = model.predict(obs)[0]
    again = ppo2.load(tmp_path / "saved", networks=[given(edited("elu"))])
    assert (made(model).activation, made(again).activation) == ("relu", "elu")
    np.testing.assert_array_equal(model.predict(obs)[0], before)
    assert np.abs(again.predict(obs)[0] - before).max() > 0


def test_a_teacher_at_hand_keeps_its_networks(edited: Callable[[str], Any]) -> None:
    seen: list[SoFar] = []
    teacher = ppo2.learn("BoxToy-v0", network=edited("relu").net, num_timesteps=64, **SMALL)
    ppo2.learn(
        "DiscreteToy-v0", teacher, network=edited("elu").net, num_timesteps=192,
        callback=seen.append, **SMALL,
    )  # fmt: skip
    student = seen[0].model.saved.policy
    assert student.plain.network.activation == "elu"
    assert [used.policy.network.activation for used in student.teachers] == ["relu"]


def test_policies_can_be_pickled_and_copied(box: TrainedPolicy, discrete: TrainedPolicy) -> None:
    seen: list[SoFar] = []
    ppo2.learn(
        "DiscreteToy-v0", box, num_timesteps=192, value_alignment_coef=0.1, callback=seen.append,
        **SMALL,
    )  # fmt: skip
    student, obs = seen[0].model, np.eye(4)
    assert "transfer" in student.saved.description()["policy"]
    for model in (discrete, student):
        for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
            np.testing.assert_array_equal(again.predict(obs)[0], model.predict(obs)[0])
            assert again.history.keys() == model.history.keys()


def test_a_network_is_allowed_alone_or_in_a_list(
    edited: Callable[[str], Any], tmp_path: Path
) -> None:
    net, name = edited("relu").net, "edited_module:net"
    model = ppo2.learn("BoxToy-v0", network=net, num_timesteps=64, **SMALL)
    model.save(tmp_path / "saved")
    told = rf"^path: .*saved: it names the network '{name}', .* add networks=\['{name}'\]$"
    for given in (net, [net], name, (name,)):
        NETWORKS.renew(name)  # it is not known any more
        with pytest.raises(CodeNotKnown, match=told):
            ppo2.load(tmp_path / "saved")
        again = ppo2.load(tmp_path / "saved", networks=given)
        np.testing.assert_array_equal(again.predict(np.eye(3))[0], model.predict(np.eye(3))[0])


def test_an_edited_mapping_is_used() -> None:
    def first(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
        return learned(num_layers, num_hidden, "tanh")

    def second(num_layers: int, num_hidden: int, activation: str) -> StateMapping:
        return learned(num_layers, num_hidden, "relu")

    for make in (first, second):
        make.__module__, make.__qualname__ = __name__, "made"
        with pytest.raises(UserError, match=r"^teacher_paths: cannot read nowhere"):
            ppo2.learn("BoxToy-v0", teachers="nowhere", mapping=make, num_timesteps=192, **SMALL)
        built = MappingSpec(2, 8, "elu", f"{__name__}:made").build()
        assert built.decoder == make(2, 8, "").decoder


def test_none_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ppo2.learn(
        "DiscreteToy-v0", None, num_timesteps=64, save_path=None, log_path=None, seed=None,
        env_kwargs=None, teacher_paths=None, callback=None, **SMALL,
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_timestep": 3}, "num_timestep: unknown setting; did you mean num_timesteps"),
        ({"clip_range": 0.1}, "clip_range: unknown setting; did you mean cliprange"),
        ({"teacher_paths": ["x"], "teachers": ["x"]}, "^teacher_paths: the same as teachers"),
        ({"teacher_paths": ["nowhere"]}, "^teacher_paths: cannot read nowhere"),
        ({"lr": -1.0}, "^lr: must be greater than 0"),
        (
            {"play": True},
            "^play: opens a window .* record_video, or save it .* --env=CartPole-v1$",
        ),
        ({"callback": [print]}, r"^callback: must be a function of one argument.* not \[<built-in"),
        ({"callback": lambda: True}, "^callback: must be a function of one argument"),
        ({"callback": lambda model, row: True}, "^callback: must be a function of one argument"),
        ({"teachers": []}, "^teachers: none is given; leave it out for PPO from scratch$"),
        ({"teacher_paths": []}, "^teacher_paths: none is given; leave it out for PPO from scra"),
        ({"teachers": {"a": "m/1"}}, "^teachers: must be the path of a checkpoint, .* not {'a'"),
        (
            {"lr": lambda left: left},
            "^lr: .* as 0.0003, not a function; lr_schedule takes one$",
        ),
        ({"activation": np.tanh}, "^activation: must be a value such as 'tanh', not a function$"),
        ({"learning_rate": lambda left: left}, "^learning_rate: unknown .* did you mean lr[?]$"),
        ({"reward": lambda x: x}, "^reward: unknown setting"),
        ({"save_path": 3}, "^save_path: must be a path, not 3$"),
        ({"lr": "fast"}, "^lr: must be a number, not 'fast'"),
        ({"nsteps": 2.5}, "^nsteps: must be a whole number, not '2.5'"),
        ({"xla": "no"}, "^xla: must be True or False, not 'no'"),
        ({"env_kwargs": {"a": np.zeros(2)}}, "^env_kwargs: cannot be written as JSON: .*ndarray"),
    ],
)
def test_wrong_settings_are_told(settings: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ppo2.learn("CartPole-v1", **settings)


def test_a_program_that_has_used_tensorflow_before_is_told_and_trains() -> None:
    program = (
        "import tensorflow as tf; tf.constant(1.0)\n"
        "from baselines import ppo2; import toys; toys.register()\n"
        f"print(ppo2.learn('BoxToy-v0', num_timesteps=64, **{SMALL}))"
    )
    done = python("-c", program)
    warning, policy = done.stdout.splitlines()
    assert warning.startswith("WARNING: TensorFlow was used before this run")
    assert policy.startswith("<policy for BoxToy-v0 after 64 steps")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_run_in_a_forked_process_is_refused(box: TrainedPolicy) -> None:
    reading, writing = os.pipe()
    if not (child := os.fork()):
        signal.alarm(30)  # ends the process if it waits
        try:
            box.evaluate(1)
            ppo2.learn("BoxToy-v0", num_timesteps=64, **SMALL)
        except UserError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        assert re.match(r"multiprocessing: .*get_context\('spawn'\)$", pipe.read())
    os.waitpid(child, 0)


def test_completion_knows_every_setting() -> None:
    shown = inspect.signature(ppo2.learn).parameters
    assert set(shown) >= {"env", "callback", *(flag_of(f) for f in fields(Config))}
    assert shown["num_timesteps"].default == Config().num_timesteps


def test_the_package_itself_imports_nothing() -> None:
    check = "import sys; from baselines import ppo2; print(*dir(ppo2), 'numpy' in sys.modules)"
    *names, has_numpy = python("-c", check).stdout.split()
    assert has_numpy == "False"
    assert set(names) >= {"learn", "load", "SoFar", "TrainedPolicy"}
    assert all(getattr(ppo2, name) is not None for name in ppo2.__all__)
    assert issubclass(ppo2.CheckpointError, ppo2.UserError)
    with pytest.raises(AttributeError, match="has no attribute 'leran'"):
        ppo2.leran  # noqa: B018
