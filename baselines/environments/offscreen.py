"""Pictures without a display: the OpenGL that MuJoCo draws them with."""

from __future__ import annotations

import ctypes
import os
import sys
from glob import glob

VARIABLE = "MUJOCO_GL"
ADVICE = "on Debian or Ubuntu: sudo apt install libegl1 libegl-mesa0 libgl1-mesa-dri"
SOFTWARE_DRIVERS = ("/usr/lib*/{}dri/swrast_dri.so", "/usr/lib*/{}libgallium-*.so")
"""Where Mesa's drivers lie that draw on the processor: its older versions', its newer ones'."""


def draw_offscreen() -> None:
    """Draw pictures with what `usable_opengl` finds, in this process and those it starts.

    MuJoCo may have been imported already: Gymnasium reads the choice before its first picture.

    Raises:
        RuntimeError: there is nothing to draw with.
    """
    opengl = usable_opengl()
    if opengl and not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = opengl


def usable_opengl() -> str:
    """Return what to draw with here, as a value of the environment variable MUJOCO_GL.

    A choice of the user's stands. Else it is EGL, which draws on the graphics card or with Mesa on
    the processor; or OSMesa, where EGL finds no device; or a hidden window on the display. Nothing
    where this is not Linux, and Gymnasium chooses.

    Raises:
        RuntimeError: there is nothing to draw with.
    """
    chosen = os.environ.get(VARIABLE, "")
    if not sys.platform.startswith("linux"):
        return chosen
    usable = {"egl": _has_egl, "osmesa": _has_osmesa, "glfw": _has_display}
    if chosen:
        if chosen in usable and not usable[chosen]():
            raise RuntimeError(f"{VARIABLE}={chosen} finds nothing to draw with; {ADVICE}")
        return chosen
    for opengl, is_there in usable.items():
        if is_there():
            return opengl
    raise RuntimeError(
        f"there is nothing to draw with, no EGL with a device, no OSMesa and no display; {ADVICE}"
    )


def _has_egl() -> bool:
    """Whether there is EGL, and a device that it draws on: a graphics card, or Mesa's software."""
    if "tensorflow" in sys.modules:
        _keep_apart_from_tensorflow()
    egl = _library("libEGL.so.1")
    if egl is None:
        return False
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    address = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    if not address:
        return False
    # EGLBoolean eglQueryDevicesEXT(EGLint max_devices, EGLDeviceEXT *devices, EGLint *num_devices)
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    query = ctypes.CFUNCTYPE(ctypes.c_uint, integer, pointer, ctypes.POINTER(integer))(address)
    number = integer()
    return bool(query(0, None, ctypes.byref(number))) and number.value > 0


def _has_osmesa() -> bool:
    return any(map(_library, ("libOSMesa.so.8", "libOSMesa.so")))


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _library(name: str, mode: int = ctypes.DEFAULT_MODE) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name, mode)
    except OSError:
        return None


def _keep_apart_from_tensorflow() -> None:
    """Load Mesa's software drivers so that they call the compiler they came with.

    TensorFlow brings another version of the same compiler, LLVM, and its functions stand where a
    library that is loaded later looks first: the first picture would end in a segmentation fault.
    """
    for pattern in SOFTWARE_DRIVERS:
        for path in [*glob(pattern.format("")), *glob(pattern.format("*/"))]:
            _library(path, os.RTLD_NOW | os.RTLD_DEEPBIND)
