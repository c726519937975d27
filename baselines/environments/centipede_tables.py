"""The meaning of each entry of a centipede's action and observation, from its model.

The class docstring of :class:`baselines.environments.centipede.CentipedeEnv` shows these tables for
four legs; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator

import mujoco

ACTION_HEADER = ("Index", "Joint", "Turns", "Control range", "Gear (N m)")
OBSERVATION_HEADER = ("Slice", "Quantity", "Unit")

Row = tuple[str, ...]


def action_table(model: mujoco.MjModel) -> list[Row]:
    """Return one row per motor, in the order of the action, with the columns `ACTION_HEADER`.

    The torque at the joint, in N m, is the gear times the control.
    """
    rows: list[Row] = []
    for index in range(model.nu):
        joint = model.joint(int(model.actuator_trnid[index, 0])).name
        low, high = model.actuator_ctrlrange[index]
        gear = model.actuator_gear[index, 0]
        rows.append((str(index), joint, _turns(joint), f"{low:g} to {high:g}", f"{gear:g}"))
    return rows


def observation_table(model: mujoco.MjModel) -> list[Row]:
    """Return one row per quantity, in the order of the observation, as `OBSERVATION_HEADER`."""
    rows: list[Row] = []
    start = 0
    for size, quantity, unit in _quantities(model):
        rows.append((f"{start}:{start + size}", quantity, unit))
        start += size
    return rows


def _quantities(model: mujoco.MjModel) -> Iterator[tuple[int, str, str]]:
    hinges = [model.joint(index).name for index in range(1, model.njnt)]
    yield 1, "height of torso_0", "m"
    yield 4, "orientation of torso_0, quaternion w x y z", "1"
    yield from ((1, f"angle of {hinge}", "rad") for hinge in hinges)
    yield 3, "velocity of torso_0, x y z in the world's frame", "m/s"
    yield 3, "angular velocity of torso_0, x y z in its own frame", "rad/s"
    yield from ((1, f"angular velocity of {hinge}", "rad/s") for hinge in hinges)
    bodies = (model.body(index).name for index in range(model.nbody))
    yield from ((6, f"contact on {body}: torque x y z, force x y z", "N m, N") for body in bodies)


def _turns(joint: str) -> str:
    kind, number = joint.split("_")
    if kind == "body":
        return f"torso {number} sideways (yaw)"
    if kind == "bodyupdown":
        return f"torso {number} up and down (pitch)"
    side = "left" if int(number) % 2 == 0 else "right"
    if kind == "ankle":
        return f"foot of {side} leg {number} up and down"
    return f"{side} leg {number} forward and back"
