"""The centipede's body as MuJoCo XML (MJCF), generated for any number of legs.

Body and numbers follow the centipedes of NerveNet (Wang et al., "NerveNet: Learning Structured
Policy with Graph Neural Networks", ICLR 2018): a chain of torso spheres with two legs each, where
an odd number of legs leaves the last torso with one. Lights, colours, the eyes and the camera are
decoration; they carry no mass and touch nothing.

All lengths are in metres, angles in degrees (``compiler angle="degree"``), densities in kg/m³ and
gears in N m per unit of control.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from baselines.environments.arguments import checked_count

MIN_LEGS = 3
"""A second torso is needed: reset noise and the reward are defined over a chain of torsos."""

START_HEIGHT = 0.75
TORSO_SPACING = 0.5
LEG_OFFSET = 0.28
THIGH_LENGTH = 0.28
FOOT_LENGTH = 0.6
LIMB_RADIUS = 0.08
LEG_GEAR = 150
TORSO_GEAR = 100
LEGS_OF_FIRST_TORSO = 2

FLOOR = "floor"
CONTACT = {"condim": "3", "margin": "0.01", "friction": "1.5 1.5 0.1 0.1 0.1"}
"""Of every geom with the floor: a contact is active from 0.01 m on; sliding, turning, rolling."""


def centipede_mjcf(legs: int, crippled: bool = False) -> str:
    """Return the MJCF of a centipede.

    Args:
        legs: Number of legs, at least 3.
        crippled: Leave out the four leg motors of the first torso. The body stays the same.

    Returns:
        An XML document for ``mujoco.MjModel.from_xml_string``. With ``T = ceil(legs / 2)`` torsos
        the model has ``2 legs + 2 (T - 1)`` hinges besides the root's free joint.

    Raises:
        ValueError: ``legs`` is not a whole number of at least 3.
    """
    legs = checked_count("legs", legs, MIN_LEGS)
    root = ET.Element("mujoco", model=f"centipede_{legs}")
    ET.SubElement(root, "compiler", angle="degree", inertiafromgeom="true")
    _add_option(root)
    _add_defaults(root)
    _add_looks(root)
    world = ET.SubElement(root, "worldbody")
    _add_floor(world)
    _add_body(world, legs)
    _add_contacts(root, world)
    _add_motors(root, legs, crippled)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def torso_count(legs: int) -> int:
    """Return the number of torsos that carry ``legs`` legs, two to a torso."""
    return math.ceil(legs / 2)


def _add_option(root: ET.Element) -> None:
    option = ET.SubElement(root, "option", integrator="RK4", timestep="0.01")
    # Left on, MuJoCo answers a diverging state by silently jumping back to the start pose, where
    # the episode would go on; off, the state stays non-finite or huge and the episode ends.
    # All joints are of one body, so MuJoCo's search for parts that do not touch ("islands") finds
    # nothing and takes a sixteenth of the simulation; without it the same comes out, to the bit.
    ET.SubElement(option, "flag", autoreset="disable", island="disable")


def _add_defaults(root: ET.Element) -> None:
    default = ET.SubElement(root, "default")
    ET.SubElement(default, "joint", armature="1", damping="1", limited="true")
    ET.SubElement(default, "geom", contype="0", conaffinity="0", density="25", material="limb")
    ET.SubElement(default, "pair", CONTACT)
    ET.SubElement(default, "motor", ctrllimited="true", ctrlrange="-1 1")


def _add_looks(root: ET.Element) -> None:
    visual = ET.SubElement(root, "visual")
    # Drawn by the processor, finer shadows and smooth edges would take four times as long.
    ET.SubElement(visual, "quality", shadowsize="1024", offsamples="0")
    ET.SubElement(visual, "headlight", ambient="0.35 0.35 0.35", diffuse="0.35 0.35 0.35")
    asset = ET.SubElement(root, "asset")
    sky = {
        "type": "skybox",
        "builtin": "gradient",
        "rgb1": "0.72 0.84 0.93",
        "rgb2": "0.25 0.4 0.6",
    }
    ET.SubElement(asset, "texture", sky, width="128", height="768")
    squares = {"builtin": "checker", "rgb1": "0.42 0.5 0.42", "rgb2": "0.35 0.43 0.36"}
    edge = {"mark": "edge", "markrgb": "0.55 0.62 0.55"}
    ET.SubElement(
        asset, "texture", squares | edge, name="ground", type="2d", width="256", height="256"
    )
    ET.SubElement(
        asset, "material", name="ground", texture="ground", texrepeat="1 1", texuniform="true"
    )
    ET.SubElement(asset, "material", name="torso", rgba="0.78 0.33 0.16 1", specular="0.4")
    ET.SubElement(asset, "material", name="limb", rgba="0.93 0.66 0.3 1", specular="0.3")
    ET.SubElement(asset, "material", name="eye", rgba="0.1 0.1 0.12 1", specular="0.9")


def _add_floor(world: ET.Element) -> None:
    # A plane of size 0 is drawn without end, as far as the centipede may walk.
    ET.SubElement(world, "geom", name=FLOOR, type="plane", size="0 0 1", material="ground")


def _add_body(world: ET.Element, legs: int) -> None:
    parent = world
    last = torso_count(legs) - 1
    for index in range(last + 1):
        parent = _add_torso(parent, index)
        if index == 0:
            _add_camera_and_light(parent, last * TORSO_SPACING)
        if index == last:
            _add_eyes(parent)
        for leg in range(2 * index, min(2 * index + 2, legs)):
            _add_leg(parent, leg)


def _add_torso(parent: ET.Element, index: int) -> ET.Element:
    position = f"0 0 {START_HEIGHT}" if index == 0 else f"{TORSO_SPACING} 0 0"
    torso = ET.SubElement(parent, "body", name=f"torso_{index}", pos=position)
    sphere = {"type": "sphere", "size": "0.25", "density": "100", "material": "torso"}
    ET.SubElement(torso, "geom", sphere, name=f"torso_{index}")
    if index == 0:
        free = {"type": "free", "armature": "0", "damping": "0", "limited": "false"}
        ET.SubElement(torso, "joint", free, name="root", margin="0.01")
    else:
        anchor = f"{-TORSO_SPACING / 2} 0 0"
        _add_hinge(torso, f"body_{index}", "0 0 1", "-20 20", anchor)
        _add_hinge(torso, f"bodyupdown_{index}", "0 1 0", "-10 30", anchor)
    return torso


def _add_leg(torso: ET.Element, leg: int) -> None:
    side = -1 if leg % 2 == 0 else 1
    at_hip = f"0 {side * LEG_OFFSET} 0"
    hip = ET.SubElement(torso, "body", name=f"legbody_{leg}", pos=at_hip)
    _add_hinge(hip, hip_joint(leg), "0 0 1", "-40 40")
    _add_limb(hip, f"leg_{leg}", side * THIGH_LENGTH)
    foot = ET.SubElement(hip, "body", name=f"frontFoot_{leg}", pos=f"0 {side * THIGH_LENGTH} 0")
    _add_hinge(foot, ankle_joint(leg), f"{-side} 0 0", "30 100")
    _add_limb(foot, f"foot_{leg}", side * FOOT_LENGTH)


def _add_hinge(body: ET.Element, name: str, axis: str, limits: str, anchor: str = "0 0 0") -> None:
    ET.SubElement(body, "joint", name=name, type="hinge", axis=axis, range=limits, pos=anchor)


def _add_limb(body: ET.Element, name: str, reach: float) -> None:
    ends = f"0 0 0 0 {reach} 0"
    ET.SubElement(body, "geom", name=name, type="capsule", fromto=ends, size=str(LIMB_RADIUS))


def _add_contacts(root: ET.Element, world: ET.Element) -> None:
    # Named pairs say the margin without ambiguity: of two geoms' margins MuJoCo took the larger
    # up to 3.4 and takes the sum from 3.5 on. There is no search for pairs then, either.
    contact = ET.SubElement(root, "contact")
    for name in (geom.get("name", "") for geom in world.iter("geom")):
        if name != FLOOR:
            ET.SubElement(contact, "pair", geom1=FLOOR, geom2=name)


def _add_eyes(torso: ET.Element) -> None:
    # Sites, not geoms: a geom would add mass and a contact. They show which end leads.
    for name, y in (("eye_right", -0.11), ("eye_left", 0.11)):
        ET.SubElement(torso, "site", name=name, pos=f"0.19 {y} 0.12", size="0.05", material="eye")


def _add_camera_and_light(torso: ET.Element, length: float) -> None:
    # Both hang on the first torso, whose subtree is the whole animal, so "trackcom" keeps them at
    # a fixed offset from its centre of mass whatever way it turns.
    middle = length / 2
    distance = 1.3 * (length + 2.0)
    rise, back = 0.5 * distance, 0.87 * distance
    ET.SubElement(
        torso,
        "camera",
        name="track",
        mode="trackcom",
        pos=f"{middle} {-back} {rise}",
        xyaxes="1 0 0 0 0.5 0.87",
    )
    lamp = {"directional": "true", "diffuse": "0.6 0.6 0.6", "specular": "0.2 0.2 0.2"}
    ET.SubElement(
        torso, "light", lamp, name="sun", mode="trackcom", pos=f"{middle} 0 5", dir="0 0 -1"
    )


def hip_joint(leg: int) -> str:
    """Return the name of the hip hinge of leg number ``leg``; even legs are on the left."""
    return f"{'left' if leg % 2 == 0 else 'right'}hip_{leg}"


def ankle_joint(leg: int) -> str:
    """Return the name of the ankle hinge of leg number ``leg``."""
    return f"ankle_{leg}"


def _add_motors(root: ET.Element, legs: int, crippled: bool) -> None:
    actuator = ET.SubElement(root, "actuator")
    for joint, gear in _motors(legs, crippled):
        ET.SubElement(actuator, "motor", name=joint, joint=joint, gear=str(gear))


def _motors(legs: int, crippled: bool) -> Iterator[tuple[str, int]]:
    """Yield joint and gear of each motor, in the order of the action's entries."""
    for leg in range(LEGS_OF_FIRST_TORSO if crippled else 0, legs):
        yield hip_joint(leg), LEG_GEAR
        yield ankle_joint(leg), LEG_GEAR
        # The torso's own hinges follow its right leg, so a torso with a single leg has no motors.
        torso = leg // 2
        if leg % 2 == 1 and torso > 0:
            yield f"body_{torso}", TORSO_GEAR
            yield f"bodyupdown_{torso}", TORSO_GEAR
