"""The ids Gymnasium knows once the module is imported."""

import warnings
from importlib import metadata

import gymnasium
import pytest
from called import python

import baselines.environments
from baselines.environments import CENTIPEDE_TASKS, CentipedeTask


def sizes(legs: int, crippled: bool) -> tuple[int, int]:
    torsos = -(-legs // 2)
    motors = 2 * legs + 2 * (legs // 2 - 1) - (4 if crippled else 0)
    return motors, 16 * legs + 10 * torsos + 13


def test_the_ids() -> None:
    whole = {task.legs for task in CENTIPEDE_TASKS if not task.crippled}
    crippled = {task.legs for task in CENTIPEDE_TASKS if task.crippled}
    assert whole == {3, 4, 5, 6, 7, 8, 10, 12, 14, 20, 30, 40, 50}
    assert crippled == {6, 8, 10, 12, 14}
    assert len({task.id for task in CENTIPEDE_TASKS}) == len(CENTIPEDE_TASKS)


@pytest.mark.parametrize("task", CENTIPEDE_TASKS, ids=lambda task: task.id)
def test_every_id_makes_its_body(task: CentipedeTask) -> None:
    env = gymnasium.make(task.id)
    motors, entries = sizes(task.legs, task.crippled)
    assert env.action_space.shape == (motors,)
    assert env.observation_space.shape == (entries,)
    assert env.spec is not None
    assert env.spec.max_episode_steps == 1000
    observation, _ = env.reset(seed=0)
    assert env.observation_space.contains(observation)


@pytest.mark.parametrize(("legs", "crippled"), [(4, False), (9, False), (3, True)])
def test_the_general_id_takes_any_body(legs: int, crippled: bool) -> None:
    env = gymnasium.make("Centipede-v1", legs=legs, crippled=crippled)
    assert (env.action_space.shape, env.observation_space.shape) == tuple(
        (size,) for size in sizes(legs, crippled)
    )


@pytest.mark.parametrize("name", ["CentipedeNine-v1", "CpCentipedeFour-v1", "CpCentipedeSeven-v1"])
def test_other_ids_are_unknown(name: str) -> None:
    with pytest.raises(gymnasium.error.NameNotFound):
        gymnasium.make(name)


def test_registering_again_is_silent_and_changes_nothing() -> None:
    before = dict(gymnasium.registry)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        baselines.environments.register()
        baselines.environments.register()
    assert gymnasium.registry == before


def printed_by(program: str) -> str:
    return python("-c", program).stdout.strip()


def test_the_module_can_be_named_in_the_id() -> None:
    made = "gymnasium.make('baselines.environments:CentipedeSix-v1')"
    assert printed_by(f"import gymnasium; print({made}.observation_space.shape)") == "(139,)"


def test_mujoco_is_not_imported_before_an_environment_is_made() -> None:
    modules = "baselines.environments, baselines.transfer.mikt, baselines.transfer.kickstart"
    assert printed_by(f"import sys, {modules}; print('mujoco' in sys.modules)") == "False"


def test_the_entry_point_names_the_registration() -> None:
    [plugin] = [
        point
        for point in metadata.entry_points(group="gymnasium.envs")
        if point.value.startswith("baselines.")
    ]
    assert plugin.name == "__root__"
    assert plugin.load() is baselines.environments.register
