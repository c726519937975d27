"""The centipede task: traces of the original, reward, termination, reset and Gymnasium's rules."""

import copy
import json
from pathlib import Path

import gymnasium
import mujoco
import numpy as np
import pytest
from gymnasium.envs.mujoco.utils import check_mujoco_reset_state
from gymnasium.utils.env_checker import check_env

from baselines.environments import CENTIPEDE_TASKS
from baselines.environments.centipede import CentipedeEnv
from baselines.environments.centipede_walk import Floats

FOLDER = Path(__file__).parent / "reference"
MODELS = json.loads((FOLDER / "centipede_models.json").read_text("utf-8"))["models"]
TASKS = {task.id.removesuffix("-v1"): task for task in CENTIPEDE_TASKS}

# Version 4 turns a free body a little differently, which a body in contact doubles again and again.
MUJOCO_3 = mujoco.__version__.startswith("3.")
TRACES = np.load(FOLDER / ("centipede_traces_mujoco3.npz" if MUJOCO_3 else "centipede_traces.npz"))


def tolerance(name: str) -> float:
    """Relative; the versions 3.x differ in their last digits, which CentipedeSix doubles too."""
    return 3e-4 if MUJOCO_3 and name == "CentipedeSix" else 1e-6


def set_state(env: CentipedeEnv, qpos: Floats, qvel: Floats) -> None:
    mujoco.mj_resetData(env.model, env.data)
    env.set_state(qpos, qvel)


def at_rest(env: CentipedeEnv) -> Floats:
    env.reset(seed=0)
    return np.array(env.model.qpos0)


def terminated_from(env: CentipedeEnv, qpos: Floats) -> bool:
    set_state(env, qpos, np.zeros(env.model.nv))
    return env.step(np.zeros(env.model.nu))[2]


@pytest.mark.parametrize("name", MODELS)
def test_trace_of_the_original_is_reproduced(name: str) -> None:
    trace = {key: TRACES[f"{name}/{key}"] for key in ("qpos0", "qvel0", "actions", "obs", "reward")}
    env = CentipedeEnv(TASKS[name].legs, TASKS[name].crippled)
    env.reset(seed=0)
    set_state(env, trace["qpos0"], trace["qvel0"])
    for step, action in enumerate(trace["actions"]):
        observation, reward, terminated, truncated, info = env.step(action)
        forward = TRACES[f"{name}/reward_forward"][step]
        np.testing.assert_allclose(
            np.array([*observation, reward, info["reward_forward"]]),
            np.array([*trace["obs"][step], trace["reward"][step], forward]),
            rtol=tolerance(name),
            atol=tolerance(name),
            err_msg=f"step {step}",
        )
        assert terminated == TRACES[f"{name}/terminated"][step]
        assert not truncated
    assert step == 59


@pytest.mark.parametrize(("legs", "crippled"), [(4, False), (5, False), (6, True)])
def test_reward_by_hand(legs: int, crippled: bool) -> None:
    env = CentipedeEnv(legs, crippled)
    env.reset(seed=1)
    twin = mujoco.MjData(env.model)
    set_state(env, env.data.qpos.copy(), env.data.qvel.copy())
    twin.qpos[:], twin.qvel[:] = env.data.qpos, env.data.qvel
    mujoco.mj_forward(env.model, twin)
    leader = f"torso_{(legs - 1) // 2}"
    random = np.random.default_rng(0)
    contacts = []
    for _ in range(20):
        # Beyond the control range, to see that the cost is of the action as given.
        action = random.uniform(-2, 2, env.model.nu)
        x = twin.body(leader).xpos[0]
        twin.ctrl[:] = action
        for _ in range(5):
            mujoco.mj_step(env.model, twin)
        mujoco.mj_rnePostConstraint(env.model, twin)
        forward = (twin.body(leader).xpos[0] - x) / 0.05
        control = -0.5 * 4 / legs * np.sum(action**2)
        contact = -0.0005 * 4 / legs * np.sum(np.clip(twin.cfrc_ext, -1, 1) ** 2)

        _, reward, _, _, info = env.step(action)

        assert info["reward_forward"] == pytest.approx(forward, rel=1e-9, abs=1e-12)
        assert info["reward_survive"] == 1.0
        assert info["reward_ctrl"] == pytest.approx(control, rel=1e-9)
        assert info["reward_contact"] == pytest.approx(contact, rel=1e-9, abs=1e-12)
        assert info["x_position"] == twin.body(leader).xpos[0]
        assert info["x_velocity"] == info["reward_forward"]
        assert reward == pytest.approx(forward + 1 + control + contact, rel=1e-9)
        contacts.append(contact)
    assert min(contacts) < 0


@pytest.mark.parametrize(
    ("height", "expected"), [(0.3, True), (0.5, False), (1.12, False), (1.18, True)]
)
def test_terminates_by_height(height: float, expected: bool) -> None:
    env = CentipedeEnv(6)
    qpos = at_rest(env)
    qpos[2] = height
    assert terminated_from(env, qpos) is expected


def test_terminates_by_the_height_of_the_last_torso_alone() -> None:
    env = CentipedeEnv(6)
    qpos = at_rest(env)
    qpos[2] = 0.6
    assert not terminated_from(env, qpos)
    # The links bend downwards: only the end of the chain is too low.
    qpos[12] = qpos[18] = 0.4
    set_state(env, qpos, np.zeros(env.model.nv))
    heights = env.data.xpos[1::5, 2]
    assert heights[0] > 0.35
    assert heights[-1] < 0.35
    assert terminated_from(env, qpos)


def test_the_last_torso_alone_may_be_too_high() -> None:
    env = CentipedeEnv(6)
    qpos = at_rest(env)
    qpos[2] = 1.05
    set_state(env, qpos, np.zeros(env.model.nv))
    assert env.is_healthy
    qpos[12] = qpos[18] = -0.17  # the links bend upwards
    set_state(env, qpos, np.zeros(env.model.nv))
    heights = env.data.xpos[1::5, 2]
    assert heights[1] < 1.15 < heights[2]
    assert not env.is_healthy


def test_the_last_two_torsos_alone_may_be_side_by_side() -> None:
    env = CentipedeEnv(6)
    qpos = at_rest(env)
    half = np.deg2rad(40) / 2
    qpos[3:7] = [np.cos(half), 0, 0, np.sin(half)]
    qpos[11] = qpos[17] = np.deg2rad(20)  # each link turns further to the same side
    set_state(env, qpos, np.zeros(env.model.nv))
    first, last = np.diff(env.data.xpos[1::5, 1])
    assert 0 < first < 0.45 < last
    assert not env.is_healthy


@pytest.mark.parametrize(
    ("degrees", "expected"), [(60, False), (-60, False), (70, True), (-70, True)]
)
def test_terminates_when_neighbours_are_side_by_side(degrees: float, expected: bool) -> None:
    env = CentipedeEnv(4)
    qpos = at_rest(env)
    half = np.deg2rad(degrees) / 2
    qpos[3:7] = [np.cos(half), 0, 0, np.sin(half)]
    assert terminated_from(env, qpos) is expected


@pytest.mark.parametrize(
    ("height", "expected"), [(0.3499, False), (0.3501, True), (1.1499, True), (1.1501, False)]
)
def test_the_bounds_of_healthy_heights(height: float, expected: bool) -> None:
    env = CentipedeEnv(4)
    qpos = at_rest(env)
    qpos[2] = height
    set_state(env, qpos, np.zeros(env.model.nv))
    assert env.is_healthy is expected


@pytest.mark.parametrize(
    ("offset", "expected"), [(0.4499, True), (0.4501, False), (-0.4499, True), (-0.4501, False)]
)
def test_the_bound_of_the_offset_sideways(offset: float, expected: bool) -> None:
    env = CentipedeEnv(4)
    qpos = at_rest(env)
    half = np.arcsin(offset / 0.5) / 2  # torsos are half a metre apart
    qpos[3:7] = [np.cos(half), 0, 0, np.sin(half)]
    set_state(env, qpos, np.zeros(env.model.nv))
    assert env.is_healthy is expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("array", ["qpos", "qvel"])
def test_a_state_that_is_not_finite_terminates_with_a_finite_reward(
    bad: float, array: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its warnings to a file in the working directory
    env = CentipedeEnv(4)
    env.reset(seed=0)
    getattr(env.data, array)[0] = bad
    assert not env.is_healthy
    _, reward, terminated, truncated, _ = env.step(np.zeros(10))
    assert terminated
    assert not truncated
    assert np.isfinite(reward)
    observation, _ = env.reset(seed=0)
    assert np.array_equal(observation, CentipedeEnv(4).reset(seed=0)[0])


@pytest.mark.parametrize("shape", [(9,), (11,), (1, 10), ()])
def test_an_action_of_the_wrong_shape_is_refused(shape: tuple[int, ...]) -> None:
    env = CentipedeEnv(4)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"action must have shape \(10,\)"):
        env.step(np.zeros(shape))


def test_an_action_that_is_not_finite_is_refused_before_it_does_harm() -> None:
    env = CentipedeEnv(4)
    env.reset(seed=0)
    before = env.data.qpos.copy()
    with pytest.raises(ValueError, match="action must be finite"):
        env.step(np.full(10, np.nan))
    assert np.array_equal(env.data.qpos, before)


def test_unknown_render_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="render_mode must be one of"):
        CentipedeEnv(4, render_mode="ascii")


@pytest.mark.parametrize(("legs", "narrow"), [(3, [5, 12]), (4, [5, 12]), (8, [5, 12, 18, 24])])
def test_reset_noise(legs: int, narrow: list[int]) -> None:
    env = CentipedeEnv(legs)
    bound = np.full(env.model.nq, 0.1)
    bound[narrow] = 0.1 / (len(narrow) - 1)
    positions, velocities = [], []
    for seed in range(300):
        env.reset(seed=seed)
        positions.append(env.data.qpos - env.model.qpos0)
        velocities.append(env.data.qvel.copy())
    largest = np.abs(positions).max(axis=0)
    assert np.all(largest <= bound)
    assert np.all(largest > 0.9 * bound)
    assert np.std(velocities) == pytest.approx(0.1, rel=0.05)
    assert np.mean(velocities) == pytest.approx(0.0, abs=0.01)
    assert np.mean(np.abs(velocities) > 0.2) == pytest.approx(0.0455, abs=0.01)  # normal: beyond 2σ


def test_the_first_observation_has_the_contacts_of_the_start() -> None:
    env = CentipedeEnv(4, reset_noise_scale=1.0)  # with the usual noise nothing touches the floor
    touching = 0
    for seed in range(20):
        observation, _ = env.reset(seed=seed)
        twin = mujoco.MjData(env.model)
        twin.qpos[:], twin.qvel[:] = env.data.qpos, env.data.qvel
        mujoco.mj_forward(env.model, twin)
        mujoco.mj_rnePostConstraint(env.model, twin)
        forces = np.clip(twin.cfrc_ext, -1, 1).ravel()
        np.testing.assert_allclose(observation[-len(forces) :], forces, rtol=1e-9, atol=1e-12)
        touching += bool(forces.any())
    assert touching > 0


def test_a_reset_tells_where_the_last_torso_is() -> None:
    env = CentipedeEnv(6)
    _, info = env.reset(seed=3)
    assert info == {"x_position": env.data.body("torso_2").xpos[0]}


def test_reset_draws_again_until_the_pose_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    def poses(answers: list[bool], resets: int) -> list[Floats]:
        env, left = CentipedeEnv(4), iter(answers)
        monkeypatch.setattr(CentipedeEnv, "is_healthy", property(lambda _: next(left)))
        env.reset(seed=0)
        found = [env.data.qpos.copy()]
        for _ in range(resets - 1):
            env.reset()
            found.append(env.data.qpos.copy())
        assert next(left, None) is None
        return found

    first, _, third = poses([True] * 3, 3)
    assert not np.array_equal(first, third)
    assert np.array_equal(poses([False, False, True], 1), [third])


def test_seed_and_actions_determine_everything_whatever_came_before() -> None:
    def episode(env: CentipedeEnv) -> Floats:
        random = np.random.default_rng(3)
        rows = [env.reset(seed=7)[0]]
        rows += [env.step(random.uniform(-1, 1, 16))[0] for _ in range(30)]
        return np.array(rows)

    env = CentipedeEnv(6)
    first = episode(env)
    for _ in range(5):
        env.step(np.ones(16))
    assert np.array_equal(episode(env), first)
    assert np.array_equal(episode(copy.deepcopy(env)), first)
    assert not np.array_equal(env.reset()[0], first[0])


def test_observations_are_not_overwritten_by_later_steps() -> None:
    env = CentipedeEnv(4)
    first, _ = env.reset(seed=0)
    second = env.step(np.ones(10))[0]
    kept = first.copy(), second.copy()
    env.step(-np.ones(10))
    assert np.array_equal(first, kept[0])
    assert np.array_equal(second, kept[1])


def test_time_limit_truncates_and_does_not_terminate() -> None:
    env = gymnasium.make("CentipedeFour-v1")
    env.reset(seed=0)
    body = env.unwrapped
    assert isinstance(body, CentipedeEnv)
    ends = []
    for _ in range(1000):
        # Put back on its feet in every step: left alone it would fall over before its time is up.
        set_state(body, body.model.qpos0, np.zeros(body.model.nv))
        ends.append(env.step(np.zeros(10, np.float32))[2:4])
    assert ends == [(False, False)] * 999 + [(False, True)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["CentipedeThree-v1", "CentipedeFour-v1", "CpCentipedeSix-v1"])
def test_gymnasiums_own_checks(name: str) -> None:
    env = gymnasium.make(name).unwrapped
    with pytest.warns(UserWarning, match=r"observation space (min|max)imum"):
        check_env(env, skip_render_check=True)
    check_mujoco_reset_state(env)  # type: ignore[arg-type]
