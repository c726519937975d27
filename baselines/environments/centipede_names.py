"""How the parts of a centipede are numbered along its chain."""

from __future__ import annotations

import re

LEGS_PER_TORSO = 2

_NUMBERED = re.compile(r"(torso|body|bodyupdown|lefthip|righthip|ankle|legbody|frontFoot)_(\d+)")
_OF_A_TORSO = ("torso", "body", "bodyupdown")


def moved(part: str, torsos: int) -> str:
    """Return the name of the same part, so many torsos further along the chain.

    Names that do not belong to a centipede, and those of the root and the world, stay as they are:
    there is one of each.
    """
    found = _NUMBERED.fullmatch(part)
    if found is None:
        return part
    kind, number = found[1], int(found[2])
    return f"{kind}_{number + (1 if kind in _OF_A_TORSO else LEGS_PER_TORSO) * torsos}"
