"""Pictures of the centipede, drawn off screen in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import baselines.environments

ROOT = Path(baselines.environments.__file__).parents[2]
NO_OPENGL = 77

# MuJoCo chooses its OpenGL when it is first imported, hence the process of its own.
PROGRAM = f"""
import json, sys
import numpy as np
import mujoco
try:
    from mujoco.egl import GLContext
    GLContext(8, 8).free()
except Exception as error:
    print(error, file=sys.stderr)
    sys.exit({NO_OPENGL})
from baselines.environments.centipede import CentipedeEnv

def orange(picture):
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    return (red > blue + 60) & (red > green + 20)

found = {{}}
for legs in (3, 8, 50):
    env = CentipedeEnv(legs, render_mode="rgb_array", width=160, height=120)
    env.reset(seed=0)
    here = env.render()
    env.data.qpos[:2] += 100
    mujoco.mj_forward(env.model, env.data)
    there = env.render()
    env.close()
    env.close()
    mask = orange(here)
    found[str(legs)] = dict(
        shape=here.shape, dtype=str(here.dtype),
        here=int(mask.sum()), there=int(orange(there).sum()),
        border=int(mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum()))

env = CentipedeEnv(8, render_mode="rgbd_tuple", width=160, height=120)
env.reset(seed=0)
picture, depth = env.render()
env.close()
env = CentipedeEnv(8, render_mode="depth_array", width=160, height=120)
env.reset(seed=0)
alone = env.render()
env.close()
mask = orange(picture)
found["depth"] = dict(
    shape=alone.shape, dtype=str(alone.dtype), same=bool(np.array_equal(alone, depth)),
    robot=float(np.median(depth[mask])), around=float(np.median(depth[~mask])))
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "MUJOCO_GL": "egl"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == NO_OPENGL:
        pytest.skip(f"no off-screen OpenGL here: {result.stderr.strip()[-200:]}")
    assert result.returncode == 0, result.stderr
    pictures: dict[str, Any] = json.loads(result.stdout)
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
