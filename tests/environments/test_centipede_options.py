"""The options and handles of the centipede: each against what it is to change, and wrong ones."""

import inspect
import pickle
from types import SimpleNamespace
from typing import Any

import gymnasium
import mujoco
import numpy as np
import pytest

from baselines.environments import CentipedeEnv
from baselines.environments.centipede import Floats

FORCES = 6 * 11
"""Entries of the contact forces on CentipedeFour: ten bodies and the world."""


def run(steps: int = 20, **options: Any) -> list[tuple[Any, ...]]:
    env = CentipedeEnv(4, **options)
    random = np.random.default_rng(0)
    env.reset(seed=3)
    return [env.step(random.uniform(-2, 2, 10)) for _ in range(steps)]


@pytest.mark.parametrize(
    ("option", "term"),
    [
        ("forward_reward_weight", "reward_forward"),
        ("ctrl_cost_weight", "reward_ctrl"),
        ("contact_cost_weight", "reward_contact"),
        ("healthy_reward", "reward_survive"),
    ],
)
def test_a_weight_scales_its_term_alone(option: str, term: str) -> None:
    defaults = {
        "forward_reward_weight": 1.0,
        "ctrl_cost_weight": 0.5,
        "contact_cost_weight": 0.5e-3,
        "healthy_reward": 1.0,
    }
    usual, changed = run(), run(**{option: 3 * defaults[option]})
    for (obs, reward, _, _, info), (same, other, _, _, more) in zip(usual, changed, strict=True):
        assert np.array_equal(obs, same)
        assert more == pytest.approx(info | {term: 3 * info[term]}, rel=1e-12)
        assert other - reward == pytest.approx(2 * info[term], abs=1e-9)
    assert any(info[term] != 0 for *_, info in usual)


def test_without_contact_forces_the_rest_is_the_same() -> None:
    for whole, short in zip(run(), run(include_cfrc_ext_in_observation=False), strict=True):
        assert np.array_equal(whole[0][:-FORCES], short[0])
        assert whole[1:] == short[1:]
    env = CentipedeEnv(4, include_cfrc_ext_in_observation=False)
    assert env.observation_space.shape == (97 - FORCES,)
    assert env.observation_space.contains(env.reset(seed=0)[0])


def test_contact_forces_are_clipped_to_their_range() -> None:
    usual = np.array([obs[-FORCES:] for obs, *_ in run()])
    wide = np.array([obs[-FORCES:] for obs, *_ in run(contact_force_range=[-50, 60])])
    assert np.array_equal(np.clip(wide, -1, 1), usual)
    assert wide.min() == -50
    assert wide.max() == 60


def fallen(**options: Any) -> tuple[float, bool, dict[str, Any]]:
    """Reward, termination and info of a step from a height of 0.3 m."""
    env = CentipedeEnv(4, **options)
    env.reset(seed=0)
    low = env.init_qpos.copy()
    low[2] = 0.3
    env.set_state(low, env.init_qvel)
    _, reward, terminated, _, info = env.step(np.zeros(10))
    return reward, terminated, info


def test_an_unhealthy_centipede_may_go_on_without_the_healthy_reward() -> None:
    _, terminated, info = fallen()
    assert (terminated, info["reward_survive"]) == (True, 1)
    _, terminated, info = fallen(terminate_when_unhealthy=False)
    assert (terminated, info["reward_survive"]) == (False, 0)


def test_a_state_that_is_not_finite_ends_the_episode_in_any_case() -> None:
    env = CentipedeEnv(4, terminate_when_unhealthy=False)
    env.reset(seed=0)
    env.data.qvel[0] = np.nan
    _, reward, terminated, _, _ = env.step(np.zeros(10))
    assert terminated
    assert np.isfinite(reward)


@pytest.mark.parametrize(("lowest", "expected"), [(0.1, False), (0.4, True)])
def test_heights_are_healthy_within_their_range(lowest: float, expected: bool) -> None:
    assert fallen(healthy_z_range=(lowest, 1.0))[1] is expected


@pytest.mark.parametrize(("highest", "height", "expected"), [(0.9, 1.0, False), (2.0, 1.5, True)])
def test_heights_are_healthy_up_to_the_highest_that_is_given(
    highest: float, height: float, expected: bool
) -> None:
    env = CentipedeEnv(4, healthy_z_range=(0.1, highest))
    raised = env.init_qpos.copy()
    raised[2] = height
    env.set_state(raised, env.init_qvel)
    assert env.is_healthy is expected


def test_noise_of_the_start() -> None:
    still = CentipedeEnv(4, reset_noise_scale=0)
    still.reset(seed=5)
    assert np.array_equal(still.state_vector(), [*still.init_qpos, *still.init_qvel])
    usual, half = CentipedeEnv(4), CentipedeEnv(4, reset_noise_scale=0.05)
    usual.reset(seed=5)
    half.reset(seed=5)
    start = [*usual.init_qpos, *usual.init_qvel]
    assert half.state_vector() - start == pytest.approx((usual.state_vector() - start) / 2)


def test_frame_skip() -> None:
    usual, env = CentipedeEnv(4), CentipedeEnv(4, frame_skip=2)
    assert env.dt == pytest.approx(0.02)
    assert (usual.metadata["render_fps"], env.metadata["render_fps"]) == (20, 50)
    env.reset(seed=0)
    x, time = env.data.xpos[6, 0], env.data.time
    info = env.step(np.ones(10))[4]
    assert env.data.time - time == pytest.approx(0.02)
    assert info["x_velocity"] == pytest.approx((env.data.xpos[6, 0] - x) / 0.02)


def test_counts_may_be_integers_of_numpy() -> None:
    env = CentipedeEnv(np.int64(5), frame_skip=np.int32(2), width=np.uint8(9))
    assert env.observation_space == CentipedeEnv(5).observation_space
    assert (env.dt, env.frame_skip, type(env.frame_skip)) == (pytest.approx(0.02), 2, int)


def test_made_by_gymnasium_and_pickled_with_its_options() -> None:
    made = gymnasium.make("CentipedeEight-v1", include_cfrc_ext_in_observation=False, frame_skip=3)
    assert made.observation_space.shape == (181 - 6 * 21,)
    again = pickle.loads(pickle.dumps(made.unwrapped))
    assert again.frame_skip == 3
    assert again.observation_space == made.observation_space


def test_every_option_is_pickled() -> None:
    options: dict[str, Any] = {
        "forward_reward_weight": 2.0, "ctrl_cost_weight": 0.3, "contact_cost_weight": 0.1,
        "healthy_reward": 3.0, "terminate_when_unhealthy": False, "healthy_z_range": (0.1, 2.0),
        "contact_force_range": (-3.0, 4.0), "reset_noise_scale": 0.05,
        "include_cfrc_ext_in_observation": False, "frame_skip": 3, "render_mode": "rgb_array",
        "width": 100, "height": 200, "camera_name": "track",
    }  # fmt: skip
    known = inspect.signature(CentipedeEnv).parameters
    assert known.keys() - {"legs", "crippled"} == options.keys()
    assert all(known[name].default != options[name] for name in options.keys() - {"camera_name"})

    def settled(env: CentipedeEnv) -> dict[str, Any]:
        plain = int | float | str | bool | tuple
        return {name: value for name, value in vars(env).items() if isinstance(value, plain)}

    env = CentipedeEnv(5, True, **options)
    assert settled(pickle.loads(pickle.dumps(env))) == settled(env)


@pytest.mark.parametrize(("mode", "pictures"), [("human", [1, 2]), ("rgb_array", [0, 0])])
def test_a_window_shows_every_state(
    mode: str, pictures: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []
    monkeypatch.setattr(CentipedeEnv, "render", lambda env: drawn.append(env.data.time))
    env, counts = CentipedeEnv(4, render_mode=mode), []
    env.reset(seed=0)
    counts.append(len(drawn))
    env.step(np.zeros(10))
    counts.append(len(drawn))
    assert counts == pictures


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("frame_skip", 0, "frame_skip must be a whole number of at least 1, got 0"),
        ("frame_skip", 2.5, "frame_skip must be a whole number"),
        ("frame_skip", True, "frame_skip must be a whole number of at least 1, got True"),
        ("frame_skip", np.True_, "frame_skip must be a whole number"),
        ("ctrl_cost_weight", "much", "ctrl_cost_weight must be a number, got 'much'"),
        ("ctrl_cost_weight", float("nan"), "ctrl_cost_weight must be a number"),
        ("ctrl_cost_weight", float("inf"), "ctrl_cost_weight must be a number"),
        ("healthy_reward", True, "healthy_reward must be a number"),
        ("reset_noise_scale", -0.1, "reset_noise_scale must be a number of at least 0"),
        ("terminate_when_unhealthy", "no", "terminate_when_unhealthy must be true or false"),
        ("include_cfrc_ext_in_observation", 1, "include_cfrc_ext_in_observation must be true or"),
        ("healthy_z_range", [1.15, 0.35], "healthy_z_range must be two numbers, the lower one fi"),
        ("healthy_z_range", 0.35, "healthy_z_range must be two numbers"),
        ("healthy_z_range", [0.75, 2], r"must contain the start height, 0.75 m, got \[0.75, 2\]"),
        ("contact_force_range", [-1, 0, 1], "contact_force_range must be two numbers"),
        ("contact_force_range", [1, 1], "contact_force_range must be two numbers, the lower one f"),
        ("crippled", "yes", "crippled must be true or false"),
        ("width", -1, "width must be a whole number of at least 1"),
        ("camera_name", "side", r"camera_name must be one of \['track'\], got 'side'"),
    ],
)
def test_a_wrong_option_is_named(option: str, value: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CentipedeEnv(4, **{option: value})


def test_no_healthy_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.environments.centipede_walk.MAX_RESET_DRAWS", 20)
    env = CentipedeEnv(4, reset_noise_scale=50)
    with pytest.raises(RuntimeError, match=r"no healthy start pose in 20 draws.*noise_scale=50"):
        env.reset(seed=0)


def test_a_state_that_is_set_is_simulated_from() -> None:
    env, twin = CentipedeEnv(6), CentipedeEnv(6)
    env.reset(seed=1)
    for _ in range(5):
        env.step(np.ones(16))
    twin.reset(seed=2)
    nq = env.model.nq
    state = env.state_vector()
    mujoco.mj_resetData(twin.model, twin.data)
    twin.set_state(state[:nq], state[nq:])
    assert np.array_equal(twin.state_vector(), state)
    assert np.array_equal(twin.data.qpos, env.data.qpos)
    with pytest.raises(ValueError, match=r"qvel must have shape \(22,\), got shape \(3,\)"):
        twin.set_state(state[:nq] + 1, np.zeros(3))
    with pytest.raises(ValueError, match=r"qpos must have shape \(23,\), got shape \(1,\)"):
        twin.set_state([0.5], state[nq:])  # which NumPy would put everywhere
    assert np.array_equal(twin.state_vector(), state)


def test_do_simulation_is_what_a_step_simulates() -> None:
    def moved(advance: Any) -> Floats:
        env = CentipedeEnv(4)
        env.reset(seed=1)
        advance(env)
        return np.array([*env.state_vector(), *env.data.cfrc_ext.ravel()])

    controls = np.linspace(-1, 1, 10)
    assert np.array_equal(
        moved(lambda env: env.step(controls)), moved(lambda env: env.do_simulation(controls, 5))
    )
    with pytest.raises(ValueError, match=r"ctrl must have shape \(10,\), got shape \(\)"):
        moved(lambda env: env.do_simulation(1.0, 5))


@pytest.mark.parametrize(("mode", "offscreen"), [("rgb_array", True), ("human", False)])
def test_a_window_follows_the_middle_torso_and_pictures_need_no_display(
    mode: str, offscreen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[bool] = []
    cameras: list[dict[str, Any]] = []

    def renderer(_: mujoco.MjModel, __: mujoco.MjData, camera: dict[str, Any], **___: Any) -> Any:
        cameras.append(camera)
        return SimpleNamespace(render=lambda drawn: f"drawn as {drawn}")

    module = "baselines.environments.centipede"
    monkeypatch.setattr(f"{module}.draw_offscreen", lambda: chosen.append(True))
    monkeypatch.setattr(f"{module}.MujocoRenderer", renderer)
    env = CentipedeEnv(10, render_mode=mode)
    assert [env.render(), env.render()] == [f"drawn as {mode}"] * 2
    [camera] = cameras  # one window, whatever it shows
    assert camera["type"] == mujoco.mjtCamera.mjCAMERA_TRACKING
    assert env.model.body(camera["trackbodyid"]).name == "torso_2"
    assert bool(chosen) is offscreen


def test_what_was_made_without_a_mode_says_that_it_draws_nothing() -> None:
    with pytest.warns(UserWarning, match=r"render\(\) needs a render_mode"):
        assert CentipedeEnv(4).render() is None


def test_what_draws_is_closed_once() -> None:
    """Though a wrapper, or whoever made the task, may close it again."""
    env, closed = CentipedeEnv(4), []
    env._renderer = SimpleNamespace(close=lambda: closed.append(True))  # type: ignore[assignment]
    env.close()
    env.close()
    assert closed == [True]
