#!/usr/bin/env python3
"""Write docs/settings.md, the table of every setting, from `baselines.config`.

python scripts/settings_table.py
"""

from dataclasses import fields
from pathlib import Path

from baselines.analysis.formatting import Table
from baselines.common.files import write_atomically
from baselines.config import GROUPS, default_text, flag_of
from baselines.flags import choices_of
from baselines.transfer.kickstart import KickstartConfig

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

HEAD = """\
# Settings

Every flag of `python -m baselines.run`. The same names are keys of `settings` in an
[experiment file](experiments.md) and keyword arguments of `ppo2.learn`. Settings marked with * may
be changed when a run is [resumed](resuming.md#what-may-be-changed). A default with `(--coefs=...)`
holds with that [set of coefficients](method.md#the-coefficients-of-the-losses) only. The settings
under "Kickstarting" need `--transfer=kickstart`.
`scripts/settings_table.py` writes this page.
"""


def page() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    for group, title in GROUPS.items():
        rows = []
        for f in fields(KickstartConfig):  # those of any run, and its own
            about = f.metadata
            if about["group"] == group:
                rows.append((
                    f"`--{flag_of(f)}`{' *' if about['may_change'] else ''}",
                    about["help"],
                    ", ".join(f"`{one}`" for one in default_text(f).split(", ") if one),
                    ", ".join(f"`{choice}`" for choice in choices_of(f)),
                    about["unit"],
                    about["source"],
                ))  # fmt: skip
        columns = ("flag", "meaning", "default", "one of", "unit", "source")
        parts.append(f"## {title}\n\n{Table(columns, rows).markdown()}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
