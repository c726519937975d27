"""What MuJoCo draws with where there is no display."""

import ctypes
import os
import sys
from collections.abc import Iterable
from ctypes.util import find_library

import pytest
from called import python

from baselines.environments.offscreen import draw_offscreen, usable_opengl


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.setenv(name, "")  # so that what a test sets is taken back where there was none
        monkeypatch.delenv(name)


def allow(monkeypatch: pytest.MonkeyPatch, libraries: Iterable[str]) -> None:
    """Have this machine hold no other libraries."""
    load = ctypes.CDLL

    def load_allowed(name: str, *args: int) -> ctypes.CDLL:
        if name not in libraries:
            raise OSError(name)
        return load(None)  # which one it is does not matter

    monkeypatch.setattr(ctypes, "CDLL", load_allowed)


@pytest.mark.parametrize("library", ["libOSMesa.so.8", "libOSMesa.so"])
def test_osmesa_where_there_is_no_egl(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, [library])
    monkeypatch.setenv("DISPLAY", ":0")
    draw_offscreen()
    assert os.environ["MUJOCO_GL"] == "osmesa"


@pytest.mark.parametrize("display", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_is_the_last_resort(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, [])
    with pytest.raises(RuntimeError, match=r"^there is nothing to draw with, .* apt install lib"):
        draw_offscreen()
    assert "MUJOCO_GL" not in os.environ
    monkeypatch.setenv(display, ":0")
    assert usable_opengl() == "glfw"


def test_the_choice_of_the_user_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, ["libOSMesa.so.8"])
    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    draw_offscreen()
    assert os.environ["MUJOCO_GL"] == "osmesa"
    for choice in ("egl", "glfw"):
        monkeypatch.setenv("MUJOCO_GL", choice)
        with pytest.raises(RuntimeError, match=f"^MUJOCO_GL={choice} finds nothing to draw with"):
            draw_offscreen()
        assert os.environ["MUJOCO_GL"] == choice


def test_elsewhere_gymnasium_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, [])
    monkeypatch.setattr(sys, "platform", "darwin")
    draw_offscreen()
    assert "MUJOCO_GL" not in os.environ


def test_egl_without_a_device_is_no_egl() -> None:
    if not (find_library("EGL") and find_library("GLdispatch")):
        pytest.skip("no EGL here whose drivers can be hidden")
    program = "from baselines.environments.offscreen import *; print(usable_opengl())"
    for hidden in ({}, {"__EGL_VENDOR_LIBRARY_FILENAMES": "/nowhere"}):
        done = python("-c", program, variables=os.environ | {"DISPLAY": ":0"} | hidden)
        assert (done.stdout.strip() == "egl") == (not hidden)
