"""The physics that is timed is the task's own, and all of it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import mujoco
import numpy as np
import pytest

from baselines.common.errors import UserError
from baselines.common.vec_env.tasks import make_task
from benchmarks import physics
from benchmarks.physics import STATE, Recording, record, replay, seconds_of_physics


def recording_of(env_id: str, steps: int) -> Recording:
    with closing(make_task(env_id, {})) as env:
        return record(env, steps, seed=3)


@pytest.mark.parametrize("env_id", ["CentipedeFour-v1", "Ant-v5"])
def test_a_replayed_step_ends_where_the_task_went(env_id: str) -> None:
    recording = recording_of(env_id, 120)
    data = mujoco.MjData(recording.model)
    after = np.empty_like(recording.states[0])
    within_episodes = np.flatnonzero(~recording.starts[1:])
    assert len(within_episodes) > 50
    for t in within_episodes:
        replay(recording, data, range(t, t + 1))
        mujoco.mj_getState(recording.model, data, after, STATE)
        np.testing.assert_array_equal(after, recording.states[t + 1])


def test_a_replay_passes_through_the_ends_of_episodes() -> None:
    recording = recording_of("CentipedeFour-v1", 200)
    time_of_step = recording.states[:, 0]
    np.testing.assert_array_equal(recording.starts, time_of_step == 0)
    assert recording.starts.sum() > 1
    data = mujoco.MjData(recording.model)
    replay(recording, data, range(0, 200))
    assert data.time == pytest.approx(time_of_step[-1] + 5 * 0.01)


def test_the_recorded_states_differ_between_seeds() -> None:
    with closing(make_task("CentipedeFour-v1", {})) as env:
        one, again, other = (record(env, 10, seed).states for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[Any]]]:
    """Lists the states from which a simulation is stepped and asked for contact forces."""
    calls: dict[str, list[Any]] = {"steps": [], "forces": []}
    step, forces = mujoco.mj_step, mujoco.mj_rnePostConstraint

    def counted_step(model: Any, data: Any, nstep: int) -> None:
        calls["steps"].append((data.qpos.tobytes(), data.ctrl.tobytes(), nstep))
        step(model, data, nstep=nstep)

    def counted_forces(model: Any, data: Any) -> None:
        calls["forces"].append(data.qpos.tobytes())
        forces(model, data)

    monkeypatch.setattr(physics.mujoco, "mj_step", counted_step)
    monkeypatch.setattr(physics.mujoco, "mj_rnePostConstraint", counted_forces)
    yield calls


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_step_is_simulated_once(simulated: dict[str, list[Any]], threads: int) -> None:
    steps = 5 * physics.CHUNK + 3
    recording = recording_of("CentipedeFour-v1", steps)
    expected = sorted(simulated["steps"])
    assert [nstep for _, _, nstep in expected] == [5] * steps
    for calls in simulated.values():
        calls.clear()
    assert seconds_of_physics(recording, threads) > 0
    assert sorted(simulated["steps"]) == expected
    assert len(simulated["forces"]) == steps


def test_a_task_without_mujoco_is_refused() -> None:
    with closing(make_task("CartPole-v1", {})) as env, pytest.raises(UserError, match=r"^--env: "):
        record(env, 10, seed=0)
