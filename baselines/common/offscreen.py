"""Drawing without a display: EGL, or OSMesa where there is none."""

from __future__ import annotations

import ctypes
import os
import sys

from baselines.common.errors import UserError

LIBRARIES = {"egl": ("libEGL.so.1", "libEGL.so"), "osmesa": ("libOSMesa.so.8", "libOSMesa.so")}
"""What MuJoCo draws with, by the value of MUJOCO_GL, in the order in which it is tried."""


def draw_offscreen(flag: str) -> None:
    """Have MuJoCo draw without a display; to be called before MuJoCo is imported.

    Raises:
        UserError: see `offscreen_renderer`.
    """
    renderer = offscreen_renderer(flag)
    if renderer:
        os.environ["MUJOCO_GL"] = renderer


def offscreen_renderer(flag: str) -> str:
    """What MuJoCo can draw with here; nothing where that is not to be chosen.

    A choice of the user's, in the environment variable MUJOCO_GL, stands.

    Args:
        flag: the argument that asks for pictures, for the message.

    Raises:
        UserError: there is nothing to draw with.
    """
    if "MUJOCO_GL" in os.environ or not sys.platform.startswith("linux"):
        return ""
    for name, files in LIBRARIES.items():
        if any(map(_loads, files)):
            return name
    raise UserError(
        f"--{flag}: there is nothing to draw with, neither EGL nor OSMesa; on Debian or Ubuntu:"
        " sudo apt install libegl1"
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
