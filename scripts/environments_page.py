#!/usr/bin/env python3
"""Write docs/environments.md from the registered tasks and what their classes say of themselves.

python scripts/environments_page.py               # the page
python scripts/environments_page.py --pictures    # and a picture of each body
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import imageio.v3 as imageio

from baselines.analysis.formatting import Table
from baselines.common.files import write_atomically
from baselines.environments import ANT, CENTIPEDE_TASKS
from baselines.environments.ant import AntSEnv
from baselines.environments.centipede import CentipedeEnv

PAGE = Path(__file__).resolve().parent.parent / "docs" / "environments.md"
PICTURES = PAGE.with_suffix("")
SIZE = {"width": 320, "height": 200}

HEAD = """\
# Environments

The tasks of this package are Gymnasium environments:

    import gymnasium
    env = gymnasium.make("baselines.environments:CentipedeEight-v1")

`baselines.run` accepts the id, `--env=CentipedeEight-v1`, and arguments as JSON,
`--env_kwargs='{"ctrl_cost_weight": 0.1}'`. It also trains on [other Gymnasium tasks](own_tasks.md).
Without a display, give Gymnasium's `check_env` the argument `skip_render_check=True`: it tries
all ways of rendering, a window too. Gymnasium's `RecordVideo` needs `pip install moviepy`.

`scripts/environments_page.py` writes this page from the docstrings.

"""

OTHERS = """
`Centipede-v1` takes the number of legs as an argument, `{"legs": 9}`. Ids that begin with `Cp` are
crippled centipedes: their bodies look the same, but four motors are missing.
"""


def page() -> str:
    """The page, in Markdown."""
    columns = ("body", "id", "observation", "action")
    ids = [task.id for task in CENTIPEDE_TASKS]
    return "\n".join([
        HEAD + "## All ids\n",
        Table(columns, [row(task_id) for task_id in [*ids, ANT]]).markdown(),
        OTHERS,
        "## The centipedes\n",
        *section(CentipedeEnv),
        "\n## The ant\n",
        *section(AntSEnv),
        "",
    ])  # fmt: skip


def row(task_id: str) -> tuple[str, ...]:
    """A line of the table: picture, id, sizes."""
    with gymnasium.make(task_id) as env:
        sizes = [str(space.shape[0]) for space in (env.observation_space, env.action_space)]
    picture = "" if task_id.startswith("Cp") else f"![{task_id}](environments/{task_id}.png)"
    return picture, f"`{task_id}`", *sizes


def section(of: type) -> Iterator[str]:
    """What a class says of itself, its headings a level lower."""
    for line in (inspect.getdoc(of) or "").splitlines():
        yield f"#{line}" if line.startswith("## ") else line


def draw() -> None:
    """Draw each body as it begins an episode."""
    PICTURES.mkdir(exist_ok=True)
    for task_id in [*(task.id for task in CENTIPEDE_TASKS if not task.crippled), ANT]:
        with gymnasium.make(task_id, render_mode="rgb_array", **SIZE) as env:
            env.reset(seed=0)
            picture = imageio.imwrite("<bytes>", env.render(), extension=".png")
        write_atomically(PICTURES / f"{task_id}.png", picture)


if __name__ == "__main__":
    if "--pictures" in sys.argv[1:]:
        draw()
    write_atomically(PAGE, page().encode())
