"""Collect results and write their page: `python -m baselines.results experiments/sizes.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from baselines.analysis.runs.published_logs import Published, laid_beside, read_published
from baselines.common.command_line import Parser, as_path, run_command
from baselines.common.errors import UserError
from baselines.common.files import check_can_make, make_folder, read_regular, write_atomically
from baselines.experiments.plan import read_experiment
from baselines.experiments.yaml_files import ARGUMENT, MAX_BYTES
from baselines.published.collecting import collected
from baselines.published.folder import EXPERIMENT, Results, committed_runs, read_results
from baselines.published.page import PUBLISHED, SUMMARY, page, transfers
from baselines.published.run_list import RUN_LIST, run_list
from baselines.published.section import Section

PROGRAM = "python -m baselines.results"
PAGE = "README.md"


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Collect about 100 rows of the log of each run of an experiment, draw them, and"
        " write the page of all results. Without a file: figures and page only.",
    )
    result.add_argument(
        "experiment", nargs="?", type=as_path, metavar=ARGUMENT,
        help="such as experiments/sizes.yaml; its results go to a folder of its name",
    )  # fmt: skip
    result.add_argument(
        "--runs", type=as_path, default=Path("runs"), metavar="DIR",
        help="folder of the runs, --out of baselines.sweep (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--finished", action="store_true", help="leave out the runs that are not finished yet"
    )
    result.add_argument(
        "--out", type=as_path, default=Path("results"), metavar="DIR",
        help="folder of all results (default: %(default)s)",
    )  # fmt: skip
    return result


def main(argv: list[str]) -> None:
    """Collect, draw, compare, and write the files.

    Raises:
        UserError: bad input; nothing has been written.
    """
    arguments = parser().parse_args(argv)
    experiment, out = arguments.experiment, arguments.out
    check_can_make(out, "--out")
    logs = _collected(experiment, arguments.runs, out, arguments.finished) if experiment else {}
    # What is wrong is found before anything is written.
    published = [read_published(p, "--out") for p in sorted((out / PUBLISHED).glob("*.csv"))]
    found = read_results(out)
    if experiment:
        _write(out / experiment.stem, logs)
        found = read_results(out)
    if not found:
        raise UserError(f"--out: no results in {out}; name an experiment file to collect some")
    sections = [_section(results) for results in found]
    shared = _laid_beside(out / PUBLISHED, published, found)
    _write(out, {Path(PAGE): page(sections, shared).encode()})
    _draw_summary(out, sections)


def _laid_beside(
    folder: Path, published: Sequence[Published], found: Sequence[Results]
) -> dict[str, bool]:
    """Lay the runs beside published logs; each table's name, and whether there is one of ours."""
    from baselines.analysis.beside import beside
    from baselines.analysis.report import ReportOptions

    ours = [m for results in found for panel in results.panels for m in panel.methods]
    shared = {}
    for table in published:
        laid = laid_beside(ours, table.methods)
        shared[table.name] = any(one.ours for one in laid)
        if shared[table.name]:
            files = beside(table, laid, ReportOptions(formats=("png",)))
            named = {Path(table.name + ending): content for ending, content in files.items()}
            _write(folder, named)
    return shared


def _draw_summary(out: Path, sections: Sequence[Section]) -> None:
    from baselines.analysis import drawing
    from baselines.analysis.runs.statistics import STATISTICS
    from baselines.analysis.summary_figure import summary_figure

    if lines := transfers(sections):
        with drawing.appearance():
            figure = drawing.rendered(summary_figure(lines, STATISTICS["mean"]), "png")
        _write(out, {Path(SUMMARY): figure})


def _collected(experiment: Path, root: Path, out: Path, finished_only: bool) -> dict[Path, bytes]:
    """The experiment file and the logs of its runs, by path below the folder of its results."""
    declared = read_regular(experiment, ARGUMENT, MAX_BYTES)
    items = read_experiment(experiment, root, {}).items
    committed = committed_runs(out)
    files, lines = collected(items, root, out / experiment.stem, committed, finished_only)
    if not (files or lines or any(committed.longest(i, root) for i in items)):
        what = "is finished" if finished_only else "has a curve"
        raise UserError(
            f"--runs: no run of {experiment} in {root} {what} yet;"
            f" python -m baselines.sweep {experiment} trains them"
        )
    for line in lines:
        print(line)
    return {Path(EXPERIMENT): declared, **files}


def _section(results: Results) -> Section:
    """Draw and measure; writes the list of the runs, the figures and the tables."""
    from baselines.analysis.report import ReportOptions, report  # draws: a second to import

    runs = {Path(RUN_LIST): run_list(results).encode()}
    if not results.panels:  # as long as only teachers of the experiment have a log
        _write(results.folder, runs)
        return Section(results, (), (), (), ())
    found = report(results.panels, ReportOptions(title=results.title, formats=("png",)))
    files = {Path(results.folder.name + ending): file for ending, file in found.files.items()}
    _write(results.folder, runs | files)
    names = {path.name for path in files}
    return Section(results, found.comparisons, found.knowledge, found.notes, names)


def _write(folder: Path, files: Mapping[Path, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        make_folder(path.parent, "--out")
        write_atomically(path, content)
    print(f"wrote {len(files)} files in {folder}" if len(files) > 1 else f"wrote {path}")


if __name__ == "__main__":
    run_command(main, PROGRAM)
