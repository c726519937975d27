"""Train a policy: `python -m baselines.run --env=CentipedeEight-v1 --teacher_paths FILE ...`."""

from __future__ import annotations

from baselines.common.command_line import run_command
from baselines.common.errors import UserError
from baselines.common.mpi import team
from baselines.common.team import Team
from baselines.common.vec_env.answers import close_task
from baselines.common.vec_env.displays import require_display
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.tasks import make_task
from baselines.config import Config
from baselines.evaluation.evaluation import play
from baselines.flags import parse
from baselines.ppo2.ppo2 import learn
from baselines.training.saved import read_saved_policy

PROGRAM = "python -m baselines.run"


def main(argv: list[str]) -> None:
    """Train, and show the result with `--play`.

    Raises:
        UserError: bad input.
    """
    ranks = team()
    with ranks.ending_together():
        with ranks.united():
            config = _parsed(argv, ranks)
        saved = learn(config) if config.num_timesteps else _loaded(config)
    if config.play:
        play(saved, config.env, config.env_arguments, config.seed)


def _parsed(argv: list[str], ranks: Team) -> Config:
    config = parse(argv, PROGRAM, "Train a policy with PPO, from scratch or with teachers.")
    if config.play and ranks.size > 1:
        raise UserError("--play: not with mpiexec; play what was saved in a command of its own")
    if config.play:
        require_display("play")
        close_task(make_task(config.env, config.env_arguments, render_mode="human"))
    return config


def _loaded(config: Config) -> SavedPolicy:
    if not config.load_path:
        raise UserError("--load_path: missing; with --num_timesteps=0 there is nothing to play")
    return read_saved_policy(config.load_path, "load_path")


if __name__ == "__main__":
    run_command(main, PROGRAM)
