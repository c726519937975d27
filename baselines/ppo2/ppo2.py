"""The training loop: collect, train, log, save."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from baselines.common.errors import Diverged, UserError
from baselines.common.files import working_folder
from baselines.common.forks import refuse_fork
from baselines.common.logged_metric import COEF
from baselines.common.mpi import team
from baselines.common.schedules import rate_at
from baselines.common.seeding import Streams
from baselines.common.stopping import StopRequests, stop_requests
from baselines.common.team import Team
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.vec_env import VecNormalize
from baselines.config import Config
from baselines.evaluation.filming import Filming
from baselines.evaluation.while_training import Measuring, measuring_for
from baselines.logger import Log
from baselines.ppo2.model import Model
from baselines.ppo2.runner import Runner, explained_variance, of_all_ranks
from baselines.training.session import Session, session
from baselines.training.setup import Setup, prepare
from baselines.training.states import SavedState, roll_back
from baselines.transfer.stages import Stage, stage_at

Run = Session[Model, Runner]

Watch = Callable[[Run], bool]
"""A callback after each update, on the first rank; it returns whether the run is to go on."""


def _to_the_end(run: Run) -> bool:
    return True


def learn(config: Config, watch: Watch = _to_the_end) -> SavedPolicy:
    """Train a policy, from scratch or with teachers, or go on with a run that was interrupted.

    Args:
        config: the settings.
        watch: called after each update; the run is saved and ends when it returns False.

    Returns:
        The policy at the end of the run.

    Raises:
        UserError: a setting or a file is wrong; nothing has been written then.
        TaskError: the task's own code has raised an error, its cause.
        Diverged: a value is not finite, and `on_divergence` does not ask for another try.
        Drifted: the parameters or statistics of the ranks differ.
        KeyboardInterrupt: on Ctrl-C, SIGTERM or SIGHUP, once what there is has been saved.
    """
    refuse_fork()
    ranks, folder = team(), working_folder()
    # More threads would not pay for matrices this small, and sums in another order are other bits.
    # What is not finite is looked for where it can be named; NumPy's warnings would only repeat it.
    with (
        ranks.ending_together(),
        stop_requests(tells=ranks.is_first) as stop,
        threadpool_limits(1, user_api="blas"),
        np.errstate(all="ignore"),
    ):
        while True:
            try:
                return _learn(config, ranks, stop, watch)
            except Diverged as error:
                os.chdir(folder)  # a task may have left it, and the settings' paths are from there
                with ranks.united():
                    if ranks.is_first:
                        roll_back(config, error)
                config = replace(config, resume=True)


def _learn(config: Config, ranks: Team, stop: StopRequests, watch: Watch) -> SavedPolicy:
    """Train, unless there is nothing left to do."""
    with ranks.united():
        setup = prepare(config, ranks)
    with closing(setup.envs):
        others = ranks.unlike(setup.digest())
        with ranks.united():
            if others:
                raise UserError(
                    f"mpiexec: {others}, would start from other settings or files; give all the"
                    " same arguments, and folders that all of them see"
                )
        if setup.resumed is not None and setup.updates_done >= setup.config.nupdates:
            return _finished(setup.resumed, setup.config, ranks)
        with measuring_for(setup) as measuring, open_session(setup) as run:
            _train(run, measuring, stop, watch)
            return run.policy


def open_session(setup: Setup) -> AbstractContextManager[Run]:
    """A session in which PPO trains what was set up; see `session.session`."""
    return session(setup, _parts, Filming(setup.config))


def _parts(setup: Setup, normalizer: Normalizer, random: Streams) -> tuple[Model, Runner]:
    config = setup.config
    model = Model(setup.policy, setup.params, config, setup.team)
    envs = VecNormalize(setup.envs, normalizer, config.gamma)
    return model, Runner(envs, model, config, random.actions)


def _train(run: Run, measuring: Measuring | None, stop: StopRequests, watch: Watch) -> None:
    """Every update that is left of the run, unless it is stopped."""
    _warn_of_threads(run.log)
    stages = run.setup.stages
    stage = stage_at(stages, run.progress.updates)
    if run.stop_if_asked(stop):  # while all was set up
        return
    for update in range(run.progress.updates + 1, run.setup.config.nupdates + 1):
        if stage is not stage_at(stages, update):
            stage = stage_at(stages, update)
            _begin(stage, run)
        iterate(run, stage, update, measuring)
        goes_on = watch(run) if run.setup.team.is_first else True
        # After the last update the run is done: a `watch` cannot stop it then.
        if run.end_update(stop, goes_on or update == run.setup.config.nupdates):
            return
    run.log.say(run.progress.summary)


def _warn_of_threads(log: Log) -> None:
    from baselines.common.tensorflow_quietly import has_one_thread  # only now: it loads TensorFlow

    if not has_one_thread():
        log.say(
            "WARNING: TensorFlow was used before this run and keeps its threads; rounding may"
            " differ from that of other runs"
        )


def iterate(run: Run, stage: Stage, update: int, measuring: Measuring | None = None) -> None:
    """One training iteration: collect, train, log; on several ranks, each from its own rollout."""
    config, ranks = run.setup.config, run.setup.team
    model, progress, log = run.model, run.progress, run.log
    lr = run.lr_scale * rate_at(update, config.nupdates, config.lr, config.schedule)
    coefs = stage.coefs(update)
    if not model.is_compiled:
        log.say("compiling the update, which takes some seconds")
    with ranks.united():
        batch, episodes = run.runner.run()
    run.shared.exchange()
    losses = model.train(batch, run.random.minibatches, lr, coefs)
    values, returns, ended = of_all_ranks(batch, episodes, ranks)
    progress.record(ended)
    log.advance(progress.episodes, progress.elapsed)
    is_last = update == config.nupdates
    if measuring is not None and (update % config.eval_interval == 0 or is_last):
        _measure(run, measuring)
    if update % config.log_interval == 0 or is_last:
        row = {
            **progress.finish_row(),
            "explained_variance": explained_variance(values, returns),
            "lr": lr,
            **losses,
            "kl_coef": config.kl_coef,
            **{f"{name}{COEF}": coef for name, coef in coefs.items()},
            **stage.metrics(model.params, batch.obs),
        }
        log.metrics(row, progress.brief(row))


def _measure(run: Run, measuring: Measuring) -> None:
    found = measuring.mean_return(run.policy)
    if not math.isfinite(found):
        after = f"after update {run.progress.updates}"
        run.log.say(f"WARNING: the evaluation {after} gave a mean return of {found}")
    run.progress.evaluated(found)


def _finished(found: SavedState, config: Config, ranks: Team) -> SavedPolicy:
    update = found.policy.metadata["update"]
    if ranks.is_first and config.verbose:
        print(
            f"{found.path}: the run is finished, after {update} updates; --num_timesteps extends it"
        )
    return found.policy


def _begin(stage: Stage, run: Run) -> None:
    for line in stage.announcement(run.model.params):
        run.log.say(f"update {stage.first}: {line}")
    if stage.policy is not run.model.policy:
        run.model.reduce_to(stage.policy)
    if stage.alone:
        run.progress.hand_over()
