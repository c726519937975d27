"""Pictures of the centipede and the ant, in a process of their own, without a display."""

import json
import os
from ctypes.util import find_library
from typing import Any

import pytest
from called import python

pytestmark = pytest.mark.xdist_group("rendering")

# A process has one OpenGL for its life, and none next to the tests' own libraries.
PROGRAM = """
import json
import gymnasium
import mujoco
import numpy as np

def make(name, **arguments):
    arguments = {"render_mode": "rgb_array", "width": 160, "height": 120} | arguments
    env = gymnasium.make("baselines.environments:" + name, disable_env_checker=True, **arguments)
    env.reset(seed=0)
    return env

def orange(picture):
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    return (red > blue + 60) & (red > green + 20)

found = {}
for legs in (3, 8, 50):
    env = make("Centipede-v1", legs=legs)
    here = env.render()
    env.unwrapped.data.qpos[:2] += 100
    mujoco.mj_forward(env.unwrapped.model, env.unwrapped.data)
    there = env.render()
    env.close()
    env.close()
    mask = orange(here)
    found[str(legs)] = dict(
        shape=here.shape, dtype=str(here.dtype),
        here=int(mask.sum()), there=int(orange(there).sum()),
        border=int(mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum()))

picture, depth = make("CentipedeEight-v1", render_mode="rgbd_tuple").render()
alone = make("CentipedeEight-v1", render_mode="depth_array").render()
mask = orange(picture)
found["depth"] = dict(
    shape=alone.shape, dtype=str(alone.dtype), same=bool(np.array_equal(alone, depth)),
    robot=float(np.median(depth[mask])), around=float(np.median(depth[~mask])))

for name, times in (("CentipedeEight-v1", 5), ("AntS-v1", 2)):
    small = make(name, width=401, height=223).render()
    large = make(name, width=times * 401, height=times * 223).render()
    scaled = large.reshape(223, times, 401, times, 3).mean((1, 3))
    found[name] = dict(
        shape=large.shape, off=float(np.abs(scaled - small).mean()),
        off_if_turned=float(np.abs(scaled - small[:, ::-1]).mean()))
print(json.dumps(found))
"""

TENSORFLOW = "from baselines.common.tensorflow_quietly import tf"
AS_COMPILED = "assert tf.function(tf.reduce_sum, jit_compile=True)(tf.ones(3)).numpy() == 3"
PICTURE = """
import gymnasium
env = gymnasium.make("baselines.environments:CentipedeFour-v1", render_mode="rgb_array")
env.reset(seed=0)
assert env.render().std() > 10
"""


def output(program: str) -> str:
    if not (find_library("EGL") or find_library("OSMesa")):
        pytest.skip("no OpenGL here")
    variables = ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY")
    there = {key: value for key, value in os.environ.items() if key not in variables}
    return python("-c", program, variables=there).stdout


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    pictures: dict[str, Any] = json.loads(output(PROGRAM))
    return pictures


@pytest.mark.parametrize("legs", ["3", "8", "50"])
def test_the_whole_centipede_is_in_the_picture(found: dict[str, Any], legs: str) -> None:
    picture = found[legs]
    assert picture["shape"] == [120, 160, 3]
    assert picture["dtype"] == "uint8"
    assert picture["here"] > 0.005 * 120 * 160
    assert picture["border"] == 0


@pytest.mark.parametrize("legs", ["3", "8", "50"])
def test_the_camera_follows(found: dict[str, Any], legs: str) -> None:
    assert found[legs]["there"] == pytest.approx(found[legs]["here"], rel=0.1)


def test_depth(found: dict[str, Any]) -> None:
    depth = found["depth"]
    assert depth["shape"] == [120, 160]
    assert depth["dtype"] == "float32"
    assert depth["same"]
    assert depth["robot"] < depth["around"]


@pytest.mark.parametrize(("task", "times"), [("CentipedeEight-v1", 5), ("AntS-v1", 2)])
def test_a_large_picture_shows_what_a_small_one_shows(
    found: dict[str, Any], task: str, times: int
) -> None:
    picture = found[task]
    assert picture["shape"] == [223 * times, 401 * times, 3]
    assert picture["off"] < 0.5 * picture["off_if_turned"]
    assert picture["off"] < 4


@pytest.mark.slow
@pytest.mark.parametrize("first", [PICTURE, TENSORFLOW])
def test_pictures_and_tensorflow_in_one_process(first: str) -> None:
    output("\n".join([first, TENSORFLOW, AS_COMPILED, PICTURE, AS_COMPILED]))
