"""Measure a policy: `python -m baselines.evaluate --load_path FILE --episodes 100`."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence

from baselines.common.command_line import (
    NOT_NEGATIVE,
    POSITIVE,
    Parser,
    as_path,
    as_path_text,
    reader,
    run_command,
)
from baselines.common.errors import UserError, printable
from baselines.common.files import check_can_make
from baselines.common.vec_env.displays import require_renderer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.task_modules import registered_id
from baselines.evaluation.evaluation import (
    MAX_STEPS,
    evaluate,
    interval_in_words,
    returns_of,
    summarize,
)
from baselines.evaluation.films import ENDINGS, PIXELS, check_film, film
from baselines.flags import add_outside, allow_outside, names_elsewhere
from baselines.training.saved import read_saved_policy

PROGRAM = "python -m baselines.evaluate"

MEASURING = ("episodes", "max_steps", "json")
FILMING = ("beside", "video_length", "video_height")
"""Flags that only the one or the other of the two jobs reads."""


def parser() -> Parser:
    """The command line."""
    result = Parser(
        prog=PROGRAM,
        description="Run episodes of a saved policy and print statistics of their returns.",
    )
    result.asked_first = "--load_path"
    result.elsewhere |= {name: f"--{ours}" for name, ours in names_elsewhere("load_path").items()}
    result.elsewhere |= dict.fromkeys(("n_eval_episodes", "num_episodes"), "--episodes")
    result.elsewhere |= dict.fromkeys(
        ("record", "record_video", "capture_video", "render"), "--video"
    )
    result.add_argument(
        "--load_path", type=as_path_text, required=True, metavar="FILE",
        help="checkpoint to evaluate, or a folder, whose newest is taken",
    )  # fmt: skip
    result.add_argument(
        "--episodes", type=reader(int, POSITIVE), default=100, metavar="N",
        help="number of episodes (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--max_steps", type=reader(int, POSITIVE), default=MAX_STEPS, metavar="N",
        help="an episode that does not end is cut off after so many steps (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--seed", type=reader(int, NOT_NEGATIVE), default=0, metavar="N",
        help="episode k depends on seed + k, from which the task's own seed is drawn (default:"
        " %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--deterministic", action="store_true", help="the most likely actions, not sampled ones"
    )
    result.add_argument("--json", action="store_true", help="print one JSON object")
    result.add_argument(
        "--video", type=as_path, metavar="FILE",
        help=f"write a film of one episode instead, ending in {' or '.join(ENDINGS)}",
    )  # fmt: skip
    result.add_argument(
        "--beside", nargs="+", type=as_path_text, default=[], metavar="FILE",
        help="checkpoints shown to the left of it in the film, such as its teacher",
    )  # fmt: skip
    result.add_argument(
        "--video_length", type=reader(int, POSITIVE), default=1000, metavar="N",
        help="steps of the film at most (default: %(default)s)",
    )  # fmt: skip
    result.add_argument(
        "--video_height", type=reader(int, PIXELS), metavar="N",
        help="height of its pictures in pixels (default: as the task draws them)",
    )  # fmt: skip
    add_outside(result)
    return result


def main(argv: list[str]) -> None:
    """Evaluate and print.

    Raises:
        UserError: bad input.
    """
    arguments = parser().parse_args(argv)
    _check_together(arguments)
    allow_outside(arguments)
    saved = read_saved_policy(arguments.load_path, "load_path")
    beside = [read_saved_policy(path, "beside") for path in arguments.beside]
    _check_tasks(arguments.env, [*beside, saved])
    if arguments.video:
        _film([*beside, saved], arguments)
        return
    episodes = evaluate(
        saved, arguments.episodes, arguments.seed, arguments.deterministic, arguments.max_steps
    )
    summary = summarize(episodes)
    if summary["cut"]:
        print(
            f"WARNING: {summary['cut']} of {len(episodes)} episodes did not end, and were cut off"
            f" after {arguments.max_steps:,} steps (--max_steps)",
            file=sys.stderr,
        )
    if arguments.json:
        print(json.dumps(summary))
        return
    metadata, n = saved.metadata, len(episodes)
    body = (
        f" with the body {printable(metadata['body']['path'], 400)}" if "body" in metadata else ""
    )
    actions = "deterministic" if arguments.deterministic else "sampled"
    print(
        f"{metadata['env']['id']}{body}, update {metadata['update']}, {n} episode{'s' * (n > 1)},"
        f" {actions} actions"
    )
    print(
        f"return {summary['mean']:.1f} ({interval_in_words(returns_of(episodes))}),"
        f" std {summary['std']:.1f}, min {summary['min']:.1f}, max {summary['max']:.1f};"
        f" mean length {summary['mean_length']:.1f}"
    )


def _check_together(arguments: Namespace) -> None:
    """Check that no flag is given that would not be read.

    Raises:
        UserError: one is.
    """
    unread, reason = FILMING, "without --video; name the film's file"
    if arguments.video:
        unread, reason = MEASURING, "with --video, which films one episode; leave one of them out"
    defaults = parser()
    for name in unread:
        if getattr(arguments, name) != defaults.get_default(name):
            raise UserError(f"--{name}: given {reason}")


def _check_tasks(named: Sequence[str], policies: Sequence[SavedPolicy]) -> None:
    """Check that each task that was named is a policy's: it is evaluated in no other.

    Raises:
        UserError: one is not.
    """
    theirs = [saved.metadata["env"]["id"] for saved in policies]
    for env_id in named:
        if registered_id(env_id) not in map(registered_id, theirs):
            raise UserError(
                f"--env: {env_id}, but a policy is evaluated in its own task, {theirs[-1]}; the"
                " flag only allows that task's module to be imported"
            )


def _film(shown: Sequence[SavedPolicy], arguments: Namespace) -> None:
    check_film(arguments.video, "video")
    check_can_make(arguments.video.parent, "--video")
    require_renderer("video")
    film(
        arguments.video, shown, arguments.seed, arguments.deterministic, arguments.video_length,
        arguments.video_height,
    )  # fmt: skip
    print(f"wrote {arguments.video}")


if __name__ == "__main__":
    run_command(main, PROGRAM)
