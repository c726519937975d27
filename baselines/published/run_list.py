"""The list of an experiment's runs: how each was made, for whoever makes one again."""

from __future__ import annotations

from collections.abc import Iterator

from baselines.analysis.formatting import as_timesteps, escaped
from baselines.analysis.runs.runs import Run
from baselines.published.folder import Results

RUN_LIST = "runs.md"
"""The file of the list, in the folder of the results."""

OF_ITS_COMMIT = """\
Each command is for the code of its commit: a flag that is not given has that commit's default."""


def run_list(results: Results) -> str:
    """The timesteps, commits and command of each run, in Markdown."""
    lines = [line for run in results.runs for line in _run(results, run)]
    commands = "\n".join(["```sh", *lines, "```"])
    return "\n\n".join([f"# {escaped(results.title)}: the runs", OF_ITS_COMMIT, commands]) + "\n"


def _run(results: Results, run: Run) -> Iterator[str]:
    timesteps = f"{as_timesteps(run.timesteps[-1])} timesteps"
    commits = [
        (f"from update {update} on " if update else "") + (commit or "not known")
        for update, commit in run.origin.commits
    ]
    yield f"# {results.place(run)}: {timesteps}, commit {', '.join(commits)}"
    yield run.origin.command or "# command not known"
