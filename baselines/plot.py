"""Figures and tables from logs: `python -m baselines.plot LOG_DIR ... --out figures/eight`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

from baselines.analysis.runs.log_text import WHERE
from baselines.analysis.runs.panels import panels
from baselines.analysis.runs.published_logs import laid_beside, read_published
from baselines.analysis.runs.runs import find_runs
from baselines.analysis.runs.statistics import STATISTICS
from baselines.analysis.tables import in_short
from baselines.common.command_line import Parser, as_path, as_path_text, reader, run_command
from baselines.common.errors import UserError, check_choice
from baselines.common.files import check_can_make, check_new_file, make_folder, write_together

PROGRAM = "python -m baselines.plot"
VECTOR_FORMATS = ("svg", "pdf")
ENDINGS = (".png", ".svg", ".pdf", ".md", ".csv")


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Draw the learning curves of runs, compare them with PPO from scratch, and"
        " show how students use their teachers. Reads logs only.",
    )
    result.add_argument(
        "folders", nargs="+", type=as_path_text, metavar=WHERE,
        help="folder of a run's logs (--log_path), or one with such folders below it",
    )  # fmt: skip
    result.add_argument(
        "--out", type=as_path_text, default="figures/curves", metavar="NAME",
        help="files to write, without their endings (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--statistic", default="mean", metavar="NAME",
        help="over the seeds: mean, or iqm, the interquartile mean (default: %(default)s)",
    )  # fmt: skip
    result.add_argument("--seeds", action="store_true", help="also draw a thin line for each seed")
    result.add_argument(
        "--threshold", type=reader(float), metavar="X",
        help="return for the timesteps to threshold (default: PPO's mean final return)",
    )  # fmt: skip
    result.add_argument(
        "--metrics", nargs="+", default=[], metavar="NAME",
        help="logged metrics that are drawn too, into NAME_metrics: columns of progress.csv",
    )  # fmt: skip
    result.add_argument(
        "--beside", nargs="+", default=[], type=as_path, metavar="FILE",
        help="published logs to compare these runs with, such as"
        " results/published/ppo_from_scratch.csv",
    )  # fmt: skip
    result.add_argument(
        "--title", type=_title, default="", metavar="TEXT", help="title of figures and tables"
    )
    result.add_argument(
        "--format", default="svg", metavar="NAME",
        help="of the figures besides PNG: svg or pdf (default: %(default)s)",
    )  # fmt: skip
    return result


def main(argv: list[str]) -> None:
    """Read the logs, draw, compare, and write the files.

    Raises:
        UserError: bad input; nothing has been written.
    """
    arguments = parser().parse_args(argv)
    check_choice("statistic", arguments.statistic, STATISTICS)
    check_choice("format", arguments.format, VECTOR_FORMATS)
    out = _output(arguments.out)
    groups = panels(find_runs(arguments.folders))
    tables = [read_published(path, "--beside") for path in arguments.beside]

    from baselines.analysis.beside import beside  # they draw, so they take a second to import
    from baselines.analysis.report import ReportOptions, report

    options = ReportOptions(
        arguments.statistic, arguments.seeds, arguments.threshold, arguments.title,
        ("png", arguments.format), tuple(arguments.metrics),
    )  # fmt: skip
    found = report(groups, options)
    files = dict(found.files)
    methods = [method for panel in groups for method in panel.methods]
    for table in tables:
        drawn = beside(table, laid_beside(methods, table.methods), options)
        added = {f"_{table.name}{ending}": content for ending, content in drawn.items()}
        if not files.keys().isdisjoint(added):
            raise UserError(f"--beside: other files end in _{table.name} too; rename {table.name}")
        files |= added
    contents = {out.with_name(out.name + ending): content for ending, content in files.items()}
    make_folder(out.parent, "--out")
    for path in contents:
        check_new_file(path, "--out", source="", force=True)
    for comparison in found.comparisons:
        print(f"{comparison.panel.title}\n\n{in_short(comparison)}\n")
    for note in found.notes:
        print(f"note: {note}")
    write_together(contents)
    for path in contents:
        print(f"wrote {path}")


def _title(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of another encoding
        raise ArgumentTypeError(f"must be text in UTF-8, not {text!r}") from None
    return text


def _output(name: str) -> Path:
    """The files' common path, without an ending.

    Raises:
        UserError: it names no file, or its folder cannot be written.
    """
    path = Path(name)
    if path.name in ("", "..") or name.endswith("/"):
        raise UserError(f"--out: must name the files, as in figures/eight, not {name!r}")
    check_can_make(path.parent, "--out")
    return path.with_suffix("") if path.suffix in ENDINGS else path


if __name__ == "__main__":
    run_command(main, PROGRAM)
