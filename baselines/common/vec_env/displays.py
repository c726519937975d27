"""Whether pictures can be drawn and shown here."""

from __future__ import annotations

import os
import sys

from baselines.common.errors import UserError
from baselines.environments.offscreen import usable_opengl


def require_display(flag: str) -> None:
    """Raises UserError when no window can be opened here; `flag` is what asked for one."""
    on_linux = sys.platform.startswith("linux")
    if on_linux and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise UserError(
            f"--{flag}: there is no display to open a window on; set DISPLAY, or leave it out"
        )


def require_renderer(flag: str) -> None:
    """Raises UserError when no picture can be drawn here; `flag` is what asked for one."""
    try:
        usable_opengl()
    except RuntimeError as error:
        raise UserError(f"--{flag}: {error}") from None
