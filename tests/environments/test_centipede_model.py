"""The generated bodies against the figures of the original models."""

import inspect
import json
from itertools import pairwise
from pathlib import Path

import mujoco
import numpy as np
import pytest

from baselines.analysis.formatting import Table
from baselines.environments import CENTIPEDE_TASKS
from baselines.environments.centipede import CentipedeEnv
from baselines.environments.centipede_mjcf import centipede_mjcf
from baselines.environments.centipede_tables import (
    ACTION_HEADER,
    OBSERVATION_HEADER,
    action_table,
    observation_table,
)

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "centipede_models.json").read_text("utf-8")
)["models"]
TASKS = {task.id.removesuffix("-v1"): task for task in CENTIPEDE_TASKS}


def compiled(legs: int, crippled: bool = False) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(centipede_mjcf(legs, crippled))


def states(xml: str) -> np.ndarray:
    """Every state on the way of a body that tumbles about."""
    model = mujoco.MjModel.from_xml_string(xml)
    data, rng = mujoco.MjData(model), np.random.default_rng(0)
    passed = []
    for _ in range(200):
        data.ctrl = rng.uniform(-1, 1, model.nu)
        mujoco.mj_step(model, data, 5)
        passed.append(np.concatenate([data.qpos, data.qvel, data.qacc]))
    return np.array(passed)


@pytest.mark.parametrize("legs", [3, 8])
def test_without_the_search_for_islands_the_same_comes_out(legs: int) -> None:
    xml = centipede_mjcf(legs)
    searched = xml.replace('island="disable"', 'island="enable"')
    assert searched != xml
    np.testing.assert_array_equal(states(xml), states(searched))


@pytest.mark.parametrize("name", REFERENCE)
def test_model_is_the_original(name: str) -> None:
    expected = REFERENCE[name]
    model = compiled(TASKS[name].legs, TASKS[name].crippled)
    for size in ("nq", "nv", "nu", "nbody", "ngeom"):
        assert getattr(model, size) == expected[size], size
    assert [model.joint(i).name for i in range(model.njnt)] == expected["joint_names"]
    assert [model.body(i).name for i in range(model.nbody)] == expected["body_names"]
    motors = [model.joint(int(joint)).name for joint in model.actuator_trnid[:, 0]]
    assert motors == expected["actuator_joints"]
    assert model.actuator_gear[:, 0].tolist() == expected["gear"]
    assert model.body_mass.sum() == pytest.approx(expected["total_mass"], rel=1e-12)


@pytest.mark.parametrize("legs", [3, 5, 7])
def test_an_odd_centipede_ends_in_a_torso_with_one_leg_and_no_motors_of_its_own(legs: int) -> None:
    model = compiled(legs)
    last = legs // 2
    bodies = [model.body(i).name for i in range(model.nbody)]
    assert bodies[-3:] == [f"torso_{last}", f"legbody_{legs - 1}", f"frontFoot_{legs - 1}"]
    assert f"body_{last}" in [model.joint(i).name for i in range(model.njnt)]
    motors = [model.actuator(i).name for i in range(model.nu)]
    assert f"body_{last}" not in motors
    assert f"bodyupdown_{last}" not in motors
    assert motors[-2:] == [f"lefthip_{legs - 1}", f"ankle_{legs - 1}"]


@pytest.mark.parametrize("legs", [4, 5])
def test_crippling_takes_the_first_four_motors_and_nothing_else(legs: int) -> None:
    whole, crippled = compiled(legs), compiled(legs, crippled=True)
    assert action_table(crippled) == [
        (str(index), *row[1:]) for index, row in enumerate(action_table(whole)[4:])
    ]
    assert observation_table(crippled) == observation_table(whole)


@pytest.mark.parametrize("legs", [40, 50])
def test_the_longest_bodies_compile(legs: int) -> None:
    assert compiled(legs).nu == 2 * legs + 2 * (legs // 2 - 1)


@pytest.mark.parametrize("legs", [2, 0, -4, 4.0, "4", True])
def test_impossible_numbers_of_legs_are_refused(legs: object) -> None:
    with pytest.raises(ValueError, match="legs must be a whole number of at least 3"):
        centipede_mjcf(legs)  # type: ignore[arg-type]


@pytest.mark.parametrize("legs", [3, 4, 8])
def test_observation_table_covers_the_observation_without_a_gap(legs: int) -> None:
    rows = observation_table(compiled(legs))
    bounds = [tuple(map(int, row[0].split(":"))) for row in rows]
    assert bounds[0][0] == 0
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert bounds[-1][1] == len(CentipedeEnv(legs).reset(seed=0)[0])


def test_observation_table_names_the_entry_a_hinge_moves() -> None:
    env = CentipedeEnv(4)
    for row in observation_table(env.model):
        if not row[1].startswith("angle of "):
            continue
        mujoco.mj_resetData(env.model, env.data)
        env.data.joint(row[1].removeprefix("angle of ")).qpos[:] = 0.5
        mujoco.mj_forward(env.model, env.data)
        changed = np.flatnonzero(env._observe()[:15] == 0.5)
        assert changed.tolist() == [int(row[0].split(":")[0])]


@pytest.mark.parametrize(
    ("header", "table"), [(ACTION_HEADER, action_table), (OBSERVATION_HEADER, observation_table)]
)
def test_class_docstring_shows_the_tables_of_four_legs(header, table) -> None:  # type: ignore[no-untyped-def]
    page = inspect.getdoc(CentipedeEnv)
    assert page is not None
    assert Table(header, table(compiled(4))).markdown() in page


@pytest.mark.parametrize("column", [("4 legs", 4), ("6", 6), ("8", 8)])
def test_class_docstring_shows_the_sizes(column: tuple[str, int]) -> None:
    lines = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in (inspect.getdoc(CentipedeEnv) or "").splitlines()
        if line.startswith(("| | n legs", "| action |", "| observation |"))
    ]
    heading, actions, observations = lines
    env = CentipedeEnv(column[1])
    # The heading's first cell is empty and was stripped away.
    place = heading.index(column[0]) + 1
    assert int(actions[place]) == env.model.nu
    assert int(observations[place]) == len(env.reset(seed=0)[0])
